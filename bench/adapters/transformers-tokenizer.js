// The tokenizer of transformers.js alone, one line after the other.

/** @import { Prose } from '../workloads.js' */

/**
 * @param {{ entry: string, models: string, model: string }} options
 * @returns {Promise<import('../hosts/host.js').Adapter>}
 */
export async function create({ entry, models, model }) {
  /** @type {import('../peers.js').Transformers} */
  const { env, AutoTokenizer } = await import(entry);
  /** @type {import('../peers.js').TransformersTokenizer} */
  let tokenizer;
  /** @param {string} text */
  const encode = (text) => tokenizer(text, { return_tensor: false });

  return {
    async load() {
      env.allowRemoteModels = false;
      env.allowLocalModels = true;
      env.localModelPath = models;
      tokenizer = await AutoTokenizer.from_pretrained(model);
    },
    /** @param {string} name @param {Prose} workload */
    run(name, { texts }) {
      let result;
      for (const text of texts) result = encode(text);
      return result;
    },
    /** @param {string} name @param {Prose} workload */
    vectors(name, { texts }) {
      return [texts[0], texts[texts.length - 1]].map((text) => encode(text).input_ids);
    },
    memory: () => undefined,
    dispose() {},
  };
}
