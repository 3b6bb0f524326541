// tokenizer.json to a description of the tokenizer, which tokenizer-blob.js packs for C. What
// cannot be done is refused here, with the file and the place in it. What C numbers is called by
// the names that the numbers have there (src/tokenizer/blob.h), "BL_" left out.
import { packBlob, textsOf } from './blob.js';
import {
  badField,
  choose,
  objectIn,
  objectsIn,
  readBoolean,
  readCount,
  readId,
  readText,
  readOnlyStep,
  readSteps,
  readTrue,
  wholeFile,
} from './fields.js';
import { bareTemplate, postProcessors } from './template.js';
import { addedFlags, contentOf, mostTokens, numberTokens, usualTokens } from './added.js';
import { show } from '../shared/show.js';

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
 *
 * What the blob has.
 * @typedef {{
 *   ids: number[], tokens: string[],
 *   model: string, maxChars: number, unknown: string, prefix: string,
 *   normalize: string[],
 *   split: { on: string, how: string, character?: number }[],
 *   decoder: { kind: string, cleanUp: boolean, prefix: string },
 *   added: { id: number, flags: string[], content: string }[],
 *   template: import('./template.js').Template,
 * }} TokenizerDescription `ids`: ascending, each a token's; `added`: ascending by id
 * @typedef {import('./fields.js').Place} Place
 */

/**
 * @param {Place} json of tokenizer.json
 * @param {Place} settings of tokenizer_config.json and special_tokens_map.json
 * @returns {{ description: TokenizerDescription, info: TokenizerInfo }}
 * @throws {BertletError} BAD_MODEL, UNSUPPORTED
 */
export function readTokenizer(json, settings) {
  json.value = { version: '1.0', added_tokens: [], ...json.value };
  choose(json, 'version', { '1.0': true });
  const { idInVocab, ...words } = readModel(json);
  const { added, idOf } = readAdded(json, idInVocab, words.tokens.length);
  const description = {
    ...words,
    normalize: readSteps(json, 'normalizer', 'normalizers', normalizers).flat(),
    split: readSteps(json, 'pre_tokenizer', 'pretokenizers', preTokenizers).flat(),
    decoder: readOnlyStep(json, 'decoder', 'decoders', decoders, noDecoder),
    added,
    template: readOnlyStep(json, 'post_processor', 'processors', postProcessors, bareTemplate),
  };
  if (/\p{Surrogate}/u.test(textsOf(description).join('\n'))) {
    throw badField(json, 'some text', 'is not valid Unicode');
  }
  const { unknown, prefix } = words;
  const info = {
    modelMaxLength: readModelMaxLength(settings),
    ...readSides(settings),
    ...readInfo(settings.value, unknown, idOf),
    subwordPrefix: prefix,
  };
  return { description, info };
}

/** @param {object} json the content of tokenizer.json @param {Record<string, number>} constants */
export function tokenizerBlobFromJson(json, constants) {
  const { description } = readTokenizer(wholeFile('tokenizer.json', json), wholeFile(''));
  return packBlob(description, constants);
}

function readModel(json) {
  const model = objectIn(json, 'model');
  // Old files have no type.
  model.value = { type: model.value.merges ? 'BPE' : 'WordPiece', ...model.value };
  const kind = choose(model, 'type', { WordPiece: 'PIECES_WORDPIECE' });
  return {
    ...readVocab(model),
    model: kind,
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
 * @returns {{ added: TokenizerDescription['added'], idOf: (token: string) => number | undefined }}
 *   of two tokens with one id the later is found in text
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
    const flags = new Set(readTrue(token, addedFlags));
    if (special.has(content)) flags.add(addedFlags.special);
    if (content !== '') byId.set(id, { id, flags: [...flags], content });
  });
  return { added: [...byId.values()].sort((a, b) => a.id - b.id), idOf };
}

/** Operations in the order in which they are done. */
const normalizers = {
  BertNormalizer(step) {
    // null or missing: as lowercase says.
    const strips = step.value.strip_accents ?? readBoolean(step, 'lowercase');
    step.value = { ...step.value, strip_accents: strips };
    return readTrue(step, {
      clean_text: 'NORMALIZE_CLEAN',
      handle_chinese_chars: 'NORMALIZE_IDEOGRAPHS',
      strip_accents: ['NORMALIZE_NFD', 'NORMALIZE_STRIP_ACCENTS'],
      lowercase: 'NORMALIZE_LOWER',
    }).flat();
  },
  Strip: (step) =>
    readTrue(step, { strip_left: 'NORMALIZE_TRIM_LEFT', strip_right: 'NORMALIZE_TRIM_RIGHT' }),
  StripAccents: ['NORMALIZE_STRIP_MARKS'],
  Lowercase: ['NORMALIZE_LOWER'],
  NFD: ['NORMALIZE_NFD'],
  NFC: ['NORMALIZE_NFC'],
  NFKD: ['NORMALIZE_NFKD'],
  NFKC: ['NORMALIZE_NFKC'],
};

const splitHow = {
  Removed: 'SPLIT_REMOVED',
  Isolated: 'SPLIT_ISOLATED',
  Contiguous: 'SPLIT_CONTIGUOUS',
  MergedWithPrevious: 'SPLIT_MERGED_WITH_PREVIOUS',
  MergedWithNext: 'SPLIT_MERGED_WITH_NEXT',
};

const atSpaces = { on: 'SPLIT_ON_WHITESPACE', how: 'SPLIT_REMOVED' };

const preTokenizers = {
  BertPreTokenizer: [atSpaces, { on: 'SPLIT_ON_PUNCTUATION', how: 'SPLIT_ISOLATED' }],
  Whitespace: [{ on: 'SPLIT_ON_WORDS', how: 'SPLIT_REMOVED' }],
  WhitespaceSplit: [atSpaces],
  Punctuation(step) {
    const behavior = step.value.behavior ?? 'Isolated';
    if (typeof behavior !== 'string' || !Object.hasOwn(splitHow, behavior)) {
      throw badField(step, 'behavior', `is none of ${Object.keys(splitHow).join(', ')}`);
    }
    return [{ on: 'SPLIT_ON_PUNCTUATION', how: splitHow[behavior] }];
  },
  Digits(step) {
    const isolates = readBoolean(step, 'individual_digits');
    return [{ on: 'SPLIT_ON_NUMERIC', how: isolates ? 'SPLIT_ISOLATED' : 'SPLIT_CONTIGUOUS' }];
  },
  CharDelimiterSplit(step) {
    const delimiter = readText(step, 'delimiter');
    if ([...delimiter].length !== 1) throw badField(step, 'delimiter', 'is not one character');
    const character = delimiter.codePointAt(0);
    return [{ on: 'SPLIT_ON_CHARACTER', how: 'SPLIT_REMOVED', character }];
  },
};

const decoders = {
  WordPiece: (decoder) => ({
    kind: 'DECODER_WORDPIECE',
    cleanUp: readBoolean(decoder, 'cleanup'),
    prefix: readText(decoder, 'prefix'),
  }),
};
const noDecoder = { kind: 'DECODER_SPACES', cleanUp: false, prefix: '' };

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
