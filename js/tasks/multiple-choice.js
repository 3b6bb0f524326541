import { badArgument, refuseWindows } from '../inputs.js';
import { softmax } from './scores.js';

/**
 * See index.d.ts.
 * @param {import('../session.js').Session} session
 */
export async function multipleChoice(session, prompt, choices, options = {}) {
  if (typeof prompt !== 'string') throw badArgument('prompt is not a string.');
  if (!Array.isArray(choices) || !choices.every((choice) => typeof choice === 'string')) {
    throw badArgument('choices is not an array of strings.');
  }
  refuseWindows('multipleChoice', options);
  const head = session.findHead('multipleChoice', 'multiple-choice');
  if (choices.length === 0) return [];
  const inputs = choices.map((choice) => ({ text: prompt, pair: choice }));
  const { outputs } = await session.run(inputs, options, { heads: [head], rows: 'first' });
  const scores = softmax(outputs.map(({ heads }) => heads[head][0]));
  return choices
    .map((choice, index) => ({ index, score: scores[index], choice }))
    .sort((a, b) => b.score - a.score);
}
