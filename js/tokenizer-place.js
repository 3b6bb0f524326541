// A tokenizer in a memory: all that is needed where texts are only computed with.
import { errorOfStatus } from './errors.js';

/**
 * Puts a tokenizer into a memory for good; a memory in which that failed is of no use.
 * @param {import('./memory.js').Memory} memory
 * @param {Uint8Array} blob of tokenizer-config.js
 * @returns {number} the address of the C tokenizer
 * @throws {import('./errors.js').BertletError} BAD_MODEL, OUT_OF_MEMORY
 */
export function placeTokenizer(memory, blob) {
  const bytes = memory.writeBytes(blob); // used where it stands
  const pointer = memory.alloc(4);
  const status = memory.tryCall('bl_tokenizer_create', memory.arena, bytes, blob.length, pointer);
  if (status !== 'BL_OK') throw errorOfStatus(status, 'The tokenizer is damaged, or too large.');
  memory.seal();
  return memory.readU32(pointer);
}
