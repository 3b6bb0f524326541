// A file that only this thread can read (a stream, an answer, a large buffer that is not
// ours to give away), read piece by piece by another thread through a message port.
//
//   reader → owner   'read'   wants the next piece
//                    'cancel' wants no more
//   owner → reader   { opened: { total, estimate } | null }   first; null: missing
//                    { bytes: Uint8Array | null }             null: the end
//                    { error: { code, message } }
import { errorFromData, errorToData } from './errors.js';

/**
 * Serves a file, opened when the first piece is asked for.
 * @param {() => Promise<import('./checked-stream.js').RawFile | undefined>} open
 * @returns {MessagePort} to be transferred to the reader
 */
export function serveFile(open) {
  const { port1: mine, port2: theirs } = new MessageChannel();
  let raw;
  const answer = async (message) => {
    if (message === 'cancel') {
      mine.close();
      await raw?.cancel();
      return;
    }
    if (!raw) {
      raw = await open();
      mine.postMessage({ opened: raw ? { total: raw.total, estimate: raw.estimate } : null });
      return;
    }
    const bytes = await raw.read();
    // A copy: posting a view would post all of its buffer.
    const copy = bytes?.slice() ?? null;
    mine.postMessage({ bytes: copy }, copy ? [copy.buffer] : []);
  };
  mine.onmessage = async ({ data }) => {
    try {
      await answer(data);
    } catch (error) {
      mine.postMessage({ error: errorToData(error) });
    }
  };
  mine.unref?.(); // in Node a port that nobody reads would keep the process alive
  return theirs;
}

/**
 * @param {MessagePort} port of serveFile
 * @returns {Promise<import('./checked-stream.js').RawFile | undefined>} undefined: missing
 */
export async function openServedFile(port) {
  let settle;
  port.onmessage = ({ data }) => settle(data);
  const ask = async () => {
    const answer = await new Promise((resolve) => {
      settle = resolve;
      port.postMessage('read');
    });
    if (answer.error) throw errorFromData(answer.error);
    return answer;
  };
  const { opened } = await ask();
  if (!opened) {
    port.close();
    return undefined;
  }
  let ahead = ask();
  ahead.catch(() => {}); // seen by the read() that takes it
  let atEnd = false;
  return {
    ...opened,
    errorCode: 'NETWORK',
    async read() {
      if (atEnd) return undefined;
      const { bytes } = await ahead;
      atEnd = bytes === null;
      if (atEnd) return undefined;
      ahead = ask();
      ahead.catch(() => {});
      return bytes;
    },
    cancel() {
      port.postMessage('cancel');
      port.close();
      settle({ error: { code: 'ABORTED', message: 'Reading was stopped.' } });
    },
  };
}
