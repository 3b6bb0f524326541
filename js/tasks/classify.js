import { labelsOf } from '../heads.js';
import { badArgument, readChoice, readCount, readInputs } from '../inputs.js';
import { meanOfWindows } from '../session.js';
import { applyFunction, functions } from './scores.js';

/**
 * See index.d.ts. Which function makes scores of logits, transformers' pipeline decides so.
 * @param {import('../session.js').Session} session
 */
export async function classify(session, x, options = {}) {
  const { inputs, isArray } = readInputs(x);
  const head = session.findHead('classify', 'sequence-classification');
  const topK = readCount('topK', options.topK, undefined);
  const {
    outputs,
    windows,
    head: config,
  } = await session.run(inputs, options, { heads: [head], rows: 'first' });
  const results = windows.map((part) => {
    const scoresOf = (i) => {
      const logits = outputs[i].heads[head];
      return applyFunction(logits, chooseFunction(config, logits.length, options));
    };
    const scores = part.count > 1 ? meanOfWindows(part, scoresOf) : scoresOf(part.first);
    const labels = labelsOf(config, scores.length);
    const list = Array.from(scores, (score, i) => ({ label: labels[i], score }));
    // Equal scores keep the order of the labels.
    return list.sort((a, b) => b.score - a.score).slice(0, topK);
  });
  return isArray ? results : results[0];
}

function chooseFunction({ problemType }, count, { functionToApply, multiLabel }) {
  if (functionToApply !== undefined) {
    return readChoice('functionToApply', functionToApply, functions);
  }
  if (multiLabel !== undefined) {
    if (typeof multiLabel !== 'boolean') throw badArgument('multiLabel is not true or false.');
    return multiLabel ? 'sigmoid' : 'softmax';
  }
  if (problemType === 'regression') return 'none';
  if (problemType === 'multi_label_classification') return 'sigmoid';
  return count === 1 && problemType !== 'single_label_classification' ? 'sigmoid' : 'softmax';
}
