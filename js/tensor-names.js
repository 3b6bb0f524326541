// Names of tensors in checkpoints, and what they are called here: as transformers' BertModel
// writes them. The core gives each of these names a role (wasm/layout.c).

/** A quantised tensor `NAME` (I8) has its row scales in `NAME_scale` (F32, one a row). */
export const scaleSuffix = '_scale';

/**
 * @param {import('./memory.js').Memory} memory
 * @param {string} name of a tensor in a safetensors file
 * @returns {{ name: string, role: number, layer: number, isScale: boolean } | undefined}
 *   `name`: ours, the scale's suffix left out; undefined: nothing here needs it
 */
export function identifyTensor(memory, name) {
  const isScale = name.endsWith(scaleSuffix);
  const own = (isScale ? name.slice(0, -scaleSuffix.length) : name)
    .replace(/^bert\./, '')
    // Checkpoints converted from TensorFlow.
    .replace(/\.gamma$/, '.weight')
    .replace(/\.beta$/, '.bias');
  const [, layer = '0'] = /^encoder\.layer\.(0|[1-9]\d{0,5})\./.exec(own) ?? [];
  const role = memory.roles.get(own.replace(`.layer.${layer}.`, '.layer.*.'));
  return role === undefined ? undefined : { name: own, role, layer: Number(layer), isScale };
}

const poolerName = /^pooler\./;

/** Whether a name of ours belongs to the pooler, which a model may lack. */
export const isOfPooler = (name) => poolerName.test(name);

/** Every tensor that a model has, in no particular order. */
export function* tensorsOf(memory, layers, hasPooler) {
  for (const [name, role] of memory.roles) {
    if (isOfPooler(name) && !hasPooler) continue;
    const repeats = name.includes('*') ? layers : 1;
    for (let layer = 0; layer < repeats; layer++) {
      yield { name: name.replace('*', layer), role, layer };
    }
  }
}
