// Names of a model folder's files, relative to it, with '/' between folders.

export const weightsFile = 'model.safetensors';
/** Of weights in several files. */
export const indexFile = 'model.safetensors.index.json';

export const adapterConfigFile = 'adapter_config.json';
export const adapterWeightsFile = 'adapter_model.safetensors';
export const adapterFiles = [adapterConfigFile, adapterWeightsFile];

/** All that have a fixed name; those that modules.json and an index name come on top. */
export const folderFiles = [
  weightsFile,
  indexFile,
  'config.json',
  'tokenizer.json',
  'vocab.txt',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'modules.json',
  'sentence_bert_config.json',
  'config_sentence_transformers.json',
  '1_Pooling/config.json',
  ...adapterFiles,
];

/**
 * Whether a name stays inside its folder: relative, no '../..', no scheme, no empty part.
 * @param {unknown} name
 * @returns {name is string}
 */
export function isFileName(name) {
  const wrong = /[\0\\]|^[a-z][a-z\d+.-]*:|(^|\/)\.{0,2}(\/|$)/i;
  return typeof name === 'string' && !wrong.test(name);
}

/**
 * Takes away the folder that all names stand in, as when a page's user picked one
 * ('MyModel/config.json', 'MyModel/1_Pooling/config.json').
 * @param {string[]} names
 * @returns {string[]}
 */
export function withoutCommonFolder(names) {
  const all = names.map((name) => name.replaceAll('\\', '/'));
  let [folder = ''] = all;
  do folder = folder.replace(/[^/]*\/?$/, '');
  while (!all.every((name) => name.startsWith(folder)));
  return all.map((name) => name.slice(folder.length));
}
