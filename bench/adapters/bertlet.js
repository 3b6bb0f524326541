// bertlet through its public API: text in, vector out.

/**
 * @import { Dtype, Model } from '../../js/index.js'
 * @import { TextWorkload } from '../workloads.js'
 */

/**
 * @param {{ entry: string, model?: string, dtype: Dtype, simd: 'baseline' | 'relaxed',
 *   threads: number }} options
 * @returns {Promise<import('../hosts/host.js').Adapter>}
 */
export async function create({ entry, model, dtype, simd, threads }) {
  /** @type {typeof import('../../js/index.js')} */
  const { load } = await import(entry);
  /** @type {Model} */
  let loaded;

  return {
    async load() {
      loaded = await load(model, { dtype, simd, threads });
      const { info } = loaded;
      const asked = `${dtype} ${simd} ${threads}`;
      const got = `${info.dtype} ${info.simd} ${info.threads}`;
      if (asked !== got) throw new Error(`asked for ${asked}, got ${got}`);
    },
    /** @param {string} name @param {TextWorkload} workload */
    run(name, { single, texts }) {
      return loaded.embed(single ? texts[0] : texts);
    },
    /** @param {string} name @param {TextWorkload} workload */
    vectors(name, { texts }) {
      return loaded.embed([texts[0], texts[texts.length - 1]]);
    },
    // In a page the engine's memory is a worker's, the tokenizer's is here.
    memory(watched) {
      const { memoryBytes } = loaded.info;
      return watched >= memoryBytes ? watched : watched + memoryBytes;
    },
    describe: () => loaded.info,
    dispose: () => loaded?.dispose(),
  };
}
