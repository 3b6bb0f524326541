import { guarded } from './errors.js';
import { readOptions } from './options.js';
import { sessionOf } from './session.js';
import { TaskCalls } from './tasks/calls.js';
import { embed } from './tasks/embed.js';

/** A loaded model: see index.d.ts for what each call takes and gives. */
export class Model extends TaskCalls {
  get info() {
    const { settings, engine, disposed, heads } = sessionOf(this);
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
      attentionHeads: config.attention_heads,
      vocabSize: config.vocab_size,
      maxLength: settings.maxLength,
    };
  }

  get tokenizer() {
    const session = sessionOf(this);
    session.check();
    return session.tokenizer;
  }

  embed(x, options) {
    return guarded(() => embed(sessionOf(this), x, readOptions(options, 'embed')));
  }

  dispose() {
    sessionOf(this).dispose();
  }

  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    this.dispose();
  }
}
