// Extractive summary: sentences near the middle of all that is said, but not near each other
// (maximal marginal relevance, Carbonell and Goldstein 1998).
import { inputName, readCount, readOneOrMany, readText } from '../shared/inputs.js';
import { cosine, dot, normalizeVector } from '../shared/vectors.js';
import { splitSentences } from './sentences.js';
import { embedVectors } from './similarity.js';

/** What being near the middle counts; being near a chosen sentence, the rest of 1. */
const relevance = 0.7;

/**
 * @import { SummarizeOptions, Summary } from '../index.d.ts'
 * @import { Session } from '../session/session.js'
 */

/**
 * @param {Session} session
 * @param {unknown} x a text, or an array of them
 * @param {SummarizeOptions} [options]
 * @returns {Promise<Summary | Summary[]>}
 */
export async function summarize(session, x, options = {}) {
  session.check();
  const { inputs: texts, isArray } = readOneOrMany(x, (text, i) => readText(inputName(i), text));
  const count = readCount('sentences', options.sentences, 3);
  const split = texts.map((text) => splitSentences(text, options.language ?? undefined));
  const lines = split.flatMap((sentences) => sentences.map(({ text }) => text));
  const vectors = await embedVectors(session, lines, options);
  vectors.forEach(normalizeVector);
  let next = 0;
  const results = split.map((sentences) => {
    const own = vectors.slice(next, next + sentences.length);
    next += sentences.length;
    const middle = sumOf(own);
    const scores = own.map((vector) => cosine(vector, middle));
    const chosen = chooseApart(own, scores, count).sort((a, b) => a - b);
    return {
      summary: chosen.map((i) => sentences[i].text.replace(/\s+/g, ' ')).join(' '),
      sentences: chosen.map((i) => ({ ...sentences[i], score: scores[i] })),
    };
  });
  return isArray ? results : results[0];
}

/** @param {Float32Array[]} vectors */
function sumOf(vectors) {
  const sum = new Float64Array(vectors[0]?.length ?? 0);
  for (const vector of vectors) {
    for (let k = 0; k < sum.length; k++) sum[k] += vector[k];
  }
  return sum;
}

/**
 * The best `count`, each as far as may be from those before it.
 * @param {Float32Array[]} vectors
 * @param {number[]} scores
 * @param {number} count
 */
function chooseApart(vectors, scores, count) {
  /** @type {number[]} */
  const chosen = [];
  const repeats = scores.map(() => 0);
  const left = new Set(scores.keys());
  while (chosen.length < count && left.size > 0) {
    /** @param {number} i */
    const gain = (i) => relevance * scores[i] - (1 - relevance) * repeats[i];
    let [best] = left;
    for (const i of left) if (gain(i) > gain(best)) best = i;
    chosen.push(best);
    left.delete(best);
    for (const i of left) repeats[i] = Math.max(repeats[i], dot(vectors[i], vectors[best]));
  }
  return chosen;
}
