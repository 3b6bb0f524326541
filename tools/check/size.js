// Prints what a page has to fetch and fails above the limits.
import { readdirSync, statSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { buildPage } from '../build/page.js';

const KB = 1024;
const wasmLimit = 220 * KB;
/** Of the JavaScript that loading a folder of the usual kind, embedding and tokenizing need. */
const coreLimit = 100 * KB;
/** Of what all other calls add. */
const tasksLimit = 70 * KB;

/**
 * Files of js/ that are there for other calls than embed(), for other ways to make them, for
 * folders with vocab.txt instead of tokenizer.json or with weights in several files, and for more
 * workers than one: those that share an array out, and those that replace one that has ended.
 */
const tasks =
  /^(tasks\/(?!embed\.js$|model\.js$)|adapters\/|session\/(adapter|windows)|engine\/(adapter-weights|pass-heads)\.js|weights\/(heads|shard-index|safetensors-write)\.js|workers\/(shards|workers)\.js|tokenizer\/vocab\.js|pipeline|search\/)/;

/** @param {import('../build/bundle.js').BuiltFile[]} files */
function sizeOf(files) {
  /** @param {(contents: Uint8Array) => number} size */
  const sum = (size) => files.reduce((total, { contents }) => total + size(contents), 0);
  return { bytes: sum(({ length }) => length), packed: sum((bytes) => gzipSync(bytes).length) };
}

/** @type {{ name: string, bytes: number, packed?: number, limit?: number }[]} */
const rows = readdirSync('dist')
  .filter((name) => name.endsWith('.wasm'))
  .sort()
  .map((name) => ({
    name: `dist/${name}`,
    bytes: statSync(`dist/${name}`).size,
    limit: wasmLimit,
  }));

const [all, core] = [sizeOf(await buildPage()), sizeOf(await buildPage({ leaveOut: tasks }))];
rows.push(
  { name: 'dist/page: load, embed, tokenizer', ...core, limit: coreLimit },
  {
    name: 'dist/page: what other calls add',
    bytes: all.bytes - core.bytes,
    packed: all.packed - core.packed,
    limit: tasksLimit,
  },
  { name: 'dist/page together', ...all },
);

for (const { name, bytes, packed, limit } of rows) {
  const gzip = packed ? `${String(packed).padStart(6)} in gzip` : '';
  const verdict = limit ? `of ${limit}${bytes > limit ? '  TOO LARGE' : ''}` : '';
  const line = `${name.padEnd(36)} ${String(bytes).padStart(7)} bytes ${gzip.padEnd(15)} ${verdict}`;
  console.log(line.trimEnd());
}
if (rows.some(({ bytes, limit = Infinity }) => bytes > limit)) process.exit(1);
