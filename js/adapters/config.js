// adapter_config.json as peft writes it. Formulas and names: peft's LoraConfig and LoraLayer.
import { adapterConfigFile, badSetting, unsupportedAdapter } from './files.js';
import { createPatternReader, once, readTargets } from './targets.js';
import { checkObject, isRecord, isWhole } from '../shared/kind.js';
import { isList, show } from '../shared/show.js';

/** Keys whose values are read, here and in adapter-targets.js. */
const read = [
  'peft_type',
  'task_type',
  'r',
  'lora_alpha',
  'rank_pattern',
  'alpha_pattern',
  'use_rslora',
  'bias',
  'init_lora_weights',
  'target_modules',
  'exclude_modules',
  'layers_to_transform',
  'layers_pattern',
  'modules_to_save',
];

/** Keys that change nothing about a trained adapter beside BERT's linear layers. */
const harmless = [
  // where it comes from
  'auto_mapping',
  'base_model_name_or_path',
  'revision',
  'peft_version',
  // how it was trained, or where peft runs it
  'inference_mode',
  'lora_dropout',
  'runtime_config',
  'megatron_core',
  // of ways to begin, which init_lora_weights names
  'loftq_config',
  'eva_config',
  'corda_config',
  'lora_ga_config',
  // use_qalora switches it on
  'qalora_group_size',
  // of layers that are not nn.Linear; of embed_tokens and lm_head
  'fan_in_fan_out',
  'ensure_weight_tying',
];

/** Variants whose settings may all be left to their defaults: {} switches them on. */
const onWhenEmpty = [
  'velora_config',
  'monteclora_config',
  'use_bdlora',
  'arrow_config',
  'kasa_config',
];

/** Ways to begin that leave the base as it is: what was trained is all in the file. */
const plainBeginnings = ['gaussian', 'eva', 'orthogonal', 'lora_ga', 'mica'];

/** The head that a task_type of peft's stands for. @type {Map<unknown, string | undefined>} */
const headsOfTasks = new Map([
  ['SEQ_CLS', 'sequence-classification'],
  ['TOKEN_CLS', 'token-classification'],
  ['QUESTION_ANS', 'question-answering'],
  ['FEATURE_EXTRACTION', undefined],
  ['CAUSAL_LM', undefined],
  ['SEQ_2_SEQ_LM', undefined],
]);

/** A path's scale beyond which nothing of float32's range is left for what it is a factor of. */
const largestScale = 2 ** 40;

/**
 * @typedef {import('../shared/json.js').JsonObject} JsonObject
 * @typedef {import('./targets.js').PatternReader} PatternReader
 * @typedef {(value: unknown, what: string) => number} NumberReader
 *
 * Of a module, by its path, such as bert.encoder.layer.0.output.dense.
 * @typedef {import('./targets.js').Targets & { rankOf: (module: string) => number,
 *   scaleOf: (module: string) => number, classifier?: string }} AdapterConfig
 *
 * @param {unknown} given the parsed file
 * @returns {AdapterConfig}
 * @throws BAD_MODEL, UNSUPPORTED
 */
export function readAdapterConfig(given) {
  const json = checkObject(adapterConfigFile, given);
  checkType(json);
  checkVariants(json);
  checkBeginning(json.init_lora_weights ?? true);
  checkBias(json.bias);
  const readPattern = createPatternReader();
  const rank = readRank(orUsual(json, 'r'), 'r');
  const alpha = readAlpha(orUsual(json, 'lora_alpha'), 'lora_alpha');
  const isStable = readFlag(json, 'use_rslora');
  const ranks = readNumbers(json, 'rank_pattern', readRank, readPattern);
  const alphas = readNumbers(json, 'alpha_pattern', readAlpha, readPattern);
  /** @param {string} module */
  const rankOf = (module) => ranks(module) ?? rank;
  return {
    ...readTargets(json, readPattern),
    rankOf,
    scaleOf(module) {
      const [own, divisor] = [alphas(module) ?? alpha, rankOf(module)];
      const scale = own / (isStable ? Math.sqrt(divisor) : divisor);
      if (Math.abs(scale) <= largestScale) return scale;
      throw badSetting(`gives ${module} the lora_alpha ${own}, which is beyond float32's range`);
    },
    classifier: headsOfTasks.get(json.task_type),
  };
}

/** @param {JsonObject} json */
function checkType({ peft_type: type, task_type: task = null }) {
  if (typeof type !== 'string') throw badSetting(`gives peft_type as ${show(type)}, not a name`);
  if (type !== 'LORA') throw unsupportedAdapter(`the peft_type ${show(type)}`);
  if (task === null || headsOfTasks.has(task)) return;
  if (typeof task !== 'string') throw badSetting(`gives task_type as ${show(task)}, not a name`);
  throw unsupportedAdapter(`the task_type ${show(task)}`);
}

/**
 * Whatever is not known to be harmless and is switched on may change what is computed.
 * @param {JsonObject} json
 */
function checkVariants(json) {
  const known = new Set([...read, ...harmless]);
  const variant = Object.keys(json).find((key) => !known.has(key) && isOn(key, json[key]));
  if (variant !== undefined) throw unsupportedAdapter(`the setting ${show(variant)}`);
}

/** @param {string} key @param {unknown} value */
function isOn(key, value) {
  if (value === undefined || value === null || value === false || value === '') return false;
  if (isList(value)) return value.length > 0;
  return onWhenEmpty.includes(key) || !isRecord(value) || Object.keys(value).length > 0;
}

/** @param {unknown} given */
function checkBeginning(given) {
  if (typeof given === 'boolean') return;
  if (typeof given !== 'string') {
    throw badSetting(`gives init_lora_weights as ${show(given)}, not true, false or a name`);
  }
  const name = given.toLowerCase();
  if (plainBeginnings.includes(name)) return;
  const what = `init_lora_weights ${show(given)}`;
  if (!/^(pissa|olora|corda|loftq)/.test(name)) throw unsupportedAdapter(what);
  const way = name.startsWith('loftq')
    ? 'merge it into its model'
    : 'save it with path_initial_model_for_weight_conversion';
  throw unsupportedAdapter(`${what}, which changes the base`, `${way} in peft`);
}

/** @param {unknown} [given] */
function checkBias(given = 'none') {
  if (typeof given !== 'string') throw badSetting(`gives bias as ${show(given)}, not a name`);
  if (!['none', 'all', 'lora_only'].includes(given))
    throw unsupportedAdapter(`bias ${show(given)}`);
}

/** Where the key is left out, peft takes 8. @param {JsonObject} json @param {string} key */
const orUsual = (json, key) => (Object.hasOwn(json, key) ? json[key] : 8);

/** @type {NumberReader} */
function readRank(value, what) {
  if (isWhole(value, 1)) return value;
  throw badSetting(`gives ${what} as ${show(value)}, not a whole number of at least 1`);
}

/** @type {NumberReader} */
function readAlpha(value, what) {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw badSetting(`gives ${what} as ${show(value)}, not a number`);
}

/** @param {JsonObject} json @param {string} key */
function readFlag(json, key) {
  const value = json[key] ?? false;
  if (typeof value === 'boolean') return value;
  throw badSetting(`gives ${key} as ${show(value)}, not true or false`);
}

/**
 * Numbers by patterns of modules: as get_pattern_key, the first that matches counts.
 * @param {JsonObject} json
 * @param {string} key
 * @param {NumberReader} readNumber
 * @param {PatternReader} readPattern
 */
function readNumbers(json, key, readNumber, readPattern) {
  const given = json[key] ?? {};
  if (!isRecord(given)) throw badSetting(`gives ${key} as ${show(given)}, not an object`);
  const patterns = Object.entries(given).map(([pattern, value]) => ({
    matches: /^[\w.]+$/.test(pattern)
      ? (/** @type {string} */ module) => endsLike(module, pattern)
      : readPattern(key, pattern, 'matchesStart', `(.*\\.)?(${pattern})$`),
    number: readNumber(value, `${key} of ${show(pattern)}`),
  }));
  return once((module) => patterns.find(({ matches }) => matches(module))?.number);
}

/**
 * The same for names, of which there may be as many as modules; a dot stands for any character.
 * @param {string} module @param {string} name
 */
function endsLike(module, name) {
  const begin = module.length - name.length;
  /** @param {string} char @param {number} i */
  const isLike = (char, i) => char === '.' || char === module[begin + i];
  return (begin === 0 || module[begin - 1] === '.') && [...name].every(isLike);
}
