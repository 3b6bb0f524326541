// ELECTRA: embeddings may be narrower than layers; a generator fills masks, a discriminator finds
// tokens that were replaced.
import {
  bertArchitecture,
  bertEmbeddings,
  bertLayers,
  bertSettings,
  tensorsOf,
  usualHeads,
  usualOutputs,
} from './parts.js';

/** @type {import('./families.js').Family} */
export const electra = {
  modelTypes: ['electra'],
  ...bertSettings,
  sizes: {
    ...bertSettings.sizes,
    attention_heads: ['num_attention_heads', 4],
    hidden_size: ['hidden_size', 256],
    intermediate_size: ['intermediate_size', 1024],
    embedding_size: ['embedding_size', 128],
  },
  architecture: { ...bertArchitecture, transform: 'TRANSFORM_GELU' },
  fixed: { summary_type: 'first', summary_use_proj: true, summary_activation: 'gelu' },

  rename: (name) => name.replace(/^electra\./, ''),

  decoderBiases: { own: 'generator_lm_head.bias', shared: 'generator_lm_head.bias' },
  heads: {
    ...usualHeads,
    'sequence-classification': {
      output: 'classifier.out_proj',
      dense: 'classifier.dense',
      activation: 'GELU',
    },
    'multiple-choice': {
      output: 'classifier',
      dense: 'sequence_summary.summary',
      activation: 'GELU',
    },
    'replaced-token-detection': {
      output: 'discriminator_predictions.dense_prediction',
      dense: 'discriminator_predictions.dense',
      activation: undefined,
    },
  },

  tensors: {
    ...bertEmbeddings,
    ...bertLayers,
    ...tensorsOf({
      embeddings_project: 'PROJECTION',
      'generator_predictions.dense': 'TRANSFORM',
      'generator_predictions.LayerNorm': 'TRANSFORM_NORM',
      generator_lm_head: 'DECODER',
      'classifier.dense': 'HEAD_DENSE',
      'classifier.out_proj': 'CLASSIFIER',
      'sequence_summary.summary': 'HEAD_DENSE',
      'discriminator_predictions.dense': 'HEAD_DENSE',
      'discriminator_predictions.dense_prediction': 'CLASSIFIER',
    }),
    ...usualOutputs,
  },
};
