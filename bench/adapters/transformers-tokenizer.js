// The tokenizer of transformers.js alone, one line after the other.

/** @param {{ entry: string, models: string, model: string }} options */
export async function create({ entry, models, model }) {
  const { env, AutoTokenizer } = await import(entry);
  let tokenizer;
  const encode = (text) => tokenizer(text, { return_tensor: false });

  return {
    async load() {
      env.allowRemoteModels = false;
      env.allowLocalModels = true;
      env.localModelPath = models;
      tokenizer = await AutoTokenizer.from_pretrained(model);
    },
    run(name, { texts }) {
      let result;
      for (const text of texts) result = encode(text);
      return result;
    },
    vectors: (name, { texts }) =>
      [texts[0], texts[texts.length - 1]].map((x) => encode(x).input_ids),
    memory: () => undefined,
    dispose() {},
  };
}
