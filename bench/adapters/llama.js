// llama.cpp in native code, through node-llama-cpp: text in, vector out. A list is embedded
// text by text, as its interface has it.

/** Tokens of the longest text. */
const CONTEXT = 512;

/** @param {{ entry: string, model: string, threads: number }} options */
export async function create({ entry, model, threads }) {
  const { getLlama, LlamaLogLevel } = await import(entry);
  let llama;
  let loaded;
  let context;

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

    async run(name, { texts }) {
      let result;
      for (const text of texts) result = await embed(text);
      return result;
    },

    vectors: async (name, { texts }) => [
      await embed(texts[0]),
      await embed(texts[texts.length - 1]),
    ],
    memory: () => null,
    describe: () => ({ instructions: llama.systemInfo }),
    async dispose() {
      await context?.dispose();
      await loaded?.dispose();
      await llama?.dispose();
    },
  };
}
