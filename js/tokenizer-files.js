// The tokenizer's files of a model folder, read.
import { BertletError, inOrder } from './errors.js';
import { readTokenizer } from './tokenizer-config.js';
import { wholeFile } from './tokenizer-fields.js';
import { jsonFromVocab } from './tokenizer-vocab.js';

/**
 * tokenizer.json counts before vocab.txt.
 * @param {Pick<import('./source.js').Source, 'readJson' | 'readText'>} source
 * @returns {Promise<ReturnType<typeof readTokenizer>>}
 * @throws NOT_FOUND, BAD_MODEL, UNSUPPORTED, and what reading throws
 */
export async function readTokenizerFiles(source) {
  const optional = { optional: true };
  const readPlace = async (name) => wholeFile(name, await source.readJson(name, optional));
  const [json, settings, specialMap] = await inOrder([
    source.readJson('tokenizer.json', optional),
    readPlace('tokenizer_config.json'),
    readPlace('special_tokens_map.json'),
  ]);
  // special_tokens_map.json is older than added_tokens_decoder, which says all.
  if (!settings.value.added_tokens_decoder) Object.assign(settings.value, specialMap.value);
  if (json !== undefined) return readTokenizer(wholeFile('tokenizer.json', json), settings);
  const vocab = await source.readText('vocab.txt', optional);
  if (vocab === undefined) {
    throw new BertletError('NOT_FOUND', 'The folder has neither tokenizer.json nor vocab.txt.');
  }
  const made = jsonFromVocab(vocab, settings, await readPlace('added_tokens.json'));
  return readTokenizer(wholeFile('vocab.txt', made), settings);
}
