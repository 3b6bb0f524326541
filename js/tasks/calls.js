import { guarded } from '../errors.js';
import { readOptions } from '../options.js';
import { giveSession, sessionOf } from '../session.js';
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
  /** @param {import('../session.js').Session} session */
  constructor(session) {
    giveSession(this, session);
  }

  similarity(a, b, options) {
    return guarded(() => similarity(sessionOf(this), a, b, readOptions(options, 'similarity')));
  }

  classify(x, options) {
    return guarded(() => classify(sessionOf(this), x, readOptions(options, 'classify')));
  }

  fillMask(x, options) {
    return guarded(() => fillMask(sessionOf(this), x, readOptions(options, 'fillMask')));
  }

  tagTokens(x, options) {
    return guarded(() => tagTokens(sessionOf(this), x, readOptions(options, 'tagTokens')));
  }

  answer(x, options) {
    return guarded(() => answer(sessionOf(this), x, readOptions(options, 'answer')));
  }

  zeroShot(x, labels, options) {
    return guarded(() => zeroShot(sessionOf(this), x, labels, readOptions(options, 'zeroShot')));
  }

  rank(query, documents, options) {
    return guarded(() => rank(sessionOf(this), query, documents, readOptions(options, 'rank')));
  }

  multipleChoice(prompt, choices, options) {
    return guarded(() =>
      multipleChoice(sessionOf(this), prompt, choices, readOptions(options, 'multipleChoice')),
    );
  }

  summarize(text, options) {
    return guarded(() => summarize(sessionOf(this), text, readOptions(options, 'summarize')));
  }

  nextSentence(a, b, options) {
    return guarded(() => nextSentence(sessionOf(this), a, b, readOptions(options, 'nextSentence')));
  }

  forward(x, options) {
    return guarded(() => forward(sessionOf(this), x, readOptions(options, 'forward')));
  }

  useAdapter(adapter, options) {
    return guarded(() => sessionOf(this).useAdapter(adapter, readOptions(options, 'useAdapter')));
  }
}
