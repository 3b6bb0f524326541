// What every call on a model shares: its engine, its options, its heads, long texts.
import { untilAborted, withSignals } from '../shared/abort.js';
import { Adapters, describeModel } from './adapters.js';
import { disposedError } from '../shared/errors.js';
import { badArgument, readCount, readSignal } from '../shared/inputs.js';
import { checkCut, checkPair, readLength, reportUsage } from './windows.js';

/**
 * @import { AdapterSettings } from './adapters.js'
 * @import { Engine, RunOutput, RunRequest, RunResult } from '../engine/interface.js'
 * @import { readFolder } from '../folder/folder.js'
 * @import { HeadConfig } from '../weights/heads.js'
 * @import {
 *   CallOptions, Dtype, Floats, LongText, ModelInfo, UseAdapterOptions, WindowOptions
 * } from '../index.d.ts'
 * @import { TextOrPair } from '../shared/inputs.js'
 * @import { FileProgress } from '../shared/progress.js'
 * @import { Threading } from '../threads/threading.js'
 * @import { Tokenizer } from '../tokenizer/tokenizer.js'
 * @import { Windows } from './windows.js'
 */

/**
 * @typedef {Engine} ModelEngine
 *
 * What a folder's small files say.
 * @typedef {Awaited<ReturnType<typeof readFolder>> & { maxLength: number }} FolderSettings
 *
 * What was chosen while loading.
 * @typedef {AdapterSettings & { dtype: Dtype, simd: ModelInfo['simd'], threading: Threading,
 *   signal?: AbortSignal }} LoadChoices
 *
 * What a call asks of the engine: the session fills in the rest.
 * @typedef {Partial<Omit<RunRequest, 'inputs' | 'adapter'>>} CallRequest
 *
 * Tokens for the engine, and the rows that heads are computed for.
 * @typedef {{ ids: Int32Array, typeIds: Int32Array, rows?: number[] }} TokenRows
 */

/**
 * A text's tokens, in one piece or in windows.
 * @template {TokenRows} Tokens
 * @typedef {{ encodings: Tokens[], truncated: number }} EncodedText
 */

/**
 * What a call's run gives: vectors with a `pooling`, else outputs, by engine input.
 * @template {CallRequest} Request
 * @typedef {(Request extends { pooling: string } ? { vectors: Floats } : { outputs: RunOutput[] })
 *   & Pick<RunResult, 'counts' | 'tokens' | 'truncated'> & { head: HeadConfig }} RunOf
 *   `head`: what the model's configuration says of the head
 */

/** @type {WeakMap<object, Session>} */
const sessions = new WeakMap();

/** @param {object} model that calls are made on @param {Session} session */
export function giveSession(model, session) {
  sessions.set(model, session);
}

/** @param {object} model @returns {Session} */
export function sessionOf(model) {
  const session = sessions.get(model);
  if (session) return session;
  throw badArgument('A call was taken off its model: write model.embed(…), not embed(…).');
}

export class Session {
  #adapters;
  #signal;
  #disposed = false;

  /**
   * @param {ModelEngine} engine
   * @param {Tokenizer} tokenizer
   * @param {FolderSettings} settings
   * @param {LoadChoices} choices
   */
  constructor(engine, tokenizer, settings, choices) {
    this.engine = engine;
    this.tokenizer = tokenizer;
    this.settings = { ...settings, ...choices };
    this.#adapters = new Adapters(engine, choices);
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

  /** Heads that calls find. */
  get heads() {
    return this.#adapters.heads;
  }

  /** What the engine says of the adapter in use, or of the base. */
  get inUse() {
    return this.#adapters.inUse;
  }

  /**
   * The first of some heads that calls find.
   * @param {string} task for the message
   * @param {string[]} names
   * @throws NO_HEAD
   */
  findHead(task, ...names) {
    this.check();
    return this.#adapters.findHead(task, names);
  }

  /**
   * Makes later calls use an adapter.
   * @param {unknown} source a PEFT folder as load() takes one, or null: the base alone
   * @param {UseAdapterOptions & { report?: FileProgress }} [options]
   */
  async useAdapter(source, options = {}) {
    this.check();
    await this.#adapters.use(source ?? null, options, async (opened) => {
      await this.withSignal(options.signal, (signal) => untilAborted(opened, signal));
      this.check();
    });
  }

  /** The length of a text that this call allows, special tokens included. @param {CallOptions} options */
  readMaxLength({ maxLength }) {
    const { config, maxLength: usual } = this.settings;
    const wanted = readCount('maxLength', maxLength, usual, 2);
    if (wanted > config.max_length) {
      throw badArgument(
        `maxLength is ${wanted}, but the model has ${config.max_length} positions.`,
      );
    }
    return wanted;
  }

  /**
   * How a call treats long texts.
   * @param {WindowOptions} options of the call
   * @param {LongText} [usual] what happens where it doesn't say
   */
  readLength(options, usual) {
    this.check();
    return readLength(options, this.readMaxLength(options), usual);
  }

  /**
   * Runs texts as they are, or with `longText: 'window'` in windows.
   * @param {TextOrPair[]} inputs
   * @param {CallOptions} options of the call
   * @param {Request} request what to compute
   * @returns {Promise<RunOf<Request> & { windows: Windows[] }>} `windows`: which of the results
   *   are a text's
   * @template {CallRequest} const Request
   */
  async run(inputs, options, request) {
    const length = this.readLength(options);
    for (const { pair } of inputs) checkPair(this.tokenizer, pair);
    const results = await this.#runPrepared(inputs, options, { ...length, ...request });
    if (results.truncated.some((count) => count > 0)) checkCut(this.tokenizer);
    return { ...results, windows: reportUsage(results, options) };
  }

  /**
   * Runs encoded texts.
   * @param {EncodedText<Tokens>[]} texts
   * @param {CallOptions} options of the call
   * @param {Request} request what to compute
   * @param {(tokens: Tokens) => number[] | undefined} [rowsOf] the rows that heads are computed
   *   for, at least one; else they are the tokens' own `rows`, or all
   * @returns {Promise<RunOf<Request> & { windows: Windows[] }>} as run
   * @template {CallRequest} const Request
   * @template {TokenRows} Tokens
   */
  async runEncoded(texts, options, request, rowsOf = ({ rows }) => rows) {
    const inputs = texts.flatMap(({ encodings }) =>
      encodings.map((encoding) => ({
        ids: encoding.ids,
        typeIds: encoding.typeIds,
        rows: rowsOf(encoding),
      })),
    );
    const results = await this.#runPrepared(inputs, options, request);
    // The engine was given windows, and knows no texts.
    const counts = texts.map(({ encodings }) => encodings.length);
    const truncated = texts.map((text) => text.truncated);
    const { tokens } = results;
    return { ...results, windows: reportUsage({ counts, truncated, tokens }, options) };
  }

  /**
   * Runs inputs of the engine, by the adapter that has the heads asked for.
   * @param {RunRequest['inputs']} inputs
   * @param {CallOptions} options of the call
   * @param {Request} request
   * @returns {Promise<RunOf<Request>>}
   * @template {CallRequest} Request
   */
  async #runPrepared(inputs, options, request) {
    this.check();
    const { onProgress } = options;
    const run = await this.withSignal(options.signal, (signal) =>
      this.#adapters.withHead(request.heads?.[0], signal, async (adapter) => {
        const results = await this.engine.run(
          {
            inputs,
            adapter,
            maxLength: this.settings.config.max_length,
            longText: 'error',
            ...request,
          },
          { signal, onProgress },
        );
        return { ...results, head: describeModel(this.engine, adapter).head };
      }),
    );
    return /** @type {RunOf<Request>} */ (run);
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
