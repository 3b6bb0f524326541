// bertlet's encoder alone: token ids in, last hidden state out, copied from the module's
// memory as the peers do.
import { makeRequest, openEngine, outputsOf } from './bertlet-engine.js';

/**
 * @import { TextWorkload } from '../workloads.js'
 * @typedef {Awaited<ReturnType<typeof openEngine>>} Opened
 */

/**
 * @param {import('./bertlet-engine.js').EngineOptions} options
 * @returns {Promise<import('../hosts/host.js').Adapter>}
 */
export async function create(options) {
  /** @type {Opened} */
  let opened;
  /** @type {Record<string, ReturnType<typeof makeRequest>>} */
  const requests = {};

  /** @param {number[]} ids */
  async function meanOfRow(ids) {
    const [{ lastHiddenState: data }] = await outputsOf(opened.engine, makeRequest([ids]));
    if (!data) throw new Error('the engine gave no hidden state');
    const vector = new Float64Array(data.length / ids.length);
    data.forEach((value, i) => (vector[i % vector.length] += value));
    return vector;
  }

  return {
    async load() {
      opened = await openEngine(options);
    },
    /** @param {string} name @param {TextWorkload} workload */
    run(name, { ids }) {
      requests[name] ??= makeRequest(ids);
      return outputsOf(opened.engine, requests[name]);
    },
    /** @param {string} name @param {TextWorkload} workload */
    vectors(name, { ids }) {
      return Promise.all([ids[0], ids[ids.length - 1]].map(meanOfRow));
    },
    memory: () => undefined,
    describe: () => opened.loaded.info,
    dispose: () => opened?.loaded.dispose(),
  };
}
