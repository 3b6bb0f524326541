import { badArgument, refuseWindows } from '../inputs.js';
import { softmax } from './scores.js';

/**
 * See index.d.ts.
 * @param {import('../session.js').Session} session
 */
export async function nextSentence(session, a, b, options = {}) {
  if (typeof a !== 'string' || typeof b !== 'string') {
    throw badArgument('nextSentence takes two strings.');
  }
  refuseWindows('nextSentence', options);
  const head = session.findHead('nextSentence', 'next-sentence-prediction');
  const request = { heads: [head], rows: 'first' };
  const { outputs } = await session.run([{ text: a, pair: b }], options, request);
  return { isNext: softmax(outputs[0].heads[head])[0] };
}
