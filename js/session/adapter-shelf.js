// A model's adapters that are loaded: those in use, those of calls under way, and the few that were
// used last, so that going back to one costs nothing. All others give their memory back.

/** So many are kept that nothing uses, if they take no more than so many bytes together. */
const mostIdle = 4;
const mostIdleBytes = 2 ** 23;

/**
 * @typedef {{ number: number, source?: unknown, pins?: string, stays: boolean, users: number,
 *   opened: Promise<unknown>, giveUp?: () => void }} LoadedAdapter
 *   `number`: as requests name it; `stays`: it is never idle; `opened`: resolves when it can be used;
 *   `giveUp`: stops loading it, as long as it loads
 */

export class AdapterShelf {
  #engine;
  /** @type {LoadedAdapter[]} those used last at the end */
  #loaded = [];
  #lastNumber = 0;

  /** @param {import('./session.js').ModelEngine} engine */
  constructor(engine) {
    this.#engine = engine;
  }

  /** What stands for the base. @type {LoadedAdapter} */
  base = { number: 0, stays: true, users: 0, opened: Promise.resolve() };

  /**
   * The adapter of a source, for somebody who gives it back.
   * @param {{ source: unknown, pins?: string, stays?: boolean }} what `pins`: the hashes that its
   *   files are checked by
   * @param {(number: number, signal: AbortSignal) => Promise<unknown>} open loads it; the signal
   *   fires when everybody who waits has given it back
   * @returns {LoadedAdapter}
   */
  lend({ source, pins, stays = false }, open) {
    const known = this.#loaded.find((one) => one.source === source && one.pins === pins);
    if (known) return this.lendAgain(known);
    const number = ++this.#lastNumber;
    const stop = new AbortController();
    const opened = open(number, stop.signal);
    const giveUp = () => stop.abort();
    /** @type {LoadedAdapter} */
    const adapter = { number, source, pins, stays, users: 1, opened, giveUp };
    this.#loaded.push(adapter);
    opened.then(
      () => {
        adapter.giveUp = undefined;
      },
      // What was loaded before an abort was heard is closed too.
      () => this.#close(adapter),
    );
    return adapter;
  }

  /** @param {LoadedAdapter} adapter which somebody has */
  lendAgain(adapter) {
    adapter.users++;
    return adapter;
  }

  /** @param {LoadedAdapter} adapter */
  giveBack(adapter) {
    adapter.users--;
    if (!this.#loaded.includes(adapter)) return;
    this.#loaded = this.#loaded.filter((other) => other !== adapter);
    if (adapter.users === 0 && adapter.giveUp) return adapter.giveUp();
    this.#loaded.push(adapter);
    const idle = this.#loaded.filter(({ users, stays }) => users === 0 && !stays);
    while (idle.length > mostIdle || this.#bytesOf(idle) > mostIdleBytes) {
      const [oldest] = idle.splice(0, 1);
      this.#close(oldest);
    }
  }

  /** @param {LoadedAdapter[]} adapters */
  #bytesOf(adapters) {
    const { models } = this.#engine.info();
    return adapters.reduce((sum, { number }) => sum + (models.get(number)?.bytes ?? 0), 0);
  }

  /** @param {LoadedAdapter} adapter */
  #close(adapter) {
    this.#loaded = this.#loaded.filter((other) => other !== adapter);
    this.#engine.closeAdapter(adapter.number).catch(() => {}); // it was disposed of
  }
}
