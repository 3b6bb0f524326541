// Bytes put together and taken apart.

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
 * What can be read at any place, as a file that is read from its start.
 * @param {number} total
 * @param {(begin: number, end: number) => Uint8Array | Promise<Uint8Array>} piece
 * @returns {import('./checked-stream.js').RawFile}
 */
export function readInPieces(total, piece) {
  let at = 0;
  return {
    total,
    errorCode: 'NOT_FOUND',
    async read() {
      const begin = at;
      at = Math.min(begin + pieceSize, total);
      return begin < total ? piece(begin, at) : undefined;
    },
    cancel() {},
  };
}

/** The bytes of a buffer or view, not copied. @param {ArrayBuffer | ArrayBufferView} content */
export function viewOf(content) {
  if (!ArrayBuffer.isView(content)) return new Uint8Array(content);
  return new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
}
