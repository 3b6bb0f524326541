// Tokens beside the vocabulary's own: which there usually are, and which numbers they get.
import { isRecord } from '../shared/kind.js';

/**
 * The named tokens as they are where nothing is said, in the order in which they are added.
 * @type {Record<string, string | null>}
 */
export const usualTokens = {
  bos_token: null,
  eos_token: null,
  unk_token: '[UNK]',
  sep_token: '[SEP]',
  pad_token: '[PAD]',
  cls_token: '[CLS]',
  mask_token: '[MASK]',
};

/** The same of RoBERTa. @type {typeof usualTokens} */
export const robertaTokens = {
  bos_token: '<s>',
  eos_token: '</s>',
  unk_token: '<unk>',
  sep_token: '</s>',
  pad_token: '<pad>',
  cls_token: '<s>',
  mask_token: '<mask>',
};

/** Of a vocabulary: BL_BLOB_TOKENS_MAX (src/tokenizer/blob.h). */
export const mostTokens = 2 ** 24;

/** What the fields of an added token are called in C (src/tokenizer/blob.h), "BL_" left out. */
export const addedFlags = {
  single_word: 'ADDED_SINGLE_WORD',
  lstrip: 'ADDED_LSTRIP',
  rstrip: 'ADDED_RSTRIP',
  normalized: 'ADDED_NORMALIZED',
  special: 'ADDED_SPECIAL',
};

/** The text of a token that is a string or an AddedToken object. @param {unknown} token */
export function contentOf(token) {
  return isRecord(token) ? token.content : token;
}

/**
 * Ids as `tokenizers` gives them: a token of the vocabulary keeps its id, added ones count
 * on from the vocabulary's size; the ids that files have for these don't matter.
 * @param {(token: string) => number | undefined} idInVocab
 * @param {number} size of the vocabulary
 * @param {string[]} added
 * @returns {(token: string) => number | undefined} the id of a token
 */
export function numberTokens(idInVocab, size, added) {
  /** @param {string} token @returns {number | undefined} */
  const idOf = (token) => idInVocab(token) ?? own.get(token);
  /** @type {Map<string, number>} */
  const own = new Map();
  for (const token of added) {
    if (token !== '' && idOf(token) === undefined) own.set(token, size + own.size);
  }
  return idOf;
}
