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

export class WorkerEngine {
  #port;
  #calls = new Map();
  #nextId = 1;
  #info; // there when it has opened
  #ended;
  #stop; // ends the worker, once dispose() was called
  #stored; // called when what was downloaded is in the cache

  /**
   * Starts a worker, which begins to fetch the weights. Await `begun`, give() it the rest,
   * and await `opened`; or dispose of it.
   * @param {unknown} given as openSource takes it
   * @param {object} sourceOptions plain data for openSource in the worker
   * @param {{ signal?: AbortSignal, report?: import('../shared/progress.js').FileProgress }} control
   */
  static open(given, sourceOptions, { signal, report }) {
    throwIfAborted(signal);
    const { source, transfer, close } = sourceForWorker(given);
    const onProgress = ({ bytes }) => report?.(...bytes);
    const args = { source, sourceOptions, wantsProgress: report !== undefined };
    return new WorkerEngine('open', args, { signal, onProgress, close }, transfer);
  }

  /** Starts a worker that becomes another's copy when it is given its snapshot. */
  static copy() {
    return new WorkerEngine('copy', {}, {}, []);
  }

  constructor(method, args, control, transfer) {
    try {
      this.#port = startWorker();
    } catch (error) {
      control.close?.();
      throw error;
    }
    /** Resolves when the worker needs this thread no more to go on. */
    this.begun = new Promise((resolve, reject) => {
      this.#calls.set('begun', { resolve, reject, release() {} });
    });
    this.#port.listen(
      (message) => this.#receive(message),
      (cause) => {
        this.#stop?.();
        // What ends without an error before it has begun was ended by somebody.
        this.#end(cause && this.#calls.has('begun') ? notStarted(cause) : died(cause));
      },
    );
    if (args.sourceOptions?.cache) this.#stored = holdProcess();
    /** Resolves when run() can be called. */
    this.opened = this.#call(method, args, control, transfer);
    for (const promise of [this.begun, this.opened]) promise.catch(() => {}); // told when awaited
  }

  /**
   * What the worker waits for, in parts.
   * @param {{ options: Omit<import('../engine/engine.js').EngineOptions, 'packTokenizer'> }
   *   | { tokenizerBlob: Uint8Array } | { snapshot: object }} part
   * @param {Transferable[]} [transfer]
   */
  give(part, transfer) {
    this.#port.send({ give: part }, transfer);
  }

  /** Whether it has ended, by itself or disposed of. */
  get ended() {
    return this.#ended !== undefined;
  }

  info() {
    return this.#info;
  }

  /** @param {import('../engine/engine.js').RunRequest} request */
  run(request, control = {}) {
    return this.#call('run', { request }, control, []);
  }

  /** As Engine.snapshot. */
  snapshot() {
    return this.#call('snapshot', {}, {}, []);
  }

  /** As Engine.openAdapter. */
  openAdapter(number, given, sourceOptions, { signal, report } = {}) {
    const { source, transfer, close } = sourceForWorker(given);
    const onProgress = ({ bytes }) => report?.(...bytes);
    const args = { number, source, sourceOptions };
    return this.#call('openAdapter', args, { signal, onProgress, close }, transfer);
  }

  /** As Engine.closeAdapter. */
  closeAdapter(number) {
    return this.#call('closeAdapter', { number }, {}, []);
  }

  dispose() {
    if (this.#ended) return;
    const release = holdProcess();
    this.#port.send({ end: true });
    const timer = setTimeout(() => this.#stop(), mostForEnding);
    this.#stop = () => {
      clearTimeout(timer);
      Promise.resolve(this.#port.stop()).then(release, release);
    };
    this.#end(disposedError());
  }

  /** `control.close` is called when the call is over. */
  #call(method, args, { signal, onProgress, close }, transfer) {
    const result = new Promise((resolve, reject) => {
      if (this.#ended) throw this.#ended;
      throwIfAborted(signal);
      const id = this.#nextId++;
      const stop = () => {
        this.#port.send({ id, abort: true });
        this.#settle(id)?.reject(abortError(signal));
      };
      this.#calls.set(id, { resolve, reject, onProgress, release: onAbort(signal, stop) });
      this.#port.send({ id, method, args }, transfer);
    });
    if (close) result.then(close, close);
    return result;
  }

  #receive({ begun, stored, ended, id, progress, result, info, error }) {
    if (begun) this.#settle('begun')?.resolve();
    if (stored) this.#stored?.();
    if (ended) this.#stop?.();
    if (progress) {
      this.#tell(id, progress);
      return;
    }
    if (info) this.#info = info;
    const call = this.#settle(id);
    if (error) call?.reject(errorFromData(error));
    else call?.resolve(result);
  }

  /** What the user's function throws ends its call. */
  #tell(id, progress) {
    try {
      this.#calls.get(id)?.onProgress?.(progress);
    } catch (error) {
      this.#port.send({ id, abort: true });
      this.#settle(id).reject(error);
    }
  }

  #settle(id) {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    call?.release();
    return call;
  }

  /** Every call under way and to come fails with this error. */
  #end(error) {
    if (this.#ended) return;
    this.#ended = error;
    this.#stored?.();
    if (!this.#stop) this.#port.stop();
    for (const id of [...this.#calls.keys()]) this.#settle(id).reject(error);
  }
}

function died(cause) {
  return new BertletError(
    'INTERNAL',
    'The engine worker ended: try again, and another takes its place.',
    { cause },
  );
}

function notStarted(cause) {
  const sentence = 'The engine worker could not be started: use worker: false.';
  return new BertletError('UNSUPPORTED', sentence, { cause });
}

function startWorker() {
  try {
    // A literal expression: bundlers find the worker by this pattern.
    return openPort(new WorkerClass(new URL('../worker.js', import.meta.url), { type: 'module' }));
  } catch (cause) {
    throw notStarted(cause); // of another origin
  }
}
