// Bytes put together, and read as text.

/** @param {Uint8Array[]} parts @returns {Uint8Array<ArrayBuffer>} */
export function joinBytes(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** @throws TypeError when the bytes are not UTF-8 @param {Uint8Array} bytes */
export function decodeText(bytes) {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}
