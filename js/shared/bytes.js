// Bytes put together, and given piece by piece as a file.
import { badArgument } from './inputs.js';
import { kindOf } from './kind.js';
import { toUtf8 } from './utf8.js';

// Large enough to be fast, small enough that progress and abort work within a file.
const pieceSize = 1 << 20;

/** @param {Uint8Array[]} parts @returns {Uint8Array} */
export function joinBytes(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * Bytes at hand, or text, as a file.
 * @param {ArrayBuffer | ArrayBufferView | string} content
 * @returns {import('../source/checked-stream.js').RawFile}
 */
export function fromBytes(content) {
  const bytes = typeof content === 'string' ? toUtf8(content) : viewOf(content);
  let at = 0;
  return {
    total: bytes.length,
    async read() {
      const begin = at;
      at += pieceSize;
      return begin < bytes.length ? bytes.subarray(begin, at) : undefined;
    },
    cancel() {},
  };
}

/** @throws TypeError when the bytes are not UTF-8 @param {Uint8Array} bytes */
export function decodeText(bytes) {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** The bytes of a buffer or view, not copied. @param {ArrayBuffer | ArrayBufferView} content */
function viewOf(content) {
  const { buffer, byteOffset } = /** @type {Partial<ArrayBufferView>} */ (content);
  const bytes = buffer ?? /** @type {ArrayBuffer} */ (content);
  return new Uint8Array(bytes, byteOffset, content.byteLength);
}

/**
 * A stream as a file.
 * @param {ReadableStream<Uint8Array> | null | undefined} stream null: without a byte
 * @param {Partial<import('../source/checked-stream.js').RawFile>} more what is known of it
 * @returns {import('../source/checked-stream.js').RawFile}
 */
export function fromStream(stream, more) {
  const reader = stream?.getReader();
  return {
    async read() {
      const chunk = (await reader?.read())?.value;
      if (!chunk) return chunk;
      // Of Node's Buffer a slice would be no copy.
      if (kindOf(chunk) === 'Uint8Array') return viewOf(chunk);
      throw badArgument('A stream must give Uint8Arrays.');
    },
    cancel: () => reader?.cancel(),
    ...more,
  };
}
