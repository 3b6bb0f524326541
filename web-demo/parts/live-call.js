// Computing while someone types: after a short pause, and never two answers at once. The call
// that a newer one has made outdated is aborted.

/** @import { App, Model } from '../app.js' */

const pause = 120;

/**
 * `data-state` on the root is `busy` from a request until its answer (`done`) or `failed`.
 * @template Result
 */
export class LiveCall {
  #app;
  #root;
  #compute;
  #show;
  #trouble;
  /** @type {Model | null} */
  #model = null;
  #timer = 0;
  #call = new AbortController();

  /**
   * @param {App} app
   * @param {HTMLElement} root
   * @param {{
   *   compute: (model: Model, signal: AbortSignal) => Promise<Result>,
   *   show: (result: Result, milliseconds: number) => void,
   *   trouble: HTMLElement,
   * }} parts `trouble` takes the sentence of a failure, and is hidden while there is none
   */
  constructor(app, root, { compute, show, trouble }) {
    this.#app = app;
    this.#root = root;
    this.#compute = compute;
    this.#show = show;
    this.#trouble = trouble;
  }

  /** From now on with this model, and at once. @param {Model | null} model null: with none */
  useModel(model) {
    this.#model = model;
    this.request(0);
  }

  /** Computes again, as the input is now another. @param {number} [delay] in milliseconds */
  request(delay = pause) {
    clearTimeout(this.#timer);
    this.#call.abort();
    const model = this.#model;
    if (!model) return;
    this.#root.dataset.state = 'busy';
    this.#timer = window.setTimeout(() => this.#run(model), delay);
  }

  /** @param {Model} model */
  async #run(model) {
    const call = new AbortController();
    this.#call = call;
    const begin = performance.now();
    try {
      const result = await this.#compute(model, call.signal);
      if (call.signal.aborted) return;
      this.#trouble.hidden = true;
      this.#show(result, performance.now() - begin);
      this.#app.showMemory(model);
      this.#root.dataset.state = 'done';
    } catch (error) {
      if (call.signal.aborted || this.#app.isEnded(error)) return;
      this.#trouble.textContent = this.#app.explain(error);
      this.#trouble.hidden = false;
      this.#root.dataset.state = 'failed';
    }
  }
}
