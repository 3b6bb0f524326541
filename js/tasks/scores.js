// Logits to scores.

/** What may be applied to logits. */
export const functions = ['softmax', 'sigmoid', 'none'];

/**
 * @param {ArrayLike<number>} logits
 * @param {'softmax' | 'sigmoid' | 'none'} name
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
