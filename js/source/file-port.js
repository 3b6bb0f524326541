// A file that only this thread can read (a stream, an answer, a buffer that is not ours
// to give away), read piece by piece by another thread through a message port. The
// reader sends the name of a call; the answer is { value } or { error: { code, message } }.
import { readError } from './checked-stream.js';
import { attempt, errorFromData, errorToData } from '../shared/errors.js';

/**
 * Serves a file, opened when the first piece is asked for, until its reader cancels or it is closed.
 * @param {string} name for messages
 * @param {() => ReturnType<import('./source.js').SourceKind['open']>} open
 * @returns {{ port: MessagePort, close: () => void }} `port`: to be transferred to the reader
 */
export function serveFile(name, open) {
  const { port1: mine, port2: theirs } = new MessageChannel();
  let raw;
  let isClosed = false;
  // An open port keeps a process alive.
  const close = () => {
    isClosed = true;
    mine.close();
    return attempt(() => raw?.cancel?.());
  };
  const calls = {
    async open() {
      raw = await open();
      if (isClosed) close();
      return raw?.read ? { total: raw.total, estimate: raw.estimate } : raw;
    },
    // A copy: posting a view would post all of its buffer.
    read: async () => (await raw.read())?.slice(),
    cancel: close,
  };
  mine.onmessage = async ({ data }) => {
    try {
      const value = await calls[data]();
      mine.postMessage({ value }, value?.buffer ? [value.buffer] : []);
    } catch (error) {
      mine.postMessage({ error: errorToData(readError(name, error, raw?.isRemote)) });
    }
  };
  mine.unref?.();
  return { port: theirs, close };
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
  return { ...opened, isRemote: true, once: true, read: () => ask('read'), cancel };
}
