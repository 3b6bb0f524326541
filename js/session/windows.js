// Long texts: cut, refused, or read in windows, as a call's options say.
import { truncations } from '../tokenizer/encode-call.js';
import { BertletError } from '../shared/errors.js';
import { readChoice, readCount } from '../shared/inputs.js';
import { tokenizerInfo } from '../tokenizer/tokenizer.js';
import { normalizeVector } from '../shared/vectors.js';

/**
 * @import { CallOptions, Encoding, Floats, LongText, Truncation, WindowOptions } from '../index.d.ts'
 * @import { TextOrPair } from '../shared/inputs.js'
 * @import { Tokenizer } from '../tokenizer/tokenizer.js'
 */

/** @type {LongText[]} */
const longTexts = ['truncate', 'error', 'window'];

/**
 * How a call treats long texts.
 * @typedef {{ maxLength: number, longText: LongText, stride?: number, truncation?: Truncation
 *   }} LengthOptions
 *
 * @param {WindowOptions} options of the call
 * @param {number} maxLength of a text
 * @param {LongText} [usual] what happens where the call doesn't say
 * @returns {LengthOptions}
 */
export function readLength(options, maxLength, usual = 'truncate') {
  const { truncation = null } = options;
  return {
    maxLength,
    longText: readChoice('longText', options.longText ?? usual, longTexts),
    truncation: truncation === null ? undefined : readChoice('truncation', truncation, truncations),
    stride: readCount('stride', options.stride, undefined, 0),
  };
}

/**
 * A text's tokens: one encoding, or its windows.
 * @typedef {{ encodings: Encoding[], truncated: number, stride: number }} Encoded
 *   `truncated`: how many tokens are left out; `stride`: how many windows share
 *
 * @param {Tokenizer} tokenizer
 * @param {TextOrPair} input windows of a pair cut its second text
 * @param {LengthOptions} length
 * @param {number} index of the text, for messages
 * @param {(whole: Encoding) => number} [usualStride] tokens that windows share where the call
 *   doesn't say
 * @returns {Encoded}
 * @throws TOO_LONG
 */
export function encodeText(tokenizer, { text, pair }, length, index, usualStride = () => 0) {
  const { maxLength, longText } = length;
  checkPair(tokenizer, pair);
  const whole = tokenizer.encode(text, { pair });
  if (whole.length <= maxLength) return { encodings: [whole], truncated: 0, stride: 0 };
  if (longText === 'error') {
    throw new BertletError(
      'TOO_LONG',
      `Text ${index} has ${whole.length} tokens, more than the ${maxLength} allowed.`,
    );
  }
  const inWindows = longText === 'window';
  const stride = inWindows ? (length.stride ?? usualStride(whole)) : 0;
  const usual = inWindows && pair !== undefined ? 'only_second' : 'longest_first';
  const truncation = length.truncation ?? usual;
  if (!inWindows) checkCut(tokenizer);
  const cut = tokenizer.encode(text, { pair, maxLength, truncation, stride });
  return inWindows
    ? { encodings: [cut, ...(cut.overflowing ?? [])], truncated: 0, stride }
    : { encodings: [cut], truncated: whole.length - cut.length, stride };
}

/**
 * Here the end of a long text is cut off.
 * @param {Tokenizer} tokenizer
 * @throws UNSUPPORTED where the folder wants the beginning cut
 */
export function checkCut(tokenizer) {
  if (!tokenizerInfo(tokenizer).cutsLeft) return;
  const what = 'truncation_side "left" of tokenizer_config.json is not supported';
  throw new BertletError('UNSUPPORTED', `${what}: give shorter texts, or longText "window".`);
}

/**
 * Here the second text of a pair is of another type.
 * @param {Tokenizer} tokenizer
 * @param {string} [pair]
 * @throws UNSUPPORTED where it must not be
 */
export function checkPair(tokenizer, pair) {
  if (pair === undefined || !tokenizerInfo(tokenizer).hasNoTypes) return;
  const what = 'model_input_names without token_type_ids, in tokenizer_config.json,';
  throw new BertletError('UNSUPPORTED', `${what} is not supported for pairs.`);
}

/**
 * What windows share: 128 tokens, at most half of what they hold.
 * @param {number} maxLength of a window
 * @param {number} taken tokens that stand in every window
 */
export function usualStride(maxLength, taken) {
  const usual = Math.min(128, maxLength >> 1);
  const room = maxLength - taken;
  return usual < room ? usual : room >> 1;
}

/** How many tokens the post-processor added. @param {Encoding} encoding */
export function countAdded({ specialTokensMask }) {
  return specialTokensMask.reduce((sum, mask) => sum + mask, 0);
}

/**
 * A text that was given, and the windows it became: one, but for a long text in windows.
 * @typedef {{ first: number, count: number, tokens: number[], total: number }} Windows
 *   inputs of the engine from `first` on; `tokens` of each, and of all together
 *
 * @param {{ counts: ArrayLike<number>, tokens: ArrayLike<number>, truncated: ArrayLike<number>
 *   }} usage windows of each text, tokens of each window, tokens that each text lost
 * @param {CallOptions} options of the call
 * @returns {Windows[]}
 */
export function reportUsage({ counts, tokens: all, truncated }, { onUsage }) {
  let first = 0;
  return Array.from(counts, (count, text) => {
    const tokens = Array.from({ length: count }, (_, i) => all[first + i]);
    const total = tokens.reduce((sum, number) => sum + number, 0);
    onUsage?.({ tokens: total, truncated: truncated[text], windows: count });
    const windows = { first, count, tokens, total };
    first += count;
    return windows;
  });
}

/**
 * One vector for a text's windows: their mean, each counting by its tokens.
 * @param {Windows} windows
 * @param {(index: number) => Floats} vectorOf an input of the engine
 * @param {boolean} normalize
 * @returns {Floats}
 */
export function vectorOfWindows(windows, vectorOf, normalize) {
  const vector = windows.count > 1 ? meanOfWindows(windows, vectorOf) : vectorOf(windows.first);
  if (normalize) normalizeVector(vector);
  return vector;
}

/**
 * The mean of a text's windows, each counting by its tokens.
 * @param {Windows} windows
 * @param {(index: number) => ArrayLike<number>} valuesOf an input of the engine
 * @returns {Floats}
 */
function meanOfWindows({ first, tokens, total }, valuesOf) {
  const mean = new Float64Array(valuesOf(first).length);
  tokens.forEach((count, i) => {
    const values = valuesOf(first + i);
    for (let k = 0; k < mean.length; k++) mean[k] += (values[k] * count) / total;
  });
  return Float32Array.from(mean);
}
