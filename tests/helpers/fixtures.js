// Where the fixtures are, and small tools to compare numbers with them.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));

/** The path of a tiny model's folder. @param {string} name */
export function tinyModel(name) {
  return join(fixtures, 'models', name);
}

/** A folder as `{ fileName: Uint8Array }`, for tests that change a file. @param {string} folder */
export function readFolder(folder) {
  const names = readdirSync(folder, { recursive: true });
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return Object.fromEntries(
    files.map((name) => [
      name.replaceAll('\\', '/'),
      new Uint8Array(readFileSync(join(folder, name))),
    ]),
  );
}

/** @param {string} name of a JSON file in tests/fixtures */
export function readFixture(name) {
  return JSON.parse(readFileSync(join(fixtures, name), 'utf8'));
}

/** The 1,000 sentences of sentences.py. */
export function readSentences() {
  return readFileSync(join(fixtures, 'sentences.txt'), 'utf8').trimEnd().split('\n');
}

/** Floats kept as base64 of little-endian float32. @param {string} base64 */
export function floats(base64) {
  const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
  return new Float32Array(bytes.buffer);
}

/** Largest absolute difference; NaN anywhere, or other lengths, give Infinity. */
export function largestDifference(actual, expected) {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < actual.length; i += 1) {
    const difference = Math.abs(actual[i] - expected[i]);
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference;
  }
  return largest;
}

/** Whether two arrays hold the same bits. */
export function sameBits(a, b) {
  return a.length === b.length && Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

function bytesOf(view) {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}

let floatMiniLm;

/**
 * The folder with the float weights of MiniLM, which are too large for the repository: named by
 * BERTLET_MINILM_FLOAT, else .cache/minilm-float, fetched when it is not there.
 * @returns {{ folder: string, missing: false | string }} `missing` says why a test has to skip
 */
export function findFloatMiniLm() {
  floatMiniLm ??= lookForFloatMiniLm();
  return floatMiniLm;
}

function lookForFloatMiniLm() {
  const named = process.env.BERTLET_MINILM_FLOAT;
  const folder = named ?? join(root, '.cache', 'minilm-float');
  if (existsSync(join(folder, 'model.safetensors'))) return { folder, missing: false };
  if (named) return { folder, missing: `BERTLET_MINILM_FLOAT names ${named}: no model there` };
  const script = join(fixtures, 'fetch-minilm.sh');
  const run = spawnSync('sh', [script, folder], { encoding: 'utf8', timeout: 300_000 });
  if (run.status === 0) return { folder, missing: false };
  const why = run.stderr?.trim().split('\n').at(-1) || run.error?.message || 'no reason given';
  return { folder, missing: `the float weights of MiniLM could not be fetched: ${why}` };
}
