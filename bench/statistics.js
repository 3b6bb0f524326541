// Medians and spreads. Times are in milliseconds everywhere in the bench.

/**
 * @typedef {{ median: number, min: number, q1: number, q3: number, samples: number }} Summary of
 *   some samples; `samples`: how many
 * @typedef {{ median: number, low: number, high: number }} Ratio of times, over several rounds
 */

/** @param {number[]} values @param {number} p 0..1 */
export function quantile(values, p) {
  if (values.length === 0) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * p;
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

/** @param {number[]} values */
export function median(values) {
  return quantile(values, 0.5);
}

/**
 * What a row of the results says about its samples.
 * @param {number[]} samples
 * @returns {Summary}
 */
export function summarize(samples) {
  return {
    median: median(samples),
    min: Math.min(...samples),
    q1: quantile(samples, 0.25),
    q3: quantile(samples, 0.75),
    samples: samples.length,
  };
}

/**
 * Peer ÷ ours, round by round: in each round both were measured seconds apart, so what
 * slowed the whole machine down for a while falls out. `low` and `high` are the
 * smallest and the largest ratio of a round.
 * @param {number[]} peer median of each round
 * @param {number[]} ours median of each round
 * @returns {Ratio}
 */
export function ratioOfRounds(peer, ours) {
  const ratios = [];
  for (let round = 0; round < Math.min(peer.length, ours.length); round++) {
    ratios.push(peer[round] / ours[round]);
  }
  return { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) };
}

/** Cosine of two vectors. @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
export function cosine(a, b) {
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return ab / Math.sqrt(aa * bb);
}

/**
 * The list from index `by` on, and what stands before that at its end.
 * @template T
 * @param {T[]} list
 * @param {number} by
 */
export function rotate(list, by) {
  const at = list.length ? by % list.length : 0;
  return [...list.slice(at), ...list.slice(0, at)];
}
