import { readText, refuseWindows } from '../inputs.js';
import { softmax } from './scores.js';

/**
 * See index.d.ts.
 * @param {import('../session.js').Session} session
 */
export async function nextSentence(session, a, b, options = {}) {
  const input = { text: readText('The first text', a), pair: readText('The second text', b) };
  refuseWindows('nextSentence', options);
  const head = session.findHead('nextSentence', 'next-sentence-prediction');
  const request = { heads: [head], rows: 'first' };
  const { outputs } = await session.run([input], options, request);
  return { isNext: softmax(outputs[0].heads[head])[0] };
}
