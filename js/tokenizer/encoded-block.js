// What the C tokenizer made of texts, copied out of its memory.

/**
 * @import { Memory } from '../core/memory.js'
 * @import { ResultFields } from './encode-call.js'
 * @import { EncodedBlock } from './encoding.js'
 */

/** Numbers of the largest result that shares a buffer: one of its own costs more than a text. */
const slabLeast = 1 << 11;
/** To this each shared buffer is twice the last: a page makes a large one in less than many. */
const slabMost = 1 << 14;

/**
 * A copy of a result and, until the next call, the heap with the indices of where windows start
 * and of how many tokens were cut from each input.
 * @typedef {{ block: EncodedBlock, heap: Uint32Array, starts: number, truncated: number }} Encoded
 *
 * @param {Memory} memory
 * @param {ResultFields} output of the call whose results are read
 * @returns {() => Encoded}
 */
export function createResultReader(memory, output) {
  let slab = new Int32Array(0);
  let slabSize = slabLeast / 2;
  let slabUsed = 0;

  /** @param {Uint32Array} uint32 the heap @returns {EncodedBlock} */
  function readBlock(uint32) {
    const total = uint32[output.token_count];
    const begin = uint32[output.ids] / 4;
    const size = 5 * total;
    const { int32 } = memory.heap(4 * (begin + size));
    const surfaces = uint32[output.surfaces] ? readSurfaces(memory, output, total) : undefined;
    const found = int32.subarray(begin, begin + size);
    if (size > slabLeast) return { numbers: found.slice(), at: 0, total, surfaces };
    if (slabUsed + size > slab.length) {
      slabSize = Math.min(slabMost, 2 * slabSize);
      slab = new Int32Array(slabSize);
      slabUsed = 0;
    }
    const at = slabUsed;
    slabUsed += size;
    slab.set(found, at);
    return { numbers: slab, at, total, surfaces };
  }

  return () => {
    const { uint32 } = memory.heap();
    const block = readBlock(uint32);
    const starts = uint32[output.window_starts] / 4;
    return { block, heap: uint32, starts, truncated: uint32[output.input_truncated] / 4 };
  };
}

/**
 * Texts of tokens that differ from their ids' own.
 * @param {Memory} memory
 * @param {ResultFields} output
 * @param {number} total tokens
 * @returns {(string | undefined)[]}
 */
function readSurfaces(memory, output, total) {
  const { uint32, int32 } = memory.heap(Infinity);
  const first = uint32[output.surfaces] / 4;
  const ranges = uint32[output.surface_ranges] / 4;
  const all = memory.readText(uint32[output.surface_bytes], uint32[output.surface_byte_count]);
  return Array.from(int32.subarray(first, first + total), (surface) => {
    if (surface < 0) return undefined;
    return all.slice(uint32[ranges + 2 * surface], uint32[ranges + 2 * surface + 1]);
  });
}
