// tokenizer.json to a description of the tokenizer, which tokenizer-blob.js packs for C. What
// cannot be done is refused here, with the file and the place in it. What C numbers is called by
// the names that the numbers have there (src/tokenizer/blob.h), "BL_" left out.
import { packBlob, textsOf } from './blob.js';
import { addedFlags, contentOf, numberTokens, robertaTokens, usualTokens } from './added.js';
import { readDecoder } from './decoders.js';
import {
  badField,
  choose,
  objectsIn,
  readBoolean,
  readSteps,
  readText,
  readTrue,
  wholeFile,
} from './fields.js';
import { readModel } from './models.js';
import { preTokenizers } from './pre-tokenizers.js';
import { readTemplate } from './template.js';
import { isWhole } from '../shared/kind.js';
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
 *   model: import('./models.js').Model,
 *   normalize: string[],
 *   split: import('./pre-tokenizers.js').Split[],
 *   decode: import('./decoders.js').Decode[],
 *   added: { id: number, flags: string[], content: string }[],
 *   template: import('./template.js').Template,
 * }} TokenizerDescription `ids`: ascending, each a token's; `added`: ascending by id
 * @typedef {import('./fields.js').Place} Place
 * @typedef {import('./models.js').IdOf} IdOf
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
  const { idInVocab, unknown, prefix, ...words } = readModel(json);
  const { added, idOf } = readAdded(json, idInVocab, words.tokens.length);
  const description = {
    ...words,
    normalize: readSteps(json, 'normalizer', 'normalizers', normalizers).flat(),
    split: readSteps(json, 'pre_tokenizer', 'pretokenizers', preTokenizers).flat(),
    decode: readDecoder(json),
    added,
    template: readTemplate(json),
  };
  if (/\p{Surrogate}/u.test(textsOf(description).join('\n'))) {
    throw badField(json, 'some text', 'is not valid Unicode');
  }
  const info = {
    modelMaxLength: readModelMaxLength(settings),
    ...readSides(settings),
    ...readInfo(settings.value, unknown, idOf),
    subwordPrefix: prefix,
  };
  return { description, info };
}

/** @param {unknown} json the content of tokenizer.json @param {Record<string, number>} constants */
export function tokenizerBlobFromJson(json, constants) {
  const { description } = readTokenizer(wholeFile('tokenizer.json', json), wholeFile(''));
  return packBlob(description, constants);
}

/**
 * @param {Place} json
 * @param {IdOf} idInVocab
 * @param {number} vocabSize
 * @returns {{ added: TokenizerDescription['added'], idOf: IdOf }}
 *   of two tokens with one id the later is found in text
 */
function readAdded(json, idInVocab, vocabSize) {
  const list = objectsIn(json, 'added_tokens');
  const contents = list.map((token) => readText(token, 'content'));
  const special = new Set(contents.filter((_, i) => list[i].value.special));
  const idOf = numberTokens(idInVocab, vocabSize, contents);
  /** @type {Map<number, TokenizerDescription['added'][number]>} */
  const byId = new Map();
  list.forEach((token, i) => {
    const content = contents[i];
    const id = idOf(content);
    const flags = new Set(readTrue(token, addedFlags));
    if (special.has(content)) flags.add(addedFlags.special);
    if (content !== '' && id !== undefined) byId.set(id, { id, flags: [...flags], content });
  });
  return { added: [...byId.values()].sort((a, b) => a.id - b.id), idOf };
}

/** Operations in the order in which they are done. @type {import('./fields.js').Table<string[]>} */
const normalizers = {
  BertNormalizer(step) {
    // null or missing: as lowercase says.
    const strips = step.value.strip_accents ?? readBoolean(step, 'lowercase');
    step.value = { ...step.value, strip_accents: strips };
    return readTrue(step, {
      clean_text: ['NORMALIZE_CLEAN'],
      handle_chinese_chars: ['NORMALIZE_IDEOGRAPHS'],
      strip_accents: ['NORMALIZE_NFD', 'NORMALIZE_STRIP_ACCENTS'],
      lowercase: ['NORMALIZE_LOWER'],
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
  ByteLevel: ['NORMALIZE_TO_BYTES'],
};

/**
 * @param {import('../shared/json.js').JsonObject} settings
 * @param {string | undefined} unknown
 * @param {IdOf} idOf
 * @returns {TokenizerInfo}
 */
function readInfo(settings, unknown, idOf) {
  /** @type {TokenizerInfo['specialTokens']} */
  const specialTokens = {};
  const isThere = (/** @type {string | null} */ token) => !!token && idOf(token) !== undefined;
  const names = Object.values(usualTokens).some(isThere) ? usualTokens : robertaTokens;
  const unk = unknown ?? (isThere(names.unk_token) ? names.unk_token : null);
  for (const [key, usual] of Object.entries({ ...names, unk_token: unk })) {
    const given = contentOf(settings[key]);
    const token = typeof given === 'string' ? given : usual;
    if (token === undefined || token === null) continue; // "null" may be a word
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
  if (key === undefined) return undefined;
  const length = settings.value[key] ?? undefined;
  if (length === undefined) return undefined;
  // transformers writes 1e30 where a tokenizer has no limit.
  if (typeof length === 'number' && length > Number.MAX_SAFE_INTEGER) return undefined;
  if (isWhole(length, 1)) return Math.min(length, 2 ** 31 - 1);
  throw badField(settings, key, `is ${show(length)}, not a whole number of at least 1`);
}
