// bertlet's engine by itself: it takes tokens where the public calls take texts. It is loaded
// as everybody loads it, and asked on this thread.

/**
 * @import { Dtype, Model } from '../../js/index.js'
 * @import { Engine } from '../../js/engine/engine.js'
 * @import { EngineInput, RunRequest } from '../../js/engine/interface.js'
 *
 * @typedef {Extract<EngineInput, { ids: Int32Array }>} Row
 * @typedef {{ entry: string, model?: string, dtype: Dtype, simd: 'baseline' | 'relaxed',
 *   threads: number }} EngineOptions `entry`: of the sources, which have the engine beside them
 */

/**
 * @param {EngineOptions} options
 * @returns {Promise<{ engine: Engine, loaded: Model }>}
 */
export async function openEngine({ entry, model, dtype, simd, threads }) {
  /** @type {typeof import('../../js/index.js')} */
  const { load } = await import(entry);
  /** @type {typeof import('../../js/engine/engine.js')} */
  const { Engine } = await import(entry.replace(/index\.js$/, 'engine.js'));
  const { open } = Engine;
  /** @type {Engine[]} */
  const opened = [];
  Engine.open = async (...args) => {
    const engine = await open.apply(Engine, args);
    opened.push(engine);
    return engine;
  };
  try {
    const loaded = await load(model, { dtype, simd, threads, worker: false });
    const { info } = loaded;
    if (info.dtype !== dtype || info.simd !== simd) {
      throw new Error(`asked for ${dtype} ${simd}, got ${info.dtype} ${info.simd}`);
    }
    return { engine: opened[0], loaded };
  } finally {
    Engine.open = open;
  }
}

/**
 * Rows of ids as the engine takes them; none is longer than it reads.
 * @param {number[][]} rows
 * @returns {Omit<RunRequest, 'inputs'> & { inputs: Row[] }}
 */
export function makeRequest(rows) {
  const inputs = rows.map((row) => ({
    ids: Int32Array.from(row),
    typeIds: new Int32Array(row.length),
  }));
  const maxLength = Math.max(...rows.map((row) => row.length));
  return { inputs, maxLength, truncation: 'longest_first', longText: 'error' };
}

/**
 * What the engine gives for each row.
 * @param {Engine} engine
 * @param {RunRequest} request
 */
export async function outputsOf(engine, request) {
  const { outputs } = await engine.run(request);
  if (!outputs) throw new Error('the engine gave no outputs');
  return outputs;
}
