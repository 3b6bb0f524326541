import { holdProcess } from './alive.js';
import { boundMessage, reasonOf } from './show.js';

/** @import { ErrorCode } from '../index.d.ts' */

/** Every failure that bertlet reports: a stable `code` and a sentence that says what to do. */
export class BertletError extends Error {
  /**
   * @param {ErrorCode} code
   * @param {string} message what it quotes of files and arguments may be of any length
   * @param {{ cause?: unknown }} [options]
   */
  constructor(code, message, options) {
    super(boundMessage(String(message)), options?.cause === undefined ? undefined : options);
    this.code = code;
  }

  get name() {
    return this.code === 'ABORTED' ? 'AbortError' : 'BertletError';
  }
}

/** What C calls its statuses; all but the first are codes with "BL_" before them. */
export const statusNames = [
  'BL_OK',
  'BL_BAD_ARGUMENT',
  'BL_OUT_OF_MEMORY',
  'BL_BAD_MODEL',
  'BL_UNSUPPORTED',
  'BL_TOO_LONG',
];

/**
 * The error for a status that C returned.
 * @param {string} status e.g. "BL_OUT_OF_MEMORY"
 * @param {Record<string, string | undefined>} [sentences] what to say, by status. Another one is
 *   a fault of ours, unless memory ran out
 * @param {string} [call] that returned it
 */
export function errorOfStatus(status, sentences = {}, call = 'the core') {
  const sentence = sentences[status];
  if (sentence) return new BertletError(/** @type {ErrorCode} */ (status.slice(3)), sentence);
  if (status === 'BL_OUT_OF_MEMORY') {
    return new BertletError(
      'OUT_OF_MEMORY',
      'There is not enough memory: pass fewer or shorter texts, or use dtype "int8".',
    );
  }
  return new BertletError('INTERNAL', `A fault of bertlet, please report it: ${call}: ${status}.`);
}

/**
 * @param {string} file whose content is wrong
 * @param {string} what is wrong, as the sentence goes on after the file's name
 * @param {unknown} [cause]
 */
export function badModel(file, what, cause) {
  return new BertletError('BAD_MODEL', `${file} ${what}.`, { cause });
}

export function disposedError() {
  return new BertletError('DISPOSED', 'This was disposed of: load it again to use it.');
}

/**
 * The way into every public call: whatever goes wrong in it is told as a BertletError, and the
 * process does not end before it.
 * @param {() => T | Promise<T>} call
 * @returns {Promise<T>}
 * @template T
 */
export async function guarded(call) {
  const release = holdProcess();
  try {
    return await call();
  } catch (error) {
    throw asBertletError(error);
  } finally {
    release();
  }
}

/**
 * The same where files are read that may hold anything: what nobody foresaw is their fault.
 * @type {typeof guarded}
 */
export async function guardedReading(read) {
  try {
    return await read();
  } catch (error) {
    throw asBertletError(error, 'BAD_MODEL', 'The files of the model hold something absurd');
  }
}

/**
 * @param {unknown} error
 * @param {ErrorCode} [code] of what is no BertletError
 * @param {string} [what] happened then
 * @returns {BertletError}
 */
export function asBertletError(
  error,
  code = 'INTERNAL',
  what = 'Something went wrong inside bertlet, which should not happen',
) {
  if (isBertletError(error)) return error;
  const reason = reasonOf(error);
  // What V8, SpiderMonkey and JavaScriptCore say where memory ends.
  if (
    /allocat|out of memory|invalid (typed )?array length|invalid string length|string longer/i.test(
      reason,
    )
  ) {
    const sentence = `There is not enough memory: ${reason}.`;
    return new BertletError('OUT_OF_MEMORY', sentence, { cause: error });
  }
  return new BertletError(code, `${what}: ${reason}.`, { cause: error });
}

/**
 * Also for what throws when it is looked at.
 * @param {unknown} error
 * @returns {error is BertletError}
 */
export function isBertletError(error) {
  try {
    return error instanceof BertletError;
  } catch {
    return false;
  }
}

/**
 * What a call gives, undefined when it fails: for what is given up anyway.
 * @param {() => T | Promise<T>} call
 * @returns {Promise<T | undefined>}
 * @template T
 */
export async function attempt(call) {
  try {
    return await call();
  } catch {
    return undefined;
  }
}

/**
 * What promises give; of several that fail, the first one's error.
 * @param {Promises} promises
 * @returns {Promise<{ -readonly [i in keyof Promises]: Awaited<Promises[i]> }>}
 * @template {readonly Promise<unknown>[] | []} Promises
 */
export async function inOrder(promises) {
  for (const promise of promises) promise.catch(() => {});
  for (const promise of promises) await promise;
  return Promise.all(promises);
}

/** Throws the ABORTED error when the signal has fired. @param {AbortSignal} [signal] */
export function throwIfAborted(signal) {
  if (signal?.aborted) throw abortError(signal);
}

/** @param {AbortSignal} [signal] */
export function abortError(signal) {
  return new BertletError('ABORTED', 'The call was aborted.', { cause: signal?.reason });
}

/** Errors cross a worker boundary as plain data. @param {unknown} error */
export function errorToData(error) {
  const { code, message } = asBertletError(error);
  return { code, message };
}

/** @param {{ code: ErrorCode, message: string }} data as errorToData gives it */
export function errorFromData(data) {
  return new BertletError(data.code, data.message);
}
