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
      if (info.dtype !== dtype || info.simd !== simd) {
        throw new Error(`asked for ${dtype} ${simd}, got ${info.dtype} ${info.simd}`);
      }
    },
    run: (name, { single, texts }) => loaded.embed(single ? texts[0] : texts),
    vectors: (name, { texts }) => loaded.embed([texts[0], texts[texts.length - 1]]),
    memory: () => loaded.info.memoryBytes,
    describe: () => loaded.info,
    dispose: () => loaded?.dispose(),
  };
}
