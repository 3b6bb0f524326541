// What calls on heads ask of a tokenizer beyond its own calls.
import { tokenizerInfo } from '../tokenizer/tokenizer.js';

/** What loses its spaces, in the order of transformers' clean_up_tokenization. */
const cleanUps = [' .', ' ?', ' !', ' ,', " ' ", " n't", " 'm", " 's", " 've", " 're"];
/** @param {string} text @param {string} piece */
const takeSpaces = (text, piece) => text.replaceAll(piece, piece.trim());

/**
 * Whether a token goes on with the word of the token before it.
 * @param {import('../tokenizer/tokenizer.js').Tokenizer} tokenizer
 * @param {number} id
 */
export function isSubword(tokenizer, id) {
  const { subwordPrefix: prefix } = tokenizerInfo(tokenizer);
  return prefix ? (tokenizer.idToToken(id)?.startsWith(prefix) ?? false) : false;
}

/**
 * Decoded as transformers' pipelines show it: cleaned up once more where the folder says so.
 * @param {import('../tokenizer/tokenizer.js').Tokenizer} tokenizer
 * @param {ArrayLike<number>} ids
 * @param {{ skipSpecialTokens?: boolean }} [options]
 */
export function readable(tokenizer, ids, options) {
  const text = tokenizer.decode(ids, options);
  return tokenizerInfo(tokenizer).cleanUp ? cleanUps.reduce(takeSpaces, text) : text;
}
