// Text to UTF-8 and back, in portions that every engine does rightly: given a view of 2 GiB or
// more, Node's encoder writes nothing, its decoder reads a part of it, and Chromium's throw.
import { BertletError, errorOfStatus } from './errors.js';

/** Bytes of the largest view that an encoder or a decoder is given. */
const mostBytes = 2 ** 30;

const encoder = new TextEncoder();
const newDecoder = () => new TextDecoder('utf-8', { ignoreBOM: true });
const decoder = newDecoder();

/**
 * Text as UTF-8; a lone surrogate becomes U+FFFD.
 * @param {string} text
 * @returns {Uint8Array}
 * @throws OUT_OF_MEMORY
 */
export function toUtf8(text) {
  let bytes;
  try {
    bytes = encoder.encode(text);
  } catch {
    throw errorOfStatus('BL_OUT_OF_MEMORY');
  }
  // No unit takes less than a byte.
  if (bytes.length < text.length) throw badCount(bytes.length, text);
  return bytes;
}

/**
 * Writes such bytes at the start of `target`, which has three for each unit of the text.
 * @param {string} text
 * @param {Uint8Array} target not of shared memory
 * @param {number} [most] bytes of a portion
 * @returns {number} how many were written
 */
export function writeUtf8(text, target, most = mostBytes) {
  const portion = target.length > most ? target.subarray(0, most) : target;
  const { read, written } = encoder.encodeInto(text, portion);
  if (read === text.length) return written;
  if (read === 0) throw badCount(0, text);
  return written + writeUtf8(text.slice(read), target.subarray(written), most);
}

/**
 * UTF-8 as text. Bytes of shared memory are copied: decoders refuse them.
 * @param {Uint8Array} bytes
 * @param {number} [most] bytes of a portion
 * @returns {string}
 * @throws OUT_OF_MEMORY where no string can be that long
 */
export function fromUtf8(bytes, most = mostBytes) {
  /** @param {number} at */
  const portionAt = (at) => {
    const portion = bytes.length > most ? bytes.subarray(at, at + most) : bytes;
    return portion.buffer instanceof ArrayBuffer ? portion : portion.slice();
  };
  try {
    if (bytes.length <= most) return decoder.decode(portionAt(0));
    const pieces = newDecoder();
    let text = '';
    for (let at = 0; at < bytes.length; at += most) {
      text += pieces.decode(portionAt(at), { stream: true });
    }
    return text + pieces.decode();
  } catch {
    throw errorOfStatus('BL_OUT_OF_MEMORY', {
      BL_OUT_OF_MEMORY: 'A text comes out longer than a string can be here.',
    });
  }
}

/** @param {number} bytes @param {string} text */
function badCount(bytes, text) {
  return new BertletError(
    'INTERNAL',
    `This engine's TextEncoder made ${bytes} bytes of a text of ${text.length} units.`,
  );
}
