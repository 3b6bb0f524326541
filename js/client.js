// Stands in for an Engine that lives in a worker: the same calls, answered by messages.
import {
  abortError,
  BertletError,
  errorFromData,
  throwIfAborted,
  disposedError,
} from './errors.js';
import { openPort, WorkerClass } from './port.js';
import { sourceForWorker } from './source-transfer.js';

export class WorkerEngine {
  #port;
  #calls = new Map();
  #nextId = 1;
  #info; // there when open() has returned
  #ended;

  /**
   * @param {import('./engine.js').EngineOptions} options
   * @param {{ source: unknown, transfer: Transferable[] }} source as sourceForWorker gives it
   * @param {object} sourceOptions plain data for openSource in the worker
   * @param {{ signal?: AbortSignal, report?: import('./progress.js').FileProgress }} control
   */
  static async open(options, { source, transfer }, sourceOptions, { signal, report }) {
    throwIfAborted(signal);
    const engine = new WorkerEngine(await startWorker());
    try {
      const onProgress = ({ bytes }) => report?.(...bytes);
      const args = { options, source, sourceOptions };
      await engine.#call('open', args, { signal, onProgress }, transfer);
      return engine;
    } catch (error) {
      engine.dispose();
      throw error;
    }
  }

  constructor(port) {
    this.#port = port;
    port.listen(
      (message) => this.#receive(message),
      (cause) => this.#end(died(cause)),
    );
  }

  info() {
    return this.#info;
  }

  /** @param {import('./engine.js').RunRequest} request */
  run(request, control = {}) {
    return this.#call('run', { request }, control, []);
  }

  /** As Engine.openAdapter. */
  openAdapter(given, sourceOptions, { signal, report } = {}) {
    const { source, transfer } = sourceForWorker(given);
    const onProgress = ({ bytes }) => report?.(...bytes);
    return this.#call('openAdapter', { source, sourceOptions }, { signal, onProgress }, transfer);
  }

  dispose() {
    this.#end(disposedError());
  }

  #call(method, args, { signal, onProgress }, transfer) {
    return new Promise((resolve, reject) => {
      if (this.#ended) throw this.#ended;
      throwIfAborted(signal);
      const id = this.#nextId++;
      const onAbort = () => {
        this.#port.send({ id, abort: true });
        this.#settle(id)?.reject(abortError(signal));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const release = () => signal?.removeEventListener('abort', onAbort);
      this.#calls.set(id, { resolve, reject, onProgress, release });
      this.#port.send({ id, method, args }, transfer);
    });
  }

  #receive({ id, progress, result, info, error }) {
    if (progress) {
      this.#calls.get(id)?.onProgress?.(progress);
      return;
    }
    if (info) this.#info = info;
    const call = this.#settle(id);
    if (error) call?.reject(errorFromData(error));
    else call?.resolve(result);
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
    this.#port.stop();
    for (const id of [...this.#calls.keys()]) this.#settle(id).reject(error);
  }
}

function died(cause) {
  return new BertletError('INTERNAL', 'The engine worker ended: load the model again.', {
    cause,
  });
}

/** Starts worker.js and waits until it listens. */
async function startWorker() {
  // A literal expression: bundlers find and copy the worker by this pattern.
  const url = new URL('./worker.js', import.meta.url);
  const port = openPort(new WorkerClass(url, { type: 'module' }));
  await new Promise((resolve, reject) => {
    port.listen(resolve, (cause) => {
      port.stop();
      const sentence = 'The engine worker could not be started: use worker: false.';
      reject(new BertletError('UNSUPPORTED', sentence, { cause }));
    });
  });
  return port;
}
