// All engines of one model. The first does every small call alone. A large one is shared out
// (share-out.js) over it and copies of it in other workers, which are made when they are first
// needed. Where a worker has ended, the next call gets another engine: a copy of one that is left,
// or one that loads the model again.
import { untilAborted } from '../shared/abort.js';
import { WorkerEngine } from './client.js';
import { disposedError, throwIfAborted } from '../shared/errors.js';
import { estimateShares, runShared } from './share-out.js';

/** So many copies may fail in a row without one that opens. */
const mostFailures = 3;

/**
 * @import * as contract from '../engine/interface.js'
 * @import { AdapterControl, RunControl, RunRequest, SingleEngine } from '../engine/interface.js'
 * @import { SourceOptions } from '../source/source.js'
 */

/** Takes a result, so that a promise does not keep it. */
function forget() {}

/** @implements {contract.Engine} */
export class Workers {
  #first;
  #reopen;
  #most;
  #reason;
  #module;
  /** @type {WorkerEngine[]} */
  #copies = [];
  #failures = 0;
  /**
   * Adapters that the first engine has, so that another can load them, by their numbers.
   * @type {Map<number, { source: unknown, options: SourceOptions }>}
   */
  #adapters = new Map();
  /** @type {Promise<SingleEngine> | undefined} */
  #reviving;
  #last = Promise.resolve(); // fulfilled after all calls so far
  /** The last call that nothing may overtake, as long as it goes on. @type {Promise<void> | undefined} */
  #alone;
  #disposal = new AbortController();

  /**
   * @param {SingleEngine} first
   * @param {{
   *   reopen: (signal: AbortSignal) => Promise<SingleEngine>,
   *   module: WebAssembly.Module,
   *   most: number,
   *   mostBytes: number,
   * }} plan `reopen`: loads another first one; `most`: engines at the same time, with
   *   `mostBytes` of memory together
   */
  constructor(first, { reopen, module, most, mostBytes }) {
    this.#first = first;
    this.#reopen = reopen;
    this.#module = module;
    const { memoryBytes } = first.info();
    const fitting = Math.max(1, Math.floor(mostBytes / memoryBytes));
    this.#most = Math.min(most, fitting);
    if (fitting < most) {
      const [size, room] = [memoryBytes, mostBytes].map((bytes) => Math.ceil(bytes / 2 ** 20));
      this.#reason = `A worker needs ${size} MB, and all together may have ${room} MB.`;
    }
  }

  /** As Engine.info. `reason`: why there are fewer than were wanted. */
  info() {
    const info = this.#first.info();
    const copies = this.#copies.map((copy) => (copy.isOpen ? copy.info().memoryBytes : 0));
    const memoryBytes = copies.reduce((sum, bytes) => sum + bytes, info.memoryBytes);
    const threads = Math.max(this.#most, info.threads);
    return { ...info, threads, memoryBytes, reason: this.#reason ?? info.reason };
  }

  /** @param {RunRequest} request @param {RunControl} [control] */
  run(request, control = {}) {
    const costs = this.#most > 1 ? estimateShares(request, this.#copies.length > 0) : undefined;
    return this.#inTurn(costs !== undefined, control, (first) => {
      if (!costs) return first.run(request, control);
      this.#makeCopies();
      const copies = this.#copies.map((copy) => copy.opened.then(() => copy));
      return runShared(request, control, costs, [Promise.resolve(first), ...copies]);
    });
  }

  /**
   * Copies do not have it: they are made anew.
   * @param {number} number
   * @param {unknown} source
   * @param {SourceOptions} options
   * @param {AdapterControl} [control]
   */
  openAdapter(number, source, options, control = {}) {
    return this.#inTurn(true, control, async (first) => {
      await first.openAdapter(number, source, options, control);
      this.#adapters.set(number, { source, options });
      this.#dismissCopies();
    });
  }

  /**
   * As Engine.closeAdapter. An engine that has ended is not replaced for that.
   * @param {number} number
   */
  async closeAdapter(number) {
    await Promise.allSettled([this.#alone, this.#reviving]); // it may be loading still
    this.#adapters.delete(number);
    for (const engine of [this.#first, ...this.#copies]) {
      Promise.resolve(engine.opened)
        .then(() => engine.closeAdapter(number))
        .catch(forget);
    }
  }

  dispose() {
    this.#disposal.abort();
    this.#first.dispose();
    this.#dismissCopies();
  }

  /**
   * Calls end in the order they began. Small ones, which the first engine queues, may overlap;
   * others (`isAlone`) begin when all before have ended, and end before any other begins.
   * @param {boolean} isAlone
   * @param {{ signal?: AbortSignal }} control
   * @param {(first: SingleEngine) => Promise<T>} work
   * @returns {Promise<T>}
   * @template T
   */
  #inTurn(isAlone, { signal }, work) {
    const before = isAlone ? this.#last : this.#alone;
    const result = Promise.resolve(before).then(async () => {
      throwIfAborted(signal);
      return work(await this.#living());
    });
    const settled = result.then(forget, forget);
    this.#last = Promise.all([this.#last, settled]).then(forget);
    if (isAlone) {
      this.#alone = settled;
      settled.then(() => {
        if (this.#alone === settled) this.#alone = undefined;
      });
    }
    return untilAborted(result, signal);
  }

  /** The first engine, or another one where its worker has ended. @returns {Promise<SingleEngine>} */
  async #living() {
    this.#check();
    if (!this.#first.ended) return this.#first;
    this.#reviving ??= this.#revive().finally(() => {
      this.#reviving = undefined;
    });
    return this.#reviving;
  }

  async #revive() {
    const copy = this.#copies.find((one) => !one.ended && one.isOpen);
    this.#copies = this.#copies.filter((other) => other !== copy);
    const engine = copy ?? (await this.#openAgain());
    this.#first = engine;
    return engine;
  }

  async #openAgain() {
    this.#dismissCopies(); // which wait for the one that has ended
    const { signal } = this.#disposal;
    let engine;
    try {
      engine = await this.#reopen(signal);
      for (const [number, { source, options }] of this.#adapters) {
        await engine.openAdapter(number, source, options, { signal });
      }
      this.#check();
      return engine;
    } catch (error) {
      engine?.dispose();
      this.#check();
      throw error;
    }
  }

  #check() {
    if (this.#disposal.signal.aborted) throw disposedError();
  }

  #makeCopies() {
    this.#copies = this.#copies.filter(({ ended }) => !ended);
    while (this.#copies.length < this.#most - 1) {
      try {
        this.#copies.push(this.#makeCopy());
      } catch (error) {
        this.#fail(error);
      }
    }
  }

  #makeCopy() {
    const copy = WorkerEngine.copy();
    this.#first.snapshot().then(
      (snapshot) => {
        const given = { snapshot: { module: this.#module, ...snapshot } };
        if (!copy.ended) copy.give(given, [snapshot.memory.bytes]);
      },
      () => copy.dispose(),
    );
    copy.opened.then(
      () => {
        this.#failures = 0;
      },
      (error) => {
        const isWanted = this.#copies.includes(copy) && error.code !== 'DISPOSED';
        copy.dispose();
        if (isWanted) this.#fail(error);
      },
    );
    return copy;
  }

  /** @param {unknown} error */
  #fail(error) {
    if (++this.#failures < mostFailures) return;
    const { message } = /** @type {Error} */ (error);
    this.#most = 1 + this.#copies.filter(({ ended }) => !ended).length;
    this.#reason = `More workers could not be started: ${message}`;
  }

  #dismissCopies() {
    for (const copy of this.#copies.splice(0)) copy.dispose();
  }
}
