// BERT: transformers' Bert classes, and older checkpoints of the same models.

const sharedBias = 'cls.predictions.bias';

/** @type {import('./families.js').Family} */
export const bert = {
  modelTypes: ['bert'],

  // Checkpoints with heads put "bert." before the encoder's tensors, those converted from
  // TensorFlow call a norm's numbers gamma and beta, and some have one bias under two names.
  rename: (name) =>
    name
      .replace(/^bert\./, '')
      .replace(/\.gamma$/, '.weight')
      .replace(/\.beta$/, '.bias')
      .replace(/^cls\.predictions\.decoder\.bias$/, sharedBias),

  decoderBiases: { own: 'cls.predictions.decoder.bias', shared: sharedBias },

  outputLayer: (head) => (head === 'question-answering' ? 'qa_outputs' : 'classifier'),

  architecture: {
    norm_place: 'NORM_AFTER',
    positions: 'POSITIONS_ABSOLUTE',
    feed_forward: 'FEED_FORWARD_PLAIN',
    biases: 'BIASES_ALL',
  },

  sizes: {
    layers: ['num_hidden_layers', 12],
    attention_heads: ['num_attention_heads', 12],
    hidden_size: ['hidden_size', 768],
    intermediate_size: ['intermediate_size', 3072],
    vocab_size: ['vocab_size', 30522],
    max_positions: ['max_position_embeddings', 512],
    type_vocab_size: ['type_vocab_size', 2],
  },

  tensors: {
    'embeddings.word_embeddings.weight': 'WORD_EMBEDDINGS',
    'embeddings.position_embeddings.weight': 'POSITION_EMBEDDINGS',
    'embeddings.token_type_embeddings.weight': 'TYPE_EMBEDDINGS',
    'embeddings.LayerNorm.weight': 'EMBEDDINGS_NORM_WEIGHT',
    'embeddings.LayerNorm.bias': 'EMBEDDINGS_NORM_BIAS',
    'pooler.dense.weight': 'POOLER_WEIGHT',
    'pooler.dense.bias': 'POOLER_BIAS',
    'cls.predictions.transform.dense.weight': 'TRANSFORM_WEIGHT',
    'cls.predictions.transform.dense.bias': 'TRANSFORM_BIAS',
    'cls.predictions.transform.LayerNorm.weight': 'TRANSFORM_NORM_WEIGHT',
    'cls.predictions.transform.LayerNorm.bias': 'TRANSFORM_NORM_BIAS',
    'cls.predictions.decoder.weight': 'DECODER_WEIGHT',
    'cls.predictions.bias': 'DECODER_BIAS',
    'cls.seq_relationship.weight': 'NEXT_SENTENCE_WEIGHT',
    'cls.seq_relationship.bias': 'NEXT_SENTENCE_BIAS',
    'classifier.weight': 'CLASSIFIER_WEIGHT',
    'classifier.bias': 'CLASSIFIER_BIAS',
    'qa_outputs.weight': 'CLASSIFIER_WEIGHT',
    'qa_outputs.bias': 'CLASSIFIER_BIAS',
    'encoder.layer.*.attention.self.query.weight': 'QUERY_WEIGHT',
    'encoder.layer.*.attention.self.query.bias': 'QUERY_BIAS',
    'encoder.layer.*.attention.self.key.weight': 'KEY_WEIGHT',
    'encoder.layer.*.attention.self.key.bias': 'KEY_BIAS',
    'encoder.layer.*.attention.self.value.weight': 'VALUE_WEIGHT',
    'encoder.layer.*.attention.self.value.bias': 'VALUE_BIAS',
    'encoder.layer.*.attention.output.dense.weight': 'ATTENTION_OUTPUT_WEIGHT',
    'encoder.layer.*.attention.output.dense.bias': 'ATTENTION_OUTPUT_BIAS',
    'encoder.layer.*.attention.output.LayerNorm.weight': 'ATTENTION_NORM_WEIGHT',
    'encoder.layer.*.attention.output.LayerNorm.bias': 'ATTENTION_NORM_BIAS',
    'encoder.layer.*.intermediate.dense.weight': 'INTERMEDIATE_WEIGHT',
    'encoder.layer.*.intermediate.dense.bias': 'INTERMEDIATE_BIAS',
    'encoder.layer.*.output.dense.weight': 'OUTPUT_WEIGHT',
    'encoder.layer.*.output.dense.bias': 'OUTPUT_BIAS',
    'encoder.layer.*.output.LayerNorm.weight': 'OUTPUT_NORM_WEIGHT',
    'encoder.layer.*.output.LayerNorm.bias': 'OUTPUT_NORM_BIAS',
  },
};
