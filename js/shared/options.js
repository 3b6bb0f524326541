// The options of a call: read once, unknown ones refused by name.
import { badArgument, readCallback, readSignal, reading } from './inputs.js';
import { kindOf } from './kind.js';
import { nearest } from './nearest.js';
import { foreignNames, optionNames } from './option-names.js';
import { show } from './show.js';

/** @import { OptionsOf } from './option-names.js' */

/**
 * What a call was given, as an object of its own: later changes of the user's don't matter.
 * @param {unknown} given undefined: nothing; an option that is undefined counts as absent
 * @param {Call} call
 * @returns {OptionsOf[Call]} as declared, by their names: each value is checked where it is read
 * @throws BAD_ARGUMENT
 * @template {keyof OptionsOf} Call
 */
export function readOptions(given, call) {
  return /** @type {OptionsOf[Call]} */ (given === undefined ? {} : copyOptions(given, call));
}

/** @typedef {Record<string, unknown>} Given options before they are checked */

/** @param {unknown} given @param {keyof OptionsOf} call @returns {Given} */
function copyOptions(given, call) {
  return reading(`The options of ${call}`, () => {
    const options = isPlain(given) ? { ...given } : copyInherited(given, call);
    const known = namesOf(call);
    for (const name in options) {
      if (options[name] === undefined) delete options[name];
      else if (!known.includes(name) && Object.hasOwn(options, name)) refuse(name, call);
    }
    // Those that mean the same in every call.
    const { signal, onProgress, onUsage, progress_callback: tell } = options;
    if (signal !== undefined) options.signal = readSignal(signal);
    if (onProgress !== undefined) options.onProgress = readCallback('onProgress', onProgress);
    if (onUsage !== undefined) options.onUsage = readCallback('onUsage', onUsage);
    if (tell !== undefined) options.progress_callback = readCallback('progress_callback', tell);
    return known.includes('longText') ? readTruncation(options) : options;
  });
}

/** @param {keyof OptionsOf} call @returns {readonly string[]} */
const namesOf = (call) => optionNames[call];

/**
 * What users of transformers write: true and false say whether a long text is cut, which here
 * `longText` says; `truncation` says which of a pair.
 * @param {Given} options
 */
function readTruncation(options) {
  if (options.truncation === true) options.truncation = 'longest_first';
  if (options.truncation !== false) return options;
  if (options.longText === 'truncate') {
    throw badArgument('truncation false and longText "truncate" contradict each other.');
  }
  const { truncation, longText = 'error', ...others } = options;
  return { ...others, longText };
}

/**
 * Options that stand where the source should: no model has files of these names.
 * @param {unknown} source
 * @param {'load' | 'loadTokenizer'} call
 */
export function refuseAsSource(source, call) {
  const names = reading('The source', () => (isPlain(source) ? Object.keys(source) : []));
  if (names.length === 0 || !names.every((name) => namesOf(call).includes(name))) return;
  throw badArgument(`The source comes before the options: ${call}(null, { ${names.join(', ')} }).`);
}

/** @param {unknown} given @returns {given is Given} */
const isPlain = (given) =>
  typeof given === 'object' && given !== null && Object.getPrototypeOf(given) === Object.prototype;

/**
 * Of an object with a class or prototype of its own, whose getters are found by name alone.
 * @param {unknown} given
 * @param {keyof OptionsOf} call
 * @returns {Given}
 */
function copyInherited(given, call) {
  if (kindOf(given) !== 'Object') {
    throw badArgument(`The options of ${call} are of the kind ${kindOf(given)}, not an object.`);
  }
  const options = /** @type {Given} */ (given);
  const names = new Set(namesOf(call));
  for (const name in options) {
    // Some pages put properties of their own on every object.
    if (Object.hasOwn(options, name) || !(name in Object.prototype)) names.add(name);
  }
  return Object.fromEntries(Array.from(names, (name) => [name, options[name]]));
}

/** @param {string} name @param {keyof OptionsOf} call @returns {never} */
function refuse(name, call) {
  const known = namesOf(call);
  const meant = meantName(name, known);
  throw badArgument(
    `${call} has no option ${show(name)}${
      meant ? `: did you mean "${meant}"?` : `; it has ${known.join(', ')}.`
    }`,
  );
}

/**
 * The known name that stands for a name of other libraries, or is nearly the same.
 * @param {string} name
 * @param {readonly string[]} known
 */
function meantName(name, known) {
  if (known.includes(foreignNames[name])) return foreignNames[name];
  const camel = name.replace(/[_-](\w)/g, (_, letter) => letter.toUpperCase());
  /** @param {string} other */
  const isPart = (other) => beginsLike(other, camel) || beginsLike(camel, other);
  return (
    known.find((other) => foreignNames[other] === name) ??
    nearest(camel, known) ??
    (name.length > 2 ? known.find(isPart) : undefined)
  );
}

/** @param {string} name @param {string} start */
const beginsLike = (name, start) => name.toLowerCase().startsWith(start.toLowerCase());
