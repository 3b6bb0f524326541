// One WASM instance with its tokenizer and weights: runs batches, one call at a time.
import { untilAborted } from '../shared/abort.js';
import {
  BertletError,
  errorOfStatus,
  guardedReading,
  throwIfAborted,
  disposedError,
} from '../shared/errors.js';
import { openAdapter } from './adapter-weights.js';
import { Memory } from '../core/memory.js';
import { fieldsToKeep, readOutputs } from './pass-heads.js';
import { fillBatch, takeGroup } from './pass-input.js';
import { readVectors } from './pass-output.js';
import { Regions } from '../core/regions.js';
import { RunResults } from './run-results.js';
import { Threads } from '../threads/threads.js';
import { createEncodeCall } from '../tokenizer/encode-call.js';
import { placeTokenizer } from '../tokenizer/place.js';
import { loadWeights } from '../weights/weights.js';
import { yieldToEvents } from '../shared/yield.js';

/** Milliseconds of work after which waiting events (an abort, a message) get their turn. */
const yieldAfter = 16;

/**
 * What both kinds of engine (this one, and its stand-in for a worker in client.js) take.
 * @typedef {{
 *   module: WebAssembly.Module,
 *   packTokenizer: (constants: Record<string, number>) => Uint8Array | Promise<Uint8Array>,
 *   config: import('../weights/config.js').Config,
 *   dtype: 'fp32' | 'int8' | 'int8-fast',
 *   threads: number,
 * }} EngineOptions `packTokenizer`: makes the blob (tokenizer-blob.js), by the core's constants;
 *   with more than one thread, `module` is one with threads
 *
 * @typedef {{
 *   inputs: EngineInput[],
 *   maxLength: number,
 *   truncation?: 'longest_first' | 'only_first' | 'only_second',
 *   longText: 'truncate' | 'error' | 'window',
 *   stride?: number,
 *   pooling?: 'mean' | 'cls' | 'max',
 *   leftOut?: number,
 *   normalize?: boolean,
 *   hiddenStates?: number[],
 *   attentions?: number[],
 *   adapter?: number,
 *   heads?: string[],
 *   rows?: 'all' | 'first',
 *   firstIndex?: number,
 * }} RunRequest
 *   `truncation`: what is cut; usually the longest, and of a pair in windows the second. `stride`:
 *   tokens that windows share. With `pooling` the run gives vectors, of all tokens but the first `leftOut`. Without it each
 *   window's states (`hiddenStates` and `attentions`: of which layers), and the values of `heads`
 *   (names of heads.js, or pooler); if some inputs have rows of their own, or `rows` is "first",
 *   then only the heads' values. `firstIndex`: what errors call the first input (0).
 *
 * @typedef {{ text: string, pair?: string } | { ids: Int32Array, typeIds: Int32Array, rows?: number[] }} EngineInput
 *   a text, or tokens, with the rows (ascending) that heads are computed for
 *
 * @typedef {{ vectors?: Floats, outputs?: RunOutput[], counts: Uint32Array, tokens: Uint32Array,
 *   truncated: Uint32Array }} RunResult
 *   By windows, of which an input has one unless `longText` says otherwise: vectors (end to end) or
 *   outputs, and `tokens`. By inputs: `counts` of windows, and how many tokens were `truncated`
 *
 * @typedef {{ lastHiddenState?: Floats, hiddenStates?: Floats[], attentions?: Floats[],
 *   heads: Record<string, Floats> }} RunOutput
 *
 * @typedef {import('../index.d.ts').Floats} Floats
 */

export class Engine {
  #crew;
  #encodeCall;
  /** The base (0) and its adapters, by the numbers that requests name. @type {Map<number, object>} */
  #models;
  #tail = Promise.resolve();
  #disposed = false;

  /**
   * @param {EngineOptions} options
   * @param {import('../source/source.js').Source} source where the weights are
   * @param {{ signal?: AbortSignal, onProgress?: (event: object) => void }} [control]
   */
  static async open(options, source, control = {}) {
    const { module, threads } = options;
    const memory = await Memory.instantiate(module, { shared: threads > 1 });
    const model = await loadWeights(memory, options.config, options.dtype, source, control);
    const tokenizer = placeTokenizer(memory, await options.packTokenizer(memory.constants));
    throwIfAborted(control.signal);
    const crew = threads > 1 ? new Threads(memory, module, threads) : undefined;
    const { config } = options;
    const models = new Map([[0, { ...model, head: config.head }]]);
    return new Engine({ memory, tokenizer, models, config, crew });
  }

  /**
   * Another engine that gives the same.
   * @param {WebAssembly.Module} module the same, without threads
   * @param {Awaited<ReturnType<Engine['snapshot']>>} snapshot
   */
  static async restore(module, { memory: copy, ...parts }) {
    const memory = await Memory.instantiate(module);
    memory.restore(copy);
    return new Engine({ memory, ...parts });
  }

  constructor({ memory, tokenizer, models, config, crew, free }) {
    this.memory = memory;
    this.regions = new Regions(memory, free);
    /** Address of the C tokenizer. */
    this.tokenizer = tokenizer;
    this.#models = models;
    this.config = config;
    this.#crew = crew;
    this.#encodeCall = createEncodeCall(memory, tokenizer);
    memory.seal();
  }

  /** @returns {{ memoryBytes: number, parameters: number, threads: number, reason?: string,
   *   models: Map<number, { heads: string[], labels: number, hasPooler: boolean, bytes: number,
   *     head: import('../weights/heads.js').HeadConfig }> }}
   *   `models`: the base (0) and adapters by their numbers, `bytes`: what an adapter takes; `reason`: why there are fewer threads
   *   than were wanted */
  info() {
    return {
      memoryBytes: this.memory?.byteLength ?? 0,
      threads: this.#crew?.size ?? 1,
      reason: this.#crew?.size === 1 ? 'Threads ended again and again.' : undefined,
      parameters: this.#models.get(0).parameters,
      models: new Map([...this.#models].map(([number, model]) => [number, describe(model)])),
    };
  }

  /**
   * Runs after all calls before it. An abort while it waits or works leaves the others alone.
   * @param {RunRequest} request
   * @param {{ signal?: AbortSignal, onProgress?: (event: { done: number, total: number }) => void }} [control]
   * @returns {Promise<RunResult>}
   */
  run(request, control = {}) {
    return this.#inTurn(control, () => this.#runNow(request, control));
  }

  /**
   * Loads an adapter, after all calls before it.
   * @param {number} number for requests to name it, which no other had
   * @param {unknown} source as openSource takes it
   * @param {import('../source/source.js').SourceOptions} options
   * @param {{ signal?: AbortSignal, report?: import('../shared/progress.js').FileProgress }} [control]
   */
  openAdapter(number, source, options, control = {}) {
    return this.#inTurn(control, async () => {
      const base = this.#models.get(0);
      const how = { ...options, ...control };
      const adapter = await guardedReading(() => openAdapter(this, base, source, how));
      this.#models.set(number, adapter);
    });
  }

  /** Lets go of an adapter, after all calls before it. What was never loaded is none to let go of. */
  closeAdapter(number) {
    return this.#inTurn({}, async () => {
      const adapter = this.#models.get(number);
      this.#models.delete(number);
      if (adapter) this.regions.give(adapter.region);
    });
  }

  /** A copy of all that calls use, after all calls before it; data that can be sent. */
  snapshot() {
    return this.#inTurn({}, async () => ({
      memory: this.memory.snapshot(),
      free: this.regions.free,
      tokenizer: this.tokenizer,
      models: this.#models,
      config: this.config,
    }));
  }

  /** Works after all calls before it. */
  #inTurn({ signal }, work) {
    const result = this.#tail.then(async () => {
      this.#check(signal);
      try {
        return await work();
      } catch (error) {
        if (this.#disposed) throw disposedError(); // under its hands
        throw error;
      }
    });
    this.#tail = result.catch(() => {});
    return untilAborted(result, signal);
  }

  dispose() {
    this.#disposed = true;
    this.#crew?.stop();
    this.memory = null;
    this.regions = null;
  }

  #check(signal) {
    if (this.#disposed) throw disposedError();
    throwIfAborted(signal);
  }

  async #runNow(request, control) {
    const { inputs } = request;
    const results = new RunResults();
    const clock = { last: performance.now() };
    this.#crew?.refill();
    for (let done = 0; done < inputs.length; ) {
      const mark = this.memory.mark();
      try {
        const group = takeGroup(this.memory, this.#encodeCall, request, done);
        results.addInputs(group);
        await this.#runGroup(request, group, results, control, clock, done);
        done += group.counts.length;
      } finally {
        this.memory?.reset(mark);
      }
    }
    return results.finish(request.pooling !== undefined);
  }

  /** All windows of a group, in as many passes as that takes. */
  async #runGroup(request, group, results, { signal, onProgress }, clock, before) {
    const total = request.inputs.length;
    let input = 0; // the first that is not done
    let end = group.counts[0]; // and the end of its windows
    for (let window = 0; window < group.lengths.length; ) {
      const mark = this.memory.mark();
      try {
        window += await this.#runPass(request, group, window, results, signal, clock);
      } finally {
        this.memory?.reset(mark);
      }
      for (; end <= window; end += group.counts[input]) input++;
      if (total > 1) onProgress?.({ done: before + input, total });
      this.#check(signal); // the listener may have disposed of it
    }
  }

  /** One forward pass over as many windows as fit. @returns {Promise<number>} how many */
  async #runPass(request, group, first, results, signal, clock) {
    const { memory, config } = this;
    const model = this.#models.get(request.adapter ?? 0);
    const pass = { memory, model, config };
    const batch = fillBatch(memory, request, group, first);
    const run = memory.writeStruct('bl_encoder_run', {
      ...fieldsToKeep(pass, request, batch),
      crew: this.#crew?.address ?? 0,
    });
    const status = memory.tryCall(
      'bl_encoder_begin',
      memory.arena,
      model.address,
      batch.address,
      run,
    );
    if (status !== 'BL_OK') throw this.#errorOfBegin(status, run, batch);
    const giveWay = () => this.#giveWay(signal, clock);
    await this.#compute(run, signal, giveWay);
    if (request.pooling) results.addVectors(readVectors(pass, request, batch, run));
    else results.addOutputs(await readOutputs(pass, request, batch, run, giveWay));
    return batch.count;
  }

  /** Waiting events get their turn, an abort is noticed. */
  async #giveWay(signal, clock) {
    if (performance.now() - clock.last < yieldAfter) return;
    await yieldToEvents();
    this.#check(signal);
    clock.last = performance.now();
  }

  /** The forward pass, step by step. */
  async #compute(run, signal, giveWay) {
    const { BL_ENCODER_DONE, BL_ENCODER_LATE } = this.memory.constants;
    for (let progress; progress !== BL_ENCODER_DONE; ) {
      progress = this.memory.exports.bl_encoder_step(run);
      if (progress === BL_ENCODER_LATE && !(await this.#crew.finish())) {
        this.#check(signal);
        throw new BertletError('INTERNAL', 'A thread of the engine ended: call again.');
      }
      await giveWay();
    }
  }

  #errorOfBegin(status, run, batch) {
    if (status === 'BL_BAD_ARGUMENT') {
      return new BertletError('BAD_ARGUMENT', 'A text gives no token: leave it out.');
    }
    if (status !== 'BL_BAD_MODEL') return errorOfStatus(status, {}, 'bl_encoder_begin');
    const { memory, config } = this;
    const { bad_token: token } = memory.readStruct('bl_encoder_run', run);
    const { ids, type_ids: segments } = memory.readStruct('bl_batch', batch.address);
    return new BertletError(
      'BAD_MODEL',
      `Token id ${memory.readU32(ids + token * 4)} in segment ` +
        `${memory.readU32(segments + token * 4)} is beyond the ${config.vocab_size} tokens and ` +
        `${config.type_vocab_size} segments of the model: its tokenizer is another model's.`,
    );
  }
}

function describe({ heads, labels, parts, head, region = { begin: 0, end: 0 } }) {
  const bytes = region.end - region.begin;
  return { heads: Object.keys(heads), labels, hasPooler: parts.has('POOLER'), head, bytes };
}
