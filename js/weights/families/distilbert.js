// DistilBERT: no token types, no pooler, and names of its own.
import {
  bertArchitecture,
  bertEmbeddings,
  layerTensors,
  tensorsOf,
  usualHeads,
  usualOutputs,
} from './parts.js';

const pooled = { output: 'classifier', dense: 'pre_classifier', activation: 'RELU' };
const { 'embeddings.token_type_embeddings.weight': _, ...embeddings } = bertEmbeddings;

/** @type {import('./families.js').Family} */
export const distilbert = {
  modelTypes: ['distilbert'],
  sizes: {
    layers: ['n_layers', 6],
    attention_heads: ['n_heads', 12],
    hidden_size: ['dim', 768],
    intermediate_size: ['hidden_dim', 3072],
    vocab_size: ['vocab_size', 30522],
    max_positions: ['max_position_embeddings', 512],
  },
  activation: ['activation', 'gelu'],
  epsilon: [undefined, 1e-12],
  architecture: bertArchitecture,

  rename: (name) => name.replace(/^distilbert\./, ''),

  decoderBiases: { own: 'vocab_projector.bias', shared: 'vocab_projector.bias' },
  heads: { ...usualHeads, 'sequence-classification': pooled, 'multiple-choice': pooled },

  tensors: {
    ...embeddings,
    ...layerTensors('transformer.layer.*', {
      'attention.q_lin': 'QUERY',
      'attention.k_lin': 'KEY',
      'attention.v_lin': 'VALUE',
      'attention.out_lin': 'ATTENTION_OUTPUT',
      sa_layer_norm: 'ATTENTION_NORM',
      'ffn.lin1': 'INTERMEDIATE',
      'ffn.lin2': 'OUTPUT',
      output_layer_norm: 'OUTPUT_NORM',
    }),
    ...tensorsOf({
      vocab_transform: 'TRANSFORM',
      vocab_layer_norm: 'TRANSFORM_NORM',
      vocab_projector: 'DECODER',
      pre_classifier: 'HEAD_DENSE',
    }),
    ...usualOutputs,
  },
};
