import { guarded } from '../errors.js';
import { readOptions } from '../options.js';
import { answer } from './answer.js';
import { classify } from './classify.js';
import { fillMask } from './fill-mask.js';
import { forward } from './forward.js';
import { multipleChoice } from './multiple-choice.js';
import { nextSentence } from './next-sentence.js';
import { rank } from './rank.js';
import { similarity } from './similarity.js';
import { summarize } from './summarize.js';
import { tagTokens } from './tag-tokens.js';
import { zeroShot } from './zero-shot.js';

/** The calls of a model beside embed(), all asynchronous: see index.d.ts. */
export class TaskCalls {
  #session;

  /** @param {import('../session.js').Session} session */
  constructor(session) {
    this.#session = session;
  }

  similarity(a, b, options) {
    return guarded(() => similarity(this.#session, a, b, readOptions(options, 'similarity')));
  }

  classify(x, options) {
    return guarded(() => classify(this.#session, x, readOptions(options, 'classify')));
  }

  fillMask(x, options) {
    return guarded(() => fillMask(this.#session, x, readOptions(options, 'fillMask')));
  }

  tagTokens(x, options) {
    return guarded(() => tagTokens(this.#session, x, readOptions(options, 'tagTokens')));
  }

  answer(x, options) {
    return guarded(() => answer(this.#session, x, readOptions(options, 'answer')));
  }

  zeroShot(x, labels, options) {
    return guarded(() => zeroShot(this.#session, x, labels, readOptions(options, 'zeroShot')));
  }

  rank(query, documents, options) {
    return guarded(() => rank(this.#session, query, documents, readOptions(options, 'rank')));
  }

  multipleChoice(prompt, choices, options) {
    return guarded(() =>
      multipleChoice(this.#session, prompt, choices, readOptions(options, 'multipleChoice')),
    );
  }

  summarize(text, options) {
    return guarded(() => summarize(this.#session, text, readOptions(options, 'summarize')));
  }

  nextSentence(a, b, options) {
    return guarded(() => nextSentence(this.#session, a, b, readOptions(options, 'nextSentence')));
  }

  forward(x, options) {
    return guarded(() => forward(this.#session, x, readOptions(options, 'forward')));
  }

  useAdapter(adapter, options) {
    return guarded(() => this.#session.useAdapter(adapter, readOptions(options, 'useAdapter')));
  }
}
