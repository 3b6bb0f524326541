// bertlet's tokenizer alone: JavaScript strings in, typed arrays out, line by line.

/** @import { Prose } from '../workloads.js' */

/**
 * @param {{ entry: string, model: string }} options
 * @returns {Promise<import('../hosts/host.js').Adapter>}
 */
export async function create({ entry, model }) {
  /** @type {typeof import('../../js/index.js')} */
  const { loadTokenizer } = await import(entry);
  /** @type {import('../../js/index.js').Tokenizer} */
  let tokenizer;

  return {
    async load() {
      tokenizer = await loadTokenizer(model);
    },
    /** @param {string} name @param {Prose} workload */
    run(name, { texts }) {
      let result;
      for (const text of texts) result = tokenizer.encode(text);
      return result;
    },
    /** @param {string} name @param {Prose} workload */
    vectors(name, { texts }) {
      return [texts[0], texts[texts.length - 1]].map((text) => tokenizer.encode(text).ids);
    },
    memory: () => undefined,
    dispose() {},
  };
}
