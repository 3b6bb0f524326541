import { guarded } from './errors.js';
import { readOptions } from './options.js';
import { TaskCalls } from './tasks/calls.js';
import { embed } from './tasks/embed.js';

/** A loaded model: see index.d.ts for what each call takes and gives. */
export class Model extends TaskCalls {
  #session;

  /** @param {import('./session.js').Session} session */
  constructor(session) {
    super(session);
    this.#session = session;
  }

  get info() {
    const { settings, engine, disposed, heads } = this.#session;
    const { config, dtype, simd, threading } = settings;
    const { memoryBytes, parameters, threads, reason } = engine.info();
    return {
      architecture: config.model_type,
      parameters,
      dtype,
      simd,
      threads,
      threading: threads > 1 ? threading.threading : 'none',
      threadsReason: reason ?? threading.reason,
      memoryBytes: disposed ? 0 : memoryBytes,
      heads,
      layers: config.layers,
      hiddenSize: config.hidden_size,
      attentionHeads: config.heads,
      vocabSize: config.vocab_size,
      maxLength: settings.maxLength,
    };
  }

  get tokenizer() {
    this.#session.check();
    return this.#session.tokenizer;
  }

  embed(x, options) {
    return guarded(() => embed(this.#session, x, readOptions(options, 'embed')));
  }

  dispose() {
    this.#session.dispose();
  }

  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    this.dispose();
  }
}
