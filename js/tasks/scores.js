// Logits to scores.

/**
 * What may be applied to logits.
 * @typedef {'softmax' | 'sigmoid' | 'none'} ScoreFunction
 *
 * @type {ScoreFunction[]}
 */
export const functions = ['softmax', 'sigmoid', 'none'];

/**
 * @param {ArrayLike<number>} logits
 * @param {ScoreFunction} name
 * @returns {Float64Array}
 */
export function applyFunction(logits, name) {
  if (name === 'none') return Float64Array.from(logits);
  if (name === 'sigmoid') return Float64Array.from(logits, (x) => 1 / (1 + Math.exp(-x)));
  return softmax(logits);
}

/** @param {ArrayLike<number>} logits @returns {Float64Array} they sum to 1 */
export function softmax(logits) {
  let largest = -Infinity;
  for (let i = 0; i < logits.length; i++) largest = Math.max(largest, logits[i]);
  const scores = new Float64Array(logits.length);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    scores[i] = Math.exp(logits[i] - largest);
    sum += scores[i];
  }
  for (let i = 0; i < scores.length; i++) scores[i] /= sum;
  return scores;
}

/**
 * Where the largest scores are.
 * @param {Float64Array} scores
 * @param {number} count how many at most
 * @param {Iterable<number>} [among] indices; all where it is left out
 * @returns {number[]} best first; of equal scores the lower index
 */
export function bestOf(scores, count, among = scores.keys()) {
  /** @type {number[]} */
  const best = [];
  for (const index of among) {
    if (best.length === count && !isBefore(scores, index, best[count - 1])) continue;
    let low = 0;
    for (let high = best.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (isBefore(scores, best[middle], index)) low = middle + 1;
      else high = middle;
    }
    best.splice(low, 0, index);
    if (best.length > count) best.pop();
  }
  return best;
}

/** @param {ArrayLike<number>} scores @param {number} a @param {number} b */
const isBefore = (scores, a, b) => scores[a] > scores[b] || (scores[a] === scores[b] && a < b);
