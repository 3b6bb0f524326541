// config.json to the numbers that the core needs, checked before anything is allocated.
import { architectureOf, readFlag, readSize } from './fields.js';
import { BertletError, badModel } from '../shared/errors.js';
import { familyOf, modelTypes } from './families/families.js';
import { readHeadConfig } from './heads.js';
import { checkObject } from '../shared/kind.js';
import { show } from '../shared/show.js';

/** By their names in config.json. @type {Record<string, string>} */
const activations = {
  gelu: 'GELU',
  gelu_new: 'GELU_NEW',
  gelu_pytorch_tanh: 'GELU_NEW',
  relu: 'RELU',
  silu: 'SILU',
  swish: 'SILU',
  tanh: 'TANH',
};

/** The most that the core takes, by its constants. @type {Record<keyof Sizes, string>} */
const limits = {
  layers: 'BL_MAX_LAYERS',
  attention_heads: 'BL_MAX_WIDTH',
  hidden_size: 'BL_MAX_WIDTH',
  intermediate_size: 'BL_MAX_WIDTH',
  vocab_size: 'BL_MAX_ROWS',
  max_positions: 'BL_MAX_ROWS',
  type_vocab_size: 'BL_MAX_ROWS',
};

/**
 * @typedef {import('../shared/json.js').JsonObject} JsonObject
 * @typedef {{ layers: number, attention_heads: number, hidden_size: number,
 *   intermediate_size: number, vocab_size: number, max_positions: number,
 *   type_vocab_size: number }} Sizes
 * @typedef {Sizes & { model_type: string, activation: string, layer_norm_epsilon: number,
 *   head: import('./heads.js').HeadConfig }} Config
 *   the fields of bl_config (src/model/model.h), the activation by the end of its constant's name
 */

/** How config.json is read: what readConfig takes. @param {import('../source/source.js').Source} source */
export const readConfigJson = (source) => source.readExactJson('config.json');

/**
 * @param {ReturnType<typeof import('../shared/json.js').parseExactly>} parsed config.json
 * @param {JsonObject} [sentence] config_sentence_transformers.json
 * @returns {Config}
 * @throws BAD_MODEL, UNSUPPORTED
 */
export function readConfig({ json: given, exact: exactly }, sentence) {
  const json = checkObject('config.json', given);
  const exact = checkObject('config.json', exactly);
  const modelType = readModelType(json);
  const activation = readActivation(json);
  const sizes = /** @type {Sizes} */ (
    Object.fromEntries(
      sizesOf(modelType).map(([name, [key, usual]]) => [
        name,
        readSize({ json, exact }, key) ?? usual,
      ]),
    )
  );
  const epsilon = Object.hasOwn(json, 'layer_norm_eps') ? json.layer_norm_eps : 1e-12;
  // The core computes with it in single precision.
  if (typeof epsilon !== 'number' || !(epsilon >= 0 && Math.fround(epsilon) < 1)) {
    throw bad(`gives layer_norm_eps as ${show(epsilon)}, not a number from 0 to 1`);
  }
  const head = readHeadConfig(json, { exact, sentence });
  if (sizes.hidden_size % sizes.attention_heads !== 0) {
    throw bad(
      `has a hidden_size that its num_attention_heads (${sizes.attention_heads}) do not divide`,
    );
  }
  return { model_type: modelType, activation, ...sizes, layer_norm_epsilon: epsilon, head };
}

/** @param {string} modelType @returns {[keyof Sizes, [key: string, usual: number]][]} */
function sizesOf(modelType) {
  const entries = Object.entries(familyOf(modelType).sizes);
  return /** @type {[keyof Sizes, [string, number]][]} */ (entries);
}

/**
 * @param {Config} config
 * @param {Record<string, number>} constants of the core
 * @throws BAD_MODEL where a size is more than the core takes
 */
export function checkLimits(config, constants) {
  for (const [name, [key]] of sizesOf(config.model_type)) {
    const most = constants[limits[name]];
    if (config[name] > most) {
      throw bad(`gives ${key} as ${config[name]}; bertlet takes at most ${most}`);
    }
  }
}

/** @param {string} what */
const bad = (what) => badModel('config.json', what);

/** @param {string} what @param {string} supported */
function unsupported(what, supported) {
  return new BertletError('UNSUPPORTED', `config.json has ${what}; supported: ${supported}.`);
}

/** @param {JsonObject} json */
function readModelType(json) {
  // The first checkpoints said neither.
  const architecture = architectureOf(json);
  const isBert = json.architectures === undefined || /^Bert[A-Z]/.test(architecture);
  const type = json.model_type ?? (isBert ? 'bert' : undefined);
  if (type === undefined) {
    const supported = `model_type ${modelTypes.join(', ')}`;
    throw unsupported(`no model_type and the architecture ${show(architecture)}`, supported);
  }
  if (typeof type !== 'string') throw bad('has a model_type that is no string');
  if (!modelTypes.includes(type)) {
    throw unsupported(`the model_type ${show(type)}`, modelTypes.join(', '));
  }
  for (const key of ['is_decoder', 'add_cross_attention']) {
    if (readFlag(json, key)) throw unsupported(`${key} true`, 'encoders');
  }
  const positions = json.position_embedding_type ?? 'absolute';
  if (positions !== 'absolute') {
    throw unsupported(`the position_embedding_type ${show(positions)}`, 'absolute');
  }
  return type;
}

/** @param {JsonObject} json */
function readActivation({ hidden_act: name = 'gelu' }) {
  if (typeof name !== 'string') throw bad('has a hidden_act that is no string');
  if (Object.hasOwn(activations, name)) return activations[name];
  throw unsupported(`the hidden_act ${show(name)}`, Object.keys(activations).join(', '));
}
