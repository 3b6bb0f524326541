import { labelsOf } from '../weights/heads.js';
import { badArgument, readChoice, readCount, readInputs } from '../shared/inputs.js';
import { applyFunction, functions } from './scores.js';

/**
 * @import { Classification, ClassifyOptions } from '../index.d.ts'
 * @import { HeadConfig } from '../weights/heads.js'
 * @import { ScoreFunction } from './scores.js'
 */

/**
 * Which function makes scores of logits, transformers' pipeline decides so.
 * @param {import('../session/session.js').Session} session
 * @param {unknown} x a text, a pair, or an array of these
 * @param {ClassifyOptions} [options]
 * @returns {Promise<Classification[] | Classification[][]>}
 */
export async function classify(session, x, options = {}) {
  const { inputs, isArray } = readInputs(x);
  const head = session.findHead('classify', 'sequence-classification');
  const topK = readCount('topK', options.topK, undefined);
  const chosen = readFunction(options);
  const run = await session.run(inputs, options, { heads: [head], rows: 'first' });
  const results = run.windows.map(({ first, count }) => {
    const windows = run.outputs.slice(first, first + count).map(({ heads }) => {
      const logits = heads[head];
      return applyFunction(logits, chosen ?? usualFunction(run.head, logits.length));
    });
    const list = labelsOf(run.head, windows[0].length).map((label, i) => ({
      label,
      score: windows.reduce((sum, scores) => sum + scores[i], 0) / count,
    }));
    // Equal scores keep the order of the labels.
    return list.sort((a, b) => b.score - a.score).slice(0, topK);
  });
  return isArray ? results : results[0];
}

/** @param {ClassifyOptions} options @returns {ScoreFunction | undefined} */
function readFunction({ functionToApply, multiLabel }) {
  if (typeof (multiLabel ?? true) !== 'boolean')
    throw badArgument('multiLabel is not true or false.');
  if ((functionToApply ?? null) !== null) {
    return readChoice('functionToApply', functionToApply, functions);
  }
  if ((multiLabel ?? null) === null) return undefined;
  return multiLabel ? 'sigmoid' : 'softmax';
}

/** @param {HeadConfig} head @param {number} count of labels @returns {ScoreFunction} */
function usualFunction({ problemType }, count) {
  if (problemType === 'regression') return 'none';
  return problemType === 'multi_label_classification' || count === 1 ? 'sigmoid' : 'softmax';
}
