// The model that comes with the package: its files as far as anything reads them.

/**
 * Literal URLs, one a file: bundlers find and copy the files by this pattern.
 * @returns {Record<string, URL>} file name → where it is
 */
export function embeddedModel() {
  return {
    'config.json': new URL('../models/all-MiniLM-L6-v2/config.json', import.meta.url),
    'tokenizer.json': new URL('../models/all-MiniLM-L6-v2/tokenizer.json', import.meta.url),
    'tokenizer_config.json': new URL(
      '../models/all-MiniLM-L6-v2/tokenizer_config.json',
      import.meta.url,
    ),
    'sentence_bert_config.json': new URL(
      '../models/all-MiniLM-L6-v2/sentence_bert_config.json',
      import.meta.url,
    ),
    'config_sentence_transformers.json': new URL(
      '../models/all-MiniLM-L6-v2/config_sentence_transformers.json',
      import.meta.url,
    ),
    'modules.json': new URL('../models/all-MiniLM-L6-v2/modules.json', import.meta.url),
    '1_Pooling/config.json': new URL(
      '../models/all-MiniLM-L6-v2/1_Pooling/config.json',
      import.meta.url,
    ),
    'model.safetensors': new URL('../models/all-MiniLM-L6-v2/model.safetensors', import.meta.url),
  };
}
