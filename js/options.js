// The options of a call: read once, unknown ones refused by name.
import { badArgument, readCallback, readSignal, reading } from './inputs.js';
import { kindOf } from './kind.js';
import { nearest } from './nearest.js';
import { foreignNames, optionNames } from './option-names.js';
import { show } from './show.js';

/**
 * What a call was given, as an object of its own: later changes of the user's don't matter.
 * @param {unknown} given undefined: nothing; an option that is undefined counts as absent
 * @param {keyof typeof optionNames} call
 * @returns {Record<string, any>}
 * @throws BAD_ARGUMENT
 */
export function readOptions(given, call) {
  if (given === undefined) return {};
  return reading(`The options of ${call}`, () => {
    const options = isPlain(given) ? { ...given } : copyInherited(given, call);
    const known = optionNames[call];
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

/**
 * What users of transformers write: true and false say whether a long text is cut, which here
 * `longText` says; `truncation` says which of a pair.
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
  if (names.length === 0 || !names.every((name) => optionNames[call].includes(name))) return;
  throw badArgument(`The source comes before the options: ${call}(null, { ${names.join(', ')} }).`);
}

const isPlain = (given) =>
  typeof given === 'object' && given !== null && Object.getPrototypeOf(given) === Object.prototype;

/** Of an object with a class or prototype of its own, whose getters are found by name alone. */
function copyInherited(given, call) {
  if (kindOf(given) !== 'Object') {
    throw badArgument(`The options of ${call} are of the kind ${kindOf(given)}, not an object.`);
  }
  const names = new Set(optionNames[call]);
  for (const name in given) {
    // Some pages put properties of their own on every object.
    if (Object.hasOwn(given, name) || !(name in Object.prototype)) names.add(name);
  }
  return Object.fromEntries(Array.from(names, (name) => [name, given[name]]));
}

function refuse(name, call) {
  const known = optionNames[call];
  const meant = meantName(name, known);
  throw badArgument(
    `${call} has no option ${show(name)}${
      meant ? `: did you mean "${meant}"?` : `; it has ${known.join(', ')}.`
    }`,
  );
}

/** The known name that stands for a name of other libraries, or is nearly the same. */
function meantName(name, known) {
  if (known.includes(foreignNames[name])) return foreignNames[name];
  const camel = name.replace(/[_-](\w)/g, (_, letter) => letter.toUpperCase());
  const isPart = (other) => beginsLike(other, camel) || beginsLike(camel, other);
  return (
    known.find((other) => foreignNames[other] === name) ??
    nearest(camel, known) ??
    (name.length > 2 ? known.find(isPart) : undefined)
  );
}

const beginsLike = (name, start) => name.toLowerCase().startsWith(start.toLowerCase());
