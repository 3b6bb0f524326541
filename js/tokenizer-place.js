// A tokenizer in a memory: all that is needed where texts are only computed with.
import { errorOfStatus } from './errors.js';

/**
 * Puts a tokenizer into a memory for good.
 * @param {import('./memory.js').Memory} memory
 * @param {Uint8Array} blob of tokenizer-config.js
 * @returns {number} the address of the C tokenizer
 * @throws {import('./errors.js').BertletError} BAD_MODEL, OUT_OF_MEMORY
 */
export function placeTokenizer(memory, blob) {
  const mark = memory.mark();
  try {
    const bytes = memory.writeBytes(blob); // used where it stands
    const pointer = memory.alloc(4);
    const status = memory.tryCall('bl_tokenizer_create', memory.arena, bytes, blob.length, pointer);
    if (status !== 'BL_OK') {
      const damaged = 'The tokenizer is damaged: the core refuses what was made of its files.';
      throw errorOfStatus(status, status === 'BL_BAD_MODEL' ? damaged : undefined);
    }
    memory.seal();
    return memory.readU32(pointer);
  } catch (error) {
    memory.reset(mark);
    throw error;
  }
}
