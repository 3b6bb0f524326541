import { BertletError } from '../shared/errors.js';
import { badArgument, readCount, readInputs, readOneOrMany, readText } from '../shared/inputs.js';
import { show } from '../shared/show.js';
import { encodeText } from '../session/windows.js';
import { bestOf, softmax } from './scores.js';
import { readable } from './tokens.js';

/**
 * @import { Encoding, FilledMasks, FillMaskOptions } from '../index.d.ts'
 * @import { TextOrPair } from '../shared/inputs.js'
 * @import { TokenRows } from '../session/session.js'
 * @import { Tokenizer } from '../tokenizer/tokenizer.js'
 * @import { LengthOptions } from '../session/windows.js'
 */

/**
 * @param {import('../session/session.js').Session} session
 * @param {unknown} x a text, a pair, or an array of these
 * @param {FillMaskOptions} [options]
 * @returns {Promise<FilledMasks | FilledMasks[]>}
 */
export async function fillMask(session, x, options = {}) {
  const { inputs, isArray } = readInputs(x);
  const length = session.readLength(options);
  const topK = readCount('topK', options.topK, 5);
  const head = session.findHead('fillMask', 'masked-lm');
  const { tokenizer } = session;
  const targets = readTargets(tokenizer, options.targets);
  const texts = inputs.map((input, i) => findMasks(tokenizer, input, length, i));
  const { outputs, windows } = await session.runEncoded(texts, options, { heads: [head] });
  const results = texts.map(({ ids, masks, encodings }, i) => {
    const logits = encodings.flatMap(({ rows }, window) => {
      const values = outputs[windows[i].first + window].heads[head];
      const width = values.length / rows.length;
      return rows.map((_, row) => values.subarray(row * width, (row + 1) * width));
    });
    const lists = masks.map((mask, row) => {
      const scores = softmax(logits[row]);
      return bestOf(scores, topK, targets).map((tokenId) => ({
        token: readable(tokenizer, [tokenId]).trim(),
        tokenId,
        score: scores[tokenId],
        sequence: fill(tokenizer, ids, mask, tokenId, masks.length === 1),
      }));
    });
    return lists.length === 1 ? lists[0] : lists;
  });
  return isArray ? results : results[0];
}

/**
 * The text with a token in a mask's place, without what the tokenizer added unless masks are left.
 * @param {Tokenizer} tokenizer
 * @param {Int32Array} ids of the text
 * @param {number} mask its place in them
 * @param {number} tokenId
 * @param {boolean} skipSpecialTokens
 */
function fill(tokenizer, ids, mask, tokenId, skipSpecialTokens) {
  const filled = ids.slice();
  filled[mask] = tokenId;
  const shown = filled.filter((id) => id !== tokenizer.padTokenId);
  return readable(tokenizer, shown, { skipSpecialTokens });
}

/**
 * A text with masks as the engine takes it: `masks` are places in `ids`, and the rows of all
 * `encodings` stand for them, in order.
 * @typedef {Required<TokenRows>} MaskedTokens
 *
 * @param {Tokenizer} tokenizer
 * @param {TextOrPair} input
 * @param {LengthOptions} length
 * @param {number} index of the text, for messages
 * @returns {{ ids: Int32Array, masks: number[], encodings: MaskedTokens[], truncated: number }}
 */
function findMasks(tokenizer, input, length, index) {
  const { maskToken, maskTokenId } = tokenizer;
  if (maskTokenId === null) throw badArgument("This model's tokenizer has no mask token.");
  /** @param {Int32Array} ids */
  const placesIn = (ids) => [...ids.keys()].filter((i) => ids[i] === maskTokenId);
  const whole = tokenizer.encode(input.text, { pair: input.pair });
  const masks = placesIn(whole.ids);
  if (masks.length === 0) {
    throw badArgument(`Text ${index} has no mask: write ${maskToken} where a word is missing.`);
  }
  if (length.longText === 'window' && whole.length > length.maxLength) {
    if (input.pair !== undefined) {
      throw tooLong(`Text ${index} is a pair of ${whole.length} tokens, and pairs have no windows`);
    }
    const encodings = windowsAround(masks, whole, length.maxLength);
    return { ids: whole.ids, masks, encodings, truncated: 0 };
  }
  const { encodings, truncated } = encodeText(tokenizer, input, length, index);
  const [{ ids, typeIds }] = encodings;
  const rows = placesIn(ids);
  if (rows.length === masks.length) {
    return { ids, masks: rows, encodings: [{ ids, typeIds, rows }], truncated };
  }
  throw tooLong(`Text ${index} has a mask beyond its first ${length.maxLength} tokens`);
}

/** @param {string} what */
const tooLong = (what) =>
  new BertletError(
    'TOO_LONG',
    `${what}: raise maxLength, or read a single text with longText "window".`,
  );

/**
 * Windows with masks in their middle; masks that are near each other share one.
 * @param {number[]} masks
 * @param {Encoding} whole
 * @param {number} maxLength of a window
 */
function windowsAround(masks, { ids, typeIds, specialTokensMask }, maxLength) {
  const begin = specialTokensMask.indexOf(0);
  const end = specialTokensMask.lastIndexOf(0) + 1;
  const room = maxLength - begin - (ids.length - end);
  if (room < 1) throw badArgument(`maxLength ${maxLength} leaves no room for text.`);
  /** @type {MaskedTokens[]} */
  const windows = [];
  for (let first = 0; first < masks.length; ) {
    let next = first + 1;
    while (masks[next] - masks[first] < room / 2) next++;
    const middle = (masks[first] + masks[next - 1] + 1) >> 1;
    const from = Math.min(Math.max(middle - (room >> 1), begin), end - room);
    /** @param {Int32Array} list */
    const cut = (list) =>
      Int32Array.of(
        ...list.subarray(0, begin),
        ...list.subarray(from, from + room),
        ...list.subarray(end),
      );
    const rows = masks.slice(first, next).map((mask) => mask - from + begin);
    windows.push({ ids: cut(ids), typeIds: cut(typeIds), rows });
    first = next;
  }
  return windows;
}

/**
 * Ids of the words that a mask may become; undefined: all.
 * @param {Tokenizer} tokenizer
 * @param {unknown} targets
 */
function readTargets(tokenizer, targets) {
  if (targets === undefined || targets === null) return undefined;
  const { inputs: words } = readOneOrMany(targets, (word) => readText('A word of targets', word));
  if (words.length === 0) throw badArgument('targets is empty: name a word, or leave it out.');
  return [...new Set(words.map((word) => readTarget(tokenizer, word)))];
}

/** @param {Tokenizer} tokenizer @param {string} target */
function readTarget(tokenizer, target) {
  const id = tokenizer.tokenToId(target);
  if (id !== undefined) return id;
  const { ids, tokens } = tokenizer.encode(target, { addSpecialTokens: false });
  if (ids.length === 1 && ids[0] !== tokenizer.unkTokenId) return ids[0];
  const problem =
    ids.length > 1 ? `is ${ids.length} tokens (${tokens.join(' ')})` : 'is not in the vocabulary';
  throw badArgument(`The target ${show(target)} ${problem}; a mask stands for one token.`);
}
