// wllama (llama.cpp in WebAssembly): text in, unit vector out. A list is embedded text by
// text: its array form does not come back.

/** @param {{ entry: string, wasm: string, model: string, threads: number }} options */
export async function create({ entry, wasm, model, threads }) {
  const { Wllama } = await import(entry);
  const silent = { debug() {}, log() {}, warn() {}, error() {} };
  let wllama;

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

    async run(name, { texts }) {
      let result;
      for (const text of texts) result = await embed(text);
      return result;
    },

    vectors: async (name, { texts }) => [
      await embed(texts[0]),
      await embed(texts[texts.length - 1]),
    ],
    // Its memory belongs to its worker, out of sight.
    memory: () => null,
    dispose: () => wllama?.exit(),
  };
}
