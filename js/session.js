// What every call on a model shares: its engine, its options, its heads, long texts.
import { truncations } from './encode-call.js';
import { BertletError, disposedError } from './errors.js';
import { badArgument, readChoice, readCount, readSignal } from './inputs.js';
import { createProgress } from './progress.js';

/** The options that all calls take, checked. */
const longTexts = ['truncate', 'error', 'window'];

/**
 * A text that was given, and the windows it became: one, but for a long text in windows.
 * @typedef {{ first: number, count: number, tokens: number[], total: number }} Windows
 *   inputs of the engine from `first` on; `tokens` of each, and of all together
 */

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
   * @returns {Promise<import('./engine.js').RunResult & { windows: Windows[],
   *   head: import('./heads.js').HeadConfig }>} results by engine input, which of these are a
   *   text's, and what the model's configuration says of the head
   */
  async run(inputs, options, request) {
    this.check();
    const longText = readChoice('longText', options.longText ?? 'truncate', longTexts);
    const truncation = readChoice('truncation', options.truncation ?? truncations[0], truncations);
    const maxLength = this.readMaxLength(options);
    const engineInputs =
      longText === 'window'
        ? inputs.map((input) => this.cut(input, { ...options, truncation: options.truncation }))
        : inputs.map((input) => [input]);
    const results = await this.runPrepared(engineInputs.flat(), options, {
      maxLength,
      truncation,
      longText: longText === 'error' ? 'error' : 'truncate',
      ...request,
    });
    return { ...results, windows: this.#report(engineInputs, results.usage, options) };
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

  /**
   * A text's windows, as inputs of the engine. Of a pair the second text is cut into windows,
   * each with the whole first.
   * @param {{ text: string, pair?: string }} input
   */
  cut({ text, pair }, options) {
    const { encodings } = this.encode({ text, pair }, options);
    return encodings.map(({ ids, typeIds }) => ({ ids, typeIds }));
  }

  /**
   * A text and what overflows it, encoded.
   * @param {{ text: string, pair?: string }} input
   * @param {{ maxLength?: number, stride?: number, truncation?: string }} options
   */
  encode({ text, pair }, options) {
    this.check();
    const usual = pair === undefined ? truncations[0] : 'only_second';
    const encoding = this.tokenizer.encode(text, {
      pair,
      truncation: readChoice('truncation', options.truncation ?? usual, truncations),
      maxLength: this.readMaxLength(options),
      stride: options.stride,
    });
    return { encoding, encodings: [encoding, ...encoding.overflowing] };
  }

  #report(engineInputs, usage, { onUsage }) {
    let first = 0;
    return engineInputs.map(({ length: count }) => {
      const rows = Array.from({ length: count }, (_, i) => usage[(first + i) * 2]);
      const total = rows.reduce((sum, tokens) => sum + tokens, 0);
      onUsage?.({ tokens: total, truncated: usage[first * 2 + 1], windows: count });
      const windows = { first, count, tokens: rows, total };
      first += count;
      return windows;
    });
  }
}

/** A signal given to load() is honoured in every later call too. */
function joinSignals(...signals) {
  const given = signals.filter(Boolean);
  return given.length > 1 ? AbortSignal.any(given) : given[0];
}

/**
 * The mean of a text's windows, each counting by its tokens.
 * @param {Windows} windows
 * @param {(index: number) => ArrayLike<number>} valuesOf an input of the engine
 * @returns {Float32Array}
 */
export function meanOfWindows({ first, tokens, total }, valuesOf) {
  const mean = new Float64Array(valuesOf(first).length);
  tokens.forEach((count, i) => {
    const values = valuesOf(first + i);
    for (let k = 0; k < mean.length; k++) mean[k] += (values[k] * count) / total;
  });
  return Float32Array.from(mean);
}
