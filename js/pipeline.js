// The call shapes of transformers.js, so that existing code only changes its import.
import { BertletError } from './errors.js';
import { load } from './load.js';
import { toPrecision } from './vectors.js';

/** @type {Record<string, (model: import('./model.js').Model) => Function>} */
const tasks = { 'feature-extraction': featureExtraction };

/** See index.d.ts. */
export async function pipeline(task, source, options = {}) {
  if (!Object.hasOwn(tasks, task)) {
    throw new BertletError(
      'UNSUPPORTED',
      `There is no pipeline for "${task}"; supported: ${Object.keys(tasks).join(', ')}.`,
    );
  }
  const model = await load(source, { ...options, onProgress: options.progress_callback });
  const call = tasks[task](model);
  return Object.assign(call, {
    task,
    model,
    tokenizer: model.tokenizer,
    dispose: async () => model.dispose(),
  });
}

/** A tensor as transformers.js returns it: one block of numbers and its dimensions. */
class Tensor {
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
    return this.dims
      .slice(1)
      .reduceRight(
        (list, width) =>
          Array.from({ length: list.length / width }, (_, i) =>
            list.slice(i * width, (i + 1) * width),
          ),
        Array.from(this.data),
      );
  }
}

function featureExtraction(model) {
  return async (texts, options = {}) => {
    const { pooling = 'none', normalize = false, quantize, precision } = options;
    const list = [texts].flat();
    if (pooling === 'none') return tokenTensor(await model.embed(list, { pooling }));
    const vectors = await model.embed(list, { pooling, normalize });
    if (!quantize) return stack('float32', vectors, Float32Array);
    const bits = vectors.map((vector) => toPrecision(vector, 'binary'));
    if (precision === 'ubinary') return stack('uint8', bits, Uint8Array);
    // "binary" there has the bytes as signed numbers, 128 less.
    return stack(
      'int8',
      bits.map((bytes) => bytes.map((byte) => byte - 128)),
      Int8Array,
    );
  };
}

function stack(type, vectors, Kind) {
  const width = vectors[0]?.length ?? 0;
  const data = new Kind(vectors.length * width);
  vectors.forEach((vector, i) => data.set(vector, i * width));
  return new Tensor(type, data, [vectors.length, width]);
}

/** Rows of every token; texts shorter than the longest are filled up with zeros. */
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
