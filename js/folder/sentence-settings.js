// What sentence-transformers keeps beside its modules: prompts, the size of vectors, how they are
// compared, and how texts are prepared.
import { readFlag } from '../weights/fields.js';
import { asBertletError, badModel, BertletError } from '../shared/errors.js';
import { isRecord, isWhole } from '../shared/kind.js';
import { show } from '../shared/show.js';

const transformerFile = 'sentence_bert_config.json';
const sentenceFile = 'config_sentence_transformers.json';

/**
 * Whether the value of a key changes nothing.
 * @typedef {(value: unknown) => boolean} Check
 */

/** @param {...unknown} values @returns {Check} */
const isIn =
  (...values) =>
  (value) =>
    values.includes(value);
/** @type {Check} */
const isEmpty = (value) => value === null || (isRecord(value) && !Object.keys(value)[0]);

/** Arguments of from_pretrained() that change no result, or only its last digits. */
const harmless = [
  'trust_remote_code',
  'torch_dtype',
  'dtype',
  'attn_implementation',
  'add_pooling_layer',
  'low_cpu_mem_usage',
  'use_safetensors',
  'device_map',
];
/** @type {Check} */
const isHarmless = (value) =>
  value === null || (isRecord(value) && Object.keys(value).every((key) => harmless.includes(key)));

/** @type {Check} */
function isUsualModality(value) {
  const modalities = /** @type {{ text?: Record<string, unknown> } | null} */ (value);
  const { method, method_output_name: output } = modalities?.text ?? {};
  return method === 'forward' && (output === 'last_hidden_state' || output === 'logits');
}

/**
 * What the keys of sentence_bert_config.json may be without changing anything.
 * @type {Record<string, Check>}
 */
const checks = {
  max_seq_length: () => true, // read elsewhere
  do_lower_case: () => true,
  transformer_task: isIn('feature-extraction', 'sequence-classification'),
  modality_config: isUsualModality,
  module_output_name: isIn('token_embeddings', 'scores'),
  processing_kwargs: isEmpty,
  unpad_inputs: () => true,
  query_length: isIn(null),
  document_length: isIn(null),
  query_expansion: isEmpty,
  tokenizer_name_or_path: isIn(null),
  model_args: isHarmless,
  model_kwargs: isHarmless,
  tokenizer_args: isHarmless,
  processor_kwargs: isHarmless,
  config_args: isHarmless,
  config_kwargs: isHarmless,
};
const withoutEffect = new Map(Object.entries(checks));

/**
 * @typedef {import('../shared/json.js').JsonObject} JsonObject
 *
 * How texts are prepared.
 * @typedef {{ lowercase: boolean, fault?: BertletError }} TransformerSettings
 *
 * @param {JsonObject} json sentence_bert_config.json
 * @returns {TransformerSettings}
 */
export function readTransformer(json) {
  const strange = Object.keys(json).find((key) => !withoutEffect.get(key)?.(json[key]));
  if (strange !== undefined) {
    const what = `${show(strange)} of ${transformerFile}`;
    const fault = new BertletError('UNSUPPORTED', `The folder's ${what} is not supported.`);
    return { lowercase: false, fault };
  }
  try {
    return { lowercase: readFlag(json, 'do_lower_case', false, transformerFile) };
  } catch (error) {
    return { lowercase: false, fault: asBertletError(error) };
  }
}

/** @typedef {'cosine' | 'dot' | 'euclidean' | 'manhattan'} Similarity */

/** @type {(value: unknown) => value is Similarity} */
const isSimilarity = (value) =>
  value === 'cosine' || value === 'dot' || value === 'euclidean' || value === 'manhattan';

/**
 * @typedef {{
 *   isOther: boolean,
 *   similarity: Similarity,
 *   dimensions?: number,
 *   dimensionsFault?: BertletError,
 *   prompts: Map<string, string | undefined>,
 *   prompt: string,
 *   promptFault?: BertletError,
 * }} SentenceSettings
 *   `isOther`: the folder is a cross-encoder or the like, whose settings are not for vectors;
 *   `similarity`: how vectors are compared; `dimensions`: how many of a vector are kept, with the
 *   error of a call that doesn't say how many itself; `prompts`: by name, undefined for what is no
 *   text; `prompt`: that of a call that names none, or its error
 *
 * @param {JsonObject} json config_sentence_transformers.json
 * @returns {SentenceSettings}
 */
export function readSentence(json) {
  const { model_type: type = 'SentenceTransformer', similarity_fn_name: similarity } = json;
  const isOther = type !== 'SentenceTransformer';
  return {
    isOther,
    // What it doesn't know sentence-transformers passes over, too.
    similarity: isSimilarity(similarity) && !isOther ? similarity : 'cosine',
    ...(isOther ? {} : readDimensions(json.truncate_dim)),
    ...readPrompts(json),
  };
}

/** @param {unknown} count */
function readDimensions(count) {
  if (count === undefined || count === null) return {};
  if (isWhole(count, 1)) return { dimensions: count };
  const what = `gives truncate_dim as ${show(count)}, not as a whole number of at least 1`;
  return { dimensionsFault: badModel(sentenceFile, what) };
}

/**
 * @param {JsonObject} json
 * @returns {Pick<SentenceSettings, 'prompts' | 'prompt' | 'promptFault'>}
 */
function readPrompts({ prompts: given = {}, default_prompt_name: name = null }) {
  if (!isRecord(given)) {
    const promptFault = badModel(sentenceFile, `gives prompts as ${show(given)}, not as an object`);
    return { prompts: new Map(), prompt: '', promptFault };
  }
  /** @param {unknown} words */
  const textOf = (words) => (typeof words === 'string' ? words : undefined);
  const prompts = new Map(
    Object.entries(given).map(([key, words]) => [key, words === null ? '' : textOf(words)]),
  );
  if (name === null) return { prompts, prompt: '' };
  // sentence-transformers always has these two.
  const usual = name === 'query' || name === 'document' ? '' : undefined;
  const prompt = typeof name === 'string' && prompts.has(name) ? prompts.get(name) : usual;
  if (prompt !== undefined) return { prompts, prompt };
  const what = `has the default_prompt_name ${show(name)}, but no text of that name in prompts`;
  return { prompts, prompt: '', promptFault: badModel(sentenceFile, what) };
}
