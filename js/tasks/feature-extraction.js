// Embeddings as one tensor, the way transformers.js gives them.
import { badArgument, readChoice, readFlag, readList } from '../shared/inputs.js';
import { readOptions } from '../shared/options.js';
import { isList } from '../shared/show.js';
import { toPrecision } from '../shared/vectors.js';

/**
 * @import {
 *   Bytes, FeatureExtractionOptions, Floats, Matrix, Model, SignedBytes, TextInput,
 *   Tensor as Declared
 * } from '../index.d.ts'
 */

/**
 * A tensor as transformers.js returns it: one block of numbers and its dimensions.
 * @implements {Declared}
 */
class Tensor {
  /** @param {Declared['type']} type @param {Declared['data']} data @param {number[]} dims */
  constructor(type, data, dims) {
    this.type = type;
    this.data = data;
    this.dims = dims;
  }

  get size() {
    return this.data.length;
  }

  /** Nested arrays of numbers. */
  tolist() {
    /** @type {unknown[]} */
    const numbers = Array.from(this.data);
    return this.dims
      .slice(1)
      .reduceRight(
        (list, width) =>
          Array.from({ length: list.length / width }, (_, i) =>
            list.slice(i * width, (i + 1) * width),
          ),
        numbers,
      );
  }

  /** Its parts along the first dimension. @returns {Generator<Tensor, undefined>} */
  *[Symbol.iterator]() {
    const dims = this.dims.slice(1);
    const size = dims.reduce((product, width) => product * width, 1);
    for (let i = 0; i < this.dims[0]; i++) {
      yield new Tensor(this.type, this.data.subarray(i * size, (i + 1) * size), dims);
    }
  }
}

/**
 * @param {Model} model
 * @param {unknown} texts one or an array of them
 * @param {unknown} options null is nothing, as there
 */
export async function featureExtraction(model, texts, options) {
  const given = readOptions(options ?? {}, 'feature-extraction');
  const { pooling = 'none', quantize, precision, ...others } = given;
  const inBits = readFlag('quantize', quantize, false);
  const kind = readChoice('precision', precision ?? 'binary', ['binary', 'ubinary']);
  const list = readList(
    'The input',
    isList(texts) ? texts : [texts],
    (text) => /** @type {TextInput} */ (text), // which embed checks
  );
  // Prompts and cut vectors are sentence-transformers' alone.
  const how = {
    normalize: false,
    ...others,
    prompt: given.prompt ?? '',
    pooling: pooling === 'first_token' ? 'cls' : pooling,
  };
  if (how.pooling === 'none') {
    if (inBits) throw badArgument('quantize needs a pooling: it makes bits of one vector a text.');
    return tokenTensor(await model.embed(list, { ...how, pooling: how.pooling }));
  }
  const dimensions = given.dimensions ?? model.info.hiddenSize;
  const vectors = await model.embed(list, { ...how, pooling: how.pooling, dimensions });
  if (!inBits) return stack('float32', vectors, Float32Array);
  const bits = vectors.map((vector) => toPrecision(vector, 'binary'));
  if (kind === 'ubinary') return stack('uint8', bits, Uint8Array);
  // "binary" there has the bytes as signed numbers, 128 less.
  return stack(
    'int8',
    bits.map((bytes) => bytes.map((byte) => byte - 128)),
    Int8Array,
  );
}

/**
 * @param {Declared['type']} type
 * @param {ArrayLike<number>[]} vectors
 * @param {new (length: number) => Floats | SignedBytes | Bytes} Kind of array
 */
function stack(type, vectors, Kind) {
  const width = vectors[0]?.length ?? 0;
  const data = new Kind(vectors.length * width);
  vectors.forEach((vector, i) => data.set(vector, i * width));
  return new Tensor(type, data, [vectors.length, width]);
}

/**
 * Rows of every token; texts shorter than the longest are filled up with zeros.
 * @param {Matrix[]} matrices
 */
function tokenTensor(matrices) {
  const longest = Math.max(0, ...matrices.map(({ shape }) => shape[0]));
  const width = matrices[0]?.shape[1] ?? 0;
  const padded = matrices.map(({ data }) => {
    const rows = new Float32Array(longest * width);
    rows.set(data);
    return rows;
  });
  const { type, data } = stack('float32', padded, Float32Array);
  return new Tensor(type, data, [matrices.length, longest, width]);
}
