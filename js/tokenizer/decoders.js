// The decoder of a tokenizer.json: what the texts of tokens go through to be one text.
import { readBoolean, readSteps, readText, unsupported } from './fields.js';

/**
 * A step; `op` by its name in C (src/tokenizer/blob.h), "BL_" left out.
 * @typedef {{ op: string, cleanUp?: boolean, text?: string }} Decode
 */

/** @type {{ [type: string]: (step: import('./fields.js').Place) => Decode }} */
const decoders = {
  WordPiece: (step) => ({
    op: 'DECODE_WORDPIECE',
    cleanUp: readBoolean(step, 'cleanup'),
    text: readText(step, 'prefix'),
  }),
  ByteLevel: () => ({ op: 'DECODE_BYTE_LEVEL' }),
  BPEDecoder(step) {
    const text = readText(step, 'suffix');
    if (text === '') throw unsupported(step, 'suffix', 'a text');
    return { op: 'DECODE_SUFFIX', text };
  },
};

/** @param {import('./fields.js').Place} json of tokenizer.json @returns {Decode[]} */
export function readDecoder(json) {
  if ((json.value.decoder ?? null) === null) return [{ op: 'DECODE_SPACES' }];
  const steps = readSteps(json, 'decoder', 'decoders', decoders);
  // Without a text it changes nothing.
  return steps.length > 0 ? steps : [{ op: 'DECODE_SUFFIX' }];
}
