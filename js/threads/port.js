// Workers of the web and of Node behind one face.
import { builtin } from '../shared/platform.js';

/**
 * @typedef {import('node:worker_threads').Worker} NodeWorker
 * @typedef {new (url: URL, options: { type: 'module' }) => Worker | NodeWorker} WorkerConstructor
 * @typedef {ReturnType<typeof openPort>} Port
 */

const threads = builtin('node:worker_threads');
/**
 * Node's class, which Deno and Bun have too: its workers need not keep the process alive, and
 * tell when they end. It wants a file; pages that can reach Node (Electron) cannot use it.
 */
const isNode =
  threads &&
  (!globalThis.Worker ||
    (import.meta.url.startsWith('file:') &&
      typeof document === 'undefined' &&
      !process.versions.electron));

/** Undefined where there are no workers. @type {WorkerConstructor | undefined} */
export const WorkerClass = threads && isNode ? nodeWorker(threads.Worker) : globalThis.Worker;

/**
 * A worker takes over the flags of its process, and refuses a file where a script was typed in.
 * @param {typeof import('node:worker_threads').Worker} Worker
 * @returns {WorkerConstructor}
 */
function nodeWorker(Worker) {
  const Usual = /** @type {WorkerConstructor} */ (Worker);
  if (!process.execArgv?.some((flag) => flag.startsWith('--input-type'))) return Usual;
  return class extends Worker {
    /** @param {URL} url @param {{ type: 'module' }} options */
    constructor(url, options) {
      super(url, { ...options, execArgv: [] });
    }
  };
}

/**
 * The owner's end of a worker, which does not keep the process alive: calls do (alive.js).
 * @param {Worker | NodeWorker} given
 */
export function openPort(given) {
  const worker = /** @type {Worker} */ (given);
  const ofNode = isNode ? /** @type {NodeWorker} */ (given) : undefined;
  return {
    /**
     * To be called once, at once.
     * @param {(message: Message) => void} onMessage
     * @param {(error?: unknown) => void} onEnd is given the error that ended the worker; undefined
     *   when somebody ended it. May come twice.
     * @template Message of those that the worker sends
     */
    listen(onMessage, onEnd) {
      if (ofNode) {
        ofNode.on('message', onMessage).on('messageerror', onEnd);
        ofNode.on('error', onEnd).on('exit', () => onEnd());
        ofNode.unref(); // now: who listens for messages makes the process wait again
      } else {
        worker.onmessage = ({ data }) => {
          if (data.lock) untilFree(data.lock).then(() => onEnd());
          else onMessage(data);
        };
        worker.onmessageerror = onEnd;
        worker.onerror = (event) => onEnd(event.error || event.message || 'it cannot be loaded');
      }
    },
    /** @param {unknown} message @param {Transferable[]} [transfer] */
    send: (message, transfer = []) => worker.postMessage(message, transfer),
    /**
     * In Node a promise that waits until it is gone; a page never learns when.
     * @returns {Promise<number> | void}
     */
    stop: () => given.terminate(),
  };
}

/**
 * Whoever is granted the worker's lock outlives it. A page that is left may not ask for it.
 * @param {string} lock its name
 */
async function untilFree(lock) {
  try {
    await navigator.locks.request(lock, () => {});
  } catch {
    await new Promise(() => {});
  }
}

/** The worker's own end. */
export const ownPort = {
  /**
   * @param {(message: Message) => void} onMessage
   * @returns {Promise<void>} before it is over, nobody would hear of the worker's end
   * @template Message of those that the owner sends
   */
  listen(onMessage) {
    if (threads?.parentPort) threads.parentPort.on('message', onMessage);
    else globalThis.addEventListener('message', (event) => onMessage(event.data));
    return threads?.parentPort ? Promise.resolve() : holdLock();
  },
  /** @param {unknown} message @param {Transferable[]} [transfer] */
  send(message, transfer = []) {
    // The global object of a worker, which is known here as that of a page.
    const port = /** @type {MessagePort} */ (
      threads?.parentPort ?? /** @type {unknown} */ (globalThis)
    );
    port.postMessage(message, transfer);
  },
};

/**
 * A worker of a page that is terminated ends without an event. So it holds a lock, which its
 * owner waits for; not where pages have no locks, which is where they are not secure.
 * @returns {Promise<void>}
 */
function holdLock() {
  return new Promise((resolve) => {
    const name = globalThis.crypto?.randomUUID?.();
    const hold = () => {
      ownPort.send({ lock: name });
      resolve();
      return new Promise(() => {});
    };
    if (name && globalThis.navigator?.locks)
      navigator.locks.request(name, hold).catch(() => resolve());
    else resolve();
  });
}
