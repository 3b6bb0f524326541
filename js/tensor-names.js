// Which role of the core (src/model/model.h) a tensor of a checkpoint plays.

/** Names of BERT's tensors, as transformers writes them. */
const modelTensors = {
  'embeddings.word_embeddings.weight': 'BL_ROLE_WORD_EMBEDDINGS',
  'embeddings.position_embeddings.weight': 'BL_ROLE_POSITION_EMBEDDINGS',
  'embeddings.token_type_embeddings.weight': 'BL_ROLE_TYPE_EMBEDDINGS',
  'embeddings.LayerNorm.weight': 'BL_ROLE_EMBEDDINGS_NORM_WEIGHT',
  'embeddings.LayerNorm.bias': 'BL_ROLE_EMBEDDINGS_NORM_BIAS',
  'pooler.dense.weight': 'BL_ROLE_POOLER_WEIGHT',
  'pooler.dense.bias': 'BL_ROLE_POOLER_BIAS',
};

const layerTensors = {
  'attention.self.query.weight': 'BL_ROLE_QUERY_WEIGHT',
  'attention.self.query.bias': 'BL_ROLE_QUERY_BIAS',
  'attention.self.key.weight': 'BL_ROLE_KEY_WEIGHT',
  'attention.self.key.bias': 'BL_ROLE_KEY_BIAS',
  'attention.self.value.weight': 'BL_ROLE_VALUE_WEIGHT',
  'attention.self.value.bias': 'BL_ROLE_VALUE_BIAS',
  'attention.output.dense.weight': 'BL_ROLE_ATTENTION_OUTPUT_WEIGHT',
  'attention.output.dense.bias': 'BL_ROLE_ATTENTION_OUTPUT_BIAS',
  'attention.output.LayerNorm.weight': 'BL_ROLE_ATTENTION_NORM_WEIGHT',
  'attention.output.LayerNorm.bias': 'BL_ROLE_ATTENTION_NORM_BIAS',
  'intermediate.dense.weight': 'BL_ROLE_INTERMEDIATE_WEIGHT',
  'intermediate.dense.bias': 'BL_ROLE_INTERMEDIATE_BIAS',
  'output.dense.weight': 'BL_ROLE_OUTPUT_WEIGHT',
  'output.dense.bias': 'BL_ROLE_OUTPUT_BIAS',
  'output.LayerNorm.weight': 'BL_ROLE_OUTPUT_NORM_WEIGHT',
  'output.LayerNorm.bias': 'BL_ROLE_OUTPUT_NORM_BIAS',
};

/** A quantised tensor `NAME` (I8) has its row scales in `NAME_scale` (F32, one a row). */
export const scaleSuffix = '_scale';

/**
 * @param {string} name of a tensor in a safetensors file
 * @returns {{ role: string, layer: number, isScale: boolean } | undefined}
 *   undefined: nothing here needs it
 */
export function identifyTensor(name) {
  const isScale = name.endsWith(scaleSuffix);
  const plain = (isScale ? name.slice(0, -scaleSuffix.length) : name)
    .replace(/^bert\./, '')
    // Checkpoints converted from TensorFlow.
    .replace(/\.gamma$/, '.weight')
    .replace(/\.beta$/, '.bias');
  if (Object.hasOwn(modelTensors, plain)) return { role: modelTensors[plain], layer: 0, isScale };
  const inLayer = /^encoder\.layer\.(0|[1-9]\d{0,5})\.(.+)$/.exec(plain);
  if (!inLayer || !Object.hasOwn(layerTensors, inLayer[2])) return undefined;
  return { role: layerTensors[inLayer[2]], layer: Number(inLayer[1]), isScale };
}

const poolerRoles = [modelTensors['pooler.dense.weight'], modelTensors['pooler.dense.bias']];

/** Every tensor that a model must have, by name, role and layer, in no particular order. */
export function* requiredTensors({ layers, hasPooler }) {
  for (const [name, role] of Object.entries(modelTensors)) {
    if (hasPooler || !poolerRoles.includes(role)) yield { name, role, layer: 0 };
  }
  for (let layer = 0; layer < layers; layer++) {
    for (const [name, role] of Object.entries(layerTensors)) {
      yield { name: `encoder.layer.${layer}.${name}`, role, layer };
    }
  }
}
