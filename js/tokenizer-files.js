// The tokenizer's files of a model folder, read.
import { loadTokenizerBlob } from './tokenizer-config.js';

/**
 * @param {import('./source.js').Source} source
 * @returns {Promise<ReturnType<typeof loadTokenizerBlob>>}
 * @throws NOT_FOUND, BAD_MODEL, UNSUPPORTED, and what reading throws
 */
export async function readTokenizerFiles(source) {
  const optional = { optional: true };
  const tokenizerJson = await source.readJson('tokenizer.json', optional);
  const tokenizerConfigJson = await source.readJson('tokenizer_config.json', optional);
  const specialTokensMapJson = await source.readJson('special_tokens_map.json', optional);
  if (tokenizerJson !== undefined) {
    return loadTokenizerBlob({ tokenizerJson, tokenizerConfigJson, specialTokensMapJson });
  }
  return loadTokenizerBlob({
    tokenizerConfigJson,
    specialTokensMapJson,
    addedTokensJson: await source.readJson('added_tokens.json', optional),
    vocabText: await source.readText('vocab.txt', optional),
  });
}
