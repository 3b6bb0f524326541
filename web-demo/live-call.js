// Computing while someone types: after a short pause, and never two answers at once. The call
// that a newer one has made outdated is aborted.

const pause = 120;

export class LiveCall {
  #app;
  #root;
  #compute;
  #show;
  #trouble;
  #model = null;
  #timer = 0;
  #call = new AbortController();

  /**
   * `data-state` on the root is `busy` from a request until its answer (`done`) or `failed`.
   * @template Result
   * @param {object} app see app.js
   * @param {HTMLElement} root
   * @param {{
   *   compute: (model: any, signal: AbortSignal) => Promise<Result>,
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

  /** From now on with this model, and at once. @param {any} model null: with none */
  useModel(model) {
    this.#model = model;
    this.request(0);
  }

  /** Computes again, as the input is now another. @param {number} [delay] in milliseconds */
  request(delay = pause) {
    clearTimeout(this.#timer);
    this.#call.abort();
    if (!this.#model) return;
    this.#root.dataset.state = 'busy';
    this.#timer = setTimeout(() => this.#run(), delay);
  }

  async #run() {
    const call = new AbortController();
    this.#call = call;
    const begin = performance.now();
    try {
      const result = await this.#compute(this.#model, call.signal);
      if (call.signal.aborted) return;
      this.#trouble.hidden = true;
      this.#show(result, performance.now() - begin);
      this.#app.showMemory(this.#model);
      this.#root.dataset.state = 'done';
    } catch (error) {
      if (call.signal.aborted || this.#app.isEnded(error)) return;
      this.#trouble.textContent = this.#app.explain(error);
      this.#trouble.hidden = false;
      this.#root.dataset.state = 'failed';
    }
  }
}
