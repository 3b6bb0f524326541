// config.json to the numbers that the core needs, checked before anything is allocated.
import { BertletError } from './errors.js';

const architectures = { bert: 'BERT' };

const activations = {
  gelu: 'BL_ACTIVATION_GELU',
  gelu_new: 'BL_ACTIVATION_GELU_NEW',
  gelu_pytorch_tanh: 'BL_ACTIVATION_GELU_NEW',
  relu: 'BL_ACTIVATION_RELU',
  silu: 'BL_ACTIVATION_SILU',
  swish: 'BL_ACTIVATION_SILU',
  tanh: 'BL_ACTIVATION_TANH',
};

/** What transformers' BertConfig assumes for a key that config.json leaves out. */
const defaults = {
  num_hidden_layers: 12,
  num_attention_heads: 12,
  hidden_size: 768,
  intermediate_size: 3072,
  vocab_size: 30522,
  max_position_embeddings: 512,
  type_vocab_size: 2,
};

const largestSize = 2 ** 31 - 1;

/**
 * @param {unknown} json the parsed config.json
 * @returns {{ modelType: string, architectures: string[], layers: number, heads: number,
 *   hiddenSize: number, intermediateSize: number, vocabSize: number, maxPositions: number,
 *   typeVocabSize: number, activation: string, layerNormEpsilon: number }}
 *   `activation` is the name of the core's constant
 */
export function readConfig(json) {
  if (json === null || typeof json !== 'object' || Array.isArray(json)) {
    throw bad('is not a JSON object');
  }
  checkModelType(json);
  const config = {
    modelType: json.model_type ?? 'bert',
    architectures: Array.isArray(json.architectures) ? json.architectures.map(String) : [],
    layers: readSize(json, 'num_hidden_layers'),
    heads: readSize(json, 'num_attention_heads'),
    hiddenSize: readSize(json, 'hidden_size'),
    intermediateSize: readSize(json, 'intermediate_size'),
    vocabSize: readSize(json, 'vocab_size'),
    maxPositions: readSize(json, 'max_position_embeddings'),
    typeVocabSize: readSize(json, 'type_vocab_size'),
    activation: readActivation(json),
    layerNormEpsilon: readEpsilon(json),
  };
  if (config.hiddenSize % config.heads !== 0) {
    throw bad(
      `gives hidden_size ${config.hiddenSize}, which num_attention_heads ${config.heads} does not divide`,
    );
  }
  return config;
}

function bad(what) {
  return new BertletError('BAD_MODEL', `config.json ${what}.`);
}

function checkModelType(json) {
  const type = json.model_type;
  if (type === undefined) {
    const named = Array.isArray(json.architectures) ? json.architectures.join(', ') : '';
    if (named === '' || /^Bert[A-Z]/.test(named)) return;
    throw unsupported(`has no model_type and the architecture "${named}"`);
  }
  if (typeof type !== 'string') throw bad('has a model_type that is not a string');
  if (!Object.hasOwn(architectures, type)) throw unsupported(`has the model_type "${type}"`);
  if (json.is_decoder === true) throw unsupported('describes a decoder (is_decoder)');
  const positions = json.position_embedding_type ?? 'absolute';
  if (positions !== 'absolute') {
    throw unsupported(`has the position_embedding_type "${positions}"`);
  }
}

function unsupported(what) {
  const supported = Object.keys(architectures).join(', ');
  return new BertletError(
    'UNSUPPORTED',
    `config.json ${what}; supported are encoders of model_type: ${supported}.`,
  );
}

function readSize(json, key) {
  const value = Object.hasOwn(json, key) ? json[key] : defaults[key];
  if (!Number.isInteger(value) || value < 1 || value > largestSize) {
    throw bad(`gives ${key} as ${JSON.stringify(value)}; it must be a whole number of at least 1`);
  }
  return value;
}

function readActivation(json) {
  const name = json.hidden_act ?? 'gelu';
  if (typeof name !== 'string') throw bad('has a hidden_act that is not a string');
  if (!Object.hasOwn(activations, name)) {
    throw new BertletError(
      'UNSUPPORTED',
      `config.json has the hidden_act "${name}"; supported are ${Object.keys(activations).join(', ')}.`,
    );
  }
  return activations[name];
}

function readEpsilon(json) {
  const value = json.layer_norm_eps ?? 1e-12;
  if (typeof value !== 'number' || !(value >= 0 && value < 1)) {
    throw bad(`gives layer_norm_eps as ${JSON.stringify(value)}; it must be a number from 0 to 1`);
  }
  return value;
}
