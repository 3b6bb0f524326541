// Packs a tokenizer for C; src/tokenizer/blob.h describes the format.
import { joinBytes } from './bytes.js';
import { toUtf8 } from './utf8.js';

const version = 2;

/**
 * @param {number[]} numbers 32 bits each, -1 for none
 * @param {string[]} texts without lone surrogates
 * @returns {Uint8Array}
 */
export function packBlob(numbers, texts) {
  // Little-endian like WebAssembly and whatever runs it.
  const head = new Uint32Array(3 + numbers.length + texts.length);
  head.set([version, numbers.length, texts.length]);
  head.set(numbers, 3);
  for (let i = 0, at = 3 + numbers.length; i < texts.length; i++, at++) head[at] = texts[i].length;
  return joinBytes([new Uint8Array(head.buffer), toUtf8(texts.join(''))]);
}
