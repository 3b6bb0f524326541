// One WASM instance with its tokenizer and weights: runs batches, one call at a time.
import {
  BertletError,
  errorOfStatus,
  throwIfAborted,
  untilAborted,
  disposedError,
} from './errors.js';
import { Memory } from './memory.js';
import { Threads } from './threads.js';
import { placeTokenizer } from './tokenizer-place.js';
import { loadWeights } from './weights.js';
import { yieldToEvents } from './yield.js';

/** Tokens that one forward pass takes at most (a longer text goes alone). */
const tokensPerPass = 2048;
/** Texts that one forward pass takes at most. */
const textsPerPass = 512;
/** Milliseconds of work after which waiting events (an abort, a message) get their turn. */
const yieldAfter = 16;

/**
 * What both kinds of engine (this one, and its stand-in for a worker in client.js) take.
 * @typedef {{
 *   module: WebAssembly.Module,
 *   tokenizerBlob: Uint8Array,
 *   config: import('./config.js').Config,
 *   dtype: 'fp32' | 'int8' | 'int8-fast',
 *   threads: number,
 * }} EngineOptions with more than one thread, `module` is one with threads
 *
 * @typedef {{
 *   inputs: { text: string, pair?: string }[],
 *   maxLength: number,
 *   truncation: 'longest_first' | 'only_first' | 'only_second',
 *   longText: 'truncate' | 'error',
 *   pooling?: 'mean' | 'cls' | 'max',
 *   normalize?: boolean,
 *   hiddenStates?: boolean,
 *   attentions?: boolean,
 * }} RunRequest with `pooling` the run gives vectors, without it the states of each text
 */

export class Engine {
  #crew;
  #tail = Promise.resolve();
  #disposed = false;

  /**
   * @param {EngineOptions} options
   * @param {import('./source.js').Source} source where the weights are
   * @param {{ signal?: AbortSignal, onProgress?: (event: object) => void }} [control]
   */
  static async open(options, source, control = {}) {
    const { module, threads } = options;
    const memory = await Memory.instantiate(module, { shared: threads > 1 });
    const tokenizer = placeTokenizer(memory, options.tokenizerBlob);
    const model = await loadWeights(memory, options.config, options.dtype, source, control);
    throwIfAborted(control.signal);
    const crew = threads > 1 ? new Threads(memory, module, threads) : undefined;
    return new Engine(memory, tokenizer, model, options.config, crew);
  }

  constructor(memory, tokenizer, model, config, crew) {
    this.memory = memory;
    /** Address of the C tokenizer. */
    this.tokenizer = tokenizer;
    this.model = model;
    this.config = config;
    this.#crew = crew;
  }

  /** @returns {{ memoryBytes: number, parameters: number, threads: number }} */
  info() {
    return {
      memoryBytes: this.memory?.byteLength ?? 0,
      threads: this.#crew?.size ?? 1,
      parameters: this.model.parameters,
    };
  }

  /**
   * Runs after all calls before it. An abort while it waits or works leaves the others alone.
   * @param {RunRequest} request
   * @param {{ signal?: AbortSignal, onProgress?: (event: { done: number, total: number }) => void }} [control]
   * @returns {Promise<{ vectors?: Float32Array, outputs?: object[], usage: Uint32Array }>}
   *   `usage`: tokens and truncated tokens of each text
   */
  run(request, control = {}) {
    const { signal } = control;
    const result = this.#tail.then(() => {
      this.#check(signal);
      return this.#runNow(request, control);
    });
    this.#tail = result.catch(() => {});
    return untilAborted(result, signal);
  }

  dispose() {
    this.#disposed = true;
    this.#crew?.stop();
    this.memory = null;
  }

  #check(signal) {
    if (this.#disposed) throw disposedError();
    throwIfAborted(signal);
  }

  async #runNow(request, control) {
    const { inputs } = request;
    const width = this.config.hidden_size;
    const results = {
      vectors: request.pooling ? new Float32Array(inputs.length * width) : undefined,
      outputs: request.pooling ? undefined : [],
      usage: new Uint32Array(inputs.length * 2),
    };
    const clock = { last: performance.now() };
    for (let done = 0; done < inputs.length; ) {
      const mark = this.memory.mark();
      try {
        done += await this.#runPass(request, done, results, control.signal, clock);
      } finally {
        this.memory?.reset(mark);
      }
      if (inputs.length > 1) control.onProgress?.({ done, total: inputs.length });
    }
    return results;
  }

  /** One forward pass over as many texts as fit. @returns {Promise<number>} how many */
  async #runPass(request, first, results, signal, clock) {
    const { memory } = this;
    const batch = this.#fillBatch(request, first, results.usage);
    const run = memory.writeStruct('bl_encoder_run', {
      want_hidden_states: request.hiddenStates,
      want_attentions: request.attentions,
      crew: this.#crew?.address ?? 0,
    });
    const status = memory.tryCall(
      'bl_encoder_begin',
      memory.arena,
      this.model.address,
      batch.address,
      run,
    );
    if (status !== 'BL_OK') throw this.#errorOfBegin(status, run, batch);
    const { step_count: steps } = memory.readStruct('bl_encoder_run', run);
    for (let step = 0; step < steps; step++) {
      memory.exports.bl_encoder_step(run);
      if (this.#crew) this.#checkCrew();
      if (performance.now() - clock.last < yieldAfter) continue;
      await yieldToEvents();
      this.#check(signal);
      clock.last = performance.now();
    }
    if (request.pooling) this.#readVectors(request, first, batch, run, results.vectors);
    else this.#readOutputs(batch, run, results.outputs);
    return batch.count;
  }

  /** A thread that is gone makes what it worked on void; the next call goes on without. */
  #checkCrew() {
    if (this.memory.exports.bl_wasm_crew_lost() === 0) return;
    this.#crew.stop();
    this.#crew = undefined;
    throw new BertletError('INTERNAL', 'A thread of the engine ended: call again.');
  }

  /** Tokenises texts from `first` on into a batch, until it is full. */
  #fillBatch(request, first, usage) {
    const { memory } = this;
    const { inputs, maxLength } = request;
    // What is kept per layer adds up: such texts go one at a time.
    const textLimit = request.hiddenStates || request.attentions ? 1 : textsPerPass;
    const sequences = Math.min(inputs.length - first, textLimit);
    const capacity = Math.min(tokensPerPass, sequences * maxLength) + maxLength;
    const address = memory.writeStruct('bl_batch');
    const usageStruct = memory.writeStruct('bl_text_usage');
    memory.call('bl_batch_create', memory.arena, sequences, capacity, address);

    let count = 0;
    let tokens = 0;
    while (count < sequences && tokens < tokensPerPass) {
      const index = first + count;
      memory.scratch(() => this.#appendText(request, index, address, usageStruct));
      const used = memory.readStruct('bl_text_usage', usageStruct);
      if (used.truncated > 0 && request.longText === 'error') {
        throw new BertletError(
          'TOO_LONG',
          `Text ${index} has ${used.tokens + used.truncated} tokens, more than the ${maxLength} allowed.`,
        );
      }
      usage[index * 2] = used.tokens;
      usage[index * 2 + 1] = used.truncated;
      tokens += used.tokens;
      count++;
    }
    return { address, count };
  }

  #appendText({ inputs, maxLength, truncation, longText }, index, batch, usage) {
    const { memory } = this;
    const { text, pair } = inputs[index];
    const first = memory.writeText(text);
    const second = pair === undefined ? { address: 0, length: 0 } : memory.writeText(pair);
    const input = memory.writeStruct('bl_encode_input', {
      text: first.address,
      text_bytes: first.length,
      pair: second.address,
      pair_bytes: second.length,
      add_special_tokens: 1,
      truncation: memory.constants[`BL_TRUNCATION_${truncation.toUpperCase()}`],
      max_length: maxLength,
    });
    const status = memory.tryCall(
      'bl_wasm_batch_append',
      memory.arena,
      batch,
      this.tokenizer,
      input,
      usage,
    );
    if (status === 'BL_OK') return;
    if (status !== 'BL_BAD_ARGUMENT') throw errorOfStatus(status);
    // The part of a pair that may be cut is too short, or the special tokens alone are too many.
    throw new BertletError(
      longText === 'error' ? 'TOO_LONG' : 'BAD_ARGUMENT',
      `Text ${index} cannot be cut to ${maxLength} tokens by truncation "${truncation}".`,
    );
  }

  #readVectors(request, first, batch, run, vectors) {
    const { memory } = this;
    const width = this.config.hidden_size;
    const { hidden } = memory.readStruct('bl_encoder_run', run);
    const pointer = memory.alloc(4);
    memory.call(
      'bl_pool',
      memory.arena,
      this.model.address,
      batch.address,
      hidden,
      memory.constants[`BL_POOLING_${request.pooling.toUpperCase()}`],
      request.normalize,
      pointer,
    );
    vectors.set(memory.float32(memory.readU32(pointer), batch.count * width), first * width);
  }

  #readOutputs(batch, run, outputs) {
    const { memory, model } = this;
    const width = this.config.hidden_size;
    const states = memory.readStruct('bl_encoder_run', run);
    const { starts: startsAddress } = memory.readStruct('bl_batch', batch.address);
    const starts = memory.uint32(startsAddress, batch.count + 1).slice();
    const pooled =
      model.parts.has('POOLER') && this.#runHead('POOLER', states, starts.subarray(0, batch.count));
    for (let i = 0; i < batch.count; i++) {
      const rows = starts[i + 1] - starts[i];
      outputs.push({
        lastHiddenState: this.#copyRows(states, starts[i], rows),
        pooled: pooled ? pooled.slice(i * width, (i + 1) * width) : undefined,
        hiddenStates: this.#copyBlocks(states.hidden_states, states.step_count, rows * width),
        attentions: this.#copyBlocks(
          states.attentions,
          this.config.layers,
          states.attention_floats,
        ),
      });
    }
  }

  /** A head's values for some rows of the last hidden state: a view. */
  #runHead(head, { hidden }, rows) {
    const { memory, model } = this;
    const output = memory.writeStruct('bl_head_output');
    const indices = memory.alloc(4 * rows.length);
    memory.uint32(indices, rows.length).set(rows);
    const constant = memory.constants[`BL_HEAD_${head}`];
    memory.call(
      'bl_head_run',
      memory.arena,
      model.address,
      constant,
      hidden,
      indices,
      rows.length,
      output,
    );
    const { values, width } = memory.readStruct('bl_head_output', output);
    return memory.float32(values, rows.length * width);
  }

  /** The last hidden state of one text, without the padding between rows. */
  #copyRows({ hidden, hidden_stride: stride }, begin, rows) {
    const width = this.config.hidden_size;
    const view = this.memory.float32(hidden + begin * stride * 4, rows * stride);
    const data = new Float32Array(rows * width);
    for (let row = 0; row < rows; row++) {
      data.set(view.subarray(row * stride, row * stride + width), row * width);
    }
    return data;
  }

  /** Equal blocks of floats that stand end to end. They belong to a pass of one text. */
  #copyBlocks(address, count, floats) {
    if (address === 0) return undefined;
    return Array.from({ length: count }, (_, i) =>
      this.memory.float32(address + i * floats * 4, floats).slice(),
    );
  }

  #errorOfBegin(status, run, batch) {
    if (status === 'BL_BAD_ARGUMENT') {
      return new BertletError('BAD_ARGUMENT', 'A text gives no token: leave it out.');
    }
    if (status !== 'BL_BAD_MODEL') return errorOfStatus(status);
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
