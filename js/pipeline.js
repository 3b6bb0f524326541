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
    const nest = (offset, [length, ...rest], stride) =>
      Array.from({ length }, (_, i) =>
        rest.length === 0
          ? this.data[offset + i]
          : nest(offset + i * stride, rest, stride / rest[0]),
      );
    const [first, ...rest] = this.dims;
    return first === undefined
      ? []
      : nest(
          0,
          this.dims,
          rest.reduce((a, b) => a * b, 1),
        );
  }
}

function featureExtraction(model) {
  return async (
    texts,
    { pooling = 'none', normalize = false, quantize = false, precision = 'binary' } = {},
  ) => {
    const list = Array.isArray(texts) ? texts : [texts];
    if (pooling === 'none') return tokenTensor(await model.embed(list, { pooling }));
    const vectors = await model.embed(list, { pooling, normalize });
    if (quantize)
      return stack(
        'uint8',
        vectors.map((v) => toPrecision(v, precision)),
        Uint8Array,
      );
    return stack('float32', vectors, Float32Array);
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
  const data = new Float32Array(matrices.length * longest * width);
  matrices.forEach((matrix, i) => data.set(matrix.data, i * longest * width));
  return new Tensor('float32', data, [matrices.length, longest, width]);
}
