// A source on its way to a worker.
import { serveFile } from './file-port.js';
import { openContent } from './source-files.js';
import { locate } from './source-location.js';

// What is larger is not copied to a worker but read by it in pieces.
const largestClone = 1 << 20;

/**
 * The same source as data that a worker can be sent and open with openSource. Streams,
 * answers and large buffers stay on this thread, which serves them while the worker reads
 * them; nothing given by the user is detached.
 * @param {unknown} source as openSource takes it; files already read as streams are spent
 * @returns {{ source: unknown, transfer: Transferable[] }} for postMessage
 */
export function sourceForWorker(source) {
  const where = locate(source);
  if (where.folder !== undefined) return { source: where.folder, transfer: [] };
  if (where.url) return { source: where.url.href, transfer: [] };
  const transfer = [];
  const packed = new Map();
  for (const [name, content] of where.files) {
    if (content instanceof URL) {
      packed.set(name, { url: content.href });
    } else if (isCheapToClone(content)) {
      packed.set(name, content);
    } else {
      const port = serveFile(() => openContent(name, content));
      packed.set(name, port);
      transfer.push(port);
    }
  }
  return { source: packed, transfer };
}

/** Blobs are cloned by reference; cloning a view copies all of its buffer. */
function isCheapToClone(content) {
  if (typeof content === 'string' || content instanceof Blob) return true;
  return (content.buffer ?? content).byteLength <= largestClone;
}
