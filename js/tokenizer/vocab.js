// vocab.txt and its companions to the tokenizer.json that transformers' BertTokenizer
// makes of them.
import { badModel } from '../shared/errors.js';
import { contentOf, mostTokens, numberTokens, usualTokens } from './added.js';
import { isRecord } from '../shared/kind.js';
import {
  badField,
  objectIn,
  readBoolean,
  readId,
  readText,
  readWhole,
  unsupported,
  wholeFile,
} from './fields.js';

/** Classes whose vocab.txt means the same as BERT's, and those that say nothing. */
const bertClass =
  /^(((Distil|Mobile|Squeeze|Conv|Retri)?Bert|Electra|LayoutLM|Lxmert|Realm|DPR\w+)Tokenizer(Fast|Legacy)?|PreTrainedTokenizerFast|TokenizersBackend)$/;

/**
 * @typedef {import('./fields.js').Place} Place
 *
 * A token as tokenizer.json lists it, by what it is.
 * @typedef {Record<string, unknown> & { special: unknown }} Added
 *
 * Reads a folder without tokenizer.json.
 * @param {Pick<import('../source/source.js').Source, 'readJson' | 'readText'>} source
 * @param {Place} settings tokenizer_config.json with
 *   special_tokens_map.json
 * @returns {Promise<Place>} what its tokenizer.json would be
 * @throws NOT_FOUND, BAD_MODEL, UNSUPPORTED, and what reading throws
 */
export async function readVocabFiles(source, settings) {
  const vocab = await source.readText('vocab.txt', { insteadOf: 'tokenizer.json' });
  const added = await readWhole(source, 'added_tokens.json');
  return wholeFile('vocab.txt', jsonFromVocab(vocab, settings, added));
}

/**
 * @param {string} vocabText vocab.txt: one token a line, the line number its id
 * @param {Place} given tokenizer_config.json with
 *   special_tokens_map.json
 * @param {Place} addedTokens added_tokens.json
 * @returns {Record<string, unknown>} the content of a tokenizer.json, but with its vocabulary as a Map
 * @throws {BertletError} BAD_MODEL, UNSUPPORTED
 */
function jsonFromVocab(vocabText, given, addedTokens) {
  const usual = {
    tokenizer_class: 'BertTokenizer',
    do_lower_case: true,
    tokenize_chinese_chars: true,
  };
  /** @type {Place} */
  const settings = { ...given, value: { ...usual, ...given.value } };
  const className = readText(settings, 'tokenizer_class');
  if (!bertClass.test(className)) {
    throw unsupported(settings, 'tokenizer_class', 'BertTokenizer and its kin');
  }
  const { added, named } = readAdded(settings, addedTokens);
  const vocab = readVocab(vocabText, /Legacy$/.test(className));
  const idOf = numberTokens((token) => vocab.get(token), vocab.size, [...added.keys()]);
  /** @param {string} token */
  const end = (token) => [token, idOf(token)];
  return {
    added_tokens: [...added.values()],
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: readBoolean(settings, 'tokenize_chinese_chars'),
      strip_accents: settings.value.strip_accents,
      lowercase: readBoolean(settings, 'do_lower_case'),
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'BertProcessing',
      cls: end(named.cls_token),
      sep: end(named.sep_token),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: named.unk_token,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}

/**
 * A token that is there twice has the number of its last line.
 * @param {string} text
 * @param {boolean} isLegacy as transformers' class in Python reads it, not `tokenizers`
 * @returns {Map<string, number>}
 */
function readVocab(text, isLegacy) {
  const lines = text.split(isLegacy ? /\r\n?|\n/ : '\n');
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) throw badModel('vocab.txt', 'is empty');
  if (lines.length > mostTokens) throw badModel('vocab.txt', `has more than ${mostTokens} lines`);
  const vocab = new Map();
  for (let id = 0; id < lines.length; id++) {
    vocab.set(isLegacy ? lines[id] : trimEnd(lines[id]), id);
  }
  return vocab;
}

/** What Rust calls white space, which has U+0085 and not U+FEFF, unlike JavaScript. */
const space = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** @param {string} line */
function trimEnd(line) {
  let end = line.length;
  while (end > 0 && space.test(line[end - 1])) end--;
  return line.slice(0, end);
}

/**
 * The tokens that the files list with their flags, by ascending number; the named ones; and
 * further ones. All by their content, the first counts.
 * @param {Place} settings
 * @param {Place} addedTokens
 */
export function readAdded(settings, addedTokens, usualNamed = usualTokens) {
  const { value } = settings;
  /** @type {Map<string, Added>} */
  const added = new Map();
  /** @param {string} key @param {unknown} token @param {unknown} special */
  const add = (key, token, special) => {
    const content = contentOf(token);
    if (typeof content !== 'string') throw badField(settings, key, 'has a token without content');
    const known = added.get(content);
    if (known) return { content, added: known };
    const usual = { single_word: false, lstrip: false, rstrip: false, normalized: !special };
    const one = { ...usual, ...(isRecord(token) ? token : { content }), special };
    added.set(content, one);
    return { content, added: one };
  };
  const keys = Object.keys(usualNamed);
  if (value.added_tokens_decoder) {
    const listed = Object.values(objectIn(settings, 'added_tokens_decoder').value);
    for (const token of listed) {
      const { special } = /** @type {{ special?: unknown }} */ (token ?? {});
      add('added_tokens_decoder', token, special ?? false);
    }
  } else {
    const special = keys.map((key) => contentOf(value[key]));
    const listed = Object.keys(addedTokens.value).sort(
      (a, b) => readId(addedTokens, a) - readId(addedTokens, b),
    );
    for (const token of listed) add('added_tokens', token, special.includes(token));
  }
  /** @type {Record<string, string>} */
  const named = {};
  for (const key of keys) {
    const token = value[key] ?? usualNamed[key];
    if (token === null) continue;
    const { content, added: one } = add(key, token, true);
    one.special = true;
    named[key] = content;
  }
  const further = value.additional_special_tokens ?? value.extra_special_tokens ?? [];
  if (typeof further !== 'object') throw badField(settings, 'extra_special_tokens', 'is no list');
  for (const token of Object.values(further)) add('extra_special_tokens', token, true);
  return { added, named };
}
