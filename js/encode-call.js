// One call into the C tokenizer for many texts: writes them, reads what became of them.
import { errorOfStatus } from './errors.js';

/** Bytes of the largest buffer for UTF-8 that is kept between calls. */
const stagingMost = 1 << 20;
const noPair = 0xffffffff;
const truncations = {
  longest_first: 'BL_TRUNCATION_LONGEST_FIRST',
  only_first: 'BL_TRUNCATION_ONLY_FIRST',
  only_second: 'BL_TRUNCATION_ONLY_SECOND',
};

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
  constructor(memory, tokenizer) {
    this.memory = memory;
    this.tokenizer = tokenizer;
    this.batchSize = memory.structs.bl_encode_batch.size / 4;
    this.resultSize = memory.structs.bl_encoding.size / 4;
    this.batch = memory.alloc(4 * this.batchSize);
    this.result = memory.alloc(4 * this.resultSize);
    this.batchField = fieldIndices(memory.structs.bl_encode_batch);
    this.resultField = fieldIndices(memory.structs.bl_encoding);
    this.staging = new Uint8Array(1 << 12);
  }

  /**
   * @param {{ text: string, pair?: string }[]} inputs
   * @param {EncodeSettings} settings
   * @param {boolean} windows also those that overflow
   * @param {number} first number of the first input, for messages
   * @returns {{
   *   block: import('./encoding.js').EncodedBlock,
   *   starts: Uint32Array,
   *   inputWindows: Uint32Array,
   *   truncated: Uint32Array,
   * }}
   */
  run(inputs, settings, windows, first) {
    const { memory } = this;
    const mark = memory.mark();
    try {
      const { texts, bytes, ends } = this.writeInputs(inputs);
      const { constants } = memory;
      const batch = memory.uint32(this.batch, this.batchSize);
      const field = this.batchField;
      batch[field.texts] = texts;
      batch[field.text_bytes] = bytes;
      batch[field.ends] = ends;
      batch[field.input_count] = inputs.length;
      batch[field.add_special_tokens] = settings.addSpecialTokens ? 1 : 0;
      batch[field.truncation] = settings.truncation
        ? constants[truncations[settings.truncation]]
        : 0;
      batch[field.max_length] = settings.maxLength;
      batch[field.stride] = settings.stride;
      batch[field.windows] = windows ? 1 : 0;
      const status = memory.exports.bl_tokenizer_encode_batch(
        memory.arena,
        this.tokenizer,
        this.batch,
        this.result,
      );
      const result = memory.uint32(this.result, this.resultSize);
      if (status !== 0)
        throw this.error(memory.statusNames.get(status), result, settings, inputs, first);
      return this.readResult(result, inputs.length);
    } finally {
      memory.reset(mark);
    }
  }

  /** All texts end to end as UTF-8, and where each ends. */
  writeInputs(inputs) {
    const { memory } = this;
    const parts = [];
    for (const { text, pair } of inputs) {
      parts.push(text);
      if (pair !== undefined) parts.push(pair);
    }
    const { bytes, sizes } = this.encodeTexts(parts);
    const texts = memory.writeBytes(bytes);
    const ends = memory.alloc(8 * inputs.length);
    const table = memory.uint32(ends, 2 * inputs.length);
    let at = 0;
    let next = 0;
    for (let i = 0; i < inputs.length; i++) {
      at += sizes[next++];
      table[2 * i] = at;
      if (inputs[i].pair === undefined) {
        table[2 * i + 1] = noPair;
        continue;
      }
      at += sizes[next++];
      table[2 * i + 1] = at;
    }
    return { texts, bytes: bytes.length, ends };
  }

  /**
   * UTF-8 of all texts end to end, in a buffer that the next call uses again, and the bytes
   * of each.
   * @param {string[]} parts
   */
  encodeTexts(parts) {
    const all = parts.length === 1 ? parts[0] : parts.join('');
    let target = this.staging;
    if (target.length < 3 * all.length) {
      target = new Uint8Array(3 * all.length);
      if (target.length <= stagingMost) this.staging = target;
    }
    const { written } = utf8Encoder.encodeInto(all, target);
    const bytes = target.subarray(0, written);
    if (parts.length === 1) return { bytes, sizes: [written] };
    if (written === all.length) return { bytes, sizes: parts.map((part) => part.length) };
    // One by one: where each ends, and a surrogate at an end must not meet the next text.
    let at = 0;
    const sizes = parts.map((part) => {
      const size = utf8Encoder.encodeInto(part, target.subarray(at)).written;
      at += size;
      return size;
    });
    return { bytes: target.subarray(0, at), sizes };
  }

  readResult(result, inputs) {
    const { memory, resultField: field } = this;
    const total = result[field.token_count];
    return {
      block: {
        block: memory.int32(result[field.ids], 5 * total).slice(),
        total,
        surfaces: result[field.surfaces] ? this.readSurfaces(result, total) : undefined,
      },
      starts: memory.uint32(result[field.window_starts], result[field.window_count] + 1).slice(),
      inputWindows: memory.uint32(result[field.input_windows], inputs + 1).slice(),
      truncated: memory.uint32(result[field.input_truncated], inputs).slice(),
    };
  }

  readSurfaces(result, total) {
    const { memory, resultField: field } = this;
    const surfaces = memory.int32(result[field.surfaces], total);
    const count = Math.max(-1, ...surfaces) + 1;
    const ends = memory.uint32(result[field.surface_ends], count);
    const bytes = result[field.surface_bytes];
    return Array.from(surfaces, (surface) => {
      if (surface < 0) return undefined;
      const begin = surface === 0 ? 0 : ends[surface - 1];
      return memory.readText(bytes + begin, ends[surface] - begin);
    });
  }

  error(status, result, { maxLength, stride, truncation }, inputs, first) {
    const { constants } = this.memory;
    const { problem, problem_input: input } = this.resultField;
    const which = inputs.length > 1 || first > 0 ? ` (text ${first + result[input]})` : '';
    const sentences = {
      [constants.BL_ENCODE_NO_ROOM]: `maxLength is ${maxLength}: that is less than the special tokens take${which}.`,
      [constants.BL_ENCODE_STRIDE]: `stride is ${stride}: it must be less than the tokens of a text that fit in ${maxLength}${which}.`,
      [constants.BL_ENCODE_NO_SECOND]: `truncation "only_second" needs a pair${which}.`,
      [constants.BL_ENCODE_TOO_SHORT]: `truncation "${truncation}" cannot reach ${maxLength} tokens: the text that may be cut is too short${which}.`,
      [constants.BL_ENCODE_NO_UNKNOWN]: `A word is not in the vocabulary, which has no unknown token either${which}.`,
    };
    return errorOfStatus(status, sentences[result[problem]]);
  }
}

function fieldIndices({ fields }) {
  return Object.fromEntries(Object.entries(fields).map(([name, { offset }]) => [name, offset / 4]));
}
