// What every file passes through, whatever it is read from: abort, length, hash, cache
// entry, progress, and errors in one form.
import { onAbort } from '../shared/abort.js';
import { abortError, attempt, BertletError, isBertletError } from '../shared/errors.js';
import { IntegrityCheck } from './integrity.js';
import { reasonOf } from '../shared/show.js';

/**
 * A file under way, as a kind of source opens it.
 * @typedef {object} RawFile
 * @property {() => Promise<Uint8Array | undefined>} read the next bytes, undefined at the
 *   end. They may be overwritten once the next ones are asked for.
 * @property {() => unknown} cancel frees what is held and ends a read under way; may come at
 *   any time, also twice
 * @property {number} [total] the exact size, where it is known
 * @property {number} [estimate] a size good enough for a progress bar
 * @property {boolean} [fromCache]
 * @property {boolean} [once] it can't be opened again
 * @property {boolean} [isRemote] whether a read that fails is the network's fault
 * @property {(bytes: Uint8Array) => void} [keep] is given the bytes for the cache
 * @property {() => void} [commit] the file was whole and right; without it nothing of it may
 *   stay in the cache
 */

/**
 * @param {string} name
 * @param {RawFile} raw
 * @param {{ signal: AbortSignal, integrity?: string, forget(name: string): unknown,
 *   report?: import('../shared/progress.js').FileProgress }} options `forget` drops a kept copy
 * @returns {CheckedStream}
 *
 * @typedef {object} CheckedStream
 * @property {number} [total] the exact size in bytes, where it is known before the end
 * @property {boolean} [once] it can't be opened again
 * @property {AsyncGenerator<Uint8Array>} chunks each valid until the next one is asked for
 * @property {AbortSignal} signal
 * @property {() => Promise<unknown>} cancel stops reading, frees file, stream or connection
 */
export function checkStream(name, raw, { signal, integrity, report, forget }) {
  const { total } = raw;
  const check = integrity ? new IntegrityCheck(name, integrity) : undefined;
  let received = 0;
  let isOver = false;
  /** @type {(() => void) | undefined} */
  let release;

  const cancel = () => {
    isOver = true;
    release?.();
    return attempt(() => raw.cancel());
  };
  const tell = (size = total ?? raw.estimate) =>
    report?.(name, received, size, raw.fromCache === true);

  /** @param {unknown} cause */
  const fail = (cause) => {
    if (!isOver) throw readError(name, cause, raw.isRemote);
  };

  function wrongLength() {
    return new BertletError(
      raw.isRemote ? 'NETWORK' : 'BAD_MODEL',
      `${name} is damaged: ${received} bytes came, ${total} were announced. Load it again.`,
    );
  }

  async function* readAll() {
    try {
      for (;;) {
        const chunk = isOver ? undefined : await raw.read().catch(fail);
        // What was cancelled looks as if it were at its end.
        if (isOver) throw abortError(signal);
        if (!chunk) break;
        received += chunk.length;
        if (total !== undefined && received > total) throw wrongLength();
        check?.update(chunk);
        raw.keep?.(chunk);
        tell();
        if (chunk.length > 0) yield chunk;
      }
      if (total !== undefined && received < total) throw wrongLength();
      check?.finish();
      raw.commit?.();
      tell(received);
    } catch (error) {
      if (!isOver) await forget(name);
      throw error;
    } finally {
      await cancel();
    }
  }

  try {
    release = onAbort(signal, cancel);
    if (!isOver) tell();
  } catch (error) {
    cancel();
    throw error; // the listener's own
  }
  return { total, once: raw.once, chunks: readAll(), cancel, signal };
}

/**
 * The error for what could not be opened or read.
 * @param {string} name
 * @param {unknown} cause
 * @param {boolean} [isRemote] whether it is the network's fault
 */
export function readError(name, cause, isRemote) {
  if (isBertletError(cause)) return cause;
  const why = reasonOf(platformError(cause));
  return new BertletError(
    isRemote ? 'NETWORK' : 'NOT_FOUND',
    `${name} could not be read (${why}).`,
    { cause },
  );
}

/** "fetch failed" has the true reason as its cause. @param {unknown} error */
function platformError(error) {
  try {
    const { cause } = /** @type {{ cause?: { message?: unknown } }} */ (error);
    return cause?.message ? cause : error;
  } catch {
    return error; // thrown by a stream of the user's, it may be anything
  }
}
