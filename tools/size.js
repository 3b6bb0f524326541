// Prints what a page has to fetch and fails above the limits.
import { readdirSync, statSync } from 'node:fs';
import { build } from 'esbuild';

const WASM_LIMIT = 200 * 1024;
const JS_LIMIT = 60 * 1024;

const rows = [];
for (const name of readdirSync('dist').sort()) {
  if (!name.endsWith('.wasm')) continue;
  rows.push({ name: `dist/${name}`, bytes: statSync(`dist/${name}`).size, limit: WASM_LIMIT });
}

// The page's own thread and the worker fetch one bundle each.
let total = 0;
for (const entry of ['js/index.js', 'js/worker.js']) {
  const bytes = await minifiedBytes(entry);
  rows.push({ name: `${entry}, bundled and minified`, bytes });
  total += bytes;
}
rows.push({ name: 'JavaScript of a page, both together', bytes: total, limit: JS_LIMIT });

for (const { name, bytes, limit } of rows) {
  const verdict = limit === undefined ? '' : `of ${limit}${bytes > limit ? '  TOO LARGE' : ''}`;
  console.log(`${name.padEnd(40)} ${String(bytes).padStart(7)} bytes ${verdict}`.trimEnd());
}
if (rows.some(({ bytes, limit }) => bytes > limit)) process.exit(1);

async function minifiedBytes(entry) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'warning',
  });
  return outputFiles[0].contents.length;
}
