// config.json to the numbers that the core needs, checked before anything is allocated.
import { architectureOf, readFlag, readSize } from './fields.js';
import { BertletError, badModel } from '../shared/errors.js';
import { familyOf, modelTypes } from './families/families.js';
import { readHeadConfig } from './heads.js';
import { checkObject } from '../shared/kind.js';
import { show } from '../shared/show.js';

/** By their names in config.json, as transformers' ACT2FN. @type {Record<string, string>} */
const activations = {
  gelu: 'GELU',
  gelu_python: 'GELU',
  gelu_fast: 'GELU_NEW',
  gelu_accurate: 'GELU_NEW',
  gelu_new: 'GELU_NEW',
  gelu_pytorch_tanh: 'GELU_NEW',
  relu: 'RELU',
  silu: 'SILU',
  swish: 'SILU',
  tanh: 'TANH',
};

/** The most that the core takes, by its constants. @type {Record<string, string>} */
const limits = {
  layers: 'BL_MAX_LAYERS',
  attention_heads: 'BL_MAX_WIDTH',
  hidden_size: 'BL_MAX_WIDTH',
  intermediate_size: 'BL_MAX_WIDTH',
  vocab_size: 'BL_MAX_ROWS',
  max_positions: 'BL_MAX_ROWS',
  type_vocab_size: 'BL_MAX_ROWS',
  embedding_size: 'BL_MAX_WIDTH',
  relative_buckets: 'BL_MAX_WIDTH',
};

/**
 * @typedef {import('../shared/json.js').JsonObject} JsonObject
 * @typedef {import('../weights/families/families.js').Family} Family
 * @typedef {{ layers: number, attention_heads: number, hidden_size: number,
 *   intermediate_size: number, vocab_size: number, max_positions: number,
 *   type_vocab_size?: number, embedding_size?: number, padding_id?: number,
 *   relative_buckets?: number, 'architecture.shared_sets'?: number }} Sizes
 * @typedef {Sizes & { model_type: string, activation: string, layer_norm_epsilon: number,
 *   max_length: number, head: import('./heads.js').HeadConfig }} Config
 *   the fields of bl_config (src/model/model.h), the activation by the end of its constant's name;
 *   `max_length`: the most tokens that there are positions for
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
  const family = familyOf(modelType);
  checkFixed(json, family);
  const activation = readActivation(json, family);
  const sizes = /** @type {Sizes} */ (
    Object.fromEntries(
      Object.entries(family.sizes).map(([name, size]) => {
        if (typeof size === 'number') return [name, size];
        const [key, usual, least] = size;
        return [name, readSize({ json, exact }, key, 'config.json', least) ?? usual];
      }),
    )
  );
  const [epsilonKey = '', usualEpsilon] = family.epsilon;
  const epsilon = Object.hasOwn(json, epsilonKey) ? json[epsilonKey] : usualEpsilon;
  // The core computes with it in single precision.
  if (typeof epsilon !== 'number' || !(epsilon >= 0 && Math.fround(epsilon) < 1)) {
    throw bad(`gives ${epsilonKey} as ${show(epsilon)}, not a number from 0 to 1`);
  }
  const head = readHeadConfig(json, { exact, sentence });
  if (sizes.hidden_size % sizes.attention_heads !== 0) {
    throw bad(
      `has a hidden_size that its num_attention_heads (${sizes.attention_heads}) do not divide`,
    );
  }
  return {
    model_type: modelType,
    activation,
    ...sizes,
    layer_norm_epsilon: epsilon,
    max_length: countPositions(sizes, family),
    head,
  };
}

/** How many tokens there are positions for. @param {Sizes} sizes @param {Family} family */
function countPositions({ max_positions: rows, padding_id: padding = 0 }, { architecture }) {
  if (architecture.position_rows !== 'POSITION_ROWS_AFTER_PADDING') return rows;
  if (rows > padding + 1) return rows - padding - 1;
  throw bad(`has no positions behind the padding token's: ${rows} of them, its id is ${padding}`);
}

/** @param {JsonObject} json @param {Family} family */
function checkFixed(json, { fixed = {} }) {
  for (const [key, value] of Object.entries(fixed)) {
    if ((json[key] ?? value) !== value) {
      throw unsupported(`the ${key} ${show(json[key])}`, String(value));
    }
  }
}

/**
 * @param {Config} config
 * @param {Record<string, number>} constants of the core
 * @throws BAD_MODEL where a size is more than the core takes
 */
export function checkLimits(config, constants) {
  for (const [name, size] of Object.entries(familyOf(config.model_type).sizes)) {
    const most = constants[limits[name]];
    const key = typeof size === 'number' ? name : size[0];
    const value = /** @type {Record<string, unknown>} */ (config)[name];
    if (typeof value === 'number' && value > most) {
      throw bad(`gives ${key} as ${value}; bertlet takes at most ${most}`);
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

/** @param {JsonObject} json @param {Family} family */
function readActivation(json, { activation: [key, usual] }) {
  const { [key]: name = usual } = json;
  if (typeof name !== 'string') throw bad(`has a ${key} that is no string`);
  if (Object.hasOwn(activations, name)) return activations[name];
  throw unsupported(`the ${key} ${show(name)}`, Object.keys(activations).join(', '));
}
