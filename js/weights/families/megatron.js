// Megatron's BERT: norms before each sublayer and behind the last layer, none of embeddings.
import { bert } from './bert.js';
import { layerTensors, tensorsOf } from './parts.js';

const isNorm = /(embeddings|\.output)\.LayerNorm\./;

/** @type {import('./families.js').Family} */
export const megatron = {
  ...bert,
  modelTypes: ['megatron-bert'],
  sizes: {
    ...bert.sizes,
    layers: ['num_hidden_layers', 24],
    attention_heads: ['num_attention_heads', 16],
    hidden_size: ['hidden_size', 1024],
    intermediate_size: ['intermediate_size', 4096],
    vocab_size: ['vocab_size', 29056],
  },
  architecture: {
    ...bert.architecture,
    norm_place: 'NORM_BEFORE',
    norms: 'NO_EMBEDDINGS_NORM',
  },
  tensors: {
    ...Object.fromEntries(Object.entries(bert.tensors).filter(([name]) => !isNorm.test(name))),
    ...tensorsOf({ 'encoder.ln': 'FINAL_NORM' }),
    ...layerTensors('encoder.layer.*', { 'attention.ln': 'ATTENTION_NORM', ln: 'OUTPUT_NORM' }),
  },
};
