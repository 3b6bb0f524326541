// tokenizer.json (or vocab.txt with its companions) to the blob for C, checked. What
// cannot be done is refused here, with the file and the place in it.
import { BertletError } from './errors.js';
import {
  addedFlags,
  decoders,
  maxOps,
  maxTokens,
  normalizeOps,
  splitHow,
  splitOn,
  writeTokenizerBlob,
} from './tokenizer-blob.js';
import { Field, idLimit, isBroken, isObject, quote } from './tokenizer-fields.js';
import { readPostProcessor } from './tokenizer-template.js';
import { bertTokens, jsonFromVocab } from './tokenizer-vocab.js';

const simpleNormalizers = {
  Lowercase: normalizeOps.lower,
  StripAccents: normalizeOps.stripMarks,
  NFD: normalizeOps.nfd,
  NFC: normalizeOps.nfc,
  NFKD: normalizeOps.nfkd,
  NFKC: normalizeOps.nfkc,
};
const names = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'];

/**
 * What JavaScript keeps of a tokenizer beside the blob.
 * @typedef {{
 *   modelMaxLength?: number,
 *   specialTokens: { [name: string]: string },
 * }} TokenizerInfo `specialTokens`: by the names bos, eos, unk, sep, pad, cls, mask
 */

/**
 * The blob and what belongs to it from the files of a folder, each as text or as parsed
 * JSON, any of them undefined. tokenizer.json counts before vocab.txt.
 * @param {{
 *   tokenizerJson?: string | object,
 *   tokenizerConfigJson?: string | object,
 *   specialTokensMapJson?: string | object,
 *   addedTokensJson?: string | object,
 *   vocabText?: string,
 * }} files
 * @returns {{ blob: Uint8Array, info: TokenizerInfo }}
 * @throws {BertletError} NOT_FOUND, BAD_MODEL, UNSUPPORTED
 */
export function loadTokenizerBlob(files) {
  const config = readJson(files.tokenizerConfigJson, 'tokenizer_config.json') ?? {};
  const specialMap = readJson(files.specialTokensMapJson, 'special_tokens_map.json') ?? {};
  let json = readJson(files.tokenizerJson, 'tokenizer.json');
  let fileName = 'tokenizer.json';
  if (json === undefined) {
    if (files.vocabText === undefined) {
      throw new BertletError(
        'NOT_FOUND',
        'There is no tokenizer: the folder needs tokenizer.json, or vocab.txt with tokenizer_config.json.',
      );
    }
    const addedTokens = readJson(files.addedTokensJson, 'added_tokens.json') ?? {};
    json = jsonFromVocab(files.vocabText, config, specialMap, addedTokens);
    fileName = 'vocab.txt';
  }
  const blob = tokenizerBlobFromJson(json, fileName);
  return { blob, info: readInfo(json, config, specialMap) };
}

/**
 * @param {object} json the content of tokenizer.json
 * @param {string} [fileName] for error messages
 * @returns {Uint8Array}
 */
export function tokenizerBlobFromJson(json, fileName = 'tokenizer.json') {
  return writeTokenizerBlob(readParts(new Field(fileName, 'the file', json)));
}

/**
 * The blob that transformers' BertTokenizer corresponds to.
 * @param {string} vocabText vocab.txt: one token a line
 * @param {object} [tokenizerConfig] tokenizer_config.json
 * @param {object} [specialTokensMap] special_tokens_map.json
 */
export function tokenizerBlobFromVocab(vocabText, tokenizerConfig = {}, specialTokensMap = {}) {
  return tokenizerBlobFromJson(
    jsonFromVocab(vocabText, tokenizerConfig, specialTokensMap, {}),
    'vocab.txt',
  );
}

function readJson(source, fileName) {
  if (source === undefined) return undefined;
  let value = source;
  if (typeof source === 'string') {
    try {
      value = JSON.parse(source);
    } catch (cause) {
      throw new BertletError('BAD_MODEL', `${fileName} is not JSON: ${cause.message}.`, { cause });
    }
  }
  if (!isObject(value)) throw new BertletError('BAD_MODEL', `${fileName} is not a JSON object.`);
  return value;
}

/** @returns {TokenizerInfo} */
function readInfo(json, config, specialMap) {
  const specialTokens = {};
  const known = new Set((json.added_tokens ?? []).map((token) => token.content));
  // special_tokens_map.json is older than added_tokens_decoder, which says all.
  const files = config.added_tokens_decoder ? [config] : [specialMap, config];
  for (const name of names) {
    const key = `${name}_token`;
    const given = files.map((file) => contentOf(file[key])).find((text) => text !== undefined);
    const usual = name === 'unk' ? json.model.unk_token : bertTokens[key];
    const exists = known.has(usual) || Object.hasOwn(json.model.vocab, usual);
    if (given !== undefined) specialTokens[name] = given;
    else if (usual !== undefined && exists) specialTokens[name] = usual;
  }
  const length = config.model_max_length;
  // transformers writes 1e30 where a tokenizer has no limit.
  const modelMaxLength = Number.isSafeInteger(length) && length > 0 ? length : undefined;
  return { modelMaxLength, specialTokens };
}

/** The text of a token that is a string or an AddedToken object. */
function contentOf(token) {
  const text = isObject(token) ? token.content : token;
  return typeof text === 'string' ? text : undefined;
}

/** @returns {import('./tokenizer-blob.js').TokenizerParts} */
function readParts(file) {
  const version = file.at('version');
  if (![undefined, '1.0'].includes(version.value)) throw version.unsupported('"1.0"');
  const model = readModel(file.at('model'));
  const added = readAddedTokens(file.at('added_tokens'), file.value.model.vocab, model.ids.length);
  return {
    ...model,
    normalize: readSteps(file.at('normalizer'), readNormalizer),
    split: readSteps(file.at('pre_tokenizer'), readPreTokenizer),
    decoder: readDecoder(file.at('decoder')),
    ...readPostProcessor(file.at('post_processor'), model, added),
    added,
  };
}

function isNothing({ value }) {
  return value === undefined || value === null;
}

function readModel(model) {
  const type = model.at('type');
  // Old files have no type; what they have says what they are.
  const isOld = type.value === undefined && 'continuing_subword_prefix' in model.value;
  if (!isOld && type.value !== 'WordPiece') throw type.unsupported('"WordPiece"');
  const vocab = model.at('vocab');
  const tokens = Object.keys(vocab.object());
  if (tokens.length > maxTokens) throw vocab.bad(`has more than ${maxTokens} entries`);
  const ids = tokens.map((token) => vocab.value[token]);
  const odd = ids.findIndex((id) => !(Number.isInteger(id) && id >= 0 && id < idLimit));
  if (odd >= 0) throw vocab.bad(`gives ${quote(tokens[odd])} a number that is no id`);
  if (isBroken(tokens.join('\n'))) throw vocab.bad('has a token that is not valid Unicode');
  const unknown = model.at('unk_token').text();
  return {
    tokens,
    ids,
    maxChars: Math.min(model.at('max_input_chars_per_word').count(), 2 ** 32 - 1),
    unknown: Object.hasOwn(vocab.value, unknown) ? vocab.value[unknown] : -1,
    prefix: model.at('continuing_subword_prefix').text(),
  };
}

/**
 * Ids are given as `tokenizers` gives them: a token of the vocabulary keeps its id, others
 * count on from the vocabulary's size; the file's own ids don't matter. Of two tokens with
 * one id the later is found in text.
 */
function readAddedTokens(list, vocab, vocabSize) {
  if (isNothing(list)) return [];
  const idOf = new Map();
  const byId = new Map();
  const special = new Set();
  let next = vocabSize;
  const vocabId = (content) => (Object.hasOwn(vocab, content) ? vocab[content] : undefined);
  for (const token of list.list(maxTokens)) {
    const content = token.at('content').text();
    if (content === '') continue;
    let flags = 0;
    for (const [name, bit] of Object.entries(addedFlags))
      if (token.at(name).boolean()) flags |= bit;
    const id = idOf.get(content) ?? vocabId(content) ?? next++;
    if (flags & addedFlags.special) special.add(content);
    idOf.set(content, id);
    byId.set(id, { id, flags, content });
  }
  const added = [...byId.values()].sort((a, b) => a.id - b.id);
  for (const token of added) if (special.has(token.content)) token.flags |= addedFlags.special;
  return added;
}

/** The steps of a normalizer or pre-tokenizer, or of none. */
function readSteps(field, readOne) {
  const steps = isNothing(field) ? [] : readOne(field, field.at('type'));
  if (steps.length > maxOps) throw field.bad(`has more than ${maxOps} steps`);
  return steps;
}

function readSequence(list, readOne) {
  return list.list(maxOps).flatMap((step) => readOne(step, step.at('type')));
}

/** @returns {number[]} */
function readNormalizer(normalizer, type) {
  const { clean, ideographs, nfd, stripAccents, lower, trimLeft, trimRight } = normalizeOps;
  const when = (key, ...steps) => (normalizer.at(key).boolean() ? steps : []);
  switch (type.value) {
    case 'BertNormalizer': {
      // null or missing: as lowercase says.
      const strip = isNothing(normalizer.at('strip_accents')) ? 'lowercase' : 'strip_accents';
      return [
        ...when('clean_text', clean),
        ...when('handle_chinese_chars', ideographs),
        ...when(strip, nfd, stripAccents),
        ...when('lowercase', lower),
      ];
    }
    case 'Strip':
      return [...when('strip_left', trimLeft), ...when('strip_right', trimRight)];
    case 'Sequence':
      return readSequence(normalizer.at('normalizers'), readNormalizer);
    default:
      if (Object.hasOwn(simpleNormalizers, type.value)) return [simpleNormalizers[type.value]];
      throw type.unsupported(
        `BertNormalizer, Strip, Sequence, ${Object.keys(simpleNormalizers).join(', ')}`,
      );
  }
}

/** @returns {{ on: number, how: number, character: number }[]} */
function readPreTokenizer(preTokenizer, type) {
  const split = (on, how, character = 0) => ({ on: splitOn[on], how: splitHow[how], character });
  switch (type.value) {
    case 'BertPreTokenizer':
      return [split('whitespace', 'Removed'), split('punctuation', 'Isolated')];
    case 'WhitespaceSplit':
      return [split('whitespace', 'Removed')];
    case 'Whitespace':
      return [split('words', 'Removed')];
    case 'Punctuation': {
      const how = preTokenizer.at('behavior');
      if (how.value === undefined) return [split('punctuation', 'Isolated')];
      if (!Object.hasOwn(splitHow, how.value)) throw how.bad('is unknown');
      return [split('punctuation', how.value)];
    }
    case 'Digits': {
      const alone = preTokenizer.at('individual_digits').boolean();
      return [split('numeric', alone ? 'Isolated' : 'Contiguous')];
    }
    case 'CharDelimiterSplit': {
      const delimiter = preTokenizer.at('delimiter');
      const [character, ...more] = delimiter.text();
      if (!character || more.length > 0) throw delimiter.bad('is not one character');
      return [split('character', 'Removed', character.codePointAt(0))];
    }
    case 'Sequence':
      return readSequence(preTokenizer.at('pretokenizers'), readPreTokenizer);
    default:
      throw type.unsupported(
        'BertPreTokenizer, Whitespace, WhitespaceSplit, Punctuation, Digits, CharDelimiterSplit, Sequence',
      );
  }
}

function readDecoder(decoder) {
  if (isNothing(decoder)) return { kind: decoders.spaces, cleanUp: false, prefix: '' };
  const type = decoder.at('type');
  if (type.value !== 'WordPiece') throw type.unsupported('WordPiece, null');
  return {
    kind: decoders.wordpiece,
    cleanUp: decoder.at('cleanup').boolean(),
    prefix: decoder.at('prefix').text(),
  };
}
