// What users pass, checked once at the door.
import { BertletError } from './errors.js';

/**
 * @param {unknown} x a string, a pair { text, pair }, or an array of these
 * @returns {{ inputs: { text: string, pair?: string }[], isArray: boolean }}
 */
export function readInputs(x) {
  if (!Array.isArray(x)) return { inputs: [readInput(x, 'The input')], isArray: false };
  return { inputs: x.map((item, i) => readInput(item, `Input ${i}`)), isArray: true };
}

function readInput(item, name) {
  if (typeof item === 'string') return { text: item };
  const isPair = item !== null && typeof item === 'object';
  if (isPair && typeof item.text === 'string') {
    if (item.pair === undefined || item.pair === null) return { text: item.text };
    if (typeof item.pair === 'string') return { text: item.text, pair: item.pair };
  }
  throw badArgument(`${name} is not a string or a pair { text, pair } of strings.`);
}

/** @param {string} message */
export function badArgument(message) {
  return new BertletError('BAD_ARGUMENT', message);
}

/**
 * One of a few words.
 * @template {string} T
 * @param {string} name of the option
 * @param {unknown} value
 * @param {readonly T[]} choices
 * @returns {T}
 */
export function readChoice(name, value, choices) {
  if (choices.includes(value)) return value;
  throw badArgument(`${name} is ${show(value)}; it is one of ${choices.join(', ')}.`);
}

/** A whole number of at least `least`, or the fallback where it is undefined. */
export function readCount(name, value, fallback, least = 1) {
  if (value === undefined || value === null) return fallback;
  if (Number.isInteger(value) && value >= least && value < 2 ** 31) return value;
  throw badArgument(`${name} is ${show(value)}; it must be a whole number of at least ${least}.`);
}

/** The options of a call. */
export function readOptions(options = {}) {
  if (typeof options === 'object' && options !== null) return options;
  throw badArgument('options is not an object.');
}

/** For calls where a text's windows would each ask something else. */
export function refuseWindows(call, { longText }) {
  if (longText !== 'window') return;
  throw badArgument(`${call} has no windows: choose longText "truncate" or "error".`);
}

/** @param {unknown} signal */
export function readSignal(signal) {
  if (signal === undefined || signal === null) return undefined;
  if (typeof signal === 'object' && typeof signal.addEventListener === 'function') return signal;
  throw badArgument('signal is not an AbortSignal.');
}

function show(value) {
  return typeof value === 'string' ? `"${value}"` : String(value);
}
