// The threads of one engine: workers that run the module on its shared memory.
import { builtin } from './platform.js';
import { openPort, WorkerClass } from './port.js';

/** Bytes of stack that each thread has in the engine's memory. */
const stackBytes = 1 << 16;

/** Whether memory can be shared with workers here, and how many cores there are. */
export function detectThreads() {
  // A page must be cross-origin isolated; Node always can.
  const canShare =
    typeof SharedArrayBuffer === 'function' && globalThis.crossOriginIsolated !== false;
  const cores =
    builtin('node:os')?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
  return { canShare, cores };
}

/** A crew of threads on an engine's memory. */
export class Threads {
  #workers = [];
  #crew = 0;
  #size;

  /**
   * Takes stacks from the memory and lets `size - 1` threads start beside the caller, who
   * need not wait: until they listen, and if they cannot start, the crew is the caller alone.
   * @param {import('./memory.js').Memory} memory shared
   * @param {WebAssembly.Module} module
   * @param {number} size
   */
  constructor(memory, module, size) {
    this.#size = size;
    const stackTops = Array.from({ length: size - 1 }, () => memory.alloc(stackBytes) + stackBytes);
    memory.seal();
    this.#start(memory, module, stackTops).catch(() => this.stop());
  }

  async #start(memory, module, stackTops) {
    this.#workers = stackTops.map(openThread);
    await Promise.all(
      this.#workers.map((port, i) => {
        const listens = new Promise((resolve, reject) => port.listen(resolve, reject));
        port.send({ module, memory: memory.shared, stackTop: stackTops[i] });
        return listens;
      }),
    );
    if (this.#workers.length === 0) return; // stopped meanwhile
    this.#crew = memory.exports.bl_wasm_crew(this.#size) >>> 0;
  }

  /** Address of the crew for bl_encoder_run, 0: nobody but the caller. */
  get address() {
    return this.#crew;
  }

  /** With those that are about to start; 1 where they could not. */
  get size() {
    return this.#size;
  }

  stop() {
    for (const worker of this.#workers) worker.stop();
    this.#workers = [];
    this.#crew = 0;
    this.#size = 1;
  }
}

function openThread() {
  // A literal expression: bundlers find and copy the worker by this pattern.
  const url = new URL('./thread.js', import.meta.url);
  const port = openPort(new WorkerClass(url, { type: 'module' }));
  port.unref(); // a waiting thread must not keep the process alive
  return port;
}
