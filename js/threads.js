// The threads of one engine: workers that run the module on its shared memory.

/** Bytes of stack that each thread has in the engine's memory. */
const stackBytes = 1 << 16;

/** Whether memory can be shared with workers here, and how many cores there are. */
export function detectThreads() {
  // A page must be cross-origin isolated; Node always can.
  const canShare =
    typeof SharedArrayBuffer === 'function' && globalThis.crossOriginIsolated !== false;
  const cores =
    nodeBuiltin('node:os')?.availableParallelism() ??
    globalThis.navigator?.hardwareConcurrency ??
    1;
  return { canShare, cores };
}

function nodeBuiltin(name) {
  return globalThis.process?.getBuiltinModule?.(name);
}

/** A crew of threads on an engine's memory. */
export class Threads {
  #workers;

  /**
   * Starts `size - 1` threads beside the caller and waits until they listen.
   * @param {import('./memory.js').Memory} memory shared; their stacks are taken from it
   * @param {WebAssembly.Module} module
   * @param {number} size
   * @returns {Promise<Threads>}
   */
  static async start(memory, module, size) {
    const crew = memory.exports.bl_wasm_crew(size) >>> 0;
    const workers = [];
    try {
      for (let i = 1; i < size; i++) workers.push(openWorker());
      const stacks = workers.map(() => memory.alloc(stackBytes) + stackBytes);
      memory.seal();
      await Promise.all(
        workers.map((worker, i) =>
          worker.start({ module, memory: memory.shared, stackTop: stacks[i] }),
        ),
      );
    } catch (error) {
      for (const worker of workers) worker.stop();
      throw error;
    }
    return new Threads(crew, workers);
  }

  constructor(crew, workers) {
    /** Address of the crew, for bl_encoder_run. */
    this.address = crew;
    this.#workers = workers;
  }

  get size() {
    return this.#workers.length + 1;
  }

  stop() {
    for (const worker of this.#workers) worker.stop();
    this.#workers = [];
  }
}

function openWorker() {
  if (typeof Worker === 'function') {
    // A literal expression: bundlers find and copy the worker by this pattern.
    const worker = new Worker(new URL('./thread.js', import.meta.url), { type: 'module' });
    return {
      start: (message) =>
        new Promise((resolve, reject) => {
          worker.onmessage = resolve;
          worker.onerror = (event) => reject(event.error ?? new Error(event.message));
          worker.postMessage(message);
        }),
      stop: () => worker.terminate(),
    };
  }
  const { Worker: Thread } = nodeBuiltin('node:worker_threads');
  const thread = new Thread(new URL('./thread.js', import.meta.url));
  return {
    start: (message) =>
      new Promise((resolve, reject) => {
        thread.once('error', reject);
        thread.once('message', () => {
          thread.unref(); // a sleeping thread must not keep the process alive
          resolve();
        });
        thread.postMessage(message);
      }),
    stop: () => thread.terminate(),
  };
}
