// A file that only this thread can read (a stream, an answer, a buffer that is not ours
// to give away), read piece by piece by another thread through a message port. The
// reader sends the name of a call; the answer is { value } or { error: { code, message } }.
import { readError } from './checked-stream.js';
import { errorFromData, errorToData } from './errors.js';

/**
 * Serves a file, opened when the first piece is asked for.
 * @param {string} name for messages
 * @param {() => ReturnType<import('./source.js').SourceKind['open']>} open
 * @returns {MessagePort} to be transferred to the reader
 */
export function serveFile(name, open) {
  const { port1: mine, port2: theirs } = new MessageChannel();
  let raw;
  const calls = {
    async open() {
      raw = await open();
      return raw?.read ? { total: raw.total, estimate: raw.estimate } : raw;
    },
    // A copy: posting a view would post all of its buffer.
    read: async () => (await raw.read())?.slice(),
    cancel() {
      mine.close();
      return raw?.cancel?.();
    },
  };
  mine.onmessage = async ({ data }) => {
    try {
      const value = await calls[data]();
      mine.postMessage({ value }, value?.buffer ? [value.buffer] : []);
    } catch (error) {
      mine.postMessage({ error: errorToData(readError(name, error, raw?.isRemote)) });
    }
  };
  mine.unref?.(); // in Node a port that nobody reads would keep the process alive
  return theirs;
}

/**
 * @param {MessagePort} port of serveFile
 * @returns {ReturnType<import('./source.js').SourceKind['open']>}
 */
export async function openServedFile(port) {
  const ask = (call) =>
    new Promise((resolve, reject) => {
      port.onmessage = ({ data: { value, error } }) =>
        error ? reject(errorFromData(error)) : resolve(value);
      port.postMessage(call);
    });
  const cancel = () => {
    port.postMessage('cancel');
    port.close();
    port.onmessage({ data: {} }); // ends a read under way
  };
  let opened;
  try {
    opened = await ask('open');
  } finally {
    // A port that is left open keeps a process of Node alive.
    if (!opened || opened.absent) cancel();
  }
  if (!opened || opened.absent) return opened;
  return { ...opened, isRemote: true, read: () => ask('read'), cancel };
}
