// Small things that several adapters need.

/**
 * Mean over the tokens of one text, as unit vector.
 * @param {ArrayLike<number>} data [rows, tokens, width]
 * @param {number} row
 * @param {number} tokens of each row
 * @param {number} width
 * @param {(t: number) => boolean} isToken false: it is padding
 */
export function meanPool(data, row, tokens, width, isToken) {
  const vector = new Float64Array(width);
  for (let t = 0; t < tokens; t++) {
    if (!isToken(t)) continue;
    const from = (row * tokens + t) * width;
    for (let i = 0; i < width; i++) vector[i] += data[from + i];
  }
  let norm = 0;
  for (const value of vector) norm += value * value;
  norm = Math.sqrt(norm);
  return Float32Array.from(vector, (value) => value / norm);
}

const CORPUS_BATCH = 32;

/**
 * Cuts a workload as a peer's user would: all at once, a corpus by 32 lines.
 * @template T
 * @param {string} name
 * @param {T[]} list its texts, or their ids
 */
export function batchesOf(name, list) {
  const size = name === 'corpus' ? CORPUS_BATCH : list.length;
  /** @type {T[][]} */
  const batches = [];
  for (let i = 0; i < list.length; i += size) batches.push(list.slice(i, i + size));
  return batches;
}
