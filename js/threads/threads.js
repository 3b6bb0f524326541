// The threads of one engine: workers that run the module on its shared memory.
import { builtin } from '../shared/platform.js';
import { openPort, WorkerClass } from './port.js';
import { yieldToEvents } from '../shared/yield.js';

/** Bytes of stack that each thread has in the engine's memory. */
const stackBytes = 1 << 16;
/** So many threads may end in a row without one that starts. */
const mostFailures = 3;
/** Milliseconds that threads may take to end. */
const mostForEnding = 1000;
/** Tenths of a second after which a thread that does not come back is taken for gone. */
const mostTurns = 100;

/** Whether memory can be shared with workers here, and how many cores there are. */
export function detectThreads() {
  // A page must be cross-origin isolated; Node always can.
  const canShare =
    typeof SharedArrayBuffer === 'function' && globalThis.crossOriginIsolated !== false;
  const cores =
    builtin('node:os')?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
  return { canShare, cores };
}

/** @typedef {import('./port.js').Port} Port */

/** A crew of threads on an engine's memory. */
export class Threads {
  #memory;
  #module;
  #size;
  #crew = 0;
  /** @type {number[]} */
  #stackTops = [];
  /** By member; undefined: none works there. @type {(Port | undefined)[]} */
  #ports = [];
  /** @type {Promise<boolean> | undefined} set while there is no crew: see #end */
  #ending = Promise.resolve(true);
  #lost = false; // a thread has ended since the call began
  #failures = 0; // threads that ended since one has started

  /**
   * Lets `size - 1` threads start beside the caller.
   * @param {import('../core/memory.js').Memory} memory shared
   * @param {WebAssembly.Module} module
   * @param {number} size
   */
  constructor(memory, module, size) {
    this.#memory = memory;
    this.#module = module;
    this.#size = size;
    this.refill();
  }

  /**
   * Before a call: starts the threads that are missing. Nobody waits for them: until they
   * are there, the work is done by whoever is.
   */
  refill() {
    this.#lost = false;
    if (this.#size > 1 && this.#ending) this.#place();
    for (let i = 0; i < this.#size - 1; i++) this.#ports[i] ??= this.#start(i);
  }

  #place() {
    const memory = this.#memory;
    this.#crew = memory.exports.bl_wasm_crew_create(memory.arena, this.#size) >>> 0;
    const placeStack = () => memory.alloc(stackBytes) + stackBytes;
    this.#stackTops = Array.from({ length: this.#size - 1 }, placeStack);
    memory.seal();
    this.#ending = undefined;
  }

  /** @param {number} i @returns {Port | undefined} */
  #start(i) {
    /** @type {Port} */
    let port;
    try {
      port = openThread();
    } catch {
      this.#fail();
      return undefined;
    }
    const onEnd = () => {
      if (this.#ports[i] !== port) return;
      this.#ports[i] = undefined;
      this.#lost = true;
      this.#fail();
    };
    port.listen(() => {
      this.#failures = 0;
    }, onEnd);
    const stackTop = this.#stackTops[i];
    const { shared } = this.#memory;
    port.send({ module: this.#module, memory: shared, stackTop, crew: this.#crew, member: i + 1 });
    return port;
  }

  #fail() {
    if (++this.#failures === mostFailures) this.stop();
  }

  /**
   * After a step that was late: waits for those who work on it still.
   * @returns {Promise<boolean>} false: one of them is gone, so that the call is void
   */
  async finish() {
    for (let turn = 1; !this.#memory.exports.bl_wasm_crew_wait(this.#crew); turn++) {
      await yieldToEvents();
      if (!this.#lost && turn < mostTurns) continue;
      // The others may be writing. Where nobody says when they end, what they know of is given up.
      if (!(await this.#end())) this.#memory.seal();
      return false;
    }
    return true;
  }

  /** Address of the crew for bl_encoder_run, 0: nobody but the caller. */
  get address() {
    return this.#ending ? 0 : this.#crew;
  }

  /** With those that are about to start; 1 where they could not. */
  get size() {
    return this.#size;
  }

  stop() {
    this.#size = 1;
    this.#end();
  }

  /** @returns {Promise<boolean>} whether all threads are known to have ended */
  #end() {
    if (this.#ending) return this.#ending;
    const ends = this.#ports.flatMap((port) => (port ? [port.stop()] : []));
    this.#ports = [];
    this.#lost = true;
    this.#ending = new Promise((resolve) => {
      const timer = setTimeout(resolve, mostForEnding, false);
      Promise.all(ends).then(() => {
        clearTimeout(timer);
        resolve(ends.every(Boolean));
      });
    });
    return this.#ending;
  }
}

function openThread() {
  if (!WorkerClass) throw new Error('there are no workers');
  // A literal expression: bundlers find and copy the worker by this pattern.
  const worker = new WorkerClass(new URL('../thread.js', import.meta.url), { type: 'module' });
  return openPort(worker);
}
