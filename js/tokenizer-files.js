// The tokenizer's files of a model folder, read.
import { inOrder } from './errors.js';
import { readTokenizer } from './tokenizer-config.js';
import { readWhole, wholeFile } from './tokenizer-fields.js';
import { readPackedTokenizer } from './tokenizer-packed.js';
import { readVocabFiles } from './tokenizer-vocab.js';

/**
 * tokenizer.json counts before vocab.txt.
 * @param {Pick<import('./source.js').Source, 'readJson' | 'readText' | 'readBytes'>} source
 * @param {boolean} [packed] it has one that the build made, which counts before all
 * @returns {Promise<ReturnType<typeof readTokenizer>>}
 * @throws NOT_FOUND, BAD_MODEL, UNSUPPORTED, and what reading throws
 */
export async function readTokenizerFiles(source, packed) {
  if (packed) return readPackedTokenizer(source);
  const [json, settings, specialMap] = await inOrder([
    source.readJson('tokenizer.json', { optional: true }),
    readWhole(source, 'tokenizer_config.json'),
    readWhole(source, 'special_tokens_map.json'),
  ]);
  // special_tokens_map.json is older than added_tokens_decoder, which says all.
  if (!settings.value.added_tokens_decoder) {
    settings.value = { ...settings.value, ...specialMap.value };
  }
  const whole =
    json === undefined ? await readVocabFiles(source, settings) : wholeFile('tokenizer.json', json);
  return readTokenizer(whole, settings);
}
