// What a model's calls share of adapters and heads: which are loaded, which is in use, and what
// heads calls find.
import { untilAborted } from './abort.js';
import { AdapterShelf } from './adapter-shelf.js';
import { BertletError } from './errors.js';
import { readIntegrity } from './integrity.js';
import { createProgress } from './progress.js';
import { copySource } from './source-location.js';

export class AdapterSession {
  #shelf;
  /** The adapter that calls use, or the base. */
  #active;

  /** @param {import('./engine.js').Engine | import('./client.js').WorkerEngine} engine */
  constructor(engine) {
    this.engine = engine;
    this.#shelf = new AdapterShelf(engine);
    this.#active = this.#shelf.lendAgain(this.#shelf.base);
  }

  /**
   * Makes later calls use an adapter; one that is here already is not loaded again.
   * @param {unknown} source a PEFT folder as load() takes one, or null: the base alone
   * @param {{ signal?: AbortSignal, onProgress?: (event: object) => void,
   *   integrity?: Record<string, string>, report?: import('./progress.js').FileProgress }} [options]
   */
  async useAdapter(source, options = {}) {
    this.check();
    const adapter = this.#lend(source ?? null, options);
    try {
      await this.withSignal(options.signal, (signal) => untilAborted(adapter.opened, signal));
      this.check();
    } catch (error) {
      this.#shelf.giveBack(adapter);
      throw error;
    }
    const before = this.#active;
    this.#active = adapter;
    this.#shelf.giveBack(before);
  }

  #lend(source, { onProgress, integrity, report, stays }) {
    const hashes = [...readIntegrity(integrity)].sort();
    if (source === null) return this.#shelf.lendAgain(this.#shelf.base);
    const pins = JSON.stringify(hashes);
    return this.#shelf.lend({ source, pins, stays }, async (number, signal) =>
      this.engine.openAdapter(
        number,
        copySource(source),
        { ...this.settings.sourceOptions, integrity: Object.fromEntries(hashes) },
        { signal, report: report ?? createProgress(onProgress) },
      ),
    );
  }

  /** Heads that calls find: those of the adapter in use, or the base's and its companions'. */
  get heads() {
    const companions =
      this.#active === this.#shelf.base ? Object.keys(this.settings.companions ?? {}) : [];
    return [...new Set([...this.inUse.heads, ...companions])];
  }

  /** What is in use: { heads, hasPooler, head } of the base or an adapter. */
  get inUse() {
    return this.engine.info().models.get(this.#active.number);
  }

  /**
   * The first of some heads that calls find.
   * @param {string} task for the message
   * @param {string[]} names
   * @returns {string}
   * @throws NO_HEAD
   */
  findHead(task, ...names) {
    this.check();
    const { heads } = this;
    const found = names.find((name) => heads.includes(name));
    if (found) return found;
    throw new BertletError(
      'NO_HEAD',
      `${task} needs a ${names.join(' or ')} head; this model has ${heads.join(', ') || 'none'}.`,
    );
  }

  /**
   * Makes a call with the adapter that has a head: the one in use, else the companion of the
   * embedded model. It stays loaded until the call is done, whatever is in use then.
   * @param {string[]} [heads]
   * @param {AbortSignal} [signal]
   * @param {(adapter: number) => Promise<T>} call
   * @returns {Promise<T>}
   * @template T
   */
  async withAdapter([head] = [], signal, call) {
    const has = head === undefined || this.inUse.heads.includes(head);
    const companion = has ? undefined : this.settings.companions?.[head];
    const adapter = companion
      ? this.#lend(companion, { stays: true })
      : this.#shelf.lendAgain(this.#active);
    try {
      await untilAborted(adapter.opened, signal);
      return await call(adapter.number);
    } finally {
      this.#shelf.giveBack(adapter);
    }
  }
}
