// What is done to embeddings after the engine: fewer dimensions, smaller numbers, cosine.

/** @import { Bytes, Floats, SignedBytes, VectorPrecision } from '../index.d.ts' */

/**
 * Keeps the first dimensions (matryoshka models) and, where asked, restores length 1.
 * @param {Floats} vector
 * @param {number} dimensions
 * @param {boolean} normalize
 * @returns {Floats}
 */
export function cutDimensions(vector, dimensions, normalize) {
  if (dimensions === vector.length) return vector;
  const cut = vector.slice(0, dimensions);
  if (!normalize) return cut;
  const norm = Math.max(Math.sqrt(dot(cut, cut)), 1e-12);
  return cut.map((value) => value / norm);
}

/** To length 1, in place, with the core's roundings. @param {Float32Array} vector */
export function normalizeVector(vector) {
  const norm = Math.fround(Math.max(Math.sqrt(dot(vector, vector)), 1e-12));
  for (let i = 0; i < vector.length; i++) vector[i] /= norm;
}

/** Each row of a matrix. @param {Float32Array} data @param {number} columns */
export function normalizeRows(data, columns) {
  for (let at = 0; at < data.length; at += columns) {
    normalizeVector(data.subarray(at, at + columns));
  }
}

/**
 * int8: each component of a vector in [-1, 1] times 127, rounded and clamped.
 * binary: one bit a component, 1 where it is above 0, the first in the highest bit of the
 * first byte, as numpy.packbits and sentence-transformers' "ubinary" have it.
 * @param {Floats} vector
 * @param {VectorPrecision} precision
 * @returns {Floats | SignedBytes | Bytes}
 */
export function toPrecision(vector, precision) {
  if (precision === 'float32') return vector;
  if (precision === 'int8') {
    return Int8Array.from(vector, (v) => Math.max(-127, Math.min(127, Math.round(v * 127))));
  }
  const bits = new Uint8Array(Math.ceil(vector.length / 8));
  vector.forEach((value, i) => {
    if (value > 0) bits[i >> 3] |= 128 >> (i & 7);
  });
  return bits;
}

/**
 * Cosine of the angle between two vectors, 0 where one of them is zero.
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
export function cosine(a, b) {
  const norms = Math.sqrt(dot(a, a) * dot(b, b));
  return norms === 0 ? 0 : Math.max(-1, Math.min(1, dot(a, b) / norms));
}

/**
 * What sentence-transformers compares vectors by: the greater, the nearer.
 * @type {Record<'cosine' | 'dot' | 'euclidean' | 'manhattan', Similarity>}
 *
 * @typedef {(a: Float32Array, b: Float32Array) => number} Similarity
 */
export const similarities = {
  cosine,
  dot,
  euclidean: (a, b) => -Math.hypot(...a.map((value, i) => value - b[i])),
  manhattan: (a, b) => -a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0),
};

/** The sum of products. @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
export function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
