// vocab.txt and its companions to the tokenizer.json that transformers' BertTokenizer
// makes of them.
import { badModel } from './errors.js';
import {
  badField,
  isObject,
  objectIn,
  readBoolean,
  readId,
  readText,
  unsupported,
} from './tokenizer-fields.js';

/** Classes whose vocab.txt means the same as BERT's, and those that say nothing. */
const bertClass =
  /^(((Distil|Mobile|Squeeze|Conv|Retri)?Bert|Electra|LayoutLM|Lxmert|Realm|DPR\w+)Tokenizer(Fast|Legacy)?|PreTrainedTokenizerFast|TokenizersBackend)$/;

/** The named tokens as they are where nothing is said, in the order in which they are added. */
export const usualTokens = {
  bos_token: null,
  eos_token: null,
  unk_token: '[UNK]',
  sep_token: '[SEP]',
  pad_token: '[PAD]',
  cls_token: '[CLS]',
  mask_token: '[MASK]',
};

/** In the order of the bits of bl_added_flag (src/tokenizer/blob.h). */
export const addedFlags = ['single_word', 'lstrip', 'rstrip', 'normalized', 'special'];
export const specialFlag = 16;

/** The text of a token that is a string or an AddedToken object. */
export function contentOf(token) {
  return isObject(token) ? token.content : token;
}

/**
 * @param {string} vocabText vocab.txt: one token a line, the line number its id
 * @param {import('./tokenizer-fields.js').Place} given tokenizer_config.json with
 *   special_tokens_map.json
 * @param {import('./tokenizer-fields.js').Place} addedTokens added_tokens.json
 * @returns {object} the content of a tokenizer.json
 * @throws {BertletError} BAD_MODEL, UNSUPPORTED
 */
export function jsonFromVocab(vocabText, given, addedTokens) {
  const usual = {
    tokenizer_class: 'BertTokenizer',
    do_lower_case: true,
    tokenize_chinese_chars: true,
  };
  const settings = { ...given, value: { ...usual, ...given.value } };
  if (!bertClass.test(readText(settings, 'tokenizer_class'))) {
    throw unsupported(settings, 'tokenizer_class', 'BertTokenizer and its kin');
  }
  const { added, named } = readAdded(settings, addedTokens);
  const vocab = readVocab(vocabText);
  const idOf = numberTokens(vocab, Object.keys(vocab).length, [...added.keys()]);
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
 * Ids as `tokenizers` gives them: a token of the vocabulary keeps its id, added ones count
 * on from the vocabulary's size; the ids that files have for these don't matter.
 * @param {{ [token: string]: number }} vocab
 * @param {number} size of the vocabulary
 * @param {string[]} added
 * @returns {(token: string) => number | undefined} the id of a token
 */
export function numberTokens(vocab, size, added) {
  const idOf = (token) => (Object.hasOwn(vocab, token) ? vocab[token] : own.get(token));
  const own = new Map();
  for (const token of added) {
    if (token !== '' && idOf(token) === undefined) own.set(token, size + own.size);
  }
  return idOf;
}

/** A token that is there twice has the number of its last line. */
function readVocab(text) {
  const lines = text.split(/\r\n?|\n/);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) throw badModel('vocab.txt', 'is empty');
  return Object.fromEntries(lines.map((line, id) => [line, id]));
}

/**
 * The tokens that the files list with their flags, by ascending number; the named ones; and
 * further ones. All by their content, the first counts.
 */
function readAdded(settings, addedTokens) {
  const { value } = settings;
  const added = new Map();
  const add = (key, token, special) => {
    const content = contentOf(token);
    if (typeof content !== 'string') throw badField(settings, key, 'has a token without content');
    if (!added.has(content)) {
      const usual = { single_word: false, lstrip: false, rstrip: false, normalized: !special };
      added.set(content, { ...usual, ...(isObject(token) ? token : { content }), special });
    }
    return added.get(content);
  };
  const keys = Object.keys(usualTokens);
  if (value.added_tokens_decoder) {
    const listed = Object.values(objectIn(settings, 'added_tokens_decoder').value);
    for (const token of listed) add('added_tokens_decoder', token, token?.special ?? false);
  } else {
    const special = keys.map((key) => contentOf(value[key]));
    const listed = Object.keys(addedTokens.value).sort(
      (a, b) => readId(addedTokens, a) - readId(addedTokens, b),
    );
    for (const token of listed) add('added_tokens', token, special.includes(token));
  }
  const named = {};
  for (const key of keys) {
    const token = value[key] ?? usualTokens[key];
    if (token === null) continue;
    add(key, token, true).special = true;
    named[key] = contentOf(token);
  }
  const further = value.additional_special_tokens ?? value.extra_special_tokens ?? [];
  if (typeof further !== 'object') throw badField(settings, 'extra_special_tokens', 'is no list');
  for (const token of Object.values(further)) add('extra_special_tokens', token, true);
  return { added, named };
}
