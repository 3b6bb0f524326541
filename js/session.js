// What every call on a model shares: its engine, its options, its heads, long texts.
import { withSignals } from './abort.js';
import { AdapterSession } from './adapter-session.js';
import { disposedError } from './errors.js';
import { badArgument, readCount, readSignal } from './inputs.js';
import { checkCut, checkPair, encodeText, readLength, reportUsage, runEncoded } from './windows.js';

/** @type {WeakMap<object, Session>} */
const sessions = new WeakMap();

/** @param {object} model that calls are made on @param {Session} session */
export function giveSession(model, session) {
  sessions.set(model, session);
}

/** @param {unknown} model @returns {Session} */
export function sessionOf(model) {
  const session = sessions.get(model);
  if (session) return session;
  throw badArgument('A call was taken off its model: write model.embed(…), not embed(…).');
}

export class Session extends AdapterSession {
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
    super(engine);
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
    for (const { pair } of inputs) checkPair(this.tokenizer, pair);
    const { maxLength, longText, truncation = 'longest_first' } = length;
    const results = await this.runPrepared(inputs, options, {
      maxLength,
      truncation,
      longText,
      ...request,
    });
    if (results.usage.some((count, i) => i % 2 === 1 && count > 0)) checkCut(this.tokenizer);
    const counts = inputs.map(() => 1);
    return { ...results, windows: reportUsage(counts, results.usage, undefined, options) };
  }

  /** Runs inputs of the engine, by the adapter that has the heads asked for. */
  async runPrepared(inputs, options, request) {
    this.check();
    const { onProgress } = options;
    return this.withSignal(options.signal, (signal) =>
      this.withAdapter(request.heads, signal, async (adapter) => {
        const results = await this.engine.run(
          {
            inputs,
            adapter,
            maxLength: this.settings.config.max_positions,
            truncation: 'longest_first',
            longText: 'error',
            ...request,
          },
          { signal, onProgress },
        );
        return { ...results, head: this.engine.info().models.get(adapter).head };
      }),
    );
  }

  /**
   * Makes a call with its own signal: that given to load() is honoured in every later call too.
   * @param {unknown} given
   * @param {(signal: AbortSignal | undefined) => Promise<T>} call
   * @returns {Promise<T>}
   * @template T
   */
  async withSignal(given, call) {
    return withSignals([readSignal(given), this.#signal], call);
  }
}
