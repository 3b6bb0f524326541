// What every call on a model shares: its engine, its options, its heads, long texts.
import { truncations } from './encode-call.js';
import { BertletError, disposedError } from './errors.js';
import { badArgument, readCount, readSignal } from './inputs.js';
import { createProgress } from './progress.js';
import { encodeText, readLength, reportUsage, runEncoded } from './windows.js';

export class Session {
  #signal;
  #disposed = false;
  /** The number of the adapter that calls use; 0: the base. */
  #active = 0;
  /** @type {Map<unknown, Promise<number>>} adapters by what they were loaded from */
  #adapters = new Map();

  /**
   * @param {import('./engine.js').Engine | import('./client.js').WorkerEngine} engine
   * @param {import('./tokenizer.js').Tokenizer} tokenizer
   * @param {ReturnType<typeof import('./folder.js').readFolder>} settings what the folder's
   *   small files say
   * @param {{ dtype: string, simd: string, signal?: AbortSignal }} choices made while loading
   */
  constructor(engine, tokenizer, settings, choices) {
    this.engine = engine;
    this.tokenizer = tokenizer;
    this.settings = { ...settings, ...choices };
    this.#signal = choices.signal;
  }

  get disposed() {
    return this.#disposed;
  }

  /** The hidden size. */
  get width() {
    return this.settings.config.hidden_size;
  }

  check() {
    if (this.#disposed) throw disposedError();
  }

  dispose() {
    if (this.#disposed) return;
    this.#disposed = true;
    this.engine.dispose();
    this.tokenizer.dispose();
  }

  /** The length of a text that this call allows, special tokens included. */
  readMaxLength({ maxLength }) {
    const { config, maxLength: usual } = this.settings;
    const wanted = readCount('maxLength', maxLength, usual, 2);
    if (wanted > config.max_positions) {
      throw badArgument(
        `maxLength is ${wanted}, but the model has ${config.max_positions} positions.`,
      );
    }
    return wanted;
  }

  /**
   * Makes later calls use an adapter; one that is here already is not loaded again.
   * @param {unknown} source a PEFT folder as load() takes one, or null: the base alone
   * @param {{ signal?: AbortSignal, onProgress?: (event: object) => void,
   *   report?: import('./progress.js').FileProgress }} [options]
   */
  async useAdapter(source, options = {}) {
    this.check();
    const none = source === null || source === undefined;
    const adapter = none ? 0 : await this.#openAdapter(source, options);
    this.check();
    this.#active = adapter;
  }

  async #openAdapter(source, { signal: given, onProgress, report } = {}) {
    const signal = joinSignals(readSignal(given), this.#signal);
    const known = this.#adapters.get(source);
    if (known) return known;
    const { sourceOptions } = this.settings;
    const opening = this.engine.openAdapter(source, sourceOptions, {
      signal,
      report: report ?? createProgress(onProgress),
    });
    this.#adapters.set(source, opening);
    opening.catch(() => this.#adapters.delete(source));
    return opening;
  }

  /** Heads that calls find: those of the adapter in use, or the base's and its companions'. */
  get heads() {
    const { models } = this.engine.info();
    const companions = this.#active === 0 ? Object.keys(this.settings.companions ?? {}) : [];
    return [...new Set([...models[this.#active].heads, ...companions])];
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
  async #adapterWith([head], options) {
    const active = this.#active;
    if (head === undefined || this.inUse.heads.includes(head)) return active;
    const companion = this.settings.companions?.[head];
    return companion ? this.#openAdapter(companion, { signal: options.signal }) : active;
  }

  /**
   * Runs texts as they are, or with `longText: 'window'` in windows.
   * @param {{ text: string, pair?: string }[]} inputs
   * @param {object} options of the call
   * @param {object} request what to compute: see RunRequest in engine.js
   * @returns {Promise<import('./engine.js').RunResult & {
   *   windows: import('./windows.js').Windows[], head: import('./heads.js').HeadConfig }>}
   *   results by engine input, which of these are a text's, and what the model's configuration
   *   says of the head
   */
  async run(inputs, options, request) {
    const length = readLength(this, options);
    if (length.longText === 'window') {
      const texts = inputs.map((input, i) => encodeText(this.tokenizer, input, length, i));
      return runEncoded(this, texts, options, request);
    }
    const { maxLength, longText, truncation = truncations[0] } = length;
    const results = await this.runPrepared(inputs, options, {
      maxLength,
      truncation,
      longText,
      ...request,
    });
    const counts = inputs.map(() => 1);
    return { ...results, windows: reportUsage(counts, results.usage, undefined, options) };
  }

  /** Runs inputs of the engine, by the adapter that has the heads asked for. */
  async runPrepared(inputs, options, request) {
    this.check();
    const signal = joinSignals(readSignal(options.signal), this.#signal);
    const { onProgress } = options;
    const adapter = await this.#adapterWith(request.heads ?? [], options);
    const results = await this.engine.run(
      {
        inputs,
        adapter,
        maxLength: this.settings.config.max_positions,
        truncation: truncations[0],
        longText: 'error',
        ...request,
      },
      { signal, onProgress },
    );
    return { ...results, head: this.engine.info().models[adapter].head };
  }
}

/** A signal given to load() is honoured in every later call too. */
function joinSignals(...signals) {
  const given = signals.filter(Boolean);
  return given.length > 1 ? AbortSignal.any(given) : given[0];
}
