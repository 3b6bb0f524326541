// One way to the files of a model, whatever they are read from.
import { joinBytes } from './bytes.js';
import { CheckedStream } from './checked-stream.js';
import { abortError, BertletError, throwIfAborted } from './errors.js';
import { openFileCache } from './file-cache.js';
import { isFileName } from './file-names.js';
import { readIntegrity } from './integrity.js';
import { createProgress } from './progress.js';
import { openFiles } from './source-files.js';
import { locate } from './source-location.js';
import { openFolder } from './source-path.js';
import { openUrlFolder } from './source-url.js';

export { sourceForWorker } from './source-transfer.js';

// A JavaScript string holds no more; weights are never read whole.
const largestWholeFile = 2 ** 29 - 32;

/**
 * A kind of source: where a file's bytes come from.
 * @typedef {object} SourceKind
 * @property {string} description for messages
 * @property {(name: string, how: { signal?: AbortSignal, integrity?: string })
 *   => Promise<import('./checked-stream.js').RawFile | { missing: string } | undefined>} open
 *   undefined, or what there is to say about it: the file is missing
 * @property {(name: string, bytes: Uint8Array) => void} [keep] is told what was read whole
 * @property {(name: string) => unknown} [forget] drops a kept copy of a download
 */

/**
 * @typedef {object} SourceOptions
 * @property {AbortSignal} [signal]
 * @property {boolean | { name?: string }} [cache] default: on in pages, off elsewhere
 * @property {Record<string, string>} [integrity] fileName → 'sha256-<base64>'
 * @property {Function} [onProgress] sums over all files, see createProgress
 * @property {import('./progress.js').FileProgress} [onFileProgress] each file by itself,
 *   instead of onProgress: for a worker whose page does the summing
 * @property {typeof fetch} [fetch] takes the place of the platform's
 */

/**
 * @param {unknown} source undefined = the embedded model; a path (Node), a URL (string or
 *   object) of a folder; an object { fileName: Blob | ArrayBuffer | Uint8Array | Response |
 *   ReadableStream | URL | string }; a FileList or an array of Files
 * @param {SourceOptions} [options]
 * @returns {Promise<Source>}
 * @throws BAD_ARGUMENT, NOT_FOUND (the folder), ABORTED
 */
export async function openSource(source, options = {}) {
  throwIfAborted(options.signal);
  checkCacheOption(options.cache);
  const integrity = readIntegrity(options.integrity);
  const where = locate(source);
  if (where.folder !== undefined) {
    return new Source(await openFolder(where.folder), integrity, options);
  }
  const urlOptions = { fetch: options.fetch, cache: await openFileCache(options.cache) };
  const kind = where.url
    ? openUrlFolder(where.url, urlOptions)
    : openFiles(where.files, urlOptions);
  return new Source(kind, integrity, options);
}

function checkCacheOption(cache) {
  if (cache === undefined || typeof cache === 'boolean') return;
  if (cache && typeof cache === 'object' && ['string', 'undefined'].includes(typeof cache.name)) {
    return;
  }
  throw new BertletError('BAD_ARGUMENT', 'cache must be true, false or { name: string }.');
}

/**
 * The files of one model. Every read throws NOT_FOUND, NETWORK, ABORTED or INTEGRITY;
 * with `{ optional: true }` a missing file gives undefined instead of NOT_FOUND.
 */
export class Source {
  /** @type {SourceKind} */ #kind;
  #integrity;
  #signal;
  #report;
  #streams = new Set();
  #closed = false;

  /** Use openSource. */
  constructor(kind, integrity, { signal, onProgress, onFileProgress }) {
    this.#kind = kind;
    this.#integrity = integrity;
    this.#signal = signal;
    this.#report = onFileProgress ?? createProgress(onProgress);
  }

  /** The folder, for messages. */
  get description() {
    return this.#kind.description;
  }

  /**
   * A file as a stream that is never held whole. It must be read to its end (only then its
   * length and hash are known to be right) or cancelled.
   * @param {string} name
   * @param {{ optional?: boolean }} [options]
   * @returns {Promise<CheckedStream | undefined>} { total: number | undefined,
   *   chunks: AsyncIterable<Uint8Array>, cancel() }; a chunk is valid until the next one is
   *   asked for
   */
  async openStream(name, { optional = false } = {}) {
    throwIfAborted(this.#signal);
    this.#throwIfClosed();
    if (!isFileName(name)) {
      throw new BertletError('BAD_MODEL', `The model names "${name}", no file of its folder.`);
    }
    const integrity = this.#integrity.get(name);
    const how = { signal: this.#signal, integrity };
    const raw = await untilAborted(this.#kind.open(name, how), this.#signal, free);
    if (this.#closed) await free(raw);
    this.#throwIfClosed();
    if (!raw || raw.missing) {
      // A file that is pinned is not optional.
      if (optional && !integrity) return undefined;
      const why = raw?.missing ? `: ${raw.missing}` : '';
      throw new BertletError('NOT_FOUND', `${name} is missing in ${this.description}${why}.`);
    }
    const stream = new CheckedStream(name, raw, {
      signal: this.#signal,
      integrity,
      report: this.#report,
      onEnd: () => this.#streams.delete(stream),
    });
    this.#streams.add(stream);
    return stream;
  }

  /** @returns {Promise<Uint8Array | undefined>} the whole of a small file */
  async readBytes(name, options) {
    const stream = await this.openStream(name, options);
    if (!stream) return undefined;
    const bytes = await collect(name, stream);
    this.#kind.keep?.(name, bytes);
    return bytes;
  }

  /** @returns {Promise<string | undefined>} @throws BAD_MODEL when it is not UTF-8 */
  async readText(name, options) {
    const bytes = await this.readBytes(name, options);
    return bytes && this.#decode(name, bytes, true);
  }

  /** @returns {Promise<any>} the parsed JSON @throws BAD_MODEL when it is none */
  async readJson(name, options) {
    const bytes = await this.readBytes(name, options);
    if (!bytes) return undefined;
    const text = await this.#decode(name, bytes, false);
    try {
      return JSON.parse(text);
    } catch (cause) {
      await this.forget(name);
      const what = text.trimStart().startsWith('<')
        ? 'it is a page, as some servers answer for a file that they do not have'
        : cause.message;
      throw new BertletError('BAD_MODEL', `${name} is not valid JSON: ${what}.`, { cause });
    }
  }

  /**
   * Tells the progress that a file is still to come, so that its total stays unknown until
   * the file is opened; with 0 bytes, that it will not come after all.
   * @param {string} name
   * @param {0} [total]
   */
  announce(name, total) {
    this.#report?.(name, 0, total, false);
  }

  /** Drops the cached copy of a file that turned out to be bad. @param {string} name */
  async forget(name) {
    await this.#kind.forget?.(name);
  }

  /** Frees everything that is still open; what is being read fails with ABORTED. */
  async close() {
    this.#closed = true;
    await Promise.all([...this.#streams].map((stream) => stream.cancel()));
  }

  #throwIfClosed() {
    if (this.#closed) throw new BertletError('ABORTED', 'Reading the model was stopped.');
  }

  async #decode(name, bytes, ignoreBOM) {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM }).decode(bytes);
    } catch (cause) {
      await this.forget(name);
      throw new BertletError('BAD_MODEL', `${name} is not UTF-8 text.`, { cause });
    }
  }
}

/** @param {CheckedStream} stream */
async function collect(name, stream) {
  const parts = [];
  let length = 0;
  for await (const chunk of stream.chunks) {
    length += chunk.length;
    if (Math.max(length, stream.total ?? 0) > largestWholeFile) {
      throw new BertletError('BAD_MODEL', `${name} is too large to be what its name says.`);
    }
    parts.push(chunk.slice());
  }
  return parts.length === 1 ? parts[0] : joinBytes(parts);
}

/** @param {import('./checked-stream.js').RawFile | undefined} raw */
async function free(raw) {
  try {
    await raw?.cancel?.();
  } catch {
    // It is given up anyway.
  }
}

/** The promise's result, or ABORTED as soon as the signal fires; `free` gets a late result. */
async function untilAborted(promise, signal, free) {
  if (!signal) return promise;
  let onAbort;
  const aborted = new Promise((_, reject) => {
    onAbort = () => {
      promise.then(free, () => {});
      reject(abortError(signal));
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } catch (error) {
    throw signal.aborted ? abortError(signal) : error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
