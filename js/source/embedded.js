// The model that comes with the package: its files as far as anything reads them. What the
// others say (pooling, normalisation) is what holds without them.

/**
 * Literal URLs, one a file: bundlers find and copy the files by this pattern.
 * @returns {Record<string, URL>} file name → where it is
 */
export function embeddedModel() {
  return {
    'config.json': new URL('../../models/all-MiniLM-L6-v2/config.json', import.meta.url),
    'tokenizer.bin': new URL('../../dist/tokenizer.bin', import.meta.url),
    'tokenizer.json': new URL('../../models/all-MiniLM-L6-v2/tokenizer.json', import.meta.url),
    'sentence_bert_config.json': new URL(
      '../../models/all-MiniLM-L6-v2/sentence_bert_config.json',
      import.meta.url,
    ),
    'model.safetensors': new URL(
      '../../models/all-MiniLM-L6-v2/model.safetensors',
      import.meta.url,
    ),
  };
}

/**
 * The folder's other files: what they say holds without them, so nobody reads them, and pages are
 * not given them. A pin of one is fulfilled.
 */
export const unreadFiles = [
  '1_Pooling/config.json',
  'LICENSE',
  'README.md',
  'config_sentence_transformers.json',
  'modules.json',
  'special_tokens_map.json',
  'tokenizer_config.json',
];
