// Who waits for an AbortSignal. A signal has one listener of bertlet's, however many calls were
// given it (engines warn of a leak at eleven), and none when no call is under way. Signals are
// not joined by AbortSignal.any(), whose results live as long as what they were made of.
import { abortError } from './errors.js';

/** @typedef {{ callbacks: Set<() => void>, fire: () => void }} Entry */

/** @type {WeakMap<AbortSignal, Entry>} */
const waiting = new WeakMap();

function none() {}

/**
 * Calls back once when the signal fires; at once if it has fired.
 * @param {AbortSignal | undefined} signal
 * @param {() => void} callback that has not been given for this signal; throws nothing
 * @returns {() => void} release: from now on it is not called
 */
export function onAbort(signal, callback) {
  if (!signal) return none;
  if (signal.aborted) {
    callback();
    return none;
  }
  const entry = waiting.get(signal) ?? listen(signal);
  entry.callbacks.add(callback);
  return () => {
    if (entry.callbacks.delete(callback) && entry.callbacks.size === 0) forget(signal, entry);
  };
}

/** @param {AbortSignal} signal */
function listen(signal) {
  /** @type {Entry} */
  const entry = {
    callbacks: new Set(),
    fire() {
      forget(signal, entry);
      for (const callback of entry.callbacks) callback();
    },
  };
  waiting.set(signal, entry);
  signal.addEventListener('abort', entry.fire);
  return entry;
}

/** @param {AbortSignal} signal @param {Entry} entry */
function forget(signal, entry) {
  if (waiting.get(signal) === entry) waiting.delete(signal);
  signal.removeEventListener('abort', entry.fire);
}

/**
 * The promise's result, or ABORTED as soon as the signal fires; the work itself goes on.
 * @param {Promise<T>} promise
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 * @template T
 */
export function untilAborted(promise, signal) {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, () => reject(abortError(signal)));
    // Gone before anybody hears the result.
    promise.then(release, release);
    promise.then(resolve, reject);
  });
}

/**
 * Makes a call with a signal that fires as soon as one of some does.
 * @param {(AbortSignal | undefined)[]} signals
 * @param {(signal: AbortSignal | undefined) => Promise<T>} call
 * @returns {Promise<T>}
 * @template T
 */
export async function withSignals(signals, call) {
  const given = [...new Set(signals.filter((signal) => signal !== undefined))];
  if (given.length < 2) return call(given[0]);
  const either = new AbortController();
  const releases = given.map((signal) => onAbort(signal, () => either.abort(signal.reason)));
  try {
    return await call(either.signal);
  } finally {
    for (const release of releases) release();
  }
}
