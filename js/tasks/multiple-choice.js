import { readText, readTexts, refuseWindows } from '../shared/inputs.js';
import { softmax } from './scores.js';

/** @import { Choice, WholeTextOptions } from '../index.d.ts' */

/**
 * @param {import('../session/session.js').Session} session
 * @param {unknown} prompt a text
 * @param {unknown} given choices: texts
 * @param {WholeTextOptions} [options]
 * @returns {Promise<Choice[]>}
 */
export async function multipleChoice(session, prompt, given, options = {}) {
  const text = readText('prompt', prompt);
  const choices = readTexts('choices', given);
  refuseWindows('multipleChoice', options);
  const head = session.findHead('multipleChoice', 'multiple-choice');
  if (choices.length === 0) return [];
  const inputs = choices.map((choice) => ({ text, pair: choice }));
  const { outputs } = await session.run(inputs, options, { heads: [head], rows: 'first' });
  const scores = softmax(outputs.map(({ heads }) => heads[head][0]));
  return choices
    .map((choice, index) => ({ index, score: scores[index], choice }))
    .sort((a, b) => b.score - a.score);
}
