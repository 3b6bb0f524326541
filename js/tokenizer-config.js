// tokenizer.json to the blob for C. What cannot be done is refused here, with the file and
// the place in it.
import { packBlob } from './tokenizer-blob.js';
import {
  badField,
  choose,
  objectIn,
  objectsIn,
  readBoolean,
  readCount,
  readFlags,
  readId,
  readText,
  readOnlyStep,
  readSteps,
  wholeFile,
} from './tokenizer-fields.js';
import { bareTemplate, postProcessors } from './tokenizer-template.js';
import {
  addedFlags,
  contentOf,
  mostTokens,
  numberTokens,
  specialFlag,
  usualTokens,
} from './tokenizer-added.js';
import { show } from './show.js';

/**
 * What JavaScript keeps of a tokenizer beside the blob.
 * @typedef {{
 *   modelMaxLength?: number,
 *   specialTokens: { [name: string]: string },
 *   cleanUp?: boolean,
 *   subwordPrefix?: string,
 *   cutsLeft?: boolean,
 *   hasNoTypes?: boolean,
 * }} TokenizerInfo `specialTokens`: by the names bos, eos, unk, sep, pad, cls, mask;
 *   `cleanUp`: what transformers shows has spaces taken out; `subwordPrefix`: of tokens that go
 *   on with a word; `cutsLeft`: long texts lose their beginning; `hasNoTypes`: the model is not
 *   told which text of a pair a token is of
 * @typedef {import('./tokenizer-fields.js').Place} Place
 */

/**
 * @param {Place} json of tokenizer.json
 * @param {Place} settings of tokenizer_config.json and special_tokens_map.json
 * @returns {{ blob: Uint8Array, info: TokenizerInfo }}
 * @throws {BertletError} BAD_MODEL, UNSUPPORTED
 */
export function readTokenizer(json, settings) {
  json.value = { version: '1.0', added_tokens: [], ...json.value };
  choose(json, 'version', { '1.0': true });
  const { tokens, ids, idInVocab, unknown, maxChars, prefix } = readModel(json);
  const { added, idOf } = readAdded(json, idInVocab, tokens.length);
  const normalize = readSteps(json, 'normalizer', 'normalizers', normalizers).flat();
  const split = readSteps(json, 'pre_tokenizer', 'pretokenizers', preTokenizers).flat();
  const decoder = readOnlyStep(json, 'decoder', 'decoders', decoders, noDecoder);
  const template = readOnlyStep(json, 'post_processor', 'processors', postProcessors, bareTemplate);
  const { single, pair, flags = 0 } = template;
  const numbers = [
    ids.length,
    ...ids,
    maxChars,
    normalize.length,
    ...normalize,
    split.length / 3,
    ...split,
    ...decoder.numbers,
    ...numbersOf(added),
    flags,
    ...numbersOf(single),
    ...numbersOf(pair),
  ];
  const others = [...added, ...single, ...pair].flat().filter((part) => typeof part === 'string');
  const texts = [...tokens, unknown, prefix, decoder.prefix, ...others];
  if (/\p{Surrogate}/u.test(texts.join('\n'))) {
    throw badField(json, 'some text', 'is not valid Unicode');
  }
  const modelMaxLength = readModelMaxLength(settings);
  const info = {
    modelMaxLength,
    ...readSides(settings),
    ...readInfo(settings.value, unknown, idOf),
    subwordPrefix: prefix,
  };
  return { blob: packBlob(numbers, texts), info };
}

/** How many entries there are, and their numbers. @param {(number | string)[][]} entries */
function numbersOf(entries) {
  return [entries.length, ...entries.flat().filter((part) => typeof part === 'number')];
}

/** @param {object} json the content of tokenizer.json @returns {Uint8Array} */
export function tokenizerBlobFromJson(json) {
  return readTokenizer(wholeFile('tokenizer.json', json), wholeFile('')).blob;
}

function readModel(json) {
  const model = objectIn(json, 'model');
  // Old files have no type.
  model.value = { type: model.value.merges ? 'BPE' : 'WordPiece', ...model.value };
  choose(model, 'type', { WordPiece: true });
  return {
    ...readVocab(model),
    unknown: readText(model, 'unk_token'),
    maxChars: Math.min(readCount(model, 'max_input_chars_per_word'), 2 ** 32 - 1),
    prefix: readText(model, 'continuing_subword_prefix'),
  };
}

/**
 * @param {Place} model whose vocabulary may also be a Map, of vocab.txt
 * @returns {{ tokens: string[], ids: number[], idInVocab: (token: string) => number | undefined }}
 *   by ascending ids
 */
function readVocab(model) {
  const { vocab } = model.value;
  if (vocab instanceof Map) {
    const idInVocab = (token) => vocab.get(token);
    return { ...sortById(model, [...vocab.keys()], [...vocab.values()]), idInVocab };
  }
  const place = objectIn(model, 'vocab');
  const tokens = Object.keys(vocab);
  if (tokens.length > mostTokens) {
    throw badField(model, 'vocab', `has more than ${mostTokens} tokens`);
  }
  const ids = tokens.map((token) => readId(place, token));
  const idInVocab = (token) => (Object.hasOwn(vocab, token) ? vocab[token] : undefined);
  return { ...sortById(model, tokens, ids), idInVocab };
}

/** Those of one id stay in their order. */
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

/**
 * @returns {{ added: [id: number, flags: number, content: string][], idOf: Function }} `added`:
 *   ascending by id; of two tokens with one id the later is found in text
 */
function readAdded(json, idInVocab, vocabSize) {
  const list = objectsIn(json, 'added_tokens');
  const contents = list.map((token) => readText(token, 'content'));
  const special = new Set(contents.filter((_, i) => list[i].value.special));
  const idOf = numberTokens(idInVocab, vocabSize, contents);
  const byId = new Map();
  list.forEach((token, i) => {
    const content = contents[i];
    const id = idOf(content);
    const flags = readFlags(token, addedFlags) | (special.has(content) ? specialFlag : 0);
    if (content !== '') byId.set(id, [id, flags, content]);
  });
  return { added: [...byId.values()].sort(([a], [b]) => a - b), idOf };
}

/** Numbers of bl_normalize_op (src/tokenizer/blob.h), in the order in which they are done. */
const normalizers = {
  BertNormalizer(step) {
    // null or missing: as lowercase says.
    const strips = step.value.strip_accents ?? readBoolean(step, 'lowercase');
    step.value = { ...step.value, strip_accents: strips };
    return operationsOf(step, {
      clean_text: [4],
      handle_chinese_chars: [5],
      strip_accents: [0, 6],
      lowercase: [8],
    });
  },
  Strip: (step) => operationsOf(step, { strip_left: [9], strip_right: [10] }),
  StripAccents: [7],
  Lowercase: [8],
  NFD: [0],
  NFC: [1],
  NFKD: [2],
  NFKC: [3],
};

/** The operations of the fields that are true. */
function operationsOf(step, fields) {
  return Object.keys(fields).flatMap((name) => (readBoolean(step, name) ? fields[name] : []));
}

const splitHow = ['Removed', 'Isolated', 'Contiguous', 'MergedWithPrevious', 'MergedWithNext'];

/** Numbers of bl_split_on and bl_split_how, and the character that the former may need. */
const preTokenizers = {
  BertPreTokenizer: [0, 0, 0, 1, 1, 0],
  Whitespace: [4, 0, 0],
  WhitespaceSplit: [0, 0, 0],
  Punctuation(step) {
    const how = splitHow.indexOf(step.value.behavior ?? 'Isolated');
    if (how < 0) throw badField(step, 'behavior', `is none of ${splitHow.join(', ')}`);
    return [1, how, 0];
  },
  Digits: (step) => [2, readBoolean(step, 'individual_digits') ? 1 : 2, 0],
  CharDelimiterSplit(step) {
    const delimiter = readText(step, 'delimiter');
    if ([...delimiter].length !== 1) throw badField(step, 'delimiter', 'is not one character');
    return [3, 0, delimiter.codePointAt(0)];
  },
};

/** `numbers`: of bl_decoder, and whether to clean up. */
const decoders = {
  WordPiece: (decoder) => ({
    numbers: [1, readFlags(decoder, ['cleanup'])],
    prefix: readText(decoder, 'prefix'),
  }),
};
const noDecoder = { numbers: [0, 0], prefix: '' };

/** @returns {TokenizerInfo} */
function readInfo(settings, unknown, idOf) {
  const specialTokens = {};
  for (const [key, usual] of Object.entries({ ...usualTokens, unk_token: unknown })) {
    const given = contentOf(settings[key]);
    const token = typeof given === 'string' ? given : usual;
    if (token === given || idOf(token) !== undefined) specialTokens[key.slice(0, -6)] = token;
  }
  return { specialTokens, cleanUp: settings.clean_up_tokenization_spaces === true };
}

/** What the calls of a model refuse where they would need it. @param {Place} settings */
function readSides(settings) {
  const { truncation_side: side = 'right', model_input_names: names } = settings.value;
  if (side !== 'right' && side !== 'left') {
    throw badField(settings, 'truncation_side', `is ${show(side)}, not "right" or "left"`);
  }
  return {
    ...(side === 'left' && { cutsLeft: true }),
    ...(Array.isArray(names) && !names.includes('token_type_ids') && { hasNoTypes: true }),
  };
}

/** @param {Place} settings @returns {number | undefined} */
function readModelMaxLength(settings) {
  // The second is what old files call it.
  const key = ['model_max_length', 'max_len'].find((name) => Object.hasOwn(settings.value, name));
  const length = settings.value[key] ?? undefined;
  if (length === undefined) return undefined;
  // transformers writes 1e30 where a tokenizer has no limit.
  if (typeof length === 'number' && length > Number.MAX_SAFE_INTEGER) return undefined;
  if (Number.isInteger(length) && length >= 1) return Math.min(length, 2 ** 31 - 1);
  throw badField(settings, key, `is ${show(length)}, not a whole number of at least 1`);
}
