// A tokenizer in a memory: all that is needed where texts are only computed with.
import { errorOfStatus } from '../shared/errors.js';

/**
 * Puts a tokenizer into a memory for good; a memory in which that failed is of no use.
 * @param {import('../core/memory.js').Memory} memory
 * @param {Uint8Array} blob of tokenizer-config.js
 * @returns {number} the address of the C tokenizer
 * @throws {import('../shared/errors.js').BertletError} BAD_MODEL, OUT_OF_MEMORY
 */
export function placeTokenizer(memory, blob) {
  const bytes = memory.writeBytes(blob); // used where it stands
  const pointer = memory.alloc(4);
  const status = memory.tryCall('bl_tokenizer_create', memory.arena, bytes, blob.length, pointer);
  if (status !== 'BL_OK') {
    throw errorOfStatus(status, {
      BL_BAD_MODEL:
        'The tokenizer is damaged, or has more than bertlet takes: 16,777,216 tokens, 32 steps ' +
        'of its normalizer and of its pre-tokenizer, 256 pieces of a template.',
      BL_OUT_OF_MEMORY: `There is no memory left for a tokenizer of ${blob.length} bytes.`,
    });
  }
  memory.seal();
  return memory.readU32(pointer);
}
