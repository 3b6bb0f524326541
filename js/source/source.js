// One way to the files of a model, whatever they are read from.
import { onAbort, untilAborted } from '../shared/abort.js';
import { decodeText, joinBytes } from '../shared/bytes.js';
import { isAbsent } from './answer.js';
import { checkStream, readError } from './checked-stream.js';
import { badModel, BertletError, inOrder, throwIfAborted } from '../shared/errors.js';
import { unreadFiles } from './embedded.js';
import { openFileCache } from './file-cache.js';
import { folderFiles, isFileName } from './file-names.js';
import { notPinned, pinnedNothing, readIntegrity } from './integrity.js';
import { parseExactly, parseJson } from '../shared/json.js';
import { addressOf, isOwnFile, ownFilesAdvice } from './own-files.js';
import { createProgress } from '../shared/progress.js';
import { openFiles } from './files.js';
import { locate } from './location.js';
import { openFolder } from './path.js';
import { hearAbort } from '../shared/pauses.js';
import { openUrlFolder } from './url.js';

export { sourceForWorker } from './transfer.js';

// A JavaScript string holds no more; weights are never read whole.
const largestWholeFile = 2 ** 29 - 32;

/**
 * A kind of source: where a file's bytes come from.
 * @typedef {object} SourceKind
 * @property {string} description for messages
 * @property {(name: string, how: { signal: AbortSignal, integrity?: string })
 *   => Promise<import('./checked-stream.js').RawFile | import('./answer.js').Absent
 *   | undefined>} open undefined: missing
 * @property {(name: string) => unknown} [forget] drops a kept copy of a download
 * @property {(name: string) => string | undefined} [addressOf] where a file is that was given as
 *   a URL
 * @property {Set<string>} [names] of all its files, where they are known without opening them
 */

/**
 * @typedef {object} SourceOptions
 * @property {AbortSignal} [signal]
 * @property {boolean | { name?: string }} [cache] default: on in pages, off elsewhere
 * @property {Record<string, string>} [integrity] fileName → 'sha256-<base64>'; where it names
 *   any file, those that it doesn't name do not count
 * @property {Parameters<typeof createProgress>[0]} [onProgress] sums over all files
 * @property {import('../shared/progress.js').FileProgress} [onFileProgress] each file by itself,
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
  const pins = readIntegrity(options.integrity);
  if (source === undefined) for (const name of unreadFiles) pins.delete(name);
  const { folder, url, files } = locate(source);
  const how = { fetch: options.fetch, cache: await openFileCache(options.cache) };
  const kind = files
    ? openFiles(files, how)
    : url
      ? openUrlFolder(url, how)
      : await openFolder(folder);
  return new Source(kind, pins, options, how.cache);
}

/**
 * @typedef {import('./checked-stream.js').CheckedStream} CheckedStream
 * @typedef {Promise<CheckedStream | undefined>} Opening
 *
 * @typedef {object} ReadOptions
 * @property {boolean} [optional]
 * @property {string} [insteadOf] a file that would have done too, for messages
 * @property {string} [advice] what to do, for messages
 */

/**
 * The files of one model. Every read throws NOT_FOUND, NETWORK, ABORTED or INTEGRITY; with
 * `{ optional: true }` a file that is missing, or doesn't count, gives undefined instead.
 */
export class Source {
  #kind;
  #pins;
  #given;
  #report;
  #cache;
  /** Of everything under way: fires with the user's signal and when the source is closed. */
  #controller = new AbortController();
  #signal = this.#controller.signal;
  #release;
  /** Files that are being opened before anybody asks for them. @type {Map<string, Opening>} */
  #early = new Map();
  /** Names that were asked for. @type {Set<string>} */
  #asked = new Set();
  /** @type {Map<string, import('./answer.js').Absent>} why a server gave no file */
  #absent = new Map();

  /**
   * @param {SourceKind} kind
   * @param {Map<string, string>} pins the hashes of pinned files, by name
   * @param {SourceOptions} options
   * @param {import('./file-cache.js').FileCache} [cache]
   */
  constructor(kind, pins, { signal, onProgress, onFileProgress }, cache) {
    this.#kind = kind;
    this.#pins = pins;
    this.#given = signal;
    this.#report = onFileProgress ?? createProgress(onProgress);
    this.#cache = cache;
    this.#release = onAbort(signal, () => this.#controller.abort(signal?.reason));
  }

  /** The folder, for messages. */
  get description() {
    return this.#kind.description;
  }

  /** Begins to open a file that will be asked for soon. @param {string} name */
  prepare(name) {
    if (!this.#counts(name)) return;
    const opening = this.#open(name);
    opening.catch(() => {}); // whoever asks for it will tell
    this.#early.set(name, opening);
  }

  /**
   * A file as a stream that is never held whole. It must be read to its end (only then its
   * length and hash are known to be right) or cancelled.
   * @overload
   * @param {string} name
   * @param {ReadOptions & { optional?: false }} [options]
   * @returns {Promise<CheckedStream>}
   *
   * @overload
   * @param {string} name
   * @param {ReadOptions} [options]
   * @returns {Promise<CheckedStream | undefined>}
   *
   * @param {string} name
   * @param {ReadOptions} [options]
   */
  async openStream(name, { optional = false, insteadOf, advice } = {}) {
    throwIfAborted(this.#signal);
    if (!isFileName(name)) throw badModel(`"${name}"`, 'is not the name of a file in the folder');
    this.#asked.add(name);
    const names = insteadOf ? [insteadOf, name] : [name];
    if (!this.#counts(name)) {
      if (optional) return undefined;
      throw notPinned(names, this.#pins);
    }
    const opening = this.#early.get(name) ?? this.#open(name);
    this.#early.delete(name);
    const stream = await untilAborted(opening, this.#signal);
    // A file that is pinned is not optional.
    if (stream || (optional && !this.#pins.has(name))) return stream;
    throw this.#missing(names, advice);
  }

  /**
   * The whole of a small file.
   * @overload
   * @param {string} name
   * @param {ReadOptions & { optional?: false }} [options]
   * @returns {Promise<Uint8Array>}
   *
   * @overload
   * @param {string} name
   * @param {ReadOptions} [options]
   * @returns {Promise<Uint8Array | undefined>}
   *
   * @param {string} name
   * @param {ReadOptions} [options]
   * @returns {Promise<Uint8Array | undefined>}
   */
  async readBytes(name, options = {}) {
    const stream = await this.openStream(name, options);
    if (!stream) return undefined;
    const parts = [];
    let length = 0;
    for await (const chunk of stream.chunks) {
      length += chunk.length;
      if (length > largestWholeFile) throw badModel(name, 'is too large');
      parts.push(chunk.slice());
    }
    return joinBytes(parts);
  }

  /**
   * @overload
   * @param {string} name
   * @param {ReadOptions & { optional?: false }} [options]
   * @returns {Promise<string>}
   *
   * @overload
   * @param {string} name
   * @param {ReadOptions} [options]
   * @returns {Promise<string | undefined>}
   *
   * @param {string} name
   * @param {ReadOptions} [options]
   * @throws BAD_MODEL when it is not UTF-8
   */
  readText(name, options) {
    return this.#parse(name, options, 'UTF-8 text', String);
  }

  /**
   * @param {string} name
   * @param {ReadOptions} [options]
   * @returns {Promise<unknown>} the parsed JSON
   * @throws BAD_MODEL when it is none
   */
  readJson(name, options) {
    return this.#parse(name, options, 'valid JSON', parseJson);
  }

  /**
   * The same, of a file that must be there, with numbers as they are written.
   * @param {string} name
   * @throws BAD_MODEL when it is none
   */
  readExactJson(name) {
    return /** @type {Promise<ReturnType<typeof parseExactly>>} */ (
      this.#parse(name, {}, 'valid JSON', parseExactly)
    );
  }

  /**
   * For a file that other pinned files ask for, though it may be missing.
   * @param {string} name
   * @throws INTEGRITY
   */
  checkPin(name) {
    if (!this.#counts(name)) throw notPinned([name], this.#pins);
  }

  /**
   * Finds pinned names that stand for nothing: a slip would leave the real file out unnoticed.
   * To be called when the small files are read. Weights are asked for in another place, where
   * one that isn't pinned is refused.
   * @throws INTEGRITY
   */
  async checkPins() {
    const others = [...this.#pins.keys()].filter(
      (name) =>
        !this.#asked.has(name) && !folderFiles.includes(name) && !name.endsWith('.safetensors'),
    );
    const found = await inOrder(others.map((name) => this.#exists(name)));
    const slip = others.find((_, i) => !found[i]);
    if (slip !== undefined) throw pinnedNothing(slip, this.description);
  }

  /** Drops the cached copy of a file that turned out to be bad. @param {string} name */
  async forget(name) {
    await this.#kind.forget?.(name);
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

  /**
   * Frees everything that is still open: what is being read fails with ABORTED. Then what
   * was downloaded goes to the cache; the promise tells when it is there.
   */
  async close() {
    this.#release();
    this.#controller.abort();
    await this.#cache?.flush();
  }

  /** Whether a file is one to be read: pins leave others out. @param {string} name */
  #counts(name) {
    return this.#pins.size === 0 || this.#pins.has(name);
  }

  /**
   * @param {string} name
   * @param {ReadOptions | undefined} options
   * @param {string} what the file should be
   * @param {(text: string) => T} read
   * @returns {Promise<T | undefined>}
   * @template T
   */
  async #parse(name, options, what, read) {
    const bytes = await this.readBytes(name, options);
    if (!bytes) return undefined;
    let content;
    try {
      content = read(decodeText(bytes));
    } catch (cause) {
      await this.forget(name);
      const { message } = /** @type {Error} */ (cause);
      throw badModel(name, `is not ${what}: ${message}`, cause);
    }
    await hearAbort(this.#given); // of a large file that took long
    return content;
  }

  /** @param {string} name @returns {Opening} */
  #open(name) {
    const how = { signal: this.#signal, integrity: this.#pins.get(name) };
    const forget = (/** @type {string} */ bad) => this.forget(bad);
    const seen = { ...how, report: this.#report, forget };
    return this.#kind.open(name, how).then(
      (raw) => {
        if (!isAbsent(raw)) return raw && checkStream(name, raw, seen);
        this.#absent.set(name, raw);
        return undefined;
      },
      (cause) => {
        throw readError(name, cause);
      },
    );
  }

  /** Whether there is a file that nobody reads. @param {string} name */
  async #exists(name) {
    if (!isFileName(name)) return false;
    if (this.#kind.names) return this.#kind.names.has(name); // opening a stream would use it up
    const raw = await this.#kind.open(name, { signal: this.#signal }).catch((cause) => {
      throw readError(name, cause);
    });
    if (!raw || isAbsent(raw)) return false;
    await raw.cancel?.();
    return true;
  }

  /**
   * The error for a file that is needed.
   * @param {string[]} names any of which would do
   * @param {string} [advice]
   */
  #missing(names, advice) {
    const answers = names.flatMap((name) => this.#absent.get(name) ?? []);
    const answer = answers.find(({ code }) => code === 'NETWORK') ?? answers.at(-1);
    const code = answer?.code ?? 'NOT_FOUND';
    /** @param {string} what @param {...(string | undefined)} why */
    const sentence = (what, ...why) =>
      new BertletError(code, `${[what, ...why].filter(Boolean).join(': ')}.`);
    for (const name of names) {
      const href = this.#kind.addressOf?.(name);
      if (!href) continue;
      const help = isOwnFile(href) ? ownFilesAdvice : undefined;
      return sentence(`${name} is missing at ${addressOf(new URL(href))}`, answer?.absent, help);
    }
    const are = names.length > 1 ? 'are' : 'is';
    const what = `${names.join(' and ')} ${are} missing in ${this.#kind.description}`;
    return sentence(what, answer?.absent, advice);
  }
}
