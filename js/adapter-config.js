// What an adapter's files say: adapter_config.json as peft writes it, and what each tensor of
// adapter_model.safetensors changes. Formula and names: peft's LoraConfig and LoraLayer.
import { BertletError, badModel } from './errors.js';
import { kindOf } from './kind.js';
import { identifyTensor } from './tensor-names.js';
import { badTensor } from './tensor-writer.js';

export const adapterConfigFile = 'adapter_config.json';
export const adapterWeightsFile = 'adapter_model.safetensors';

/** What peft offers beside plain LoRA, and what must be found there for it to be off. */
const variants = ['use_dora', 'use_bdlora', 'use_qalora', 'lora_bias', 'fan_in_fan_out'];

/** The head that a task_type of peft's stands for. */
const headsOfTasks = {
  SEQ_CLS: 'sequence-classification',
  TOKEN_CLS: 'token-classification',
  QUESTION_ANS: 'question-answering',
};

/**
 * @typedef {{ scaleOf: (module: string, rank: number) => number, rankOf: (module: string) => number,
 *   classifier?: string }} AdapterConfig `module`: its path, such as encoder.layer.0.output.dense
 *
 * @param {unknown} json
 * @returns {AdapterConfig}
 * @throws BAD_MODEL, UNSUPPORTED
 */
export function readAdapterConfig(json) {
  if (kindOf(json) !== 'Object') throw bad('is not a JSON object');
  const { peft_type: type, r: rank, lora_alpha: alpha } = json;
  if (type !== 'LORA') throw unsupported(`the peft_type ${type}`);
  const variant = variants.find((name) => json[name]);
  if (variant) throw unsupported(variant);
  for (const [name, value] of Object.entries({ r: rank, lora_alpha: alpha })) {
    if (typeof value !== 'number' || !(value > 0) || (name === 'r' && !Number.isInteger(value))) {
      throw bad(`gives ${name} as ${JSON.stringify(value)}`);
    }
  }
  const ranks = readPatterns(json, 'rank_pattern');
  const alphas = readPatterns(json, 'alpha_pattern');
  return {
    rankOf: (module) => ranks(module) ?? rank,
    scaleOf: (module, own) => (alphas(module) ?? alpha) / (json.use_rslora ? Math.sqrt(own) : own),
    classifier: headsOfTasks[json.task_type],
  };
}

/** Numbers by patterns of module names: a pattern is the end of a path, or a regular expression. */
function readPatterns(json, name) {
  const patterns = Object.entries(json[name] ?? {}).map(([pattern, value]) => {
    try {
      return [new RegExp(`^(.*\\.)?(${pattern})$`), value];
    } catch {
      throw bad(`has a ${name} that is no pattern: ${pattern}`);
    }
  });
  return (module) => patterns.find(([pattern]) => pattern.test(module))?.[1];
}

/**
 * What a tensor of an adapter's file is.
 * @typedef {{ name: string, role: number, layer: number, isScale: boolean,
 *   half?: 'DOWN' | 'UP', module: string }} AdapterTensor
 *   `half`: of a low-rank path beside the weight that `name` is; else the tensor is given whole
 *
 * @param {import('./memory.js').Memory} memory
 * @param {string} name in the file
 * @returns {AdapterTensor | undefined} undefined: nothing here needs it
 * @throws BAD_MODEL, UNSUPPORTED
 */
export function identifyAdapterTensor(memory, name) {
  if (/\.lora_(embedding|magnitude)/.test(name) || name.endsWith('.lora_B.bias')) {
    throw unsupported(`the tensor ${name}`);
  }
  if (name.includes('.original_module.')) return undefined; // the base's, saved along
  const path = name
    .replace(/^base_model\.model\./, '')
    .replace(/\.(modules_to_save|base_layer)(\.default)?(?=\.)/g, '');
  const [, module, half] = /^(.*)\.lora_([AB])(?:\.default)?\.weight$/.exec(path) ?? [];
  const tensor = identifyTensor(memory, module ? `${module}.weight` : path);
  const isLinear = tensor && !/embeddings|LayerNorm/.test(module);
  if (!tensor || (module && !isLinear)) {
    const what = module ? 'is beside no linear layer of this model' : 'is none of this model';
    throw badTensor(adapterWeightsFile, name, what);
  }
  if (module === undefined) return { ...tensor, module: path };
  return { ...tensor, module, half: half === 'A' ? 'DOWN' : 'UP' };
}

const bad = (what) => badModel(adapterConfigFile, what);

function unsupported(what) {
  return new BertletError(
    'UNSUPPORTED',
    `The adapter has ${what}; supported: LoRA of linear layers, biases, and modules_to_save.`,
  );
}
