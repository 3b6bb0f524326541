// A file that only this thread can read (a stream, an answer, a buffer that is not ours
// to give away), read piece by piece by another thread through a message port. The
// reader sends the name of a call; the answer is { value } or { error: { code, message } }.
import { isAbsent } from './answer.js';
import { readError } from './checked-stream.js';
import { attempt, errorFromData, errorToData } from '../shared/errors.js';

/**
 * @typedef {import('./answer.js').Absent} Absent
 * @typedef {import('./checked-stream.js').RawFile} RawFile
 * @typedef {{ value?: unknown, error?: ReturnType<typeof errorToData> }} Answer
 *
 * Serves a file, opened when the first piece is asked for, until its reader cancels or it is closed.
 * @param {string} name for messages
 * @param {() => ReturnType<import('./source.js').SourceKind['open']>} open
 * @returns {{ port: MessagePort, close: () => void }} `port`: to be transferred to the reader
 */
export function serveFile(name, open) {
  const { port1: mine, port2: theirs } = new MessageChannel();
  /** @type {RawFile | Absent | undefined} */
  let raw;
  let isClosed = false;
  // An open port keeps a process alive.
  const close = () => {
    isClosed = true;
    mine.close();
    return attempt(() => fileOf(raw)?.cancel());
  };
  const calls = {
    async open() {
      raw = await open();
      if (isClosed) close();
      const file = fileOf(raw);
      return file ? { total: file.total, estimate: file.estimate } : raw;
    },
    // A copy: posting a view would post all of its buffer.
    read: async () => (await fileOf(raw)?.read())?.slice(),
    cancel: close,
  };
  /** @param {{ data: keyof typeof calls }} message */
  mine.onmessage = async ({ data }) => {
    try {
      const value = await calls[data]();
      mine.postMessage({ value }, value instanceof Uint8Array ? [value.buffer] : []);
    } catch (error) {
      mine.postMessage({ error: errorToData(readError(name, error, fileOf(raw)?.isRemote)) });
    }
  };
  /** @type {{ unref?: () => void }} */ (mine).unref?.();
  return { port: theirs, close };
}

/** @param {RawFile | Absent | undefined} raw */
const fileOf = (raw) => (isAbsent(raw) ? undefined : raw);

/**
 * @param {MessagePort} port of serveFile
 * @returns {ReturnType<import('./source.js').SourceKind['open']>}
 */
export async function openServedFile(port) {
  /** Takes the answer to what was asked last. @type {(answer: Answer) => void} */
  let hear = () => {};
  port.onmessage = ({ data }) => hear(data);
  /** @param {'open' | 'read'} call @returns {Promise<unknown>} */
  const ask = (call) =>
    new Promise((resolve, reject) => {
      hear = ({ value, error }) => (error ? reject(errorFromData(error)) : resolve(value));
      port.postMessage(call);
    });
  const cancel = () => {
    port.postMessage('cancel');
    port.close();
    hear({}); // ends a read under way
  };
  /** @type {Pick<RawFile, 'total' | 'estimate'> | Absent | undefined} */
  let opened;
  try {
    opened = /** @type {typeof opened} */ (await ask('open'));
  } finally {
    // A port that is left open keeps a process of Node alive.
    if (!opened || 'absent' in opened) cancel();
  }
  if (!opened || 'absent' in opened) return opened;
  const read = () => /** @type {ReturnType<RawFile['read']>} */ (ask('read'));
  return { ...opened, isRemote: true, once: true, read, cancel };
}
