// RoBERTa whose norms have their place before each sublayer, and one behind the last layer.
import { layerTensors, tensorsOf } from './parts.js';
import { roberta } from './roberta.js';

const { rename, architecture, tensors } = roberta;

/** @type {import('./families.js').Family} */
export const prelayernorm = {
  ...roberta,
  modelTypes: ['roberta-prelayernorm'],
  architecture: { ...architecture, norm_place: 'NORM_BEFORE' },
  rename: (name) => rename(name.replace(/^roberta_prelayernorm\./, '')),
  tensors: {
    ...Object.fromEntries(
      Object.entries(tensors).filter(([name]) => !/\.output\.LayerNorm\./.test(name)),
    ),
    ...tensorsOf({ LayerNorm: 'FINAL_NORM' }),
    ...layerTensors('encoder.layer.*', {
      'attention.LayerNorm': 'ATTENTION_NORM',
      'intermediate.LayerNorm': 'OUTPUT_NORM',
    }),
  },
};
