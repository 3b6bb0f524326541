import { readOptions } from '../inputs.js';
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

/** The calls of a model beside embed(): see index.d.ts. */
export class TaskCalls {
  #session;

  /** @param {import('../session.js').Session} session */
  constructor(session) {
    this.#session = session;
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
}
