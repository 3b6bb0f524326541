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
import { differences, fillBatch, takeGroup } from './pass-input.js';
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
 * @import * as contract from './interface.js'
 * @import { AdapterControl, EngineInfo, EngineModel, EngineOptions, EngineSnapshot } from './interface.js'
 * @import { RunControl, RunRequest, RunResult } from './interface.js'
 * @import { Config } from '../weights/config.js'
 * @import { Source, SourceOptions } from '../source/source.js'
 * @import { Batch, Group } from './pass-input.js'
 * @import { Region } from '../core/regions.js'
 *
 * @typedef {{ last: number }} Clock when other events had their turn
 */

/** @implements {contract.SingleEngine} */
export class Engine {
  #crew;
  #encodeCall;
  /** Until it is disposed of. @type {{ memory: Memory, regions: Regions } | undefined} */
  #live;
  /** The base (0) and its adapters, by the numbers that requests name. */
  #models;
  /** After all calls so far. @type {Promise<unknown>} */
  #tail = Promise.resolve();
  #disposed = false;

  /**
   * @param {EngineOptions} options
   * @param {Source} source where the weights are
   * @param {{ signal?: AbortSignal }} [control]
   */
  static async open(options, source, control = {}) {
    const { module, threads } = options;
    const memory = await Memory.instantiate(module, { shared: threads > 1 });
    const model = await loadWeights(memory, options.config, options.dtype, source, control);
    const tokenizer = placeTokenizer(memory, await options.packTokenizer(memory.constants));
    throwIfAborted(control.signal);
    const crew = threads > 1 ? new Threads(memory, module, threads) : undefined;
    const { config } = options;
    /** @type {Map<number, EngineModel>} */
    const models = new Map([[0, { ...model, head: config.head }]]);
    return new Engine({ memory, tokenizer, models, config, crew });
  }

  /**
   * Another engine that gives the same.
   * @param {WebAssembly.Module} module the same, without threads
   * @param {EngineSnapshot} snapshot
   */
  static async restore(module, { memory: copy, ...parts }) {
    const memory = await Memory.instantiate(module);
    memory.restore(copy);
    return new Engine({ memory, ...parts });
  }

  /**
   * @param {{ memory: Memory, tokenizer: number, models: Map<number, EngineModel>, config: Config,
   *   crew?: Threads, free?: Region[] }} parts
   */
  constructor({ memory, tokenizer, models, config, crew, free }) {
    this.#live = { memory, regions: new Regions(memory, free) };
    /** Address of the C tokenizer. */
    this.tokenizer = tokenizer;
    this.#models = models;
    this.config = config;
    this.#crew = crew;
    this.#encodeCall = createEncodeCall(memory, tokenizer);
    memory.seal();
  }

  /** null once it is disposed of. */
  get memory() {
    return this.#live?.memory ?? null;
  }

  /** null once it is disposed of. */
  get regions() {
    return this.#live?.regions ?? null;
  }

  #parts() {
    if (!this.#live) throw disposedError();
    return this.#live;
  }

  /** @returns {EngineInfo} */
  info() {
    return {
      memoryBytes: this.#live?.memory.byteLength ?? 0,
      threads: this.#crew?.size ?? 1,
      reason: this.#crew?.size === 1 ? 'Threads ended again and again.' : undefined,
      parameters: this.#modelOf(0).parameters,
      models: new Map([...this.#models].map(([number, model]) => [number, describe(model)])),
    };
  }

  /** @param {RunRequest} request @param {RunControl} [control] @returns {Promise<RunResult>} */
  run(request, control = {}) {
    return this.#inTurn(control, () => this.#runNow(request, control));
  }

  /**
   * @param {number} number
   * @param {unknown} source
   * @param {SourceOptions} options
   * @param {AdapterControl} [control]
   */
  openAdapter(number, source, options, control = {}) {
    return this.#inTurn(control, async () => {
      const base = this.#modelOf(0);
      const how = { ...options, ...control };
      const { config } = this;
      const adapter = await guardedReading(() =>
        openAdapter({ ...this.#parts(), config }, base, source, how),
      );
      this.#models.set(number, adapter);
    });
  }

  /** @param {number} number */
  closeAdapter(number) {
    return this.#inTurn({}, async () => {
      const adapter = this.#models.get(number);
      this.#models.delete(number);
      if (adapter?.region) this.#parts().regions.give(adapter.region);
    });
  }

  /** @returns {Promise<EngineSnapshot>} */
  snapshot() {
    return this.#inTurn({}, async () => {
      const { memory, regions } = this.#parts();
      return {
        memory: memory.snapshot(),
        free: regions.free,
        tokenizer: this.tokenizer,
        models: this.#models,
        config: this.config,
      };
    });
  }

  /**
   * Works after all calls before it.
   * @param {{ signal?: AbortSignal }} control
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   * @template T
   */
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
    this.#live = undefined;
  }

  /** @param {AbortSignal} [signal] */
  #check(signal) {
    if (this.#disposed) throw disposedError();
    throwIfAborted(signal);
  }

  /** @param {number} number of the base or an adapter */
  #modelOf(number) {
    const model = this.#models.get(number);
    if (!model) throw new BertletError('INTERNAL', `The engine has no adapter ${number}.`);
    return model;
  }

  /** @param {RunRequest} request @param {RunControl} control */
  async #runNow(request, control) {
    const { inputs } = request;
    const results = new RunResults();
    const clock = { last: performance.now() };
    this.#crew?.refill();
    for (let done = 0; done < inputs.length; ) {
      const { memory } = this.#parts();
      const mark = memory.mark();
      try {
        const group = takeGroup(memory, this.#encodeCall, request, done);
        results.addInputs({ ...group, tokens: differences(group.starts) });
        await this.#runGroup(request, group, results, control, clock, done);
        done += group.counts.length;
      } finally {
        this.#live?.memory.reset(mark);
      }
    }
    return results.finish(request.pooling !== undefined);
  }

  /**
   * All windows of a group, in as many passes as that takes.
   * @param {RunRequest} request
   * @param {Group} group
   * @param {RunResults} results
   * @param {RunControl} control
   * @param {Clock} clock
   * @param {number} before how many inputs are done
   */
  async #runGroup(request, group, results, { signal, onProgress }, clock, before) {
    const total = request.inputs.length;
    const { counts, starts } = group;
    let input = 0; // the first that is not done
    let end = counts[0]; // and the end of its windows
    for (let window = 0; window < starts.length - 1; ) {
      const mark = this.#parts().memory.mark();
      try {
        window += await this.#runPass(request, group, window, results, signal, clock);
      } finally {
        this.#live?.memory.reset(mark);
      }
      while (end <= window && input < counts.length) end += counts[++input] ?? 0;
      if (total > 1) onProgress?.({ done: before + input, total });
      this.#check(signal); // the listener may have disposed of it
    }
  }

  /**
   * One forward pass over as many windows as fit.
   * @param {RunRequest} request
   * @param {Group} group
   * @param {number} first window
   * @param {RunResults} results
   * @param {AbortSignal | undefined} signal
   * @param {Clock} clock
   * @returns {Promise<number>} how many
   */
  async #runPass(request, group, first, results, signal, clock) {
    const { memory } = this.#parts();
    const { config } = this;
    const model = this.#modelOf(request.adapter ?? 0);
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

  /** Waiting events get their turn, an abort is noticed. @param {AbortSignal | undefined} signal @param {Clock} clock */
  async #giveWay(signal, clock) {
    if (performance.now() - clock.last < yieldAfter) return;
    await yieldToEvents();
    this.#check(signal);
    clock.last = performance.now();
  }

  /**
   * The forward pass, step by step.
   * @param {number} run address of the bl_encoder_run
   * @param {AbortSignal | undefined} signal
   * @param {() => Promise<void>} giveWay
   */
  async #compute(run, signal, giveWay) {
    const { BL_ENCODER_DONE, BL_ENCODER_LATE } = this.#parts().memory.constants;
    let progress;
    do {
      progress = this.#parts().memory.exports.bl_encoder_step(run);
      if (progress === BL_ENCODER_LATE && !(await this.#crew?.finish())) {
        this.#check(signal);
        throw new BertletError('INTERNAL', 'A thread of the engine ended: call again.');
      }
      await giveWay();
    } while (progress !== BL_ENCODER_DONE);
  }

  /** @param {string} status @param {number} run @param {Batch} batch */
  #errorOfBegin(status, run, batch) {
    if (status === 'BL_BAD_ARGUMENT') {
      return new BertletError('BAD_ARGUMENT', 'A text gives no token: leave it out.');
    }
    if (status !== 'BL_BAD_MODEL') return errorOfStatus(status, {}, 'bl_encoder_begin');
    const { memory } = this.#parts();
    const { config } = this;
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

/** @param {EngineModel} model */
function describe({ heads, labels, parts, head, region = { begin: 0, end: 0 } }) {
  const bytes = region.end - region.begin;
  return { heads: Object.keys(heads), labels, hasPooler: parts.has('POOLER'), head, bytes };
}
