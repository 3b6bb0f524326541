// One call into the C tokenizer for many texts: writes them, and says where the result stands.
import { errorOfStatus } from '../shared/errors.js';
import { writeUtf8 } from '../shared/utf8.js';

/**
 * @import { Memory } from '../core/memory.js'
 * @import { Truncation } from '../tokenizer.d.ts'
 * @import { TextOrPair } from '../shared/inputs.js'
 */

/** Texts up to so many units are written unit by unit: the encoder's call costs more. */
const shortText = 256;
const noPair = 0xffffffff;
/**
 * Which text is cut, by the ends of C's BL_TRUNCATION_ constants.
 * @type {readonly Truncation[]}
 */
export const truncations = ['longest_first', 'only_first', 'only_second'];

/**
 * What an encoding is asked with, checked.
 * @typedef {{
 *   addSpecialTokens: boolean,
 *   truncation: false | Truncation,
 *   maxLength: number,
 *   stride: number,
 * }} EncodeSettings
 *
 * What a call gives: indices into the heap as 32-bit numbers, each of a field of C's bl_encoding.
 * @typedef {Readonly<Record<'address' | 'window_count' | 'token_count' | 'problem' |
 *   'problem_input' | 'window_starts' | 'input_windows' | 'input_truncated' | 'ids' | 'type_ids' |
 *   'surfaces' | 'surface_ranges' | 'surface_bytes' | 'surface_byte_count', number>>} ResultFields
 *
 * @typedef {{
 *   output: ResultFields,
 *   run: (inputs: TextOrPair[], settings: EncodeSettings, windows: boolean) => string,
 *   errorOf: (status: string, settings: EncodeSettings, nameOf: (index: number) => string) => Error,
 *   problemInput: () => number,
 * }} EncodeCall
 *   `run` leaves its result in the arena's scratch and gives a status' name; `windows`: also those
 *   that overflow. `errorOf`: of a run that failed; `nameOf` calls an input by its number, which is
 *   `problemInput`
 */

/**
 * The memory has to be sealed afterwards: the call's structs stay.
 * @param {Memory} memory
 * @param {number} tokenizer address of the C tokenizer
 * @returns {EncodeCall}
 */
export function createEncodeCall(memory, tokenizer) {
  const { constants } = memory;
  const truncationCodes = Object.fromEntries(
    ['none', ...truncations].map((name) => [
      name,
      constants[`BL_TRUNCATION_${name.toUpperCase()}`],
    ]),
  );
  const { bl_encode_batch: batch, bl_encoding: result } = memory.structs;
  const input = fieldIndices(batch, memory.alloc(batch.size));
  const output = /** @type {ResultFields} */ (fieldIndices(result, memory.alloc(result.size)));
  const { BL_OK: fine } = constants;

  return {
    output,

    run(inputs, settings, windows) {
      const uint32 = writeTexts(memory, inputs, input);
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
      return status === fine ? 'BL_OK' : memory.statusName(status);
    },

    problemInput: () => memory.heap().uint32[output.problem_input],

    errorOf(status, settings, nameOf) {
      const sentences = problemSentences(settings, constants);
      const problem = memory.heap().uint32[output.problem];
      const name = Object.keys(sentences).find((one) => constants[one] === problem);
      const sentence = name && `${sentences[name]}${nameOf(this.problemInput())}.`;
      return errorOfStatus(status, { [status]: sentence });
    },
  };
}

/**
 * What C's bl_encode_problem means.
 * @param {EncodeSettings} settings
 * @param {Record<string, number>} constants
 * @returns {Record<string, string>}
 */
function problemSentences({ maxLength, stride, truncation }, constants) {
  return {
    BL_ENCODE_NO_ROOM: `maxLength ${maxLength} is less than the special tokens take`,
    BL_ENCODE_STRIDE: `stride ${stride} leaves no room for text in ${maxLength} tokens`,
    BL_ENCODE_NO_SECOND: 'truncation "only_second" needs a pair',
    BL_ENCODE_TOO_SHORT: `truncation "${truncation}" cannot reach ${maxLength} tokens`,
    BL_ENCODE_NO_UNKNOWN: 'The vocabulary lacks a word and an unknown token',
    BL_ENCODE_MANY_WINDOWS: `A text has more than ${constants.BL_WINDOWS_MAX} windows of ${maxLength} tokens`,
  };
}

/**
 * Writes UTF-8 of all texts end to end, and where each ends.
 * @param {Memory} memory
 * @param {TextOrPair[]} inputs
 * @param {Record<string, number>} input indices of the fields of the bl_encode_batch
 * @returns {Uint32Array} the heap
 */
function writeTexts(memory, inputs, input) {
  /** @type {(string | undefined)[]} */
  const parts = [];
  for (const { text, pair } of inputs) parts.push(text, pair);
  const single = inputs.length === 1 && parts[1] === undefined;
  const all = single ? inputs[0].text : parts.join('');
  const room = 3 * all.length;
  const ends = memory.alloc(4 * parts.length + room);
  const address = ends + 4 * parts.length;
  const { bytes, uint32 } = memory.heap(address + room);
  let written = all.length;
  /** @type {Uint8Array | undefined} */
  let target;
  let isShared = false; // the encoder doesn't write into shared memory
  if (written > shortText || !writeAscii(all, bytes, address)) {
    isShared = !(bytes.buffer instanceof ArrayBuffer);
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
    else if (!target || written === all.length) at += part.length;
    // One by one: a surrogate at an end must not meet the next text.
    else at += writeUtf8(part, target.subarray(at));
    uint32[ends / 4 + i] = at;
  }
  if (isShared && target) bytes.set(target.subarray(0, at), address);
  uint32[input.texts] = address;
  uint32[input.text_bytes] = at;
  uint32[input.ends] = ends;
  return uint32;
}

/**
 * Quicker than the encoder for a short text; false when the text isn't ASCII.
 * @param {string} text
 * @param {Uint8Array} bytes
 * @param {number} address
 */
function writeAscii(text, bytes, address) {
  let bits = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    bits |= unit;
    bytes[address + i] = unit;
  }
  return bits < 0x80;
}

/**
 * @param {Memory['structs'][string]} struct
 * @param {number} address of one
 * @returns {Record<string, number> & { address: number }} where its fields stand among all 32-bit numbers
 */
function fieldIndices({ fields }, address) {
  const indices = Object.entries(fields).map(([name, { offset }]) => [
    name,
    (address + offset) / 4,
  ]);
  return { address, ...Object.fromEntries(indices) };
}
