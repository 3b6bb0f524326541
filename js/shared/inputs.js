// What users pass, checked once at the door.
import { BertletError, isBertletError } from './errors.js';
import { isWhole } from './kind.js';
import { isList, reasonOf, show } from './show.js';

/** An array of more ends some engines' process. */
const mostItems = 1e8;

/**
 * Reads something of the user's. Its getters and proxies are foreign code: what they throw is a
 * fault of the argument, and each is asked once, so that it cannot answer in two ways.
 * @param {string} name of the argument
 * @param {() => T} read
 * @returns {T}
 * @template T
 */
export function reading(name, read) {
  try {
    return read();
  } catch (cause) {
    if (isBertletError(cause)) throw cause;
    throw badArgument(`${name} cannot be read: ${reasonOf(cause)}.`, cause);
  }
}

/**
 * A text or a pair, as calls go on with it.
 * @typedef {{ text: string, pair?: string }} TextOrPair
 *
 * @param {unknown} x a string, a pair { text, pair }, or an array of these
 * @returns {{ inputs: TextOrPair[], isArray: boolean }}
 */
export function readInputs(x) {
  return readOneOrMany(x, readInput);
}

/**
 * @param {unknown} x what readItem reads, or an array of these
 * @param {(item: unknown, index?: number) => T} readItem `index`: in an array
 * @returns {{ inputs: T[], isArray: boolean }}
 * @template T
 */
export function readOneOrMany(x, readItem) {
  if (!isList(x)) return { inputs: [readItem(x)], isArray: false };
  return { inputs: copyList('The input', x, readItem), isArray: true };
}

/** What messages call an input. @param {number} [index] in an array */
export const inputName = (index) => (index === undefined ? 'The input' : `Input ${index}`);

/** @param {unknown} item @param {number} [index] in an array @returns {TextOrPair} */
function readInput(item, index) {
  if (typeof item === 'string') return { text: item };
  const name = inputName(index);
  if (item !== null && typeof item === 'object') {
    const { text, pair } = reading(name, () => {
      /** @type {{ text?: unknown, pair?: unknown, text_pair?: unknown }} */
      const given = item;
      if ((given.text_pair ?? undefined) !== undefined) {
        throw badArgument(`${name} has text_pair; here a pair is { text, pair }.`);
      }
      return { text: given.text, pair: given.pair ?? undefined };
    });
    if (typeof text === 'string' && pair === undefined) return { text };
    if (typeof text === 'string' && typeof pair === 'string') return { text, pair };
  }
  throw badArgument(`${name} is not a string or a pair { text, pair } of strings.`);
}

/**
 * A copy of an array without holes.
 * @param {string} name of the argument
 * @param {unknown} x
 * @param {(item: unknown, index: number) => T} readItem
 * @returns {T[]}
 * @template T
 */
export function readList(name, x, readItem) {
  if (!isList(x)) throw badArgument(`${name} is ${show(x)}, not an array.`);
  return copyList(name, x, readItem);
}

/**
 * The same for whatever has a length and items.
 * @param {string} name of the argument
 * @param {ArrayLike<Item>} x
 * @param {(item: Item, index: number) => T} readItem
 * @returns {T[]}
 * @template Item, T
 */
export function copyList(name, x, readItem) {
  return reading(name, () => {
    const list = [];
    const { length } = x;
    if (length > mostItems) throw badArgument(`${name} has ${length} items, too many.`);
    for (let i = 0; i < length; i++) {
      const item = x[i];
      if (item === undefined) throw badArgument(`${name} has nothing at its place ${i}.`);
      list.push(readItem(item, i));
    }
    return list;
  });
}

/** @param {string} name of the argument @param {unknown} x @returns {string[]} */
export function readTexts(name, x) {
  return readList(name, x, (text, i) => readText(`${name}[${i}]`, text));
}

/** @param {string} name of the argument @param {unknown} text @returns {string} */
export function readText(name, text) {
  if (typeof text === 'string') return text;
  throw badArgument(`${name} is ${show(text)}, not a string.`);
}

/** @param {string} message @param {unknown} [cause] */
export function badArgument(message, cause) {
  return new BertletError('BAD_ARGUMENT', message, { cause });
}

/**
 * One of a few words.
 * @template {string | boolean} const T
 * @param {string} name of the option
 * @param {unknown} value
 * @param {readonly T[]} choices
 * @returns {T}
 */
export function readChoice(name, value, choices) {
  const chosen = choices.find((choice) => choice === value);
  if (chosen !== undefined) return chosen;
  throw badArgument(`${name} is ${show(value)}; it is one of ${choices.join(', ')}.`);
}

/**
 * A whole number of at least `least`, or the fallback where it is undefined.
 * @param {string} name of the option
 * @param {unknown} value
 * @param {Fallback} [fallback]
 * @param {number} [least]
 * @returns {number | Fallback}
 * @template {number | undefined} [Fallback=undefined]
 */
export function readCount(name, value, fallback, least = 1) {
  if (value === undefined || value === null) return /** @type {Fallback} */ (fallback);
  if (isWhole(value, least) && value < 2 ** 31) return value;
  throw badArgument(`${name} is ${show(value)}; it must be a whole number of at least ${least}.`);
}

const flags = [true, false];

/**
 * true or false, or the fallback where it is undefined.
 * @param {string} name of the option
 * @param {unknown} value
 * @param {boolean} [fallback]
 */
export function readFlag(name, value, fallback) {
  return readChoice(name, value ?? fallback, flags);
}

/**
 * A function of the user's, or undefined. What it throws ends the call, which tells it as the
 * cause; then it isn't called again.
 * @param {string} name of the option
 * @param {unknown} callback
 * @returns {((event: unknown) => void) | undefined}
 */
export function readCallback(name, callback) {
  if (callback === undefined || callback === null) return undefined;
  if (typeof callback !== 'function') {
    throw badArgument(`${name} is ${show(callback)}, not a function.`);
  }
  /** @type {BertletError | undefined} */
  let failure;
  return (event) => {
    if (failure) throw failure;
    try {
      callback(event);
    } catch (cause) {
      const sentence = `${name} threw an error: ${reasonOf(cause)}.`;
      failure = isBertletError(cause) ? cause : badArgument(sentence, cause);
      throw failure;
    }
  };
}

/**
 * For options that would change nothing: silence would let them be taken for done.
 * @param {Options} options of a call
 * @param {(string & keyof Options)[]} names of those
 * @param {string} why the sentence goes on after the name
 * @template {object} Options
 */
export function refuseOptions(options, names, why) {
  const given = names.find((name) => (options[name] ?? null) !== null);
  if (given) throw badArgument(`${given} ${why}.`);
}

/**
 * For calls where a text's windows would each ask something else.
 * @param {string} call
 * @param {{ longText?: unknown }} options
 */
export function refuseWindows(call, { longText }) {
  if (longText !== 'window') return;
  throw badArgument(`${call} has no windows: choose longText "truncate" or "error".`);
}

/** @param {unknown} signal @returns {AbortSignal | undefined} */
export function readSignal(signal) {
  if (signal === undefined || signal === null) return undefined;
  const given = /** @type {AbortSignal} */ (signal);
  const isSignal = reading('signal', () => {
    const { aborted, addEventListener, removeEventListener } = given;
    if (typeof aborted !== 'boolean' || !addEventListener || !removeEventListener) return false;
    // What is none should say so here, not in the middle of the work.
    given.addEventListener('abort', ignore);
    given.removeEventListener('abort', ignore);
    return true;
  });
  if (isSignal) return given;
  throw badArgument(`signal is ${show(signal)}, not an AbortSignal.`);
}

function ignore() {}
