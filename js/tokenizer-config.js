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
import { Fields, idLimit, isBroken, isObject } from './tokenizer-fields.js';
import { readPostProcessor } from './tokenizer-template.js';
import { jsonFromVocab } from './tokenizer-vocab.js';

const names = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'];
const bertNames = { unk: '[UNK]', sep: '[SEP]', pad: '[PAD]', cls: '[CLS]', mask: '[MASK]' };

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
  return writeTokenizerBlob(new Reader(fileName).parts(json));
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
    const usual = name === 'unk' ? json.model.unk_token : bertNames[name];
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

/** Reads one tokenizer.json. */
class Reader extends Fields {
  /** @returns {import('./tokenizer-blob.js').TokenizerParts} */
  parts(json) {
    this.object(json, 'the file');
    if (json.version !== undefined && json.version !== '1.0') {
      throw this.unsupported(`version ${JSON.stringify(json.version)}`, '"1.0"');
    }
    const model = this.model(json.model);
    const added = this.addedTokens(json.added_tokens ?? [], json.model.vocab, model.tokens.length);
    const normalize = this.normalizer(json.normalizer ?? null, 'normalizer');
    const split = this.preTokenizer(json.pre_tokenizer ?? null, 'pre_tokenizer');
    if (normalize.length > maxOps) throw this.bad(`normalizer has more than ${maxOps} steps`);
    if (split.length > maxOps) throw this.bad(`pre_tokenizer has more than ${maxOps} steps`);
    return {
      ...model,
      normalize,
      split,
      decoder: this.decoder(json.decoder ?? null),
      ...readPostProcessor(this, json.post_processor ?? null, model, added),
      added,
    };
  }

  model(model) {
    this.object(model, 'model');
    // Old files have no type; what they have says what they are.
    const type = model.type ?? ('continuing_subword_prefix' in model ? 'WordPiece' : 'unknown');
    if (type !== 'WordPiece') {
      throw this.unsupported(`the model type ${JSON.stringify(type)}`, '"WordPiece"');
    }
    const tokens = Object.keys(this.object(model.vocab, 'model.vocab'));
    if (tokens.length > maxTokens) throw this.bad(`model.vocab has more than ${maxTokens} entries`);
    const isId = (id) => Number.isInteger(id) && id >= 0 && id < idLimit;
    const ids = tokens.map((token) => model.vocab[token]);
    const odd = ids.findIndex((id) => !isId(id));
    if (odd >= 0)
      throw this.bad(`the id of ${JSON.stringify(tokens[odd])} in model.vocab is no id`);
    if (isBroken(tokens.join('\n'))) {
      throw this.bad('model.vocab has a token that is not valid Unicode');
    }
    const unknown = this.text(model.unk_token, 'model.unk_token');
    const maxChars = this.count(model.max_input_chars_per_word, 'model.max_input_chars_per_word');
    return {
      tokens,
      ids,
      maxChars: Math.min(maxChars, 2 ** 32 - 1),
      unknown: Object.hasOwn(model.vocab, unknown) ? model.vocab[unknown] : -1,
      prefix: this.text(model.continuing_subword_prefix, 'model.continuing_subword_prefix'),
    };
  }

  /**
   * Ids are given as `tokenizers` gives them: a token of the vocabulary keeps its id, others
   * count on from the vocabulary's size; the file's own ids don't matter. Of two tokens with
   * one id the later is found in text.
   */
  addedTokens(list, vocab, vocabSize) {
    const idOf = new Map();
    const byId = new Map();
    const special = new Set();
    let next = vocabSize;
    const vocabId = (content) => (Object.hasOwn(vocab, content) ? vocab[content] : undefined);
    this.array(list, 'added_tokens', maxTokens).forEach((token, i) => {
      const where = `added_tokens[${i}]`;
      const content = this.text(this.object(token, where).content, `${where}.content`);
      if (content === '') return;
      let flags = 0;
      for (const [name, bit] of Object.entries(addedFlags)) {
        if (this.boolean(token[name], `${where}.${name}`)) flags |= bit;
      }
      const id = idOf.get(content) ?? vocabId(content) ?? next++;
      if (flags & addedFlags.special) special.add(content);
      idOf.set(content, id);
      byId.set(id, { id, flags, content });
    });
    const added = [...byId.values()].sort((a, b) => a.id - b.id);
    for (const token of added) if (special.has(token.content)) token.flags |= addedFlags.special;
    return added;
  }

  /** @returns {number[]} steps */
  normalizer(normalizer, where) {
    if (normalizer === null) return [];
    this.depth(where);
    const { type } = this.object(normalizer, where);
    const { clean, ideographs, nfd, stripAccents, lower } = normalizeOps;
    switch (type) {
      case 'BertNormalizer': {
        const lowercase = this.boolean(normalizer.lowercase, `${where}.lowercase`);
        // null or missing: as lowercase says.
        const strip = normalizer.strip_accents ?? lowercase;
        return [
          ...(this.boolean(normalizer.clean_text, `${where}.clean_text`) ? [clean] : []),
          ...(this.boolean(normalizer.handle_chinese_chars, `${where}.handle_chinese_chars`)
            ? [ideographs]
            : []),
          ...(this.boolean(strip, `${where}.strip_accents`) ? [nfd, stripAccents] : []),
          ...(lowercase ? [lower] : []),
        ];
      }
      case 'Sequence':
        return this.array(normalizer.normalizers, `${where}.normalizers`, maxOps).flatMap(
          (step, i) =>
            this.normalizer(
              this.object(step, `${where}.normalizers[${i}]`),
              `${where}.normalizers[${i}]`,
            ),
        );
      case 'Strip':
        return [
          ...(this.boolean(normalizer.strip_left, `${where}.strip_left`)
            ? [normalizeOps.trimLeft]
            : []),
          ...(this.boolean(normalizer.strip_right, `${where}.strip_right`)
            ? [normalizeOps.trimRight]
            : []),
        ];
      case 'Lowercase':
        return [lower];
      case 'StripAccents':
        return [normalizeOps.stripMarks];
      case 'NFD':
      case 'NFC':
      case 'NFKD':
      case 'NFKC':
        return [normalizeOps[type.toLowerCase()]];
      default:
        throw this.unsupported(
          `the ${where} type ${JSON.stringify(type)}`,
          'BertNormalizer, Lowercase, StripAccents, Strip, NFC, NFD, NFKC, NFKD, a Sequence of these',
        );
    }
  }

  /** @returns {{ on: number, how: number, character: number }[]} steps */
  preTokenizer(preTokenizer, where) {
    if (preTokenizer === null) return [];
    this.depth(where);
    const { type } = this.object(preTokenizer, where);
    const split = (on, how, character = 0) => ({ on: splitOn[on], how: splitHow[how], character });
    switch (type) {
      case 'BertPreTokenizer':
        return [split('whitespace', 'Removed'), split('punctuation', 'Isolated')];
      case 'WhitespaceSplit':
        return [split('whitespace', 'Removed')];
      case 'Whitespace':
        return [split('words', 'Removed')];
      case 'Punctuation': {
        const how = preTokenizer.behavior ?? 'Isolated';
        if (!Object.hasOwn(splitHow, how)) throw this.bad(`${where}.behavior is unknown`);
        return [split('punctuation', how)];
      }
      case 'Digits': {
        const alone = this.boolean(preTokenizer.individual_digits, `${where}.individual_digits`);
        return [split('numeric', alone ? 'Isolated' : 'Contiguous')];
      }
      case 'CharDelimiterSplit': {
        const delimiter = this.text(preTokenizer.delimiter, `${where}.delimiter`);
        if ([...delimiter].length !== 1) throw this.bad(`${where}.delimiter is not one character`);
        return [split('character', 'Removed', delimiter.codePointAt(0))];
      }
      case 'Sequence':
        return this.array(preTokenizer.pretokenizers, `${where}.pretokenizers`, maxOps).flatMap(
          (step, i) =>
            this.preTokenizer(
              this.object(step, `${where}.pretokenizers[${i}]`),
              `${where}.pretokenizers[${i}]`,
            ),
        );
      default:
        throw this.unsupported(
          `the ${where} type ${JSON.stringify(type)}`,
          'BertPreTokenizer, Whitespace, WhitespaceSplit, Punctuation, Digits, CharDelimiterSplit, a Sequence of these',
        );
    }
  }

  decoder(decoder) {
    if (decoder === null) return { kind: decoders.spaces, cleanUp: false, prefix: '' };
    const { type } = this.object(decoder, 'decoder');
    if (type !== 'WordPiece') {
      throw this.unsupported(`the decoder type ${JSON.stringify(type)}`, 'WordPiece, null');
    }
    return {
      kind: decoders.wordpiece,
      cleanUp: this.boolean(decoder.cleanup, 'decoder.cleanup'),
      prefix: this.text(decoder.prefix, 'decoder.prefix'),
    };
  }
}
