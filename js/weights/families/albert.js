// ALBERT: narrow embeddings, and sets of weights that layers share.
import {
  bertArchitecture,
  bertEmbeddings,
  bertSettings,
  layerTensors,
  tensorsOf,
  usualHeads,
  usualOutputs,
} from './parts.js';

const sharedBias = 'predictions.bias';

/** @type {import('./families.js').Family} */
export const albert = {
  modelTypes: ['albert'],
  ...bertSettings,
  sizes: {
    ...bertSettings.sizes,
    attention_heads: ['num_attention_heads', 64],
    hidden_size: ['hidden_size', 4096],
    intermediate_size: ['intermediate_size', 16384],
    vocab_size: ['vocab_size', 30000],
    embedding_size: ['embedding_size', 128],
    'architecture.shared_sets': ['num_hidden_groups', 1],
  },
  activation: ['hidden_act', 'gelu_new'],
  architecture: { ...bertArchitecture, projection: 'PROJECTION_ALWAYS' },
  fixed: { inner_group_num: 1 },

  rename: (name) =>
    name.replace(/^albert\./, '').replace(/^predictions\.decoder\.bias$/, sharedBias),

  decoderBiases: { own: 'predictions.decoder.bias', shared: sharedBias },
  heads: usualHeads,

  tensors: {
    ...bertEmbeddings,
    ...layerTensors('encoder.albert_layer_groups.*.albert_layers.0', {
      'attention.query': 'QUERY',
      'attention.key': 'KEY',
      'attention.value': 'VALUE',
      'attention.dense': 'ATTENTION_OUTPUT',
      'attention.LayerNorm': 'ATTENTION_NORM',
      ffn: 'INTERMEDIATE',
      ffn_output: 'OUTPUT',
      full_layer_layer_norm: 'OUTPUT_NORM',
    }),
    ...tensorsOf({
      'encoder.embedding_hidden_mapping_in': 'PROJECTION',
      pooler: 'POOLER',
      'predictions.dense': 'TRANSFORM',
      'predictions.LayerNorm': 'TRANSFORM_NORM',
    }),
    'predictions.decoder.weight': 'DECODER_WEIGHT',
    [sharedBias]: 'DECODER_BIAS',
    ...usualOutputs,
  },
};
