// bertlet's encoder alone: token ids in, last hidden state out, copied from the module's
// memory as the peers do. It loads like everybody and then drives the engine's ABI.

/** Tokens of one forward pass, as in js/engine.js. */
const TOKENS_PER_PASS = 2048;

/**
 * @param {{ entry: string, model?: string, dtype: string, simd: string, threads: number }} options
 */
export async function create({ entry, model, dtype, simd, threads }) {
  const { load } = await import(entry);
  const { Engine } = await import(entry.replace(/index\.js$/, 'engine.js'));
  let loaded;
  let engine;

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

  /** Texts that go through the encoder together. */
  function* passesOf(rows) {
    for (let first = 0; first < rows.length; ) {
      let last = first;
      let tokens = 0;
      while (last < rows.length && tokens < TOKENS_PER_PASS) tokens += rows[last++].length;
      yield { rows: rows.slice(first, last), tokens };
      first = last;
    }
  }

  /** One forward pass: the hidden states, rows end to end. */
  function runPass({ rows, tokens }) {
    const { memory } = engine;
    return memory.scratch(() => {
      const { arena, exports } = memory;
      const batch = memory.writeStruct('bl_batch');
      memory.call('bl_batch_create', arena, rows.length, tokens, batch);
      const ids = memory.alloc(tokens * 4);
      const types = memory.alloc(tokens * 4);
      memory.int32(types, tokens).fill(0);
      for (const row of rows) {
        memory.int32(ids, row.length).set(row);
        memory.call('bl_batch_append', batch, ids, types, row.length);
      }
      const run = memory.writeStruct('bl_encoder_run');
      memory.call('bl_encoder_begin', arena, engine.model.address, batch, run);
      while (exports.bl_encoder_step(run) !== memory.constants.BL_ENCODER_DONE);
      const { hidden, hidden_stride: stride } = memory.readStruct('bl_encoder_run', run);
      return { data: memory.float32(hidden, tokens * stride).slice(), stride };
    });
  }

  function meanOfRow(ids) {
    const { data, stride } = runPass({ rows: [ids], tokens: ids.length });
    const vector = new Float64Array(engine.config.hidden_size);
    for (let t = 0; t < ids.length; t++) {
      for (let i = 0; i < vector.length; i++) vector[i] += data[t * stride + i];
    }
    return vector;
  }

  return {
    load: loadAndKeepEngine,
    run(name, { ids }) {
      let result;
      for (const pass of passesOf(ids)) result = runPass(pass);
      return result;
    },
    vectors: (name, { ids }) => [ids[0], ids[ids.length - 1]].map(meanOfRow),
    memory: () => undefined,
    describe: () => loaded.info,
    dispose: () => loaded?.dispose(),
  };
}
