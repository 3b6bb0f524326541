// What runs inside every contender's process or page: opens one adapter (bench/adapters) and
// times it when the parent says so.
import { probe } from './probe.js';

/**
 * @import { Workload } from '../workloads.js'
 * @typedef {ArrayLike<number>[]} Vectors
 *
 * How a library is used. `load` leaves it ready for the first call, `run` is the timed call.
 * `vectors` gives those of a workload's first and last text, to check that everybody computes the
 * same thing. `memory` is its WebAssembly memory in bytes, given those that were seen in this
 * thread: undefined when that is all, null when unknown. `describe`: what it says about itself.
 * Each adapter knows its own options and workloads: contenders.js and parts.js see to both.
 * @typedef {{
 *   load(): Promise<void>,
 *   run(name: string, workload: Workload): unknown,
 *   vectors(name: string, workload: Workload): Vectors | Promise<Vectors>,
 *   memory(watched: number): number | null | undefined,
 *   describe?(): object,
 *   dispose(): unknown,
 * }} Adapter
 * @typedef {{ create(options: object): Adapter | Promise<Adapter> }} AdapterModule
 *
 * @typedef {{ import: number, load: number, first: number }} Times until a library is imported,
 *   then until a model is loaded, then of the first call
 */

/**
 * What the parent may ask a host for; in a message it gives it an argument of that method's.
 * @typedef {keyof Host} Method
 * @typedef {{ id: number, method: Method, argument: any }} Message
 */

/** @type {Set<WeakRef<WebAssembly.Memory>>} all of this thread: a peer's heap can be weighed */
const memories = new Set();

function watchMemories() {
  /** @param {object} exports of an instance */
  const note = (exports) => {
    for (const value of Object.values(exports)) {
      if (value instanceof WebAssembly.Memory) memories.add(new WeakRef(value));
    }
  };
  const { Memory, Instance } = WebAssembly;
  WebAssembly.Memory = new Proxy(Memory, {
    construct(target, args, newTarget) {
      const memory = Reflect.construct(target, args, newTarget);
      memories.add(new WeakRef(memory));
      return memory;
    },
  });
  WebAssembly.Memory.prototype.constructor = WebAssembly.Memory;
  WebAssembly.Instance = new Proxy(Instance, {
    construct(target, args, newTarget) {
      const instance = Reflect.construct(target, args, newTarget);
      note(instance.exports);
      return instance;
    },
  });
  /** @template {Function} Instantiate @param {Instantiate} original @returns {Instantiate} */
  const noting = (original) =>
    new Proxy(original, {
      async apply(target, _, args) {
        const result = await Reflect.apply(target, WebAssembly, args);
        note((result.instance ?? result).exports ?? {});
        return result;
      },
    });
  const { instantiate, instantiateStreaming } = WebAssembly;
  WebAssembly.instantiate = noting(instantiate);
  // Not every engine has it.
  if ('instantiateStreaming' in WebAssembly) {
    WebAssembly.instantiateStreaming = noting(instantiateStreaming);
  }
}

/** Linear memory never shrinks: what it has now is its peak. */
function watchedBytes() {
  const buffers = new Set();
  for (const reference of memories) {
    const memory = reference.deref();
    if (memory) buffers.add(memory.buffer);
  }
  let bytes = 0;
  for (const buffer of buffers) bytes += buffer.byteLength;
  return bytes;
}

watchMemories();

const now = () => performance.now();

export class Host {
  #importAdapter;
  /** @type {Record<string, Workload>} by name */
  #workloads = {};
  /** @type {Record<string, number>} what a workload's last call took, in ms */
  #lastTimes = {};
  /** @type {Adapter | undefined} */
  #contender;

  /** @param {(name: string) => Promise<AdapterModule>} importAdapter */
  constructor(importAdapter) {
    this.#importAdapter = importAdapter;
  }

  get #opened() {
    if (!this.#contender) throw new Error('no contender has been opened');
    return this.#contender;
  }

  /**
   * Texts and ids by workload name. Sent once, before anything is timed.
   * @param {{ workloads: Record<string, Workload> }} argument
   */
  setWorkloads({ workloads }) {
    Object.assign(this.#workloads, workloads);
  }

  /**
   * Imports the library, loads the model and makes the first call: three times in ms.
   * Called a second time it loads again in the same process.
   * @param {{ adapter: string, options: object, first?: string }} argument `first`: the workload
   *   of the first call, if there is to be one
   * @returns {Promise<{ times: Times, memoryAfterLoad: number | null }>}
   */
  async open({ adapter, options, first }) {
    await this.#contender?.dispose();
    const start = now();
    const { create } = await this.#importAdapter(adapter);
    const contender = await create(options);
    this.#contender = contender;
    const imported = now();
    await contender.load();
    const loaded = now();
    const memoryAfterLoad = this.memory();
    if (first) await this.run(first);
    const called = now();
    return {
      times: { import: imported - start, load: loaded - imported, first: called - loaded },
      memoryAfterLoad,
    };
  }

  /** @param {string} name of a workload */
  run(name) {
    return this.#opened.run(name, this.#workloads[name]);
  }

  /**
   * Runs a workload until it is steady: at least `ms` and `calls` calls, but after the
   * first call no longer than `mostMs`.
   * @param {{ workload: string, ms: number, calls: number, mostMs?: number }} argument
   */
  async warm({ workload, ms, calls, mostMs = Infinity }) {
    const start = now();
    for (let done = 0; done < calls || now() - start < ms; done++) {
      if (done > 0 && now() - start > mostMs) break;
      const before = now();
      await this.run(workload);
      this.#lastTimes[workload] = now() - before;
    }
  }

  /**
   * One slice: after a call that brings the caches back, samples until `sliceMs` have
   * passed. A page's clock ticks in 0.1 ms, so a sample spans as many calls as take
   * `sampleMs`.
   * @param {{ workload: string, sliceMs: number, sampleMs: number }} argument
   * @returns {Promise<number[]>} ms per call
   */
  async measure({ workload, sliceMs, sampleMs }) {
    const samples = [];
    let perCall = this.#lastTimes[workload];
    if (!(perCall > sliceMs)) {
      const before = now();
      await this.run(workload);
      perCall = perCall ? Math.min(perCall, now() - before) : now() - before;
    }
    const calls = Math.max(1, Math.round(sampleMs / Math.max(perCall, 0.01)));
    const start = now();
    do {
      const before = now();
      for (let i = 0; i < calls; i++) await this.run(workload);
      samples.push((now() - before) / calls);
    } while (now() - start + perCall * calls < sliceMs);
    this.#lastTimes[workload] = samples[samples.length - 1];
    return samples;
  }

  /**
   * The vectors of a workload's first and last text, as plain arrays.
   * @param {{ workload: string }} argument
   */
  async vectors({ workload }) {
    const found = await this.#opened.vectors(workload, this.#workloads[workload]);
    return found.map((vector) => Array.from(vector));
  }

  /** Peak bytes of WebAssembly memory; null where there is none, or it cannot be seen. */
  memory() {
    const watched = watchedBytes();
    const known = this.#opened.memory(watched);
    return known === undefined ? watched || null : known;
  }

  /** How fast this thread computes just now. */
  probe() {
    return probe();
  }

  /** What the library says about itself. */
  describe() {
    return this.#opened.describe?.() ?? {};
  }

  async close() {
    await this.#contender?.dispose();
  }
}
