// What several families call alike: BERT's embeddings, its layers, its classifiers.

/** Tensors of the embeddings. */
export const bertEmbeddings = {
  'embeddings.word_embeddings.weight': 'WORD_EMBEDDINGS',
  'embeddings.position_embeddings.weight': 'POSITION_EMBEDDINGS',
  'embeddings.token_type_embeddings.weight': 'TYPE_EMBEDDINGS',
  'embeddings.LayerNorm.weight': 'EMBEDDINGS_NORM_WEIGHT',
  'embeddings.LayerNorm.bias': 'EMBEDDINGS_NORM_BIAS',
};

/**
 * The weight and the bias of modules.
 * @param {Record<string, string>} modules the end of a module's name → how its roles begin
 * @param {string} [prefix] how their names begin
 */
export const tensorsOf = (modules, prefix = '') =>
  Object.fromEntries(
    Object.entries(modules).flatMap(([name, role]) => [
      [`${prefix}${name}.weight`, `${role}_WEIGHT`],
      [`${prefix}${name}.bias`, `${role}_BIAS`],
    ]),
  );

/**
 * Those of layers.
 * @param {string} layer how a layer's names begin, its number being *
 * @param {Record<string, string>} modules
 */
export const layerTensors = (layer, modules) => tensorsOf(modules, `${layer}.`);

export const bertLayers = layerTensors('encoder.layer.*', {
  'attention.self.query': 'QUERY',
  'attention.self.key': 'KEY',
  'attention.self.value': 'VALUE',
  'attention.output.dense': 'ATTENTION_OUTPUT',
  'attention.output.LayerNorm': 'ATTENTION_NORM',
  'intermediate.dense': 'INTERMEDIATE',
  'output.dense': 'OUTPUT',
  'output.LayerNorm': 'OUTPUT_NORM',
});

/** Layers of heads that have these names in every family. */
export const usualOutputs = tensorsOf({ classifier: 'CLASSIFIER', qa_outputs: 'CLASSIFIER' });

/** @type {import('./families.js').Family['heads']} */
export const usualHeads = {
  'sequence-classification': { output: 'classifier' },
  'multiple-choice': { output: 'classifier' },
  'token-classification': { output: 'classifier' },
  'question-answering': { output: 'qa_outputs' },
};

/** A family whose layers are BERT's. */
export const bertArchitecture = {
  norm_place: 'NORM_AFTER',
  positions: 'POSITIONS_ABSOLUTE',
  feed_forward: 'FEED_FORWARD_PLAIN',
  biases: 'BIASES_ALL',
};

/** @type {Pick<import('./families.js').Family, 'sizes' | 'activation' | 'epsilon'>} */
export const bertSettings = {
  sizes: {
    layers: ['num_hidden_layers', 12],
    attention_heads: ['num_attention_heads', 12],
    hidden_size: ['hidden_size', 768],
    intermediate_size: ['intermediate_size', 3072],
    vocab_size: ['vocab_size', 30522],
    max_positions: ['max_position_embeddings', 512],
    type_vocab_size: ['type_vocab_size', 2],
  },
  activation: ['hidden_act', 'gelu'],
  epsilon: ['layer_norm_eps', 1e-12],
};
