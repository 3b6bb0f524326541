// What there is to say of each token of a text or a pair.

/**
 * @typedef {import('../../js/index.js').Tokenizer} Tokenizer
 *
 * @typedef {object} Piece
 * @property {string} token
 * @property {number} id
 * @property {number} segment the token type that the model is given
 * @property {0 | 1 | null} source in which text it stands; null for tokens that were added
 * @property {number} start UTF-16 units in that text
 * @property {number} end
 * @property {number} word number of the word, counted over both texts; pieces of one share it
 * @property {boolean} isSpecial
 * @property {boolean} isUnknown
 * @property {boolean} isCut beyond what the model reads
 *
 * @typedef {{ pieces: Piece[], words: number, unknown: number, special: number, cut: number }}
 *   Analysis all but `pieces` are counts
 */

/**
 * @param {Tokenizer} tokenizer
 * @param {string} text
 * @param {string | undefined} pair
 * @param {number} maxLength what the model reads at most, in tokens
 * @returns {Analysis}
 */
export function analyseTokens(tokenizer, text, pair, maxLength) {
  const encoding = tokenizer.encode(text, { pair });
  const { ids, typeIds, specialTokensMask, tokens, offsets } = encoding;
  const specialIds = specialIdsOf(tokenizer);
  const inFirst = tokenizer.encode(text, { addSpecialTokens: false }).length;
  const kept = keptOfEach(tokenizer, text, pair, maxLength, inFirst, ids.length);
  const seen = [0, 0];
  let word = 0;
  let words = 0;
  /** @type {Piece[]} */
  const pieces = Array.from({ length: ids.length }, (_, i) => {
    const isAdded = specialTokensMask[i] === 1;
    const source = isAdded ? null : seen[0] < inFirst ? 0 : 1;
    const [start, end] = offsets[i];
    const goesOn = tokens[i].startsWith('##') && source !== null && offsets[i - 1]?.[1] === start;
    if (!goesOn && !isAdded) word++;
    // Signs are coloured as words are, but nobody would count them.
    const own = (source === 1 ? pair : text) ?? '';
    if (!goesOn && !isAdded && /[\p{L}\p{N}]/u.test(own.slice(start, end))) words++;
    return {
      token: tokens[i],
      id: ids[i],
      segment: typeIds[i],
      source,
      start,
      end,
      word,
      isSpecial: isAdded || specialIds.has(ids[i]),
      isUnknown: !isAdded && ids[i] === tokenizer.unkTokenId,
      isCut: source !== null && seen[source]++ >= kept[source],
    };
  });
  /** @param {(piece: Piece) => boolean} test */
  const count = (test) => pieces.filter(test).length;
  return {
    pieces,
    words,
    unknown: count(({ isUnknown }) => isUnknown),
    special: count(({ source }) => source === null),
    cut: count(({ isCut }) => isCut),
  };
}

/**
 * How many tokens of each text the model would be given: it cuts the ends.
 * @param {Tokenizer} tokenizer
 * @param {string} text
 * @param {string | undefined} pair
 * @param {number} maxLength
 * @param {number} inFirst tokens of the first text
 * @param {number} length of all
 */
function keptOfEach(tokenizer, text, pair, maxLength, inFirst, length) {
  if (length <= maxLength) return [length, length];
  const { specialTokensMask } = tokenizer.encode(text, { pair, truncation: true, maxLength });
  // Added tokens stand between the two texts, so the first text ends where some follow it.
  const runs = [0, 0];
  let run = 0;
  specialTokensMask.forEach((mask, i) => {
    if (mask === 0) runs[run]++;
    else if (runs[run] > 0 && run === 0 && i < specialTokensMask.length - 1) run = 1;
  });
  return inFirst === 0 ? [0, runs[0]] : runs;
}

/** Without the unknown token, which stands for a word. @param {Tokenizer} tokenizer */
function specialIdsOf(tokenizer) {
  const { clsTokenId, sepTokenId, padTokenId, maskTokenId, bosTokenId, eosTokenId } = tokenizer;
  const ids = [clsTokenId, sepTokenId, padTokenId, maskTokenId, bosTokenId, eosTokenId];
  return new Set(ids.filter((id) => id !== null));
}
