// llama.cpp in native code, through node-llama-cpp: text in, vector out. A list is embedded
// text by text, as its interface has it.

/**
 * @import { TextWorkload } from '../workloads.js'
 * @import { Llama, LlamaContext, LlamaModel, NodeLlama } from '../peers.js'
 */

/** Tokens of the longest text. */
const CONTEXT = 512;

/**
 * @param {{ entry: string, model: string, threads: number }} options
 * @returns {Promise<import('../hosts/host.js').Adapter>}
 */
export async function create({ entry, model, threads }) {
  /** @type {NodeLlama} */
  const { getLlama, LlamaLogLevel } = await import(entry);
  /** @type {Llama} */
  let llama;
  /** @type {LlamaModel} */
  let loaded;
  /** @type {LlamaContext} */
  let context;

  /** @param {string} text */
  async function embed(text) {
    return (await context.getEmbeddingFor(text)).vector;
  }

  return {
    async load() {
      llama = await getLlama({
        gpu: false,
        build: 'never',
        progressLogs: false,
        logLevel: LlamaLogLevel.error,
        maxThreads: threads,
      });
      loaded = await llama.loadModel({ modelPath: model });
      context = await loaded.createEmbeddingContext({
        contextSize: CONTEXT,
        batchSize: CONTEXT,
        threads,
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
    memory: () => null,
    describe: () => ({ instructions: llama.systemInfo }),
    async dispose() {
      await context?.dispose();
      await loaded?.dispose();
      await llama?.dispose();
    },
  };
}
