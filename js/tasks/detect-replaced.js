import { readText, refuseWindows } from '../shared/inputs.js';
import { encodeText } from '../session/windows.js';

/**
 * @param {import('../session/session.js').Session} session
 * @param {unknown} x a text
 * @param {import('../index.d.ts').WholeTextOptions} [options]
 * @returns {Promise<import('../index.d.ts').ReplacedToken[]>}
 */
export async function detectReplaced(session, x, options = {}) {
  const text = readText('The text', x);
  refuseWindows('detectReplaced', options);
  const head = session.findHead('detectReplaced', 'replaced-token-detection');
  const encoded = encodeText(session.tokenizer, { text }, session.readLength(options), 0);
  const { outputs } = await session.runEncoded([encoded], options, { heads: [head] });
  const [{ tokens, offsets, specialTokensMask }] = encoded.encodings;
  const logits = outputs[0].heads[head];
  return tokens
    .map((token, i) => {
      const [start, end] = offsets[i];
      return { token, score: 1 / (1 + Math.exp(-logits[i])), start, end };
    })
    .filter((_, i) => specialTokensMask[i] === 0);
}
