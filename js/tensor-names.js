// Names of tensors in checkpoints, and what they are called here: as transformers' Bert
// classes write them. The core gives each of these names a role (wasm/layout.c).

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
    .replace(/\.beta$/, '.bias')
    // One bias under two names.
    .replace(/^(cls\.predictions\.)decoder\.bias$/, '$1bias');
  const [, layer = '0'] = /^encoder\.layer\.(0|[1-9]\d{0,5})\./.exec(own) ?? [];
  const role = memory.roles.get(own.replace(`.layer.${layer}.`, '.layer.*.'));
  return role === undefined ? undefined : { name: own, role, layer: Number(layer), isScale };
}

/**
 * Every tensor that a model has, in no particular order.
 * @param {import('./heads.js').Heads} heads
 */
export function* tensorsOf(memory, layers, { isNeeded }) {
  for (const [name, role] of memory.roles) {
    if (!isNeeded(name)) continue;
    const repeats = name.includes('*') ? layers : 1;
    for (let layer = 0; layer < repeats; layer++) {
      yield { name: name.replace('*', layer), role, layer };
    }
  }
}
