// A tokenizer as the build packs it for the embedded model (tools/build/embedded-tokenizer.js): reading
// tokenizer.json would take longer than all else that is done on this thread while loading.
import { decodeText, joinBytes } from '../shared/bytes.js';
import { badModel } from '../shared/errors.js';
import { ownFilesAdvice } from '../source/own-files.js';
import { toUtf8 } from '../shared/utf8.js';

export const packedTokenizerFile = 'tokenizer.bin';

const lineFeed = 10;

/**
 * A line of JSON, then the blob.
 * @param {{ blob: Uint8Array, info: import('./configuration.js').TokenizerInfo }} tokenizer
 * @returns {Uint8Array}
 */
export function packTokenizer({ blob, info }) {
  return joinBytes([toUtf8(`${JSON.stringify(info)}\n`), blob]);
}

/**
 * The inverse.
 * @param {Pick<import('../source/source.js').Source, 'readBytes'>} source the embedded model
 */
export async function readPackedTokenizer(source) {
  const bytes = await source.readBytes(packedTokenizerFile);
  const end = bytes.indexOf(lineFeed);
  try {
    return { blob: bytes.subarray(end + 1), info: JSON.parse(decodeText(bytes.subarray(0, end))) };
  } catch (cause) {
    throw badModel(packedTokenizerFile, `is damaged: ${ownFilesAdvice}`, cause);
  }
}
