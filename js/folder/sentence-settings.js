// What sentence-transformers keeps beside its modules: prompts, the size of vectors, how they are
// compared, and how texts are prepared.
import { readFlag } from './fields.js';
import { badModel, BertletError } from '../shared/errors.js';
import { kindOf } from '../shared/kind.js';
import { show } from '../shared/show.js';

const transformerFile = 'sentence_bert_config.json';
const sentenceFile = 'config_sentence_transformers.json';

const isIn =
  (...values) =>
  (value) =>
    values.includes(value);
const isEmpty = (value) => value === null || (kindOf(value) === 'Object' && !Object.keys(value)[0]);

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
const isHarmless = (value) =>
  value === null ||
  (kindOf(value) === 'Object' && Object.keys(value).every((key) => harmless.includes(key)));

/** What the keys of sentence_bert_config.json may be without changing anything. */
const withoutEffect = {
  __proto__: null,
  max_seq_length: () => true, // read elsewhere
  do_lower_case: () => true,
  transformer_task: isIn('feature-extraction', 'sequence-classification'),
  modality_config: (value) => {
    const { method, method_output_name: output } = value?.text ?? {};
    return method === 'forward' && ['last_hidden_state', 'logits'].includes(output);
  },
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

/**
 * How texts are prepared.
 * @typedef {{ lowercase: boolean, fault?: BertletError }} TransformerSettings
 *
 * @param {Record<string, unknown>} json sentence_bert_config.json
 * @returns {TransformerSettings}
 */
export function readTransformer(json) {
  const strange = Object.keys(json).find((key) => !withoutEffect[key]?.(json[key]));
  if (strange !== undefined) {
    const what = `${show(strange)} of ${transformerFile}`;
    const fault = new BertletError('UNSUPPORTED', `The folder's ${what} is not supported.`);
    return { lowercase: false, fault };
  }
  try {
    return { lowercase: readFlag(json, 'do_lower_case', false, transformerFile) };
  } catch (fault) {
    return { lowercase: false, fault };
  }
}

const similarities = ['cosine', 'dot', 'euclidean', 'manhattan'];

/**
 * @typedef {{
 *   isOther: boolean,
 *   similarity: 'cosine' | 'dot' | 'euclidean' | 'manhattan',
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
 * @param {Record<string, any>} json config_sentence_transformers.json
 * @returns {SentenceSettings}
 */
export function readSentence(json) {
  const { model_type: type = 'SentenceTransformer', similarity_fn_name: similarity } = json;
  const isOther = type !== 'SentenceTransformer';
  return {
    isOther,
    // What it doesn't know sentence-transformers passes over, too.
    similarity: similarities.includes(similarity) && !isOther ? similarity : 'cosine',
    ...(isOther ? {} : readDimensions(json.truncate_dim)),
    ...readPrompts(json),
  };
}

function readDimensions(count) {
  if (count === undefined || count === null) return {};
  if (Number.isInteger(count) && count >= 1) return { dimensions: count };
  const what = `gives truncate_dim as ${show(count)}, not as a whole number of at least 1`;
  return { dimensionsFault: badModel(sentenceFile, what) };
}

function readPrompts({ prompts: given = {}, default_prompt_name: name = null }) {
  if (kindOf(given) !== 'Object') {
    const promptFault = badModel(sentenceFile, `gives prompts as ${show(given)}, not as an object`);
    return { prompts: new Map(), prompt: '', promptFault };
  }
  const textOf = (words) => (typeof words === 'string' ? words : undefined);
  const prompts = new Map(
    Object.entries(given).map(([key, words]) => [key, words === null ? '' : textOf(words)]),
  );
  if (name === null) return { prompts, prompt: '' };
  // sentence-transformers always has these two.
  const usual = name === 'query' || name === 'document' ? '' : undefined;
  const prompt = prompts.has(name) ? prompts.get(name) : usual;
  if (prompt !== undefined) return { prompts, prompt };
  const what = `has the default_prompt_name ${show(name)}, but no text of that name in prompts`;
  return { prompts, prompt: '', promptFault: badModel(sentenceFile, what) };
}
