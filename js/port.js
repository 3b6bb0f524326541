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
        worker.on('message', onMessage).on('error', onError).on('exit', onError);
      } else {
        worker.onmessage = (event) => onMessage(event.data);
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
  listen(onMessage) {
    if (threads?.parentPort) threads.parentPort.on('message', onMessage);
    else globalThis.addEventListener('message', (event) => onMessage(event.data));
  },
  send: (message, transfer = []) =>
    (threads?.parentPort ?? globalThis).postMessage(message, transfer),
};
