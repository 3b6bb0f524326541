import {
  badArgument,
  inputName,
  readCount,
  readFlag,
  readOneOrMany,
  reading,
} from '../shared/inputs.js';
import { countAdded, encodeText, usualStride } from '../session/windows.js';
import { bestOf, softmax } from './scores.js';
import { isSubword } from './tokens.js';

/** Tokens of a window where neither the call nor the model says less. */
const usualLength = 384;

/**
 * @import { Answer, AnswerOptions, Encoding, Question } from '../index.d.ts'
 * @import { Session } from '../session/session.js'
 * @import { Tokenizer } from '../tokenizer/tokenizer.js'
 * @import { LengthOptions } from '../session/windows.js'
 */

/**
 * Windows, candidates and scores are those of the question-answering pipeline of transformers 4.
 * @param {Session} session
 * @param {unknown} x a question with its context, or an array of these
 * @param {AnswerOptions} [options]
 * @returns {Promise<Answer[] | Answer[][]>}
 */
export async function answer(session, x, options = {}) {
  const { inputs, isArray } = readOneOrMany(x, readQuestion);
  const { settings, tokenizer } = session;
  const maxLength = options.maxLength ?? Math.min(usualLength, settings.maxLength);
  /** @type {LengthOptions} */
  const length = {
    ...session.readLength({ ...options, maxLength }, 'window'),
    truncation: 'only_second',
  };
  if (options.truncation === 'only_first') {
    throw badArgument('answer cuts the context, never the question: leave truncation out.');
  }
  const topK = readCount('topK', options.topK, 1);
  const longest = readCount('maxAnswerLength', options.maxAnswerLength, 15);
  const allowNone = readFlag('allowNone', options.allowNone, false);
  const head = session.findHead('answer', 'question-answering');
  const texts = inputs.map(({ question, context }, i) => {
    const { length: asked } = tokenizer.encode(question, { addSpecialTokens: false });
    /** @param {Encoding} whole */
    const strideOf = (whole) => {
      const taken = countAdded(whole) + asked;
      if (taken < maxLength) return usualStride(maxLength, taken);
      throw badArgument(
        `The question of input ${i} has ${asked} tokens: it leaves no room for the context.`,
      );
    };
    const input = { text: question, pair: context };
    const encoded = encodeText(tokenizer, input, length, i, strideOf);
    const encodings = encoded.encodings.map((window) => findRows(tokenizer, window, asked));
    return { ...encoded, encodings };
  });
  const { outputs, windows } = await session.runEncoded(texts, options, { heads: [head] });
  const results = texts.map(({ encodings }, i) => {
    const found = encodings.map(({ rows, spans }, window) => {
      const logits = outputs[windows[i].first + window].heads[head];
      return scoreSpans(logits, rows, spans, longest);
    });
    return choose(found, inputs[i].context, topK, allowNone);
  });
  return isArray ? results : results[0];
}

/** @param {unknown} item @param {number} [index] in an array @returns {Question} */
function readQuestion(item, index) {
  const name = inputName(index);
  const given = /** @type {Record<string, unknown> | null | undefined} */ (item);
  const { question, context } = reading(name, () => ({
    question: given?.question,
    context: given?.context,
  }));
  if (isText(question) && isText(context)) return { question, context };
  throw badArgument(`${name} is not { question, context } with two strings that say something.`);
}

/** @param {unknown} part @returns {part is string} */
const isText = (part) => typeof part === 'string' && part !== '';

/** Where in the context a word stands. @typedef {[start: number, end: number]} Span */

/**
 * A window as the engine takes it. `rows`: the tokens of the context, and the one that stands for
 * no answer; `spans`: where in the context the word of each row stands, null where it is not there.
 * @param {Tokenizer} tokenizer
 * @param {Encoding} encoding
 * @param {number} asked how many tokens the question has
 */
function findRows(tokenizer, { ids, typeIds, offsets, specialTokensMask }, asked) {
  /** @type {number[]} */
  const rows = [];
  /** @type {(Span | null)[]} */
  const spans = [];
  let own = 0;
  ids.forEach((id, row) => {
    const inContext = specialTokensMask[row] === 0 && own++ >= asked;
    if (!inContext && id !== tokenizer.clsTokenId) return;
    const [start, end] = offsets[row];
    const before = spans.at(-1);
    rows.push(row);
    if (inContext && before && isSubword(tokenizer, id)) {
      before[1] = end;
      spans.push(before);
    } else {
      spans.push(inContext ? [start, end] : null);
    }
  });
  return { ids, typeIds, spans, rows: rows.length > 0 ? rows : [0] };
}

/**
 * How likely each stretch of a window is the answer: that of row `s` to row `s + k` has the
 * score `scores[s * longest + k]`; and how likely there is none.
 * @typedef {{ scores: Float64Array, spans: (Span | null)[], longest: number, none: number
 *   }} ScoredWindow
 *
 * @param {Float32Array} logits
 * @param {number[]} rows
 * @param {(Span | null)[]} spans
 * @param {number} most tokens of an answer
 * @returns {ScoredWindow}
 */
function scoreSpans(logits, rows, spans, most) {
  const longest = Math.min(most, spans.length);
  /** @param {0 | 1} offset */
  const column = (offset) => softmax(logits.filter((_, i) => i % 2 === offset));
  const starts = column(0);
  const ends = column(1);
  const scores = new Float64Array(spans.length * longest);
  spans.forEach((span, s) => {
    if (!span || rows[s] === 0) return;
    for (let k = 0; k < longest && s + k < spans.length; k++) {
      scores[s * longest + k] = starts[s] * ends[s + k];
    }
  });
  return { scores, spans, longest, none: rows[0] === 0 ? starts[0] * ends[0] : 0 };
}

/**
 * The best answers that don't overlap. The pipeline may give one answer many times, a word
 * longer or shorter: it is asked for more until enough of them stand apart.
 * @param {ScoredWindow[]} windows
 * @param {string} context
 * @param {number} topK
 * @param {boolean} allowNone
 * @returns {Answer[]}
 */
function choose(windows, context, topK, allowNone) {
  const most = windows.reduce((sum, { scores }) => sum + scores.length, 0);
  for (let asked = topK; ; asked *= 4) {
    const answers = gather(windows, context, 2 * asked + 10);
    if (allowNone) {
      const score = Math.min(...windows.map(({ none }) => none));
      answers.push({ answer: '', score, start: 0, end: 0 });
    }
    /** @type {Answer[]} */
    const chosen = [];
    for (const found of answers.sort((a, b) => b.score - a.score).slice(0, asked)) {
      /** @param {Answer} other */
      const isApart = ({ start, end }) => end <= found.start || found.end <= start;
      if (chosen.length < topK && chosen.every(isApart)) chosen.push(found);
    }
    if (chosen.length === topK || asked >= most) return chosen;
  }
}

/**
 * The best stretches of each window, whole words; those with the same words add up.
 * @param {ScoredWindow[]} windows
 * @param {string} context
 * @param {number} count
 */
function gather(windows, context, count) {
  /** @type {Map<string, Answer>} */
  const answers = new Map();
  for (const { scores, spans, longest } of windows) {
    for (const index of bestOf(scores, count)) {
      if (scores[index] === 0) break;
      const s = Math.floor(index / longest);
      // What has a score begins and ends with a word.
      const [start] = /** @type {Span} */ (spans[s]);
      const [, end] = /** @type {Span} */ (spans[s + (index % longest)]);
      const words = context.slice(start, end);
      const key = words.toLowerCase();
      const known = answers.get(key);
      if (known) known.score += scores[index];
      else answers.set(key, { answer: words, score: scores[index], start, end });
    }
  }
  return [...answers.values()];
}
