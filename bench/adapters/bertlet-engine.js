// bertlet's engine by itself: it takes tokens where the public calls take texts. It is loaded
// as everybody loads it, and asked on this thread.

/**
 * @param {{ entry: string, model?: string, dtype: string, simd: string, threads: number }} options
 * @returns {Promise<{ engine: import('../../js/engine.js').Engine, loaded: object }>} `loaded`:
 *   the public model
 */
export async function openEngine({ entry, model, dtype, simd, threads }) {
  const { load } = await import(entry);
  const { Engine } = await import(entry.replace(/index\.js$/, 'engine.js'));
  const { open } = Engine;
  let engine;
  Engine.open = async (...args) => {
    engine = await open.apply(Engine, args);
    return engine;
  };
  try {
    const loaded = await load(model, { dtype, simd, threads, worker: false });
    const { info } = loaded;
    if (info.dtype !== dtype || info.simd !== simd) {
      throw new Error(`asked for ${dtype} ${simd}, got ${info.dtype} ${info.simd}`);
    }
    return { engine, loaded };
  } finally {
    Engine.open = open;
  }
}

/** Rows of ids as the engine takes them. @param {number[][]} rows */
export function makeRequest(rows) {
  const inputs = rows.map((row) => ({
    ids: Int32Array.from(row),
    typeIds: new Int32Array(row.length),
  }));
  return { inputs, maxLength: Math.max(...rows.map((row) => row.length)) };
}
