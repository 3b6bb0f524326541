// One call into the C tokenizer for many texts: writes them, reads what became of them.
import { asBertletError, errorOfStatus } from '../shared/errors.js';
import { writeUtf8 } from '../shared/utf8.js';

/** Texts up to so many units are written unit by unit: the encoder's call costs more. */
const shortText = 256;
/** Numbers of the largest result that shares a buffer: one of its own costs more than a text. */
const slabLeast = 1 << 11;
/** To this each shared buffer is twice the last: a page makes a large one in less than many. */
const slabMost = 1 << 14;
const noPair = 0xffffffff;
/**
 * Which text is cut, by the ends of C's BL_TRUNCATION_ constants.
 * @type {readonly ['longest_first', 'only_first', 'only_second']}
 */
export const truncations = ['longest_first', 'only_first', 'only_second'];

/**
 * What an encoding is asked with, checked.
 * @typedef {{
 *   addSpecialTokens: boolean,
 *   truncation: false | 'longest_first' | 'only_first' | 'only_second',
 *   maxLength: number,
 *   stride: number,
 * }} EncodeSettings
 */

/**
 * @typedef {{
 *   block: import('./encoding.js').EncodedBlock,
 *   heap: Uint32Array,
 *   starts: number,
 *   truncated: number,
 * }} Encoded `heap` has, until the next call, where windows start, from index `starts` on, and
 *   how many tokens were cut from the inputs, from `truncated` on
 *
 * @param {import('../core/memory.js').Memory} memory
 * @param {number} tokenizer address of the C tokenizer
 * @returns {(inputs: { text: string, pair?: string }[], settings: EncodeSettings,
 *   windows: boolean, first: number) => Encoded} `windows`: also those that overflow; `first`:
 *   number of the first input, for messages
 */
export function createEncodeCall(memory, tokenizer) {
  const { constants } = memory;
  const ok = constants.BL_OK;
  const truncationCodes = Object.fromEntries(
    ['none', ...truncations].map((name) => [
      name,
      constants[`BL_TRUNCATION_${name.toUpperCase()}`],
    ]),
  );
  const isShared = !(memory.shared.buffer instanceof ArrayBuffer);
  const { bl_encode_batch: batch, bl_encoding: result } = memory.structs;
  // The structs are kept. Their fields: indices into the heap as 32-bit numbers.
  const input = fieldIndices(batch, memory.alloc(batch.size));
  const output = fieldIndices(result, memory.alloc(result.size));
  let slab = new Int32Array(0);
  let slabSize = slabLeast / 2;
  let slabUsed = 0;
  let views;

  /**
   * The heap as bytes and numbers, up to `end` at least. Views are kept, for they cost more
   * than a short text; when the heap grows they lose everything or, if it is shared, end early.
   */
  function heap(end = 0) {
    if (!(views?.bytes.length > end)) {
      const { byteLength } = memory;
      views = {
        bytes: memory.bytes(0, byteLength),
        int32: memory.int32(0, byteLength / 4),
        uint32: memory.uint32(0, byteLength / 4),
      };
    }
    return views;
  }

  function call(inputs, settings, windows, first) {
    writeTexts(inputs);
    const { uint32 } = heap();
    uint32[input.input_count] = inputs.length;
    uint32[input.add_special_tokens] = settings.addSpecialTokens ? 1 : 0;
    uint32[input.truncation] = truncationCodes[settings.truncation || 'none'];
    uint32[input.max_length] = settings.maxLength;
    uint32[input.stride] = settings.stride;
    uint32[input.windows] = windows ? 1 : 0;
    const status = memory.exports.bl_tokenizer_encode_batch(
      memory.arena,
      tokenizer,
      input.address,
      output.address,
    );
    if (status !== ok) throw errorOf(memory.statusName(status), settings, inputs, first);
  }

  /** Writes UTF-8 of all texts end to end, and where each ends. */
  function writeTexts(inputs) {
    const parts = [];
    for (const { text, pair } of inputs) parts.push(text, pair);
    const single = inputs.length === 1 && parts[1] === undefined;
    const all = single ? parts[0] : parts.join('');
    const room = 3 * all.length;
    const ends = memory.alloc(4 * parts.length + room);
    const address = ends + 4 * parts.length;
    const { bytes, uint32 } = heap(address + room);
    let written = all.length;
    let target; // the encoder doesn't write into shared memory
    if (written > shortText || !writeAscii(all, bytes, address)) {
      target = isShared ? new Uint8Array(room) : bytes.subarray(address, address + room);
      written = writeUtf8(all, target);
    }
    let at = 0;
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i];
      if (part === undefined) {
        uint32[ends / 4 + i] = noPair;
        continue;
      }
      if (single) at = written;
      else if (written === all.length) at += part.length;
      // One by one: a surrogate at an end must not meet the next text.
      else at += writeUtf8(part, target.subarray(at));
      uint32[ends / 4 + i] = at;
    }
    if (isShared && target) bytes.set(target.subarray(0, at), address);
    uint32[input.texts] = address;
    uint32[input.text_bytes] = at;
    uint32[input.ends] = ends;
  }

  /** @returns {import('./encoding.js').EncodedBlock} */
  function readBlock() {
    const { uint32 } = heap();
    const total = uint32[output.token_count];
    const begin = uint32[output.ids] / 4;
    const size = 5 * total;
    const { int32 } = heap(4 * (begin + size));
    const surfaces = uint32[output.surfaces] ? readSurfaces(total) : undefined;
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

  function readSurfaces(total) {
    const { uint32, int32 } = heap(Infinity);
    const first = uint32[output.surfaces] / 4;
    const ranges = uint32[output.surface_ranges] / 4;
    const all = memory.readText(uint32[output.surface_bytes], uint32[output.surface_byte_count]);
    return Array.from(int32.subarray(first, first + total), (surface) => {
      if (surface < 0) return undefined;
      return all.slice(uint32[ranges + 2 * surface], uint32[ranges + 2 * surface + 1]);
    });
  }

  function errorOf(status, { maxLength, stride, truncation }, inputs, first) {
    const { uint32 } = heap();
    const index = first + uint32[output.problem_input];
    const which = inputs.length > 1 || first > 0 ? ` (input ${index})` : '';
    const sentences = {
      BL_ENCODE_NO_ROOM: `maxLength ${maxLength} is less than the special tokens take`,
      BL_ENCODE_STRIDE: `stride ${stride} leaves no room for text in ${maxLength} tokens`,
      BL_ENCODE_NO_SECOND: 'truncation "only_second" needs a pair',
      BL_ENCODE_TOO_SHORT: `truncation "${truncation}" cannot reach ${maxLength} tokens`,
      BL_ENCODE_NO_UNKNOWN: 'The vocabulary lacks a word and an unknown token',
      BL_ENCODE_MANY_WINDOWS: `A text has more than ${constants.BL_WINDOWS_MAX} windows of ${maxLength} tokens`,
    };
    const problem = uint32[output.problem];
    const name = Object.keys(sentences).find((one) => constants[one] === problem);
    const sentence = sentences[name];
    return errorOfStatus(status, { [status]: sentence && `${sentence}${which}.` });
  }

  return (inputs, settings, windows, first) => {
    const mark = memory.mark();
    try {
      call(inputs, settings, windows, first);
      const block = readBlock();
      const { uint32 } = views;
      const starts = uint32[output.window_starts] / 4;
      return { block, heap: uint32, starts, truncated: uint32[output.input_truncated] / 4 };
    } catch (error) {
      throw asBertletError(error); // engines have their own for a string or an array without room
    } finally {
      memory.reset(mark);
    }
  };
}

/** Quicker than the encoder for a short text; false when the text isn't ASCII. */
function writeAscii(text, bytes, address) {
  let bits = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    bits |= unit;
    bytes[address + i] = unit;
  }
  return bits < 0x80;
}

function fieldIndices({ fields }, address) {
  const indices = Object.entries(fields).map(([name, { offset }]) => [
    name,
    (address + offset) / 4,
  ]);
  return { address, ...Object.fromEntries(indices) };
}
