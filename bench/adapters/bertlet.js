// bertlet through its public API: text in, vector out.

/**
 * @param {{ entry: string, model?: string, dtype: string, simd: string, threads: number }} options
 */
export async function create({ entry, model, dtype, simd, threads }) {
  const { load } = await import(entry);
  let loaded;

  return {
    async load() {
      loaded = await load(model, { dtype, simd, threads });
      const { info } = loaded;
      const asked = `${dtype} ${simd} ${threads}`;
      const got = `${info.dtype} ${info.simd} ${info.threads}`;
      if (asked !== got) throw new Error(`asked for ${asked}, got ${got}`);
    },
    run: (name, { single, texts }) => loaded.embed(single ? texts[0] : texts),
    vectors: (name, { texts }) => loaded.embed([texts[0], texts[texts.length - 1]]),
    // In a page the engine's memory is a worker's, the tokenizer's is here.
    memory(watched) {
      const { memoryBytes } = loaded.info;
      return watched >= memoryBytes ? watched : watched + memoryBytes;
    },
    describe: () => loaded.info,
    dispose: () => loaded?.dispose(),
  };
}
