import { readOptions } from './inputs.js';
import { Session } from './session.js';
import { answer } from './tasks/answer.js';
import { classify } from './tasks/classify.js';
import { embed, similarity } from './tasks/embed.js';
import { fillMask } from './tasks/fill-mask.js';
import { forward } from './tasks/forward.js';
import { multipleChoice } from './tasks/multiple-choice.js';
import { nextSentence } from './tasks/next-sentence.js';
import { rank } from './tasks/rank.js';
import { summarize } from './tasks/summarize.js';
import { tagTokens } from './tasks/tag-tokens.js';
import { zeroShot } from './tasks/zero-shot.js';

/** A loaded model: see index.d.ts for what each call takes and gives. */
export class Model {
  #session;

  /** @param {ConstructorParameters<typeof Session>} parts */
  constructor(...parts) {
    this.#session = new Session(...parts);
  }

  get info() {
    const { settings, engine, disposed, heads } = this.#session;
    const { config, dtype, simd } = settings;
    const { memoryBytes, parameters, threads } = engine.info();
    return {
      architecture: config.model_type,
      parameters,
      dtype,
      simd,
      threads,
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

  async embed(x, options) {
    return embed(this.#session, x, readOptions(options));
  }

  async similarity(a, b, options) {
    return similarity(this.#session, a, b, readOptions(options));
  }

  async classify(x, options) {
    return classify(this.#session, x, readOptions(options));
  }

  async fillMask(x, options) {
    return fillMask(this.#session, x, readOptions(options));
  }

  async tagTokens(x, options) {
    return tagTokens(this.#session, x, readOptions(options));
  }

  async answer(x, options) {
    return answer(this.#session, x, readOptions(options));
  }

  async zeroShot(x, labels, options) {
    return zeroShot(this.#session, x, labels, readOptions(options));
  }

  async rank(query, documents, options) {
    return rank(this.#session, query, documents, readOptions(options));
  }

  async multipleChoice(prompt, choices, options) {
    return multipleChoice(this.#session, prompt, choices, readOptions(options));
  }

  async summarize(text, options) {
    return summarize(this.#session, text, readOptions(options));
  }

  async nextSentence(a, b, options) {
    return nextSentence(this.#session, a, b, readOptions(options));
  }

  async forward(x, options) {
    return forward(this.#session, x, readOptions(options));
  }

  async useAdapter(adapter, options) {
    return this.#session.useAdapter(adapter, readOptions(options));
  }

  dispose() {
    this.#session.dispose();
  }

  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    this.dispose();
  }
}
