// What a model's calls share of adapters and heads: which are loaded, which is in use, and what
// heads calls find.
import { BertletError, untilAborted } from './errors.js';
import { readSignal } from './inputs.js';
import { createProgress } from './progress.js';
import { copySource } from './source-location.js';

export class AdapterSession {
  /** The number of the adapter that calls use; 0: the base. */
  #active = 0;
  /** @type {Map<unknown, Promise<number>>} adapters by what they were loaded from */
  #adapters = new Map();

  /**
   * Makes later calls use an adapter; one that is here already is not loaded again.
   * @param {unknown} source a PEFT folder as load() takes one, or null: the base alone
   * @param {{ signal?: AbortSignal, onProgress?: (event: object) => void,
   *   report?: import('./progress.js').FileProgress }} [options]
   */
  async useAdapter(source, options = {}) {
    this.check();
    const none = source === null || source === undefined;
    const adapter = none ? 0 : await this.#open(source, options);
    this.check();
    this.#active = adapter;
  }

  async #open(source, { signal: given, onProgress, report } = {}) {
    const signal = this.joinSignal(given);
    const known = this.#adapters.get(source);
    if (known) return known;
    const opening = this.engine.openAdapter(copySource(source), this.settings.sourceOptions, {
      signal,
      report: report ?? createProgress(onProgress),
    });
    this.#adapters.set(source, opening);
    opening.catch(() => this.#adapters.delete(source));
    return opening;
  }

  /** Heads that calls find: those of the adapter in use, or the base's and its companions'. */
  get heads() {
    const companions = this.#active === 0 ? Object.keys(this.settings.companions ?? {}) : [];
    return [...new Set([...this.inUse.heads, ...companions])];
  }

  /** What is in use: { heads, hasPooler, head } of the base or an adapter. */
  get inUse() {
    return this.engine.info().models[this.#active];
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

  /** The adapter that has a head: the one in use, else the companion of the embedded model. */
  async adapterWith([head] = [], signal) {
    const active = this.#active;
    if (head === undefined || this.inUse.heads.includes(head)) return active;
    const companion = this.settings.companions?.[head];
    if (!companion) return active;
    // A call that is aborted leaves it to the calls that wait for it too.
    return untilAborted(this.#open(companion), readSignal(signal));
  }
}
