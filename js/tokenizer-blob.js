// Packs a tokenizer for C; src/tokenizer/blob.h describes the format.
import { joinBytes } from './bytes.js';

const version = 2;

/**
 * @param {number[]} numbers 32 bits each, -1 for none
 * @param {string[]} texts without lone surrogates
 * @returns {Uint8Array}
 */
export function packBlob(numbers, texts) {
  // Little-endian like WebAssembly and whatever runs it.
  const head = new Uint32Array([
    version,
    numbers.length,
    texts.length,
    ...numbers,
    ...texts.map(({ length }) => length),
  ]);
  return joinBytes([new Uint8Array(head.buffer), new TextEncoder().encode(texts.join(''))]);
}
