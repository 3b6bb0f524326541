// One call into the C tokenizer for many texts: writes them, reads what became of them.
import { errorOfStatus } from './errors.js';

/** Bytes of the largest buffer for UTF-8 that is kept between calls. */
const stagingMost = 1 << 20;
/** Texts up to so many units are written unit by unit: the encoder's call costs more. */
const shortText = 32;
const noPair = 0xffffffff;
/** In the order of bl_truncation, which starts with none. */
export const truncations = ['longest_first', 'only_first', 'only_second'];

const utf8Encoder = new TextEncoder();

/**
 * What an encoding is asked with, checked.
 * @typedef {{
 *   addSpecialTokens: boolean,
 *   truncation: false | 'longest_first' | 'only_first' | 'only_second',
 *   maxLength: number,
 *   stride: number,
 * }} EncodeSettings
 */

/** The structs of a call into C, kept, and their fields by index into 32-bit views. */
export class EncodeCall {
  #memory;
  #tokenizer;
  // Indices of the structs' fields into the heap as 32-bit numbers.
  #input;
  #output;
  #staging = new Uint8Array(0);
  #views;

  constructor(memory, tokenizer) {
    this.#memory = memory;
    this.#tokenizer = tokenizer;
    const { bl_encode_batch: batch, bl_encoding: result } = memory.structs;
    this.#input = fieldIndices(batch, memory.alloc(batch.size));
    this.#output = fieldIndices(result, memory.alloc(result.size));
  }

  /** All of the heap as bytes and numbers, until it grows: views cost more than a short text. */
  #heap() {
    const memory = this.#memory;
    if (this.#views?.bytes.buffer !== memory.exports.memory.buffer) {
      const { byteLength } = memory;
      this.#views = {
        bytes: memory.bytes(0, byteLength),
        int32: memory.int32(0, byteLength / 4),
        uint32: memory.uint32(0, byteLength / 4),
      };
    }
    return this.#views;
  }

  /**
   * @param {{ text: string, pair?: string }[]} inputs
   * @param {EncodeSettings} settings
   * @param {boolean} windows also those that overflow
   * @param {number} first number of the first input, for messages
   * @returns {{
   *   block: import('./encoding.js').EncodedBlock,
   *   starts: Uint32Array,
   *   truncated: Uint32Array,
   * }}
   */
  run(inputs, settings, windows, first) {
    const output = this.#output;
    return this.#memory.scratch(() => {
      this.#call(inputs, settings, windows, first);
      const { uint32 } = this.#heap();
      return {
        block: this.#readBlock(),
        starts: this.#copy(uint32[output.window_starts], uint32[output.window_count] + 1),
        truncated: this.#copy(uint32[output.input_truncated], inputs.length),
      };
    });
  }

  #call(inputs, settings, windows, first) {
    const memory = this.#memory;
    const field = this.#input;
    const parts = [];
    for (const { text, pair } of inputs) {
      parts.push(text);
      if (pair !== undefined) parts.push(pair);
    }
    const { address, length, sizes } = this.#writeTexts(parts);
    const ends = this.#writeEnds(inputs, sizes);
    const { uint32 } = this.#heap();
    uint32[field.texts] = address;
    uint32[field.text_bytes] = length;
    uint32[field.ends] = ends;
    uint32[field.input_count] = inputs.length;
    uint32[field.add_special_tokens] = settings.addSpecialTokens ? 1 : 0;
    uint32[field.truncation] = truncations.indexOf(settings.truncation) + 1;
    uint32[field.max_length] = settings.maxLength;
    uint32[field.stride] = settings.stride;
    uint32[field.windows] = windows ? 1 : 0;
    const status = memory.exports.bl_tokenizer_encode_batch(
      memory.arena,
      this.#tokenizer,
      field.address,
      this.#output.address,
    );
    if (status !== 0) throw this.#error(memory.statusName(status), settings, inputs, first);
  }

  /**
   * Writes UTF-8 of all texts end to end.
   * @param {string[]} parts
   * @returns {{ address: number, length: number, sizes: number[] }} the bytes of each
   */
  #writeTexts(parts) {
    const all = parts.length === 1 ? parts[0] : parts.join('');
    const address = this.#memory.alloc(3 * all.length);
    if (all.length <= shortText && this.#writeAscii(all, address)) {
      return { address, length: all.length, sizes: parts.map((part) => part.length) };
    }
    const target = this.#encodeTarget(address, 3 * all.length);
    let { written } = utf8Encoder.encodeInto(all, target);
    let sizes = [written];
    if (parts.length > 1 && written === all.length) sizes = parts.map((part) => part.length);
    else if (parts.length > 1) {
      // One by one: where each ends, and a surrogate at an end must not meet the next text.
      written = 0;
      sizes = parts.map((part) => {
        const size = utf8Encoder.encodeInto(part, target.subarray(written)).written;
        written += size;
        return size;
      });
    }
    const { bytes } = this.#heap();
    if (target.buffer !== bytes.buffer) bytes.set(target.subarray(0, written), address);
    return { address, length: written, sizes };
  }

  /** Quicker than the encoder for a short text; false when the text isn't ASCII. */
  #writeAscii(text, address) {
    const { bytes } = this.#heap();
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return false;
      bytes[address + i] = unit;
    }
    return true;
  }

  /** Where the encoder may write: the heap, or where that is shared a buffer of our own. */
  #encodeTarget(address, length) {
    const { bytes } = this.#heap();
    if (bytes.buffer instanceof ArrayBuffer) return bytes.subarray(address, address + length);
    if (this.#staging.length >= length) return this.#staging;
    const staging = new Uint8Array(length);
    if (length <= stagingMost) this.#staging = staging;
    return staging;
  }

  #writeEnds(inputs, sizes) {
    const address = this.#memory.alloc(8 * inputs.length);
    const { uint32 } = this.#heap();
    const table = address / 4;
    let at = 0;
    let next = 0;
    for (let i = 0; i < inputs.length; i++) {
      at += sizes[next++];
      uint32[table + 2 * i] = at;
      if (inputs[i].pair === undefined) {
        uint32[table + 2 * i + 1] = noPair;
        continue;
      }
      at += sizes[next++];
      uint32[table + 2 * i + 1] = at;
    }
    return address;
  }

  /** @returns {import('./encoding.js').EncodedBlock} */
  #readBlock() {
    const { uint32, int32 } = this.#heap();
    const output = this.#output;
    const total = uint32[output.token_count];
    const begin = uint32[output.ids] / 4;
    const surfaces = uint32[output.surfaces] ? this.#readSurfaces(total) : undefined;
    return { numbers: int32.slice(begin, begin + 5 * total), total, surfaces };
  }

  #copy(address, count) {
    return this.#heap().uint32.slice(address / 4, address / 4 + count);
  }

  #readSurfaces(total) {
    const memory = this.#memory;
    const output = this.#output;
    const { uint32, int32 } = this.#heap();
    const first = uint32[output.surfaces] / 4;
    const ends = uint32[output.surface_ends] / 4;
    const bytes = uint32[output.surface_bytes];
    return Array.from(int32.subarray(first, first + total), (surface) => {
      if (surface < 0) return undefined;
      const begin = surface === 0 ? 0 : uint32[ends + surface - 1];
      return memory.readText(bytes + begin, uint32[ends + surface] - begin);
    });
  }

  #error(status, { maxLength, stride, truncation }, inputs, first) {
    const { uint32 } = this.#heap();
    const input = first + uint32[this.#output.problem_input];
    const which = inputs.length > 1 || first > 0 ? ` (input ${input})` : '';
    // In the order of bl_encode_problem, which starts with none.
    const sentence = [
      `maxLength ${maxLength} is less than the special tokens take`,
      `stride ${stride} leaves no room for text in ${maxLength} tokens`,
      'truncation "only_second" needs a pair',
      `truncation "${truncation}" cannot reach ${maxLength} tokens`,
      'The vocabulary lacks a word and an unknown token',
    ][uint32[this.#output.problem] - 1];
    return errorOfStatus(status, sentence && `${sentence}${which}.`);
  }
}

function fieldIndices({ fields }, address) {
  const indices = Object.entries(fields).map(([name, { offset }]) => [
    name,
    (address + offset) / 4,
  ]);
  return { address, ...Object.fromEntries(indices) };
}
