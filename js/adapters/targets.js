// Which modules an adapter's low-rank paths are beside, and which it brings whole: what peft makes
// of target_modules, exclude_modules, layers_to_transform, layers_pattern and modules_to_save
// (check_target_module_exists and _set_trainable). peft leaves out a path beside a module that
// they do not name.
import { badSetting, unsupportedAdapter } from './files.js';
import { createPatternWork, ModulePattern, PatternError } from './module-pattern.js';
import { isList, show } from '../shared/show.js';

/** What peft takes of BERT and its relatives where target_modules is null. */
const usualTargets = ['query', 'value'];
const allLinear = 'all-linear';

/**
 * Modules that peft brings whole with a task, whatever modules_to_save says.
 * @type {Map<unknown, string[]>}
 */
const savedByTask = new Map([
  ['SEQ_CLS', ['classifier', 'score']],
  ['TOKEN_CLS', ['classifier', 'score']],
  ['QUESTION_ANS', ['qa_outputs']],
]);

/**
 * @typedef {import('../shared/json.js').JsonObject} JsonObject
 * @typedef {(module: string) => boolean} Matcher
 * @typedef {ReturnType<typeof createPatternReader>} PatternReader
 *
 * Gives a function that makes matchers of patterns, all together with a bound on their work.
 */
export function createPatternReader() {
  const work = createPatternWork();

  /**
   * @param {string} key of adapter_config.json
   * @param {string} given the pattern as it stands there
   * @param {'matchesStart' | 'matchesAll'} how
   * @param {string} [source] what peft makes of it
   * @returns {Matcher}
   */
  return function readPattern(key, given, how, source = given) {
    /** @type {<T>(call: () => T) => T} */
    const attempt = (call) => {
      try {
        return call();
      } catch (error) {
        if (!(error instanceof PatternError)) throw error;
        const what = `in ${key} the pattern ${show(given)}, which ${error.message}`;
        throw error.code === 'BAD_MODEL' ? badSetting(`has ${what}`) : unsupportedAdapter(what);
      }
    };
    const pattern = attempt(() => new ModulePattern(source, work));
    return (module) => attempt(() => pattern[how](module));
  };
}

/**
 * @typedef {{ isTarget: Matcher, isSaved: Matcher }} Targets
 *   `isSaved`: whether it is brought whole, by itself or as a part of another one
 *
 * @param {JsonObject} json adapter_config.json
 * @param {PatternReader} readPattern
 * @returns {Targets}
 * @throws BAD_MODEL, UNSUPPORTED
 */
export function readTargets(json, readPattern) {
  const saved = [
    ...(readNames(json, 'modules_to_save') ?? []),
    ...(savedByTask.get(json.task_type) ?? []),
  ];
  const isInSaved = saved.map((name) =>
    readPattern('modules_to_save', name, 'matchesStart', `(^|.*\\.)${name}($|\\..*)`),
  );
  const isExcluded = readExcluded(json, readPattern);
  const isNamed = readNamed(json, readPattern);
  return {
    isTarget: once(
      (module) =>
        !isExcluded(module) && !isInSaved.some((matches) => matches(module)) && isNamed(module),
    ),
    isSaved: (module) => pathsTo(module).some((path) => saved.some((name) => path.endsWith(name))),
  };
}

/**
 * A function of a module's path that is computed once for each.
 * @param {(module: string) => T} compute
 * @returns {(module: string) => T}
 * @template T
 */
export function once(compute) {
  const known = new Map();
  return (/** @type {string} */ module) => {
    if (!known.has(module)) known.set(module, compute(module));
    return known.get(module);
  };
}

/** A module's path and those of all that it is a part of. @param {string} module */
function pathsTo(module) {
  const parts = module.split('.');
  return parts.map((_, i) => parts.slice(0, i + 1).join('.'));
}

/** @type {(names: string[]) => Matcher} */
const isOneOf = (names) => (module) =>
  names.some((name) => module === name || module.endsWith(`.${name}`));

/** @param {JsonObject} json @param {PatternReader} readPattern @returns {Matcher} */
function readExcluded(json, readPattern) {
  const given = json.exclude_modules;
  if (typeof given !== 'string') return isOneOf(readNames(json, 'exclude_modules') ?? []);
  return given === '' ? () => false : readPattern('exclude_modules', given, 'matchesAll');
}

/** @param {JsonObject} json @param {PatternReader} readPattern @returns {Matcher} */
function readNamed(json, readPattern) {
  const given = json.target_modules;
  const isInLayers = readLayers(json, typeof given === 'string');
  if (typeof given !== 'string') {
    const names = readNames(json, 'target_modules') ?? usualTargets;
    const isName = isOneOf(names);
    return (module) => names.includes(module) || (isName(module) && isInLayers(module));
  }
  // All but the layer that gives a language model's tokens.
  if (given.toLowerCase() === allLinear)
    return (module) => !/(^|\.)(decoder|vocab_projector|generator_lm_head)$/.test(module);
  return readPattern('target_modules', given, 'matchesAll');
}

/**
 * Layers by their numbers: the first number in a module's path, or that after a given name.
 * @param {JsonObject} json
 * @param {boolean} isByPattern
 * @returns {Matcher}
 */
function readLayers(json, isByPattern) {
  const { layers_to_transform: layers, layers_pattern: pattern } = json;
  const numbers = isList(layers) ? layers : [layers ?? []].flat();
  if (!numbers.every((number) => Number.isInteger(number))) {
    throw badSetting(`gives layers_to_transform as ${show(layers)}, not whole numbers`);
  }
  const names = typeof pattern === 'string' ? [pattern] : (readNames(json, 'layers_pattern') ?? []);
  const hasLayers = layers !== undefined && layers !== null;
  if (names.join('') !== '' && !hasLayers)
    throw badSetting('has layers_pattern without layers_to_transform');
  if (isByPattern && hasLayers) {
    throw badSetting('has layers_to_transform beside a target_modules that is a pattern');
  }
  if (numbers.length === 0) return () => true;
  const odd = names.find((name) => !/^[\w.]*$/.test(name));
  if (odd !== undefined) throw unsupportedAdapter(`the layers_pattern ${show(odd)}`);
  return (module) => numbers.includes(layerOf(module, names.filter(Boolean)));
}

/** @param {string} module @param {string[]} names @returns {number} NaN where there is none */
function layerOf(module, names) {
  const ways = names.map(
    (name) => new RegExp(`(?:^|\\.)${name.replaceAll('.', '\\.')}\\.(\\d+)\\.`),
  );
  const found = (ways.length > 0 ? ways : [/\.[^.]*\.(\d+)\./]).map((way) => way.exec(module));
  return Number(found.find((match) => match !== null)?.[1] ?? NaN);
}

/**
 * @param {JsonObject} json
 * @param {string} key
 * @returns {string[] | undefined} undefined: it is not there, or null
 */
function readNames(json, key) {
  const names = json[key];
  if (names === undefined || names === null) return undefined;
  if (isList(names) && names.every((name) => typeof name === 'string')) return names;
  throw badSetting(`gives ${key} as ${show(names)}, not as a list of names`);
}
