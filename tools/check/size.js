// Prints what a page has to fetch, room by room, and fails above the limits. 1 KB: 1,000 bytes.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { buildPage } from '../build/page.js';

const KB = 1000;
/** Of each inference module. */
const moduleLimit = 300 * KB;
/**
 * Of the JavaScript that load(), the tokenizer and the calls of a model need. 150 KB are wanted;
 * tokenizers of all kinds and more families than BERT are on top of what was thought of then.
 */
const scriptLimit = 185 * KB;
/** Of that and the module that a page fetches, as a server sends them. */
const packedLimit = 200 * KB;

/** Files of js/ that are for other things than a model's calls. */
const besides = [
  { name: 'search: Index', files: /^search\// },
  {
    name: 'pipeline(): the shapes of transformers.js',
    files: /^(pipeline|tasks\/feature-extraction)/,
  },
];

/** @type {{ name: string, bytes: number, limit?: number }[]} */
const rows = [];

/** @type {number[]} */
const packedModules = [];
for (const name of readdirSync('dist').sort()) {
  if (!name.endsWith('.wasm')) continue;
  const contents = readFileSync(`dist/${name}`);
  rows.push({ name: `dist/${name}`, bytes: contents.length, limit: moduleLimit });
  if (!name.includes('threads')) packedModules.push(gzipSync(contents).length);
}

const files = await buildPage();
const parts = files.flatMap((file) => Object.entries(file.parts));
/** @param {(name: string) => boolean} choose */
const sumOf = (choose) => parts.reduce((sum, [name, bytes]) => sum + (choose(name) ? bytes : 0), 0);
/** @param {string} name */
const isBeside = (name) => besides.some((part) => part.files.test(name));
/** @param {string} name */
const roomOf = (name) => (name.includes('/') ? name.replace(/\/.*/, '') : 'entries');

for (const room of [...new Set(parts.map(([name]) => roomOf(name)))].sort()) {
  const bytes = sumOf((name) => roomOf(name) === room && !isBeside(name));
  if (bytes > 0) rows.push({ name: `  js/${room}`, bytes });
}
const whole = files.reduce((sum, { contents }) => sum + contents.length, 0);
const beside = besides.map(({ name, files: own }) => ({ name, bytes: sumOf((n) => own.test(n)) }));
const script = whole - beside.reduce((sum, { bytes }) => sum + bytes, 0);
rows.push({ name: 'load, tokenizer and calls', bytes: script, limit: scriptLimit }, ...beside);
rows.push({ name: 'dist/page together', bytes: whole });
const packed = files.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0);
rows.push({
  name: 'dist/page and the larger module, by gzip',
  bytes: packed + Math.max(...packedModules),
  limit: packedLimit,
});

for (const { name, bytes, limit } of rows) {
  const verdict = limit ? ` of ${limit}${bytes > limit ? '  TOO LARGE' : ''}` : '';
  console.log(`${name.padEnd(44)} ${String(bytes).padStart(7)} bytes${verdict}`);
}
if (rows.some(({ bytes, limit = Infinity }) => bytes > limit)) process.exit(1);
