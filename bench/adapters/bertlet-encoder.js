// bertlet's encoder alone: token ids in, last hidden state out, copied from the module's
// memory as the peers do. It loads like everybody and then asks the engine on this thread,
// which takes tokens where the public calls take texts.

/**
 * @param {{ entry: string, model?: string, dtype: string, simd: string, threads: number }} options
 */
export async function create({ entry, model, dtype, simd, threads }) {
  const { load } = await import(entry);
  const { Engine } = await import(entry.replace(/index\.js$/, 'engine.js'));
  let loaded;
  let engine;
  const requests = {};

  /** The engine that `load` opens, on this thread. */
  async function loadAndKeepEngine() {
    const { open } = Engine;
    Engine.open = async (...args) => {
      engine = await open.apply(Engine, args);
      return engine;
    };
    try {
      loaded = await load(model, { dtype, simd, threads, worker: false });
    } finally {
      Engine.open = open;
    }
    const { info } = loaded;
    if (info.dtype !== dtype || info.simd !== simd) {
      throw new Error(`asked for ${dtype} ${simd}, got ${info.dtype} ${info.simd}`);
    }
  }

  function makeRequest(rows) {
    const inputs = rows.map((row) => ({
      ids: Int32Array.from(row),
      typeIds: new Int32Array(row.length),
    }));
    return { inputs, maxLength: Math.max(...rows.map((row) => row.length)) };
  }

  async function meanOfRow(ids) {
    const { outputs } = await engine.run(makeRequest([ids]));
    const { lastHiddenState: data } = outputs[0];
    const vector = new Float64Array(data.length / ids.length);
    data.forEach((value, i) => (vector[i % vector.length] += value));
    return vector;
  }

  return {
    load: loadAndKeepEngine,
    async run(name, { ids }) {
      requests[name] ??= makeRequest(ids);
      return (await engine.run(requests[name])).outputs;
    },
    vectors: (name, { ids }) => Promise.all([ids[0], ids[ids.length - 1]].map(meanOfRow)),
    memory: () => undefined,
    describe: () => loaded.info,
    dispose: () => loaded?.dispose(),
  };
}
