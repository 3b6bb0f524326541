// Bytes and streams as files that are read piece by piece.
import { badArgument } from '../shared/inputs.js';
import { kindOf } from '../shared/kind.js';
import { toUtf8 } from '../shared/utf8.js';

/** @import { RawFile } from './checked-stream.js' */

// Large enough to be fast, small enough that progress and abort work within a file.
const pieceSize = 1 << 20;

/**
 * Bytes at hand, or text, as a file.
 * @param {ArrayBuffer | ArrayBufferView | string} content
 * @returns {RawFile}
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

/**
 * A stream as a file.
 * @param {ReadableStream<Uint8Array> | null | undefined} stream null: without a byte
 * @param {Partial<RawFile>} more what is known of it
 * @returns {RawFile}
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

/** The bytes of a buffer or view, not copied. @param {ArrayBuffer | ArrayBufferView} content */
function viewOf(content) {
  const { buffer, byteOffset } = /** @type {Partial<ArrayBufferView>} */ (content);
  const bytes = buffer ?? /** @type {ArrayBuffer} */ (content);
  return new Uint8Array(bytes, byteOffset, content.byteLength);
}
