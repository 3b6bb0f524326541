// What every call on a model shares: its engine, its options, its heads, long texts.
import { truncations } from './encode-call.js';
import { BertletError, disposedError } from './errors.js';
import { unnamedLabels } from './heads.js';
import { badArgument, readChoice, readCount, readSignal } from './inputs.js';

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
   * The first of some heads that the model has.
   * @param {string} task for the message
   * @param {string[]} names
   * @returns {string}
   * @throws NO_HEAD
   */
  findHead(task, ...names) {
    this.check();
    const { heads } = this.engine.info();
    const found = names.find((name) => heads.includes(name));
    if (found) return found;
    throw new BertletError(
      'NO_HEAD',
      `${task} needs a ${names.join(' or ')} head; this model has ${heads.join(', ') || 'none'}.`,
    );
  }

  /** Names of the classifier's outputs. @param {number} count */
  labels(count) {
    return this.settings.config.head.labels ?? unnamedLabels(count);
  }

  /**
   * Runs texts as they are, or with `longText: 'window'` in windows.
   * @param {{ text: string, pair?: string }[]} inputs
   * @param {object} options of the call
   * @param {object} request what to compute: see RunRequest in engine.js
   * @returns {Promise<import('./engine.js').RunResult & { windows: Windows[] }>} results by
   *   engine input, and which of these are a text's
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

  /** Runs inputs of the engine. */
  runPrepared(inputs, options, request) {
    this.check();
    const signal = joinSignals(readSignal(options.signal), this.#signal);
    const { onProgress } = options;
    return this.engine.run(
      {
        inputs,
        maxLength: this.settings.config.max_positions,
        truncation: truncations[0],
        longText: 'error',
        ...request,
      },
      { signal, onProgress },
    );
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
