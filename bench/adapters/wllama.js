// wllama (llama.cpp in WebAssembly): text in, unit vector out. A list is embedded text by
// text: its array form does not come back.

/** @import { TextWorkload } from '../workloads.js' */

/**
 * @param {{ entry: string, wasm: string, model: string, threads: number }} options
 * @returns {Promise<import('../hosts/host.js').Adapter>}
 */
export async function create({ entry, wasm, model, threads }) {
  /** @type {import('../peers.js').WllamaModule} */
  const { Wllama } = await import(entry);
  const silent = { debug() {}, log() {}, warn() {}, error() {} };
  /** @type {import('../peers.js').Wllama} */
  let wllama;

  /** @param {string} text */
  async function embed(text) {
    const { data } = await wllama.createEmbedding({ input: text });
    return data[0].embedding;
  }

  return {
    async load() {
      wllama = new Wllama({ default: wasm }, { logger: silent });
      await wllama.loadModelFromUrl(new URL(model, globalThis.location.href).href, {
        embeddings: true,
        n_threads: threads,
        n_ctx: 512,
        n_batch: 512,
      });
    },

    /** @param {string} name @param {TextWorkload} workload */
    async run(name, { texts }) {
      let result;
      for (const text of texts) result = await embed(text);
      return result;
    },

    /** @param {string} name @param {TextWorkload} workload */
    async vectors(name, { texts }) {
      return [await embed(texts[0]), await embed(texts[texts.length - 1])];
    },
    // Its memory belongs to its worker, out of sight.
    memory: () => null,
    dispose: () => wllama?.exit(),
  };
}
