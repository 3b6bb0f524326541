// One run of a scenario, with a watchdog beside it: node child.js NAME SEED LIMIT
import { Worker } from 'node:worker_threads';

const [, , name, seed, limit] = process.argv;

/** Goes up with each step that the scenario takes. */
const steps = new Int32Array(new SharedArrayBuffer(4));
const watchdog = new Worker(new URL('watchdog.js', import.meta.url), {
  workerData: { steps, limit: Number(limit) },
});
watchdog.unref();

// Crews of threads that are made from now on are shown to the watchdog: see wasm/threads.c.
const { Instance } = WebAssembly;
WebAssembly.Instance = function Watched(module, imports) {
  const { exports } = new Instance(module, imports);
  const create = exports.bl_wasm_crew_create;
  const createWatched = (arena, size) => {
    const address = create(arena, size);
    watchdog.postMessage({ memory: imports.env.memory, address: address >>> 0 });
    return address;
  };
  return { exports: { ...exports, bl_wasm_crew_create: createWatched } };
};

const { createRandom, scenarios } = await import('./scenarios.js');
await scenarios[name](createRandom(Number(seed)), () => Atomics.add(steps, 0, 1));
console.log('done');
