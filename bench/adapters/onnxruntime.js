// onnxruntime-web and onnxruntime-node: token ids in, last hidden state out. The
// inputs are made beforehand and padded to the longest text, as its users give them.
import { batchesOf, meanPool } from './shared.js';

/**
 * @import { TextWorkload } from '../workloads.js'
 * @import { OnnxRuntime, OnnxSession, OnnxTensor } from '../peers.js'
 * @typedef {Record<string, OnnxTensor>} Feeds
 */

/**
 * One padded batch as the model's three input tensors.
 * @param {OnnxRuntime} ort
 * @param {number[][]} rows of ids
 * @returns {Feeds}
 */
function makeInputs(ort, rows) {
  const length = Math.max(...rows.map((row) => row.length));
  const ids = new BigInt64Array(rows.length * length);
  const mask = new BigInt64Array(ids.length);
  rows.forEach((row, r) => {
    for (let t = 0; t < row.length; t++) {
      ids[r * length + t] = BigInt(row[t]);
      mask[r * length + t] = 1n;
    }
  });
  /** @param {BigInt64Array} data */
  const tensor = (data) => new ort.Tensor('int64', data, [rows.length, length]);
  return {
    input_ids: tensor(ids),
    attention_mask: tensor(mask),
    token_type_ids: tensor(new BigInt64Array(ids.length)),
  };
}

/**
 * @param {{ entry: string, model: string, threads: number, native?: boolean,
 *   wasmPaths?: string }} options
 * @returns {Promise<import('../hosts/host.js').Adapter>}
 */
export async function create({ entry, model, threads, native, wasmPaths }) {
  const module = await import(entry);
  /** @type {OnnxRuntime} */
  const ort = module.InferenceSession ? module : module.default;
  /** @type {OnnxSession} */
  let session;
  /** @type {Record<string, Feeds[]>} */
  const inputs = {};

  /** @param {string} name @param {TextWorkload} workload */
  const inputsOf = (name, { ids }) =>
    (inputs[name] ??= batchesOf(name, ids).map((rows) => makeInputs(ort, rows)));

  return {
    async load() {
      if (!native) {
        ort.env.wasm.numThreads = threads;
        if (wasmPaths) ort.env.wasm.wasmPaths = wasmPaths;
      }
      session = await ort.InferenceSession.create(model, {
        executionProviders: [native ? 'cpu' : 'wasm'],
        ...(native && { intraOpNumThreads: threads, interOpNumThreads: 1 }),
      });
    },

    /** @param {string} name @param {TextWorkload} workload */
    async run(name, workload) {
      let result;
      for (const feeds of inputsOf(name, workload)) result = await session.run(feeds);
      return result;
    },

    /** @param {string} name @param {TextWorkload} workload */
    async vectors(name, workload) {
      const batches = batchesOf(name, workload.ids);
      /** @param {number} batch @param {number} row */
      const vectorOf = async (batch, row) => {
        const { last_hidden_state: output } = await session.run(inputsOf(name, workload)[batch]);
        const [, tokens, width] = output.dims;
        const own = batches[batch][row].length;
        return meanPool(output.data, row, tokens, width, (t) => t < own);
      };
      const last = batches.length - 1;
      return [await vectorOf(0, 0), await vectorOf(last, batches[last].length - 1)];
    },

    memory: () => undefined,
    dispose: () => session?.release(),
  };
}
