// vocab.txt and its companions to the tokenizer.json that transformers' BertTokenizer
// makes of them.
import { BertletError } from './errors.js';
import { isObject } from './tokenizer-fields.js';

/** Classes whose vocab.txt means the same as BERT's. */
const bertClass =
  /^(Bert|DistilBert|Electra|MobileBert|SqueezeBert|ConvBert|LayoutLM|Lxmert|RetriBert|Realm|DPR\w+)Tokenizer(Fast|Legacy)?$/;
const anyClass = ['PreTrainedTokenizerFast', 'TokenizersBackend'];

/** What BERT's special tokens are called where nothing says otherwise. */
export const bertTokens = {
  unk_token: '[UNK]',
  sep_token: '[SEP]',
  pad_token: '[PAD]',
  cls_token: '[CLS]',
  mask_token: '[MASK]',
};
/** The order in which transformers adds the named tokens. */
const namedTokens = ['bos_token', 'eos_token', ...Object.keys(bertTokens)];

/**
 * @param {string} vocabText vocab.txt: one token a line, the line number its id
 * @param {object} config tokenizer_config.json
 * @param {object} specialMap special_tokens_map.json
 * @param {{ [token: string]: number }} addedTokens added_tokens.json
 * @returns {object} the content of a tokenizer.json
 */
export function jsonFromVocab(vocabText, config, specialMap, addedTokens) {
  const { tokenizer_class: tokenizerClass } = config;
  if (
    tokenizerClass !== undefined &&
    !bertClass.test(tokenizerClass) &&
    !anyClass.includes(tokenizerClass)
  ) {
    throw new BertletError(
      'UNSUPPORTED',
      `vocab.txt with the tokenizer_class ${JSON.stringify(tokenizerClass)} is not supported; supported: ` +
        'BertTokenizer and its kin. A tokenizer.json would say everything.',
    );
  }
  const vocab = readVocab(vocabText);
  const listed = readListed(config, specialMap, addedTokens);
  // special_tokens_map.json is older than added_tokens_decoder, which says all.
  const settings = config.added_tokens_decoder ? config : { ...config, ...specialMap };
  const named = namedTokens
    .map((key) => [key, namedToken(settings[key] ?? bertTokens[key], key, listed)])
    .filter(([, token]) => token !== undefined);
  const extras = readExtras(settings).map((token) =>
    namedToken(token, 'additional_special_tokens', listed),
  );
  const isNamed = new Set(named.map(([, { content }]) => content));
  const added = [
    ...listed.map((token) => (isNamed.has(token.content) ? { ...token, special: true } : token)),
    ...named.map(([, token]) => token),
    ...extras,
  ];
  const byContent = new Map();
  for (const token of added) if (!byContent.has(token.content)) byContent.set(token.content, token);
  const tokens = Object.fromEntries(named.map(([key, { content }]) => [key, content]));
  return {
    added_tokens: [...byContent.values()],
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: config.tokenize_chinese_chars ?? true,
      strip_accents: config.strip_accents ?? null,
      lowercase: config.do_lower_case ?? true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: bertProcessing(tokens, vocab, byContent),
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: tokens.unk_token,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocab),
    },
  };
}

/** A token that is there twice has the number of its last line. */
function readVocab(text) {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) throw new BertletError('BAD_MODEL', 'vocab.txt is empty.');
  return new Map(lines.map((line, id) => [line, id]));
}

function readExtras(settings) {
  const named = settings.additional_special_tokens ?? settings.extra_special_tokens ?? [];
  const extras = isObject(named) ? Object.values(named) : named;
  if (!Array.isArray(extras)) throw badConfig('additional_special_tokens is not an array');
  if (extras.includes(null)) throw badConfig('additional_special_tokens has a null');
  return extras;
}

function badConfig(sentence) {
  return new BertletError('BAD_MODEL', `tokenizer_config.json: ${sentence}.`);
}

/** Tokens that the files list with their flags, by ascending number. */
function readListed(config, specialMap, addedTokens) {
  const decoder = config.added_tokens_decoder;
  if (decoder !== undefined) {
    if (!isObject(decoder)) throw badConfig('added_tokens_decoder is not an object');
    return Object.entries(decoder)
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([, token]) => addedToken(token, token?.special ?? false, 'added_tokens_decoder'));
  }
  const special = new Set(namedTokens.map((key) => contentOf(specialMap[key] ?? config[key])));
  return Object.entries(addedTokens)
    .sort(([, a], [, b]) => a - b)
    .map(([content]) => addedToken(content, special.has(content), 'added_tokens.json'));
}

/** A named token takes the flags under which it is listed, else it is a special one. */
function namedToken(token, key, listed) {
  if (token === undefined || token === null) return undefined;
  const content = contentOf(token);
  return listed.find((other) => other.content === content) ?? addedToken(token, true, key);
}

function contentOf(token) {
  return isObject(token) ? token.content : token;
}

function addedToken(token, special, key) {
  const content = contentOf(token);
  if (typeof content !== 'string') throw badConfig(`${key} has a token without content`);
  return {
    content,
    single_word: token.single_word ?? false,
    lstrip: token.lstrip ?? false,
    rstrip: token.rstrip ?? false,
    normalized: token.normalized ?? !special,
    special,
  };
}

function bertProcessing(tokens, vocab, added) {
  // Ids as tokenizer-config.js will give them: new tokens count on from the vocabulary.
  const ids = new Map(vocab);
  let next = vocab.size;
  for (const content of added.keys()) if (!ids.has(content)) ids.set(content, next++);
  return {
    type: 'BertProcessing',
    cls: [tokens.cls_token, ids.get(tokens.cls_token)],
    sep: [tokens.sep_token, ids.get(tokens.sep_token)],
  };
}
