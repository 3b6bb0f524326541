// The tokenizer's files of a model folder, read.
import { inOrder } from '../shared/errors.js';
import { packBlob } from './blob.js';
import { readTokenizer } from './configuration.js';
import { readWhole, wholeFile } from './fields.js';
import { readMergesFiles } from './merges.js';
import { readPackedTokenizer } from './packed.js';
import { readVocabFiles } from './vocab.js';

/**
 * @typedef {{
 *   pack: (constants: Record<string, number>) => Uint8Array,
 *   info: import('./configuration.js').TokenizerInfo,
 * }} TokenizerFiles `pack`: makes the blob, by the numbers of the core that is to read it
 *
 * tokenizer.json counts before merges.txt with vocab.json, and these before vocab.txt.
 * @param {Pick<import('../source/source.js').Source, 'readJson' | 'readText' | 'readBytes'>} source
 * @param {boolean} [packed] it has one that the build made, which counts before all
 * @returns {Promise<TokenizerFiles>}
 * @throws NOT_FOUND, BAD_MODEL, UNSUPPORTED, and what reading throws
 */
export async function readTokenizerFiles(source, packed) {
  if (packed) {
    const { blob, info } = await readPackedTokenizer(source);
    return { pack: () => blob, info };
  }
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
    json === undefined ? await readOldFiles(source, settings) : wholeFile('tokenizer.json', json);
  const { description, info } = readTokenizer(whole, settings);
  return { pack: (constants) => packBlob(description, constants), info };
}

/**
 * Reads a folder without tokenizer.json: what its tokenizer.json would be.
 * @param {Pick<import('../source/source.js').Source, 'readJson' | 'readText'>} source
 * @param {import('./fields.js').Place} settings
 */
async function readOldFiles(source, settings) {
  return (await readMergesFiles(source, settings)) ?? readVocabFiles(source, settings);
}
