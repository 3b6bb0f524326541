// A loaded model as users have it: each call reads its options, and a file of tasks/ does it.
import { guarded } from '../shared/errors.js';
import { readOptions } from '../shared/options.js';
import { asyncDispose } from '../shared/platform.js';
import { giveSession, sessionOf } from '../session/session.js';
import { answer } from './answer.js';
import { classify } from './classify.js';
import { detectReplaced } from './detect-replaced.js';
import { embedSparse } from './embed-sparse.js';
import { embed } from './embed.js';
import { fillMask } from './fill-mask.js';
import { forward } from './forward.js';
import { multipleChoice } from './multiple-choice.js';
import { nextSentence } from './next-sentence.js';
import { rank } from './rank.js';
import { similarity } from './similarity.js';
import { summarize } from './summarize.js';
import { tagTokens } from './tag-tokens.js';
import { zeroShot } from './zero-shot.js';

/** @import { Model as Declared, ModelInfo } from '../index.d.ts' */

/**
 * A call as it is declared: of several forms the last, which stands for all of them.
 * @template {(...given: any[]) => unknown} Call
 * @typedef {(...given: Parameters<Call>) => ReturnType<Call>} Form
 */

/** @implements {Record<keyof Declared, unknown>} */
export class Model {
  /** @param {import('../session/session.js').Session} session */
  constructor(session) {
    giveSession(this, session);
  }

  /** @type {Form<Declared['embed']>} */
  embed(x, options) {
    return guarded(() => embed(sessionOf(this), x, readOptions(options, 'embed')));
  }

  /** @type {Form<Declared['similarity']>} */
  similarity(a, b, options) {
    return guarded(() => similarity(sessionOf(this), a, b, readOptions(options, 'similarity')));
  }

  /** @type {Form<Declared['classify']>} */
  classify(x, options) {
    return guarded(() => classify(sessionOf(this), x, readOptions(options, 'classify')));
  }

  /** @type {Form<Declared['fillMask']>} */
  fillMask(x, options) {
    return guarded(() => fillMask(sessionOf(this), x, readOptions(options, 'fillMask')));
  }

  /** @type {Form<Declared['tagTokens']>} */
  tagTokens(x, options) {
    return guarded(() => tagTokens(sessionOf(this), x, readOptions(options, 'tagTokens')));
  }

  /** @type {Form<Declared['answer']>} */
  answer(x, options) {
    return guarded(() => answer(sessionOf(this), x, readOptions(options, 'answer')));
  }

  /** @type {Form<Declared['zeroShot']>} */
  zeroShot(x, labels, options) {
    return guarded(() => zeroShot(sessionOf(this), x, labels, readOptions(options, 'zeroShot')));
  }

  /** @type {Form<Declared['rank']>} */
  rank(query, documents, options) {
    return guarded(() => rank(sessionOf(this), query, documents, readOptions(options, 'rank')));
  }

  /** @type {Form<Declared['multipleChoice']>} */
  multipleChoice(prompt, choices, options) {
    return guarded(() =>
      multipleChoice(sessionOf(this), prompt, choices, readOptions(options, 'multipleChoice')),
    );
  }

  /** @type {Form<Declared['summarize']>} */
  summarize(x, options) {
    return guarded(() => summarize(sessionOf(this), x, readOptions(options, 'summarize')));
  }

  /** @type {Form<Declared['nextSentence']>} */
  nextSentence(a, b, options) {
    return guarded(() => nextSentence(sessionOf(this), a, b, readOptions(options, 'nextSentence')));
  }

  /** @type {Form<Declared['embedSparse']>} */
  embedSparse(x, options) {
    return guarded(() => embedSparse(sessionOf(this), x, readOptions(options, 'embedSparse')));
  }

  /** @type {Form<Declared['detectReplaced']>} */
  detectReplaced(text, options) {
    return guarded(() =>
      detectReplaced(sessionOf(this), text, readOptions(options, 'detectReplaced')),
    );
  }

  /** @type {Form<Declared['forward']>} */
  forward(x, options) {
    return guarded(() => forward(sessionOf(this), x, readOptions(options, 'forward')));
  }

  /** @type {Form<Declared['useAdapter']>} */
  useAdapter(adapter, options) {
    return guarded(() => sessionOf(this).useAdapter(adapter, readOptions(options, 'useAdapter')));
  }

  /** @returns {ModelInfo} */
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

  dispose() {
    sessionOf(this).dispose();
  }

  async [asyncDispose]() {
    this.dispose();
  }
}
