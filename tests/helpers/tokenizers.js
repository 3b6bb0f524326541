// Tokenizers of the fixtures, on the module itself: no source, no worker between.
import { readFileSync } from 'node:fs';
import { Memory } from '../../js/core/memory.js';
import { openSource } from '../../js/source/source.js';
import { readTokenizerFiles } from '../../js/tokenizer/files.js';
import { createTokenizer } from '../../js/tokenizer/tokenizer.js';

const at = (path) => new URL(`../../${path}`, import.meta.url);
const module = new WebAssembly.Module(readFileSync(at('dist/bertlet-simd.wasm')));

export function readFixture(name) {
  const text = readFileSync(at(`tests/fixtures/${name}`), 'utf8');
  return name.endsWith('.json') ? JSON.parse(text) : text;
}

export const miniLM = readFileSync(at('models/all-MiniLM-L6-v2/tokenizer.json'), 'utf8');

/** @returns {Promise<Memory>} of an instance of its own */
export function createMemory() {
  return Memory.instantiate(module);
}

/** The core's, for making blobs. */
export const { constants } = await createMemory();

/**
 * What the tokenizer's files of a folder make.
 * @param {{ [name: string]: string | object }} files by name, JSON as text or parsed
 */
export async function readFiles(files) {
  const texts = Object.entries(files).map(([name, content]) => [
    name,
    typeof content === 'string' ? content : JSON.stringify(content),
  ]);
  return readTokenizerFiles(await openSource(Object.fromEntries(texts)));
}

/** @param {Parameters<typeof readFiles>[0]} files */
export async function openFiles(files) {
  const { pack, info } = await readFiles(files);
  const memory = await createMemory();
  return createTokenizer(memory, pack(memory.constants), info);
}

/** @param {object | string} json tokenizer.json, or the name of one in tokenizer-configs.json */
export function openJson(json) {
  return openFiles({ 'tokenizer.json': typeof json === 'string' ? readConfig(json) : json });
}

/** A tokenizer.json of tokenizer_configs.py. @param {string} name */
export function readConfig(name) {
  if (name === 'uncased') return JSON.parse(miniLM);
  const configs = readFixture('tokenizer-configs.json');
  const config = configs[name];
  if (config.model.vocab === 'small') config.model.vocab = configs.small.model.vocab;
  return config;
}

/** Keeps opened tokenizers by name. */
export function createOpener() {
  const opened = new Map();
  return (name) => {
    if (!opened.has(name)) opened.set(name, openJson(name));
    return opened.get(name);
  };
}

/** All that an encoding says, as plain data to compare. */
export function plainOf(encoding) {
  const lists = ['ids', 'typeIds', 'attentionMask', 'specialTokensMask'];
  return {
    ...Object.fromEntries(lists.map((name) => [name, Array.from(encoding[name])])),
    tokens: encoding.tokens,
    offsets: encoding.offsets,
    overflowing: encoding.overflowing?.map(plainOf),
  };
}
