// What runs inside every contender's process or page: opens one adapter and times it
// when the parent says so. An adapter (bench/adapters) is a module with
//
//   create(options) → { load(), run(name, workload), vectors(name, workload), memory(), dispose() }
//
// where `load` leaves it ready for the first call, `run` is the timed call, `vectors`
// gives the vectors of a workload's first and last text (to check that everybody
// computes the same thing), and `memory(watched)` its WebAssembly memory in bytes, given
// those that were seen in this thread: undefined when that is all, null when unknown.
import { probe } from './probe.js';

/** Every WebAssembly memory of this thread, so that a peer's heap can be weighed. */
const memories = new Set();

function watchMemories() {
  const note = (exports) => {
    for (const value of Object.values(exports)) {
      if (value instanceof WebAssembly.Memory) memories.add(new WeakRef(value));
    }
  };
  const { Memory, Instance, instantiate, instantiateStreaming } = WebAssembly;
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
  const noting =
    (original) =>
    async (...args) => {
      const result = await original.apply(WebAssembly, args);
      note((result.instance ?? result).exports ?? {});
      return result;
    };
  WebAssembly.instantiate = noting(instantiate);
  if (instantiateStreaming) WebAssembly.instantiateStreaming = noting(instantiateStreaming);
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
  /** @param {(path: string) => Promise<object>} importAdapter */
  constructor(importAdapter) {
    this.importAdapter = importAdapter;
    this.workloads = {};
    this.lastTimes = {};
  }

  /** Texts and ids by workload name. Sent once, before anything is timed. */
  setWorkloads({ workloads }) {
    Object.assign(this.workloads, workloads);
  }

  /**
   * Imports the library, loads the model and makes the first call: three times in ms.
   * Called a second time it loads again in the same process.
   */
  async open({ adapter, options, first }) {
    await this.contender?.dispose();
    const start = now();
    const { create } = await this.importAdapter(adapter);
    this.contender = await create(options);
    const imported = now();
    await this.contender.load();
    const loaded = now();
    const memoryAfterLoad = this.memory();
    if (first) await this.run(first);
    const called = now();
    return {
      times: { import: imported - start, load: loaded - imported, first: called - loaded },
      memoryAfterLoad,
    };
  }

  run(name) {
    return this.contender.run(name, this.workloads[name]);
  }

  /**
   * Runs a workload until it is steady: at least `ms` and `calls` calls, but after the
   * first call no longer than `mostMs`.
   */
  async warm({ workload, ms, calls, mostMs = Infinity }) {
    const start = now();
    for (let done = 0; done < calls || now() - start < ms; done++) {
      if (done > 0 && now() - start > mostMs) break;
      const before = now();
      await this.run(workload);
      this.lastTimes[workload] = now() - before;
    }
  }

  /**
   * One slice: after a call that brings the caches back, samples until `sliceMs` have
   * passed. A page's clock ticks in 0.1 ms, so a sample spans as many calls as take
   * `sampleMs`. Returns ms per call.
   */
  async measure({ workload, sliceMs, sampleMs }) {
    const samples = [];
    let perCall = this.lastTimes[workload];
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
    this.lastTimes[workload] = samples[samples.length - 1];
    return samples;
  }

  /** The vectors of a workload's first and last text, as plain arrays. */
  async vectors({ workload }) {
    const found = await this.contender.vectors(workload, this.workloads[workload]);
    return found.map((vector) => Array.from(vector));
  }

  /** Peak bytes of WebAssembly memory; null where there is none, or it cannot be seen. */
  memory() {
    const watched = watchedBytes();
    const known = this.contender.memory(watched);
    return known === undefined ? watched || null : known;
  }

  /** How fast this thread computes just now. */
  probe() {
    return probe();
  }

  /** What the library says about itself. */
  describe() {
    return this.contender.describe?.() ?? {};
  }

  async close() {
    await this.contender?.dispose();
  }
}
