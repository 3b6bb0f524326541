// A source on its way to a worker.
import { serveFile } from './file-port.js';
import { kindOf } from '../shared/kind.js';
import { hrefOf, openContent } from './files.js';
import { locate } from './location.js';

/**
 * The same source as data that a worker can be sent and open with openSource. Bytes,
 * streams and answers stay on this thread, which serves them until they are closed; nothing given
 * by the user is detached.
 * @param {unknown} source as openSource takes it; files already read as streams are spent
 * @returns {{ source: unknown, transfer: Transferable[], close?: () => void }} for postMessage;
 *   `close`: when the worker reads no more
 */
export function sourceForWorker(source) {
  const { folder, url, files } = locate(source);
  if (!files) return { source: folder ?? url.href, transfer: [] };
  const transfer = [];
  /** @type {(() => void)[]} */
  const served = [];
  const packed = new Map();
  for (const [name, content] of files) {
    // Blobs are cloned by reference; anything else would be copied, or cannot be.
    const href = hrefOf(content);
    if (href) packed.set(name, { href });
    else if (['Blob', 'File'].includes(kindOf(content))) packed.set(name, content);
    else {
      const { port, close } = serveFile(name, () => openContent(name, content));
      packed.set(name, port);
      transfer.push(port);
      served.push(close);
    }
  }
  return { source: packed, transfer, close: () => served.forEach((close) => close()) };
}
