/**
 * bertlet: BERT-family encoders that run wholly on the client.
 *
 * Every call is asynchronous unless it says otherwise, and every failure is a
 * {@link BertletError}. Nothing is sent anywhere; the only network access is
 * fetching the files that you name. An option that a call doesn't have is refused with
 * BAD_ARGUMENT; one that is undefined counts as left out. What a function of yours throws
 * (`onProgress`, `onUsage`) ends its call, which rejects with BAD_ARGUMENT and it as the `cause`.
 */

import type { Model } from './model.js';
import type { Tokenizer } from './tokenizer.js';

export type * from './async-disposer.js';
export type * from './calls.js';
export type * from './model.js';
export * from './pipeline.js';
export type * from './tokenizer.js';
export * from './vector-index.js';

/** A file's content, where a model is given file by file. */
export type FileContent =
  | Blob
  | ArrayBuffer
  | ArrayBufferView
  | Response
  | ReadableStream<Uint8Array>
  | URL
  | string;

/** Files that were picked in a page: a `FileList`, or anything like it. */
export interface PickedFiles {
  readonly length: number;
  readonly [index: number]: File;
  item(index: number): File | null;
}

/**
 * Where a model's files are: nothing or null = the embedded model; a path (Node) or URL of a
 * Hugging Face model folder; its files by name; or the files of a folder picked in a page.
 */
export type Source =
  | string
  | URL
  | Readonly<Record<string, FileContent>>
  | Iterable<File>
  | PickedFiles
  | null
  | undefined;

/** How weights are stored and computed with. See {@link LoadOptions.dtype}. */
export type Dtype = 'fp32' | 'int8' | 'int8-fast';

/** What happens while a model loads. `loaded` and `total` are bytes; `loaded` never decreases. */
export interface LoadProgress {
  phase: 'download' | 'prepare' | 'ready';
  /** The file under way. */
  file: string;
  loaded: number;
  /** Undefined as long as a file's size is not known. */
  total: number | undefined;
  fromCache: boolean;
}

export interface CacheOptions {
  /** Of the browser's cache to keep files in. Default `bertlet`. */
  name?: string | undefined;
}

export interface LoadTokenizerOptions {
  /** Stops loading with the code ABORTED. */
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** Keep downloads in the browser's Cache API. Default: on in pages, off elsewhere. */
  cache?: boolean | CacheOptions | undefined;
  /**
   * Expected hashes by file name: `{ 'model.safetensors': 'sha256-<base64>' }`. Once it names any
   * file, only the files that it names are read: a file that is needed and not named is INTEGRITY.
   */
  integrity?: Readonly<Record<string, string>> | undefined;
}

export interface LoadOptions extends LoadTokenizerOptions {
  /**
   * - `int8` (`auto`): 8-bit weights, 13-bit activations, exact integer sums: near
   *   lossless, and the same bits on every machine. A float file is quantised row by row
   *   while its bytes arrive.
   * - `int8-fast`: 7-bit activations through relaxed SIMD. Without relaxed SIMD it is
   *   `int8`, and `info.dtype` says so.
   * - `fp32`: as PyTorch computes.
   */
  dtype?: 'auto' | Dtype | undefined;
  /**
   * How many share the work; `auto`: up to 4, as there are cores; at most 16. Where memory can be
   * shared (in Node from 22 on; in a page that is cross-origin isolated) they are threads on one
   * memory. Elsewhere arrays of texts are spread over so many workers: they start at the first call of
   * about a thousand tokens, each with a copy of the model, made from the memory of the first
   * (nothing is fetched again). All copies together take at most 512 MB, or 2 GB where a number is
   * asked for.
   * `info.threads`, `info.threading` and `info.threadsReason` say what it became.
   */
  threads?: 'auto' | number | undefined;
  /**
   * false: no memory is shared, even where it could be. true: it is wherever it can be, also in
   * Node 20, which does not optimise threads on shared memory. Default `auto`.
   */
  sharedMemory?: 'auto' | boolean | undefined;
  /** Which instructions to use. `auto`: relaxed SIMD where the engine has it. */
  simd?: 'auto' | 'baseline' | 'relaxed' | undefined;
  /** Whether the engine runs in a worker. `auto`: in a page yes, elsewhere no. */
  worker?: 'auto' | boolean | undefined;
  /** Also honoured by every later call on the model. */
  signal?: AbortSignal | undefined;
  /**
   * A LoRA adapter as `peft` writes it (`adapter_config.json`, `adapter_model.safetensors`):
   * calls use it from the start. {@link Model.useAdapter} switches later. Where `integrity` names any
   * file, it must name these two of the adapter; a `config.json` that it names is the model's.
   */
  adapter?: Source;
}

/**
 * Loads a model.
 * @throws BertletError NOT_FOUND, NETWORK, ABORTED, INTEGRITY, BAD_MODEL (damaged or
 *   inconsistent files), UNSUPPORTED, BAD_ARGUMENT, OUT_OF_MEMORY, NO_SIMD
 */
export function load(source?: Source, options?: LoadOptions): Promise<Model>;

/**
 * Loads only the tokenizer: `tokenizer.json`, or `vocab.txt` with `tokenizer_config.json`.
 * @throws BertletError as {@link load}
 */
export function loadTokenizer(source?: Source, options?: LoadTokenizerOptions): Promise<Tokenizer>;

/**
 * - `BAD_ARGUMENT`: what a call was given; the message says what it takes.
 * - `NOT_FOUND`, `NETWORK`: a file or folder is not there, or could not be fetched.
 * - `ABORTED`: by a signal; the error's name is `AbortError`.
 * - `BAD_MODEL`: a file is damaged, cut off, or does not agree with another.
 * - `UNSUPPORTED`: a model, file or platform feature that bertlet does not have.
 * - `INTEGRITY`: a file is not the pinned one.
 * - `NO_HEAD`: the model lacks what the call needs; the message names the heads that it has.
 * - `TOO_LONG`: a text, with `longText: 'error'` or where it cannot be cut.
 * - `OUT_OF_MEMORY`, `NO_SIMD`: the machine or runtime has too little.
 * - `DISPOSED`: the model, tokenizer or index was disposed of.
 * - `INTERNAL`: a fault of bertlet, or a worker that ended.
 */
export type ErrorCode =
  | 'BAD_ARGUMENT'
  | 'NOT_FOUND'
  | 'NETWORK'
  | 'ABORTED'
  | 'BAD_MODEL'
  | 'UNSUPPORTED'
  | 'INTEGRITY'
  | 'NO_HEAD'
  | 'TOO_LONG'
  | 'OUT_OF_MEMORY'
  | 'NO_SIMD'
  | 'DISPOSED'
  | 'INTERNAL';

/** Every failure: a stable `code`, and a message that says what to do. */
export class BertletError extends Error {
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown });
  readonly code: ErrorCode;
  /** `AbortError` where the code is ABORTED, else `BertletError`. */
  readonly name: 'BertletError' | 'AbortError';
  /** What was thrown first, where there was something. */
  readonly cause?: unknown;
}
