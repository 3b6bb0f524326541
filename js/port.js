// Workers of the web and of Node behind one face.
import { builtin } from './platform.js';

const threads = builtin('node:worker_threads');
const isNode = threads && !globalThis.Worker;

/** Node's class where there is no web worker; undefined where there is neither. */
export const WorkerClass = globalThis.Worker ?? threads?.Worker;

/**
 * The owner's end of a worker.
 * @param {Worker | import('node:worker_threads').Worker} worker
 */
export function openPort(worker) {
  return {
    /** `onError` gets whatever ended the worker. Takes the place of earlier listeners. */
    listen(onMessage, onError) {
      if (isNode) {
        worker.removeAllListeners();
        worker.on('message', onMessage).on('messageerror', onError);
        worker.on('error', onError).on('exit', onError);
      } else {
        worker.onmessage = ({ data }) => {
          // Whoever is granted the worker's lock outlives it.
          if (data.lock) navigator.locks.request(data.lock, () => onError('it was terminated'));
          else onMessage(data);
        };
        worker.onmessageerror = onError;
        worker.onerror = (event) => onError(event.error ?? event.message);
      }
    },
    send: (message, transfer = []) => worker.postMessage(message, transfer),
    /** In Node a promise that waits until it is gone; a page never learns when. */
    stop() {
      if (isNode) worker.ref(); // else the process would not wait
      return worker.terminate();
    },
    /** In Node the process no longer waits for the worker. */
    unref: () => isNode && worker.unref(),
  };
}

/** The worker's own end. */
export const ownPort = {
  /** @returns {Promise<void>} before it is over, nobody would hear of the worker's end */
  listen(onMessage) {
    if (threads?.parentPort) threads.parentPort.on('message', onMessage);
    else globalThis.addEventListener('message', (event) => onMessage(event.data));
    return threads?.parentPort ? Promise.resolve() : holdLock();
  },
  send: (message, transfer = []) =>
    (threads?.parentPort ?? globalThis).postMessage(message, transfer),
};

/**
 * A worker of a page that is terminated ends without an event. So it holds a lock, which its
 * owner waits for; not where pages have no locks, which is where they are not secure.
 */
function holdLock() {
  return new Promise((resolve) => {
    const name = globalThis.crypto?.randomUUID?.();
    const hold = () => {
      ownPort.send({ lock: name });
      resolve();
      return new Promise(() => {});
    };
    if (name && globalThis.navigator?.locks) navigator.locks.request(name, hold).catch(resolve);
    else resolve();
  });
}
