// bertlet's tokenizer alone: JavaScript strings in, typed arrays out, line by line.

/** @param {{ entry: string, model: string }} options */
export async function create({ entry, model }) {
  const { loadTokenizer } = await import(entry);
  let tokenizer;

  return {
    async load() {
      tokenizer = await loadTokenizer(model);
    },
    run(name, { texts }) {
      let result;
      for (const text of texts) result = tokenizer.encode(text);
      return result;
    },
    vectors: (name, { texts }) =>
      [texts[0], texts[texts.length - 1]].map((text) => tokenizer.encode(text).ids),
    memory: () => undefined,
    dispose() {},
  };
}
