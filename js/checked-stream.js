// What every file passes through, whatever it is read from: abort, length, hash, cache
// entry, progress, and errors in one form.
import { abortError, BertletError, throwIfAborted } from './errors.js';
import { IntegrityCheck } from './integrity.js';

/**
 * A file under way, as a kind of source opens it.
 * @typedef {object} RawFile
 * @property {() => Promise<Uint8Array | undefined>} read the next bytes, undefined at the
 *   end. They may be overwritten once the next ones are asked for.
 * @property {() => unknown} cancel frees what is held; may come at any time, also twice
 * @property {number} [total] the exact size, where it is known
 * @property {number} [estimate] a size good enough for a progress bar
 * @property {boolean} [fromCache]
 * @property {'NETWORK' | 'NOT_FOUND' | 'BAD_MODEL'} errorCode for a read that fails
 * @property {CacheEntry} [store] is given the bytes, to keep them for the next load
 * @property {() => unknown} [forget] drops the kept copy of the file
 *
 * @typedef {object} CacheEntry
 * @property {(bytes: Uint8Array) => Promise<void>} write
 * @property {() => Promise<void>} commit the file is whole and right
 * @property {() => unknown} abort nothing of it may stay
 */

/** An async iterable of a file's bytes. A chunk is valid until the next one is asked for. */
export class CheckedStream {
  /** @type {RawFile} */ #raw;
  #name;
  #options;
  #check;
  #received = 0;
  #ended = false; // nothing is held any more
  #finished = false; // by reaching the end of the file
  #aborted;
  #onAbort;

  /**
   * @param {string} name
   * @param {RawFile} raw
   * @param {{ signal?: AbortSignal, integrity?: string,
   *   report?: import('./progress.js').FileProgress, onEnd?: () => void }} options
   */
  constructor(name, raw, options) {
    this.#name = name;
    this.#raw = raw;
    this.#options = options;
    if (options.integrity) this.#check = new IntegrityCheck(name, options.integrity);
    const { signal } = options;
    if (signal) {
      this.#aborted = new Promise((_, reject) => {
        this.#onAbort = () => {
          reject(abortError(signal));
          this.cancel();
        };
      });
      this.#aborted.catch(() => {});
      signal.addEventListener('abort', this.#onAbort, { once: true });
    }
    this.#report();
  }

  /** The exact size in bytes, where it is known before the end. */
  get total() {
    return this.#raw.total;
  }

  get chunks() {
    return this;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** @returns {Promise<IteratorResult<Uint8Array, undefined>>} */
  async next() {
    if (this.#finished) return { done: true, value: undefined };
    let value;
    try {
      const chunk = await this.#read();
      if (!chunk) {
        await this.#finish();
        this.#report(this.#received);
        return { done: true, value: undefined };
      }
      this.#received += chunk.length;
      if (this.#received > this.#raw.total) throw this.#wrongLength('is longer than announced:');
      this.#check?.update(chunk);
      await this.#raw.store?.write(chunk);
      value = chunk;
    } catch (error) {
      this.cancel();
      throw this.#translate(error);
    }
    this.#report();
    return { done: false, value };
  }

  async return() {
    await this.cancel();
    return { done: true, value: undefined };
  }

  /** Stops reading and frees the file, stream or connection. */
  async cancel() {
    if (this.#ended) return;
    this.#end();
    this.#raw.store?.abort();
    try {
      await this.#raw.cancel();
    } catch {
      // It is given up anyway.
    }
  }

  async #read() {
    for (;;) {
      this.#throwIfStopped();
      const reading = this.#raw.read();
      const chunk = await (this.#aborted ? Promise.race([reading, this.#aborted]) : reading);
      this.#throwIfStopped(); // a cancelled stream looks as if it were at its end
      if (chunk?.length !== 0) return chunk;
    }
  }

  #throwIfStopped() {
    throwIfAborted(this.#options.signal);
    if (this.#ended) {
      throw new BertletError('ABORTED', `Reading ${this.#name} was stopped.`);
    }
  }

  async #finish() {
    const raw = this.#raw;
    try {
      if (raw.total !== undefined && this.#received < raw.total) {
        throw this.#wrongLength('ended early:');
      }
      this.#check?.finish();
    } catch (error) {
      await raw.forget?.();
      throw error;
    }
    await raw.store?.commit();
    this.#finished = true;
    this.#end();
    await raw.cancel();
  }

  #end() {
    this.#ended = true;
    if (this.#onAbort) this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#options.onEnd?.();
  }

  #report(total = this.#raw.total ?? this.#raw.estimate) {
    try {
      this.#options.report?.(this.#name, this.#received, total, this.#raw.fromCache === true);
    } catch (error) {
      this.cancel();
      throw error; // the user's own
    }
  }

  #wrongLength(what) {
    return new BertletError(
      this.#raw.errorCode === 'NETWORK' ? 'NETWORK' : 'BAD_MODEL',
      `${this.#name} ${what} ${this.#received} bytes came, ${this.#raw.total} were expected. ` +
        'Load it again; if that does not help, the file itself is damaged.',
    );
  }

  #translate(error) {
    if (this.#options.signal?.aborted) return abortError(this.#options.signal);
    if (error instanceof BertletError) return error;
    return new BertletError(
      this.#raw.errorCode,
      `${this.#name} could not be read to its end (${error?.message ?? error}).`,
      { cause: error },
    );
  }
}
