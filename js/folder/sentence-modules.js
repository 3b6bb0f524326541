// The stages of a sentence-transformers model: modules.json lists them, and those that make a
// vector of token states have folders of their own.
import { readSparseSettings } from './sparse-settings.js';
import { readFlag } from '../weights/fields.js';
import { badModel, BertletError, isBertletError } from '../shared/errors.js';
import { isFileName } from '../source/file-names.js';
import { checkObject, isRecord } from '../shared/kind.js';
import { show, showKey } from '../shared/show.js';

const modulesFile = 'modules.json';
const usualPooling = '1_Pooling/config.json';

/**
 * @typedef {import('../shared/json.js').JsonObject} JsonObject
 *
 * How a text's vector is made of its token states.
 * @typedef {{ mode: 'mean' | 'cls' | 'max', normalize: boolean, includePrompt: boolean,
 *   fault?: BertletError, sparse: import('./sparse-settings.js').SparseSettings }} VectorSettings
 *   `includePrompt`: the prompt's tokens count; `fault`: the error of a call that names no pooling
 *
 * @typedef {{ pooling?: string, normalizing: string[], normalize: boolean, fault?: BertletError }} Stages
 *   the files of the stages after the transformer; `normalize`: whether one makes the length 1
 */

/**
 * Without modules.json: mean, to length 1.
 * @param {import('../source/source.js').Source} source
 * @returns {Promise<(sentence: import('./sentence-settings.js').SentenceSettings)
 *   => VectorSettings>} what it comes to beside the other settings
 * @throws BAD_MODEL for what is no JSON, and what reading throws
 */
export async function readVectorSettings(source) {
  const modules = await source.readJson(modulesFile, { optional: true });
  const sparse = await readSparseSettings(source, modules);
  /** @type {VectorSettings} */
  const usual = { mode: 'mean', normalize: true, includePrompt: true, sparse };
  if (modules === undefined) {
    const json = await source.readJson(usualPooling, { optional: true });
    return () =>
      json === undefined ? usual : withFault(usual, () => readPooling(usualPooling, json));
  }
  const { pooling, normalizing, normalize, fault } = sortStages(modules);
  if (pooling) source.checkPin(pooling); // it is needed, though only some calls tell its lack
  const names = pooling ? [pooling, ...normalizing] : [];
  const [json, ...steps] = await Promise.all(
    names.map((name) => source.readJson(name, { optional: true })),
  );
  return ({ isOther }) =>
    withFault({ ...usual, normalize }, () => {
      if (fault) throw fault;
      // Cross-encoders are saved without one; sentence-transformers then takes the mean.
      if (!pooling && isOther) return undefined;
      if (!pooling) throw unsupported('lack of a Pooling');
      normalizing.forEach((name, i) => checkNormalizing(name, steps[i] ?? {}));
      if (json !== undefined) return readPooling(pooling, json);
      throw new BertletError('NOT_FOUND', `${pooling} is missing: ${modulesFile} asks for it.`);
    });
}

/**
 * The settings with what is read on top of them, or with the error of reading it.
 * @param {T} settings
 * @param {() => Partial<T> | undefined} read
 * @returns {T & { fault?: BertletError }}
 * @template {object} T
 */
function withFault(settings, read) {
  try {
    return { ...settings, ...read() };
  } catch (fault) {
    if (!isBertletError(fault)) throw fault;
    return { ...settings, fault };
  }
}

/** @param {unknown} modules the content of modules.json @returns {Stages} */
function sortStages(modules) {
  /** @param {{ type?: unknown } | null | undefined} json */
  const isNormalizing = (json) => /\bNormalize$/.test(String(json?.type));
  const normalize = Array.isArray(modules) && modules.some(isNormalizing);
  /** @type {Stages} */
  const none = { normalizing: [], normalize };
  return withFault(none, () => {
    if (!Array.isArray(modules)) throw badModel(modulesFile, 'is not a JSON array');
    const [transformer, pooling, ...others] = modules.map(readStage);
    const kinds = [transformer, pooling, ...others].map((stage) => stage?.kind);
    const strange = kinds.find((kind) => kind && !/^(Transformer|Pooling|Normalize)$/.test(kind));
    if (strange) throw unsupported(showKey(strange));
    // One that makes the length 1 again changes nothing.
    if (!/^Transformer,(Pooling(,Normalize){0,3})?$/.test(kinds.join())) {
      throw unsupported(`order of modules (${showKey(kinds.filter(Boolean).join(', '))})`);
    }
    if (transformer.path !== '') throw unsupported(`Transformer in ${show(transformer.path)}`);
    const stages = pooling ? [pooling, ...others] : [];
    const files = stages.map(({ path }) => {
      if (isFileName(path)) return `${path}/config.json`;
      throw badModel(modulesFile, `has a module in ${show(path)}`);
    });
    return { pooling: files[0], normalizing: [...new Set(files.slice(1))] };
  });
}

/** @param {unknown} json @param {number} i @returns {{ kind: string, path: string }} */
function readStage(json, i) {
  const { type, path } = isRecord(json) ? json : {};
  if (typeof type !== 'string' || typeof path !== 'string') {
    throw badModel(modulesFile, `does not say type and path of module ${i} as strings`);
  }
  // Others are code that comes with the folder.
  if (!type.startsWith('sentence_transformers.')) throw unsupported(`module ${show(type)}`);
  return {
    kind: type.slice(type.lastIndexOf('.') + 1),
    path: path.replace(/^(\.\/+)+|\/+$|^\.$/g, ''),
  };
}

/**
 * The older names of modes, in the order in which several are put together.
 * @type {Record<string, string>}
 */
const modeOfFlag = {
  pooling_mode_cls_token: 'cls',
  pooling_mode_max_tokens: 'max',
  pooling_mode_mean_tokens: 'mean',
  pooling_mode_mean_sqrt_len_tokens: 'mean_sqrt_len_tokens',
  pooling_mode_weightedmean_tokens: 'weightedmean',
  pooling_mode_lasttoken: 'lasttoken',
};

const poolingKeys = [
  'pooling_mode',
  'include_prompt',
  // The width, which the model's own is taken for.
  'embedding_dimension',
  'word_embedding_dimension',
  ...Object.keys(modeOfFlag),
];

/** @param {string} file @param {unknown} given @returns {Partial<VectorSettings>} */
function readPooling(file, given) {
  const json = checkObject(file, given);
  const keys = Object.keys(json);
  if (keys.length === 0) throw badModel(file, 'does not say what the pooling is');
  const strange = keys.find((key) => !poolingKeys.includes(key));
  if (strange !== undefined) throw unsupported(`key ${show(strange)} in ${file}`);
  const modes = readModes(file, json);
  const [mode] = modes;
  if (modes.length > 1 || (mode !== 'mean' && mode !== 'cls' && mode !== 'max')) {
    throw unsupported(`pooling ${showKey(modes.join(' + '))}`);
  }
  return { mode, includePrompt: readFlag(json, 'include_prompt', true, file) };
}

/** @param {string} file @param {JsonObject} json @returns {string[]} */
function readModes(file, json) {
  const { pooling_mode: given } = json;
  if (given !== undefined) {
    const modes = Array.isArray(given) ? given : [given];
    if (modes.length > 0 && modes.every((mode) => typeof mode === 'string')) return modes;
    throw badModel(file, `gives pooling_mode as ${show(given)}, not as names of modes`);
  }
  const flags = Object.keys(modeOfFlag).filter((key) => readFlag(json, key, false, file));
  return flags.length > 0 ? flags.map((key) => modeOfFlag[key]) : ['mean'];
}

/** Vectors are what is normalised, not token states. @param {string} file @param {unknown} given */
function checkNormalizing(file, given) {
  const json = checkObject(file, given);
  for (const key of ['module_input_name', 'module_output_name']) {
    if ((json[key] ?? 'sentence_embedding') !== 'sentence_embedding') {
      throw unsupported(`${key} ${show(json[key])} in ${file}`);
    }
  }
}

/** @param {string} what */
function unsupported(what) {
  return new BertletError(
    'UNSUPPORTED',
    `The folder's ${what} is not supported: name a pooling (mean, cls, max).`,
  );
}
