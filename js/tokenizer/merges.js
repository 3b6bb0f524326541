// vocab.json and merges.txt with their companions to the tokenizer.json that transformers'
// RobertaTokenizer makes of them.
import { badModel } from '../shared/errors.js';
import { numberTokens, robertaTokens } from './added.js';
import { readBoolean, readWhole, unsupported, wholeFile } from './fields.js';
import { readAdded } from './vocab.js';

/** What says nothing is of this class, too. */
const robertaClass = /^RobertaTokenizer(Fast)?$/;

/** @typedef {import('./fields.js').Place} Place */

/**
 * @param {Pick<import('../source/source.js').Source, 'readJson' | 'readText'>} source
 * @param {Place} settings tokenizer_config.json with special_tokens_map.json; gets what RoBERTa's
 *   class has where they say nothing
 * @returns {Promise<Place | undefined>} what its tokenizer.json would be; undefined: it has no
 *   merges.txt, or is of a class that needs none
 * @throws NOT_FOUND, BAD_MODEL, UNSUPPORTED, and what reading throws
 */
export async function readMergesFiles(source, settings) {
  const { tokenizer_class: className } = settings.value;
  if (typeof className === 'string' && /Bert|Electra|DPR/.test(className)) return undefined;
  const text = await source.readText('merges.txt', { optional: true });
  if (text === undefined) return undefined;
  const isRoberta = typeof className === 'string' && robertaClass.test(className);
  if (className !== undefined && !isRoberta) {
    throw unsupported(settings, 'tokenizer_class', 'RobertaTokenizer');
  }
  const vocab = await readWhole(source, 'vocab.json');
  const added = await readWhole(source, 'added_tokens.json');
  const usual = {
    ...robertaTokens,
    add_prefix_space: false,
    trim_offsets: true,
    model_input_names: ['input_ids', 'attention_mask'],
  };
  settings.value = { ...usual, ...settings.value };
  return wholeFile('vocab.json', jsonFromMerges(vocab, readLines(text), settings, added));
}

/** @param {string} text @returns {string[]} */
function readLines(text) {
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  if (lines.at(-1) === '') lines.pop();
  const blank = lines.indexOf('');
  if (blank >= 0) throw badModel('merges.txt', `has nothing in line ${blank + 1}`);
  return lines;
}

/**
 * @param {Place} vocab
 * @param {string[]} merges
 * @param {Place} settings
 * @param {Place} addedTokens
 */
function jsonFromMerges(vocab, merges, settings, addedTokens) {
  const { added, named } = readAdded(settings, addedTokens, robertaTokens);
  const size = Object.keys(vocab.value).length;
  const ids = /** @type {Record<string, number>} */ (vocab.value); // models.js checks them
  const idInVocab = (/** @type {string} */ token) =>
    Object.hasOwn(ids, token) ? ids[token] : undefined;
  const idOf = numberTokens(idInVocab, size, [...added.keys()]);
  /** @param {string} key */
  const end = (key) => [named[key], idOf(named[key])];
  const bytes = {
    type: 'ByteLevel',
    add_prefix_space: readBoolean(settings, 'add_prefix_space'),
    trim_offsets: true,
    use_regex: true,
  };
  return {
    added_tokens: [...added.values()],
    pre_tokenizer: bytes,
    post_processor: {
      type: 'RobertaProcessing',
      cls: end('cls_token'),
      sep: end('sep_token'),
      trim_offsets: readBoolean(settings, 'trim_offsets'),
      add_prefix_space: bytes.add_prefix_space,
    },
    decoder: bytes,
    model: { type: 'BPE', unk_token: null, vocab: vocab.value, merges },
  };
}
