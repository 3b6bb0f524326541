// A model's adapters and heads: which are loaded, which is in use, and what heads calls find.
import { untilAborted } from '../shared/abort.js';
import { AdapterShelf } from './adapter-shelf.js';
import { BertletError } from '../shared/errors.js';
import { readIntegrity } from '../source/integrity.js';
import { createProgress } from '../shared/progress.js';
import { copySource } from '../source/location.js';

/**
 * @import { LoadedAdapter } from './adapter-shelf.js'
 * @import { UseAdapterOptions } from '../index.d.ts'
 * @import { FileProgress } from '../shared/progress.js'
 * @import { ModelEngine } from './session.js'
 * @import { SourceOptions } from '../source/source.js'
 */

/**
 * What adapters are loaded with: how sources are opened, and the adapters that bring the embedded
 * model its heads, by head.
 * @typedef {{ sourceOptions: SourceOptions, companions?: Record<string, unknown> }} AdapterSettings
 */

export class Adapters {
  #engine;
  #settings;
  #shelf;
  /** The adapter that calls use, or the base. */
  #active;

  /** @param {ModelEngine} engine @param {AdapterSettings} settings */
  constructor(engine, settings) {
    this.#engine = engine;
    this.#settings = settings;
    this.#shelf = new AdapterShelf(engine);
    this.#active = this.#shelf.lendAgain(this.#shelf.base);
  }

  /**
   * Makes later calls use an adapter; one that is here already is not loaded again.
   * @param {unknown} source a PEFT folder as load() takes one, or null: the base alone
   * @param {UseAdapterOptions & { report?: FileProgress }} options
   * @param {(opened: Promise<unknown>) => Promise<void>} wait until it is loaded; rejects where it
   *   is not to be used
   */
  async use(source, options, wait) {
    const adapter = this.#lend(source, options);
    try {
      await wait(adapter.opened);
    } catch (error) {
      this.#shelf.giveBack(adapter);
      throw error;
    }
    const before = this.#active;
    this.#active = adapter;
    this.#shelf.giveBack(before);
  }

  /**
   * @param {unknown} source
   * @param {UseAdapterOptions & { report?: FileProgress, stays?: boolean }} how
   * @returns {LoadedAdapter}
   */
  #lend(source, { onProgress, integrity, report, stays }) {
    const hashes = [...readIntegrity(integrity)].sort();
    if (source === null) return this.#shelf.lendAgain(this.#shelf.base);
    const pins = JSON.stringify(hashes);
    return this.#shelf.lend({ source, pins, stays }, async (number, signal) =>
      this.#engine.openAdapter(
        number,
        copySource(source),
        { ...this.#settings.sourceOptions, integrity: Object.fromEntries(hashes) },
        { signal, report: report ?? createProgress(onProgress) },
      ),
    );
  }

  /** Heads that calls find: those of the adapter in use, or the base's and its companions'. */
  get heads() {
    const companions =
      this.#active === this.#shelf.base ? Object.keys(this.#settings.companions ?? {}) : [];
    return [...new Set([...this.inUse.heads, ...companions])];
  }

  /** What the engine says of the adapter in use, or of the base. */
  get inUse() {
    return describeModel(this.#engine, this.#active.number);
  }

  /**
   * The first of some heads that calls find.
   * @param {string} task for the message
   * @param {string[]} names
   * @returns {string}
   * @throws NO_HEAD
   */
  findHead(task, names) {
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
   * @param {string | undefined} head
   * @param {AbortSignal | undefined} signal
   * @param {(adapter: number) => Promise<T>} call
   * @returns {Promise<T>}
   * @template T
   */
  async withHead(head, signal, call) {
    const companion =
      head === undefined || this.inUse.heads.includes(head)
        ? undefined
        : this.#settings.companions?.[head];
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

/**
 * What an engine says of one of its models.
 * @param {ModelEngine} engine
 * @param {number} number of the base, or of an adapter that is lent
 */
export function describeModel(engine, number) {
  const model = engine.info().models.get(number);
  if (!model) throw new BertletError('INTERNAL', `The engine has no adapter ${number}.`);
  return model;
}
