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

// The page's own thread, the engine's worker and its threads share most of their modules,
// which the browser fetches once.
const { outputFiles } = await build({
  entryPoints: ['js/index.js', 'js/worker.js', 'js/thread.js'],
  bundle: true,
  splitting: true,
  minify: true,
  write: false,
  outdir: 'build/page',
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  logLevel: 'warning',
});
const total = outputFiles.reduce((sum, { contents }) => sum + contents.length, 0);
rows.push({ name: 'JavaScript of a page, minified', bytes: total, limit: JS_LIMIT });

for (const { name, bytes, limit } of rows) {
  const verdict = limit === undefined ? '' : `of ${limit}${bytes > limit ? '  TOO LARGE' : ''}`;
  console.log(`${name.padEnd(40)} ${String(bytes).padStart(7)} bytes ${verdict}`.trimEnd());
}
if (rows.some(({ bytes, limit }) => bytes > limit)) process.exit(1);
