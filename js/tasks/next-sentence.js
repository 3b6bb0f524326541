import { badArgument } from '../inputs.js';
import { softmax } from './scores.js';

/**
 * See index.d.ts.
 * @param {import('../session.js').Session} session
 */
export async function nextSentence(session, a, b, options = {}) {
  if (typeof a !== 'string' || typeof b !== 'string') {
    throw badArgument('nextSentence takes two strings.');
  }
  const head = session.findHead('nextSentence', 'next-sentence-prediction');
  const request = { heads: [head], rows: 'first' };
  const { outputs } = await session.run([{ text: a, pair: b }], withoutWindows(options), request);
  return { isNext: softmax(outputs[0].heads[head])[0] };
}

/** Windows of one half would each stand for another question. */
function withoutWindows(options) {
  if (options.longText !== 'window') return options;
  throw badArgument('nextSentence has no windows: choose longText "truncate" or "error".');
}
