// What each tensor of adapter_model.safetensors changes.
import { adapterWeightsFile, unsupportedAdapter } from './files.js';
import { badTensor } from '../weights/tensor-writer.js';

/**
 * What a tensor of an adapter's file is.
 * @typedef {import('../weights/tensor-names.js').Tensor & { isScale: boolean, module: string,
 *   half?: 'DOWN' | 'UP', isBeside: boolean }} AdapterTensor
 *   `module`: as peft calls the one that it belongs to; `half`: of a low-rank path beside the weight
 *   that `name` is, else the tensor is given whole; `isBeside`: there is a path beside its module
 *
 * @param {import('../weights/tensor-names.js').TensorNames} names of the base
 * @param {string} name in the file
 * @returns {AdapterTensor | undefined} undefined: nothing here needs it
 * @throws BAD_MODEL, UNSUPPORTED
 */
export function identifyAdapterTensor(names, name) {
  if (isOfVariant(name)) throw unsupportedAdapter(`the tensor ${name}`);
  if (name.includes('.original_module.')) return undefined; // the base's, saved along
  const path = name
    .replace(/^base_model\.model\./, '')
    .replace(/\.(modules_to_save|base_layer)(\.default)?(?=\.)/g, '');
  const [, module, half] = /^(.*)\.lora_([AB])(?:\.default)?\.weight$/.exec(path) ?? [];
  const tensor = names.identify(module ? `${module}.weight` : path);
  if (!tensor || (module && !isLinear(names, module))) {
    const what = module ? 'is beside no linear layer of this model' : 'is none of this model';
    throw badTensor(adapterWeightsFile, name, what);
  }
  if (module) return { ...tensor, module, half: half === 'A' ? 'DOWN' : 'UP', isBeside: true };
  const isBeside = name.includes('.base_layer.');
  return { ...tensor, module: path.replace(/\.[^.]*$/, ''), isBeside };
}

/**
 * Whether a module is one that paths may be beside.
 * @param {import('../weights/tensor-names.js').TensorNames} names
 * @param {string} module
 */
export function isLinear(names, module) {
  return names.identify(`${module}.weight`)?.takesPaths === true;
}

/**
 * Plain LoRA has two matrices beside a module; whatever else there is belongs to a variant.
 * @param {string} name
 */
function isOfVariant(name) {
  const isMatrix = /\.lora_[AB](\.default)?\.weight$/.test(name);
  return !isMatrix && /\.(lora_\w*|trainable_tokens\w*)(\.|$)/.test(name);
}
