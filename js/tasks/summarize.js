// Extractive summary: sentences that say what the others say, but not each other's
// (maximal marginal relevance, Carbonell and Goldstein 1998).
import { BertletError } from '../errors.js';
import { badArgument, readCount } from '../inputs.js';
import { cosine } from '../vectors.js';
import { embed } from './embed.js';

/** What being close to the other sentences counts; being close to chosen ones, the rest of 1. */
const relevance = 0.7;

/**
 * See index.d.ts.
 * @param {import('../session.js').Session} session
 */
export async function summarize(session, text, options = {}) {
  session.check();
  if (typeof text !== 'string') throw badArgument('summarize takes a string.');
  const count = readCount('sentences', options.sentences, 3);
  const sentences = splitSentences(text, options.language);
  const vectors = await embed(
    session,
    sentences.map((sentence) => sentence.text),
    {
      ...options,
      pooling: options.pooling === 'none' ? undefined : options.pooling,
      precision: 'float32',
    },
  );
  const closeness = vectors.map((a) => vectors.map((b) => cosine(a, b)));
  const scores = closeness.map((row, i) => meanOfOthers(row, i));
  const chosen = chooseSentences(scores, closeness, count).sort((a, b) => a - b);
  const parts = chosen.map((i) => ({ ...sentences[i], score: scores[i] }));
  return { summary: parts.map((part) => part.text).join(' '), sentences: parts };
}

/** @returns {{ text: string, start: number, end: number }[]} without space around */
function splitSentences(text, language) {
  if (typeof Intl.Segmenter !== 'function') {
    throw new BertletError('UNSUPPORTED', 'This runtime has no Intl.Segmenter to find sentences.');
  }
  const segmenter = new Intl.Segmenter(language, { granularity: 'sentence' });
  return [...segmenter.segment(text)]
    .map(({ segment, index }) => {
      const start = index + segment.length - segment.trimStart().length;
      return { text: segment.trim(), start, end: start + segment.trim().length };
    })
    .filter((sentence) => /[\p{L}\p{N}]/u.test(sentence.text));
}

function meanOfOthers(row, self) {
  const sum = row.reduce((total, value, i) => (i === self ? total : total + value), 0);
  return row.length > 1 ? sum / (row.length - 1) : 1;
}

function chooseSentences(scores, closeness, count) {
  const chosen = [];
  const left = new Set(scores.keys());
  while (chosen.length < count && left.size > 0) {
    let best;
    let bestGain = -Infinity;
    for (const i of left) {
      const repeats = Math.max(0, ...chosen.map((other) => closeness[i][other]));
      const gain = relevance * scores[i] - (1 - relevance) * repeats;
      if (gain > bestGain) [best, bestGain] = [i, gain];
    }
    chosen.push(best);
    left.delete(best);
  }
  return chosen;
}
