// The model of a tokenizer.json: how the tokens of a word are found, and their vocabulary.
import { mostTokens } from './added.js';
import {
  badField,
  choose,
  objectIn,
  readBoolean,
  readCount,
  readId,
  readText,
  unsupported,
} from './fields.js';

/**
 * What C takes of a model (src/tokenizer/blob.h): its kind by the name there, "BL_" left out, its
 * numbers and its texts.
 * @typedef {{ kind: string, numbers: (ArrayLike<number> | string[])[], texts: string[] }} Model
 *   `numbers`: lists that follow each other; one of names is one number, of their bits
 *
 * @typedef {import('./fields.js').Place} Place
 * @typedef {(token: string) => number | undefined} IdOf
 * @typedef {{ tokens: string[], ids: number[], idInVocab: IdOf }} Vocab by ascending ids
 * @typedef {{ model: Model, unknown?: string, prefix: string }} ReadModel `unknown`: the token of
 *   what isn't in the vocabulary; `prefix`: of tokens that go on with a word
 */

/** @type {{ [type: string]: (model: Place) => (vocab: Vocab) => ReadModel }} */
const models = {
  WordPiece: (model) => () => {
    const unknown = readText(model, 'unk_token');
    const prefix = readText(model, 'continuing_subword_prefix');
    const longest = Math.min(readCount(model, 'max_input_chars_per_word'), 2 ** 32 - 1);
    const texts = [unknown, prefix];
    return { model: { kind: 'PIECES_WORDPIECE', numbers: [[longest]], texts }, unknown, prefix };
  },

  WordLevel: (model) => () => {
    const unknown = readText(model, 'unk_token');
    return {
      model: { kind: 'PIECES_WORDLEVEL', numbers: [], texts: [unknown] },
      unknown,
      prefix: '',
    };
  },

  BPE: (model) => (vocab) => readBpe(model, vocab),
};

/** @param {Place} model @param {Vocab} vocab @returns {ReadModel} */
function readBpe(model, vocab) {
  const { dropout = null } = model.value;
  if (dropout !== null && dropout !== 0) throw unsupported(model, 'dropout', 'null and 0');
  const unknown = readOptional(model, 'unk_token');
  const prefix = readOptional(model, 'continuing_subword_prefix') ?? '';
  const suffix = readOptional(model, 'end_of_word_suffix') ?? '';
  const fallsBack = readSwitch(model, 'byte_fallback');
  if (fallsBack && prefix + suffix !== '') {
    throw unsupported(model, 'byte_fallback', 'false where there is a prefix or a suffix');
  }
  const flags = [
    ...(unknown === undefined ? [] : ['BPE_HAS_UNKNOWN']),
    ...(readSwitch(model, 'fuse_unk') ? ['BPE_FUSE_UNKNOWN'] : []),
    ...(fallsBack ? ['BPE_BYTE_FALLBACK'] : []),
    ...(readSwitch(model, 'ignore_merges') ? ['BPE_IGNORE_MERGES'] : []),
  ];
  const merges = readMerges(model, vocab, prefix);
  return {
    model: {
      kind: 'PIECES_BPE',
      numbers: [flags, [merges.length / 3], merges],
      texts: [unknown ?? '', prefix, suffix],
    },
    unknown,
    prefix,
  };
}

/** A text that may be null or missing. @param {Place} place @param {string} key */
function readOptional(place, key) {
  return (place.value[key] ?? null) === null ? undefined : readText(place, key);
}

/** A boolean that may be missing. @param {Place} place @param {string} key */
function readSwitch(place, key) {
  return place.value[key] === undefined ? false : readBoolean(place, key);
}

/**
 * The ids of each merge's two tokens, and of what they become.
 * @param {Place} model
 * @param {Vocab} vocab
 * @param {string} prefix that the second one loses
 */
function readMerges(model, { tokens, ids, idInVocab }, prefix) {
  const { merges } = model.value;
  if (!Array.isArray(merges)) throw badField(model, 'merges', 'is missing or not an array');
  if (merges.length > mostTokens) throw badField(model, 'merges', `has more than ${mostTokens}`);
  const numbers = new Uint32Array(3 * merges.length);
  let at = 0;
  let next = 0; // mostly what becomes of a merge is the token behind that of the last one
  merges.forEach((merge, i) => {
    if (typeof merge === 'string' && merge.startsWith('#version')) return;
    const [left, right] = readPair(model, merge, i);
    if (!right.startsWith(prefix)) {
      throw badField(model, 'merges', `has ${i} whose second token lacks the prefix`);
    }
    const rest = prefix === '' ? right : right.slice(prefix.length);
    const both = isBoth(tokens[next], left, rest) ? ids[next] : idInVocab(left + rest);
    for (const id of [idInVocab(left), idInVocab(right), both]) {
      if (id === undefined) {
        throw badField(model, 'merges', `has ${i} with a token that is not in the vocabulary`);
      }
      numbers[at++] = id;
      next = id + 1;
    }
  });
  return numbers.subarray(0, at);
}

/**
 * @param {Place} model
 * @param {unknown} merge its number is `i`
 * @param {number} i
 * @returns {[string, string]}
 */
function readPair(model, merge, i) {
  const pair = typeof merge === 'string' ? merge.split(' ') : merge;
  const isPair = Array.isArray(pair) && pair.length === 2;
  if (isPair && typeof pair[0] === 'string' && typeof pair[1] === 'string') {
    return [pair[0], pair[1]];
  }
  throw badField(model, 'merges', `has ${i} that is no pair of tokens`);
}

/**
 * @param {string | undefined} token
 * @param {string} left
 * @param {string} right
 */
function isBoth(token, left, right) {
  return (
    token !== undefined &&
    token.length === left.length + right.length &&
    token.startsWith(left) &&
    token.endsWith(right)
  );
}

/**
 * @param {Place} json of tokenizer.json
 * @returns {ReadModel & Vocab}
 */
export function readModel(json) {
  const model = objectIn(json, 'model');
  // Old files have no type.
  model.value = { type: model.value.merges ? 'BPE' : 'WordPiece', ...model.value };
  const read = choose(model, 'type', models);
  const vocab = readVocab(model);
  return { ...vocab, ...read(vocab) };
}

/**
 * @param {Place} model whose vocabulary may also be a Map, of vocab.txt
 * @returns {Vocab}
 */
function readVocab(model) {
  const { vocab } = model.value;
  if (vocab instanceof Map) {
    /** @type {Map<string, number>} */
    const known = vocab;
    /** @type {IdOf} */
    const idInVocab = (token) => known.get(token);
    return { ...sortById(model, [...known.keys()], [...known.values()]), idInVocab };
  }
  const place = objectIn(model, 'vocab');
  const ownIds = /** @type {Record<string, number>} */ (place.value); // once they are read
  const tokens = Object.keys(ownIds);
  if (tokens.length > mostTokens) {
    throw badField(model, 'vocab', `has more than ${mostTokens} tokens`);
  }
  const ids = tokens.map((token) => readId(place, token));
  /** @type {IdOf} */
  const idInVocab = (token) => (Object.hasOwn(ownIds, token) ? ownIds[token] : undefined);
  return { ...sortById(model, tokens, ids), idInVocab };
}

/**
 * Those of one id stay in their order.
 * @param {Place} model @param {string[]} tokens @param {number[]} ids
 */
function sortById(model, tokens, ids) {
  if (ids.every((id, i) => i === 0 || id >= ids[i - 1])) return { tokens, ids };
  // Id and place in one number: the quickest to sort, where there are millions.
  const count = tokens.length;
  const keys = Float64Array.from(ids, (id, i) => id * count + i).sort();
  if (keys[count - 1] > Number.MAX_SAFE_INTEGER) {
    throw badField(model, 'vocab', 'has too large ids for so many tokens');
  }
  return {
    tokens: Array.from(keys, (key) => tokens[key % count]),
    ids: Array.from(keys, (key) => Math.floor(key / count)),
  };
}
