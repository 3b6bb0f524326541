// The options of a call: read once, unknown ones refused by name.
import { badArgument, readCallback, readSignal, reading } from './inputs.js';
import { kindOf } from './kind.js';
import { nearest } from './nearest.js';
import { foreignNames, optionNames } from './option-names.js';
import { show } from './show.js';

/** Options that mean the same in every call that has them. */
const readers = {
  __proto__: null,
  signal: (_, value) => readSignal(value),
  onProgress: readCallback,
  onUsage: readCallback,
  progress_callback: readCallback,
};

/**
 * What a call was given, as an object of its own: later changes of the user's don't matter.
 * @param {unknown} given undefined: nothing; an option that is undefined counts as absent
 * @param {keyof typeof optionNames} call
 * @returns {Record<string, any>}
 * @throws BAD_ARGUMENT
 */
export function readOptions(given, call) {
  const options = {};
  if (given === undefined) return options;
  return reading(`The options of ${call}`, () => {
    const known = optionNames[call];
    for (const name of isPlain(given) ? Object.keys(given) : inheritedNames(given, call)) {
      const value = given[name];
      if (value === undefined) continue;
      if (!known.includes(name)) throw unknownOption(name, call);
      options[name] = readers[name]?.(name, value) ?? value;
    }
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

const isPlain = (given) =>
  typeof given === 'object' && given !== null && Object.getPrototypeOf(given) === Object.prototype;

/** Of an object with a class or prototype of its own, whose getters are found by name alone. */
function inheritedNames(given, call) {
  if (kindOf(given) !== 'Object') {
    throw badArgument(`The options of ${call} are of the kind ${kindOf(given)}, not an object.`);
  }
  const names = new Set(optionNames[call]);
  for (const name in given) {
    // Some pages put properties of their own on every object.
    if (Object.hasOwn(given, name) || !(name in Object.prototype)) names.add(name);
  }
  return names;
}

function unknownOption(name, call) {
  const known = optionNames[call];
  const meant = meantName(name, known);
  return badArgument(
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
