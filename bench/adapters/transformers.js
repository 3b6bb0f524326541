// transformers.js: text in, mean-pooled unit vector out, through its pipeline. In a
// page it computes in WebAssembly, in Node in its native runtime.
import { batchesOf } from './shared.js';

/**
 * @import { TextWorkload } from '../workloads.js'
 * @import { FeatureExtraction, Transformers } from '../peers.js'
 */

/**
 * @param {{ entry: string, models: string, model: string, dtype: 'fp32' | 'q8',
 *   threads: number, page?: boolean, wasmPaths?: string }} options
 * @returns {Promise<import('../hosts/host.js').Adapter>}
 */
export async function create({ entry, models, model, dtype, threads, page, wasmPaths }) {
  /** @type {Transformers} */
  const { env, pipeline } = await import(entry);
  /** @type {FeatureExtraction} */
  let extract;

  /** @param {string | string[]} texts */
  const embed = (texts) => extract(texts, { pooling: 'mean', normalize: true });

  return {
    async load() {
      env.allowRemoteModels = false;
      env.allowLocalModels = true;
      env.localModelPath = models;
      if (page) {
        if (wasmPaths) env.backends.onnx.wasm.wasmPaths = wasmPaths;
        env.backends.onnx.wasm.numThreads = threads;
        env.backends.onnx.wasm.proxy = false;
      }
      extract = await pipeline('feature-extraction', model, {
        dtype,
        device: page ? 'wasm' : 'cpu',
        ...(!page && { session_options: { intraOpNumThreads: threads, interOpNumThreads: 1 } }),
      });
    },

    /** @param {string} name @param {TextWorkload} workload */
    async run(name, { single, texts }) {
      if (single) return (await embed(texts[0])).data;
      let result;
      for (const batch of batchesOf(name, texts)) result = (await embed(batch)).data;
      return result;
    },

    /** @param {string} name @param {TextWorkload} workload */
    async vectors(name, { single, texts }) {
      const batches = batchesOf(name, texts);
      const first = await embed(single ? texts[0] : batches[0]);
      const last = single ? first : await embed(batches[batches.length - 1]);
      const width = first.dims[first.dims.length - 1];
      return [first.data.slice(0, width), last.data.slice(-width)];
    },

    memory: () => undefined,
    dispose: () => extract?.dispose(),
  };
}
