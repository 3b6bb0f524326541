// MPNet: scores are changed by the distance of tokens, by one table for all layers; there are no
// token types, and positions begin behind the padding's id, which is 1 whatever config.json says.
import { bertArchitecture, bertEmbeddings, bertSettings, layerTensors } from './parts.js';
import { headTensors, roberta } from './roberta.js';

const { 'embeddings.token_type_embeddings.weight': _, ...embeddings } = bertEmbeddings;
const { type_vocab_size: __, ...sizes } = bertSettings.sizes;

/** @type {import('./families.js').Family} */
export const mpnet = {
  modelTypes: ['mpnet'],
  ...bertSettings,
  sizes: {
    .../** @type {typeof bertSettings.sizes} */ (sizes),
    vocab_size: ['vocab_size', 30527],
    relative_buckets: 32,
    padding_id: 1,
  },
  architecture: {
    ...bertArchitecture,
    position_rows: 'POSITION_ROWS_AFTER_PADDING',
    transform: 'TRANSFORM_GELU',
  },

  // Of another size transformers has the table, but looks into it as if it had 32 rows.
  fixed: { relative_attention_num_buckets: 32 },

  rename: (name) =>
    name.replace(/^mpnet\./, '').replace(/^lm_head\.decoder\.bias$/, 'lm_head.bias'),

  decoderBiases: roberta.decoderBiases,
  heads: roberta.heads,

  tensors: {
    ...embeddings,
    ...layerTensors('encoder.layer.*', {
      'attention.attn.q': 'QUERY',
      'attention.attn.k': 'KEY',
      'attention.attn.v': 'VALUE',
      'attention.attn.o': 'ATTENTION_OUTPUT',
      'attention.LayerNorm': 'ATTENTION_NORM',
      'intermediate.dense': 'INTERMEDIATE',
      'output.dense': 'OUTPUT',
      'output.LayerNorm': 'OUTPUT_NORM',
    }),
    'encoder.relative_attention_bias.weight': 'RELATIVE_BIAS',
    ...headTensors,
  },
};
