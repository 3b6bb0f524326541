// BERT: transformers' Bert classes, and older checkpoints of the same models. ERNIE is the same.
import {
  bertArchitecture,
  bertEmbeddings,
  bertLayers,
  bertSettings,
  tensorsOf,
  usualHeads,
  usualOutputs,
} from './parts.js';

const sharedBias = 'cls.predictions.bias';

/** @type {import('./families.js').Family} */
export const bert = {
  modelTypes: ['bert', 'ernie'],
  ...bertSettings,
  architecture: bertArchitecture,
  fixed: { use_task_id: false },

  // Checkpoints with heads put "bert." before the encoder's tensors, those converted from
  // TensorFlow call a norm's numbers gamma and beta, and some have one bias under two names.
  rename: (name) =>
    name
      .replace(/^(bert|ernie)\./, '')
      .replace(/\.gamma$/, '.weight')
      .replace(/\.beta$/, '.bias')
      .replace(/^cls\.predictions\.decoder\.bias$/, sharedBias),

  decoderBiases: { own: 'cls.predictions.decoder.bias', shared: sharedBias },
  heads: usualHeads,

  tensors: {
    ...bertEmbeddings,
    ...bertLayers,
    ...tensorsOf({
      'pooler.dense': 'POOLER',
      'cls.predictions.transform.dense': 'TRANSFORM',
      'cls.predictions.transform.LayerNorm': 'TRANSFORM_NORM',
      'cls.seq_relationship': 'NEXT_SENTENCE',
    }),
    'cls.predictions.decoder.weight': 'DECODER_WEIGHT',
    [sharedBias]: 'DECODER_BIAS',
    ...usualOutputs,
  },
};
