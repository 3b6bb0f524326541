// What the small files of a Hugging Face folder say, beside weights and vocabulary.
import { readConfig, readConfigJson } from '../weights/config.js';
import { badModel, inOrder } from '../shared/errors.js';
import { checkObject, isWhole } from '../shared/kind.js';
import { readVectorSettings } from './sentence-modules.js';
import { readSentence, readTransformer } from './sentence-settings.js';
import { show } from '../shared/show.js';

/**
 * @typedef {import('../shared/json.js').JsonObject} JsonObject
 * @typedef {import('../source/source.js').Source} Source
 *
 * Settings that only some calls need have a `fault` where they are wrong or not supported: the
 * error of a call that needs them.
 * @param {Source} source
 */
export async function readFolder(source) {
  const [config, transformer = {}, json = {}, vectorSettings] = await inOrder([
    readConfigJson(source),
    readOptional(source, 'sentence_bert_config.json'),
    readOptional(source, 'config_sentence_transformers.json'),
    readVectorSettings(source),
  ]);
  const sentence = readSentence(json);
  return {
    config: readConfig(config, json),
    maxSeqLength: readMaxLength('sentence_bert_config.json', transformer, 'max_seq_length'),
    transformer: readTransformer(transformer),
    sentence,
    pooling: vectorSettings(sentence),
  };
}

/** @param {Source} source @param {string} name */
async function readOptional(source, name) {
  const json = await source.readJson(name, { optional: true });
  return json === undefined ? json : checkObject(name, json);
}

/** @param {string} file @param {JsonObject} json @param {string} key */
function readMaxLength(file, json, key) {
  const value = json[key] ?? undefined;
  if (value === undefined || isWhole(value, 2)) return value;
  throw badModel(file, `gives ${key} as ${show(value)}, not as a whole number of at least 2`);
}

/**
 * The folder's own limit, but never more than there are positions.
 * @param {Awaited<ReturnType<typeof readFolder>>} folder
 * @param {{ modelMaxLength?: number }} tokenizerInfo
 */
export function chooseMaxLength({ maxSeqLength, config }, { modelMaxLength }) {
  const ofTokenizer =
    modelMaxLength !== undefined && modelMaxLength >= 2 ? modelMaxLength : undefined;
  return Math.min(maxSeqLength ?? ofTokenizer ?? config.max_length, config.max_length);
}
