// Stands in for an Engine that lives in a worker: the same calls, answered by messages.
import { onAbort } from '../shared/abort.js';
import { holdProcess } from '../shared/alive.js';
import {
  abortError,
  BertletError,
  errorFromData,
  throwIfAborted,
  disposedError,
} from '../shared/errors.js';
import { openPort, WorkerClass } from '../threads/port.js';
import { sourceForWorker } from '../source/transfer.js';

/** Milliseconds that a worker may take to end by itself. */
const mostForEnding = 1000;

/**
 * @import * as contract from '../engine/interface.js'
 * @import { AdapterControl, EngineInfo, RunControl, RunRequest } from '../engine/interface.js'
 * @import { SourceOptions } from '../source/source.js'
 * @import { Arguments, FromWorker, Given, Progress, Results } from './protocol.js'
 *
 * `close`: is called when the call is over.
 * @typedef {{ signal?: AbortSignal, onProgress?: (event: Progress) => void, close?: () => void
 *   }} CallControl
 *
 * A call under way.
 * @typedef {{ resolve: (result?: Results[keyof Results]) => void, reject: (error: unknown) => void,
 *   onProgress?: (event: Progress) => void, release: () => void }} Call
 */

/** @implements {contract.SingleEngine} */
export class WorkerEngine {
  #port;
  /** By their numbers. @type {Map<number | 'begun', Call>} */
  #calls = new Map();
  #nextId = 1;
  /** There when it has opened. @type {EngineInfo | undefined} */
  #info;
  /** Why it has ended. @type {BertletError | undefined} */
  #ended;
  /** Ends the worker, once dispose() was called. @type {(() => void) | undefined} */
  #stop;
  /** Called when what was downloaded is in the cache. @type {(() => void) | undefined} */
  #stored;

  /**
   * Starts a worker, which begins to fetch the weights. Await `begun`, give() it the rest,
   * and await `opened`; or dispose of it.
   * @param {unknown} given as openSource takes it
   * @param {SourceOptions} sourceOptions plain data for openSource in the worker
   * @param {AdapterControl} control
   */
  static open(given, sourceOptions, { signal, report }) {
    throwIfAborted(signal);
    const { source, transfer, close } = sourceForWorker(given);
    const onProgress = teller(report);
    const args = { source, sourceOptions, wantsProgress: report !== undefined };
    return new WorkerEngine('open', args, { signal, onProgress, close }, transfer);
  }

  /** Starts a worker that becomes another's copy when it is given its snapshot. */
  static copy() {
    return new WorkerEngine('copy', {}, {}, []);
  }

  /**
   * @param {'open' | 'copy'} method
   * @param {Arguments['open'] | Arguments['copy']} args
   * @param {CallControl} control
   * @param {Transferable[]} transfer
   */
  constructor(method, args, control, transfer) {
    try {
      this.#port = startWorker();
    } catch (error) {
      control.close?.();
      throw error;
    }
    /** Resolves when the worker needs this thread no more to go on. */
    this.begun = new Promise((resolve, reject) => {
      this.#calls.set('begun', { resolve: () => resolve(undefined), reject, release() {} });
    });
    this.#port.listen(
      (message) => this.#receive(message),
      (cause) => {
        this.#stop?.();
        // What ends without an error before it has begun was ended by somebody.
        this.#end(cause && this.#calls.has('begun') ? notStarted(cause) : died(cause));
      },
    );
    if ('sourceOptions' in args && args.sourceOptions.cache) this.#stored = holdProcess();
    /** Resolves when run() can be called. */
    this.opened = this.#call(method, args, control, transfer);
    for (const promise of [this.begun, this.opened]) promise.catch(() => {}); // told when awaited
  }

  /**
   * What the worker waits for, in parts.
   * @param {Partial<Given>} part
   * @param {Transferable[]} [transfer]
   */
  give(part, transfer) {
    this.#port.send({ give: part }, transfer);
  }

  /** Whether it has ended, by itself or disposed of. */
  get ended() {
    return this.#ended !== undefined;
  }

  get isOpen() {
    return this.#info !== undefined;
  }

  info() {
    return /** @type {EngineInfo} */ (this.#info);
  }

  /** @param {RunRequest} request @param {RunControl} [control] */
  run(request, control = {}) {
    const { signal, onProgress } = control;
    const tell = /** @type {CallControl['onProgress']} */ (onProgress);
    return this.#call('run', { request }, { signal, onProgress: tell }, []);
  }

  snapshot() {
    return this.#call('snapshot', {}, {}, []);
  }

  /**
   * @param {number} number
   * @param {unknown} given
   * @param {SourceOptions} sourceOptions
   * @param {AdapterControl} [control]
   */
  openAdapter(number, given, sourceOptions, { signal, report } = {}) {
    const { source, transfer, close } = sourceForWorker(given);
    const onProgress = teller(report);
    const args = { number, source, sourceOptions };
    return this.#call('openAdapter', args, { signal, onProgress, close }, transfer);
  }

  /** @param {number} number */
  closeAdapter(number) {
    return this.#call('closeAdapter', { number }, {}, []);
  }

  dispose() {
    if (this.#ended) return;
    const release = holdProcess();
    this.#port.send({ end: true });
    const timer = setTimeout(() => this.#stop?.(), mostForEnding);
    this.#stop = () => {
      clearTimeout(timer);
      Promise.resolve(this.#port.stop()).then(release, release);
    };
    this.#end(disposedError());
  }

  /**
   * @param {Method} method
   * @param {Arguments[Method]} args
   * @param {CallControl} control
   * @param {Transferable[]} transfer
   * @returns {Promise<Results[Method]>}
   * @template {keyof Arguments} Method
   */
  #call(method, args, { signal, onProgress, close }, transfer) {
    /** @type {Promise<Results[keyof Results]>} */
    const result = new Promise((resolve, reject) => {
      if (this.#ended) throw this.#ended;
      throwIfAborted(signal);
      const id = this.#nextId++;
      const stop = () => {
        this.#port.send({ id, abort: true });
        this.#settle(id)?.reject(abortError(signal));
      };
      const settle = /** @type {Call['resolve']} */ (resolve);
      this.#calls.set(id, { resolve: settle, reject, onProgress, release: onAbort(signal, stop) });
      this.#port.send({ id, method, args }, transfer);
    });
    if (close) result.then(close, close);
    return /** @type {Promise<Results[Method]>} */ (result);
  }

  /** @param {FromWorker} message */
  #receive({ begun, stored, ended, id, progress, result, info, error }) {
    if (begun) this.#settle('begun')?.resolve();
    if (stored) this.#stored?.();
    if (ended) this.#stop?.();
    if (id === undefined) return;
    if (progress) {
      this.#tell(id, progress);
      return;
    }
    if (info) this.#info = info;
    const call = this.#settle(id);
    if (error) call?.reject(errorFromData(error));
    else call?.resolve(result);
  }

  /** What the user's function throws ends its call. @param {number} id @param {Progress} progress */
  #tell(id, progress) {
    try {
      this.#calls.get(id)?.onProgress?.(progress);
    } catch (error) {
      this.#port.send({ id, abort: true });
      this.#settle(id)?.reject(error);
    }
  }

  /** @param {number | 'begun'} id */
  #settle(id) {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    call?.release();
    return call;
  }

  /** Every call under way and to come fails with this error. @param {BertletError} error */
  #end(error) {
    if (this.#ended) return;
    this.#ended = error;
    this.#stored?.();
    if (!this.#stop) this.#port.stop();
    for (const id of [...this.#calls.keys()]) this.#settle(id)?.reject(error);
  }
}

/** Tells of the bytes of files. @param {AdapterControl['report']} report */
function teller(report) {
  return (/** @type {Progress} */ event) => {
    if ('bytes' in event) report?.(...event.bytes);
  };
}

/** @param {unknown} cause */
function died(cause) {
  return new BertletError(
    'INTERNAL',
    'The engine worker ended: try again, and another takes its place.',
    { cause },
  );
}

/** @param {unknown} cause */
function notStarted(cause) {
  const sentence = 'The engine worker could not be started: use worker: false.';
  return new BertletError('UNSUPPORTED', sentence, { cause });
}

function startWorker() {
  try {
    if (!WorkerClass) throw new Error('there are no workers');
    // A literal expression: bundlers find the worker by this pattern.
    return openPort(new WorkerClass(new URL('../worker.js', import.meta.url), { type: 'module' }));
  } catch (cause) {
    throw notStarted(cause); // of another origin
  }
}
