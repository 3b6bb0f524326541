import { readText, refuseWindows } from '../shared/inputs.js';
import { softmax } from './scores.js';

/**
 * @param {import('../session/session.js').Session} session
 * @param {unknown} a text
 * @param {unknown} b text that may follow
 * @param {import('../index.d.ts').WholeTextOptions} [options]
 * @returns {Promise<{ isNext: number }>}
 */
export async function nextSentence(session, a, b, options = {}) {
  const input = { text: readText('The first text', a), pair: readText('The second text', b) };
  refuseWindows('nextSentence', options);
  const head = session.findHead('nextSentence', 'next-sentence-prediction');
  const { outputs } = await session.run([input], options, { heads: [head], rows: 'first' });
  return { isNext: softmax(outputs[0].heads[head])[0] };
}
