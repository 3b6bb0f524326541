// RoBERTa and what is built like it: positions begin behind the padding token's id, and a
// classifier of texts has a dense layer of its own.
import {
  bertArchitecture,
  bertEmbeddings,
  bertLayers,
  bertSettings,
  tensorsOf,
  usualHeads,
  usualOutputs,
} from './parts.js';

const sharedBias = 'lm_head.bias';

/** Tensors of the pooler and of heads. */
export const headTensors = {
  ...tensorsOf({
    'pooler.dense': 'POOLER',
    'lm_head.dense': 'TRANSFORM',
    'lm_head.layer_norm': 'TRANSFORM_NORM',
    'classifier.dense': 'HEAD_DENSE',
    'classifier.out_proj': 'CLASSIFIER',
  }),
  'lm_head.decoder.weight': 'DECODER_WEIGHT',
  [sharedBias]: 'DECODER_BIAS',
  ...usualOutputs,
};

/** @type {import('./families.js').Family} */
export const roberta = {
  modelTypes: ['roberta', 'xlm-roberta', 'camembert', 'data2vec-text'],
  ...bertSettings,
  sizes: { ...bertSettings.sizes, padding_id: ['pad_token_id', 1, 0] },
  architecture: {
    ...bertArchitecture,
    position_rows: 'POSITION_ROWS_AFTER_PADDING',
    transform: 'TRANSFORM_GELU',
  },

  rename: (name) =>
    name.replace(/^(roberta|data2vec_text)\./, '').replace(/^lm_head\.decoder\.bias$/, sharedBias),

  decoderBiases: { own: 'lm_head.decoder.bias', shared: sharedBias },
  heads: {
    ...usualHeads,
    'sequence-classification': {
      output: 'classifier.out_proj',
      dense: 'classifier.dense',
      activation: 'TANH',
    },
  },

  tensors: { ...bertEmbeddings, ...bertLayers, ...headTensors },
};
