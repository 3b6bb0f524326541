import { badArgument, readFlag, readInputs, readTexts } from '../shared/inputs.js';
import { cosine } from '../shared/vectors.js';
import { encodeText } from '../session/windows.js';
import { countTokens } from './history.js';
import { softmax } from './scores.js';
import { embedVectors, refuseVectorOptions } from './similarity.js';

/**
 * @import { ZeroShotOptions, ZeroShotResult } from '../index.d.ts'
 * @import { CallRequest, Session } from '../session/session.js'
 */

const head = 'sequence-classification';

/** Cosines lie close together; so many times them, a softmax tells labels apart. */
const cosineScale = 20;

/**
 * With an NLI head as transformers' pipeline computes it.
 * @param {Session} session
 * @param {unknown} x a text, or an array of them
 * @param {unknown} labels
 * @param {ZeroShotOptions} [options]
 * @returns {Promise<ZeroShotResult | ZeroShotResult[]>}
 */
export async function zeroShot(session, x, labels, options = {}) {
  session.check();
  const { inputs, isArray } = readInputs(x);
  if (inputs.some(({ pair }) => pair !== undefined)) throw badArgument('zeroShot takes no pairs.');
  const template = options.hypothesisTemplate ?? 'This example is {}.';
  if (typeof template !== 'string' || !template.includes('{}')) {
    throw badArgument('hypothesisTemplate is not a string with {} where the label goes.');
  }
  const multiLabel = readFlag('multiLabel', options.multiLabel, false);
  const names = readLabels(labels);
  const texts = inputs.map(({ text }) => text);
  const hypotheses = names.map((name) => template.replaceAll('{}', () => name));
  const score = isNli(session) ? scoreByEntailment : scoreByVectors;
  const rows = await score(session, texts, hypotheses, multiLabel, options);
  const method = score === scoreByVectors ? 'embedding' : 'nli';
  /** @type {ZeroShotResult[]} */
  const results = texts.map((sequence, i) => {
    const order = [...names.keys()].sort((a, b) => rows[i][b] - rows[i][a]);
    return {
      sequence,
      labels: order.map((k) => names[k]),
      scores: order.map((k) => rows[i][k]),
      method,
    };
  });
  return isArray ? results : results[0];
}

/** @param {unknown} labels */
function readLabels(labels) {
  const names = typeof labels === 'string' ? splitLabels(labels) : readTexts('labels', labels);
  if (names.length > 0 && !names.includes('')) return names;
  throw badArgument('labels is not an array of words, at least one.');
}

/** "a, b" as transformers' pipeline takes it. @param {string} labels */
const splitLabels = (labels) =>
  labels
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);

/** @param {Session} session */
const isNli = ({ inUse }) => inUse.heads.includes(head) && findEntailment(inUse) >= 0;

/**
 * Which output of an NLI classifier says that the second text follows; -1: it is none.
 * @param {Session['inUse']} inUse
 */
function findEntailment({ head: { labels }, labels: count }) {
  return count > 1 && labels ? labels.findIndex((label) => /^entail/i.test(label)) : -1;
}

/**
 * For each text a score of each hypothesis.
 * @typedef {(session: Session, texts: string[], hypotheses: string[], multiLabel: boolean,
 *   options: ZeroShotOptions) => Promise<number[][]>} Scorer
 */

/** @type {Scorer} */
async function scoreByEntailment(session, texts, hypotheses, multiLabel, options) {
  refuseVectorOptions(options, 'prompt');
  const entailment = findEntailment(session.inUse);
  const run = await runPairs(session, texts, hypotheses, options);
  const each = multiLabel || hypotheses.length === 1;
  return texts.map((_, i) => {
    const parts = run.windows.slice(i * hypotheses.length, (i + 1) * hypotheses.length);
    const { count } = parts[0];
    const mean = parts.map(() => 0);
    for (let window = 0; window < count; window++) {
      const logits = parts.map(({ first }) => run.outputs[first + window].heads[head]);
      const scores = each
        ? logits.map((values) => entails(values, entailment))
        : softmax(logits.map((values) => values[entailment]));
      for (const k of mean.keys()) mean[k] += scores[k] / count;
    }
    return mean;
  });
}

/**
 * Entailment against contradiction, which stands at the other end.
 * @param {Float32Array} values of all labels
 * @param {number} entailment which of them it is
 */
const entails = (values, entailment) =>
  softmax([values[entailment === 0 ? values.length - 1 : 0], values[entailment]])[1];

/**
 * Every text with every hypothesis, which is never cut unless a call says so.
 * @param {Session} session
 * @param {string[]} texts
 * @param {string[]} hypotheses
 * @param {ZeroShotOptions} options
 */
function runPairs(session, texts, hypotheses, options) {
  const length = session.readLength(options);
  /** @satisfies {CallRequest} */
  const request = { heads: [head], rows: 'first' };
  const pairs = texts.flatMap((text) => hypotheses.map((pair) => ({ text, pair })));
  if (length.longText !== 'window') {
    const { truncation = 'only_first' } = options;
    return session.run(pairs, { ...options, truncation }, request);
  }
  // A text has the same windows beside all hypotheses: those that the longest leaves room for.
  const { tokenizer } = session;
  const tokens = hypotheses.map((text) => countTokens(tokenizer, text));
  const longest = Math.max(...tokens);
  const encoded = pairs.map((pair, i) => {
    const maxLength = length.maxLength - longest + tokens[i % hypotheses.length];
    return encodeText(tokenizer, pair, { ...length, maxLength, truncation: 'only_first' }, i);
  });
  return session.runEncoded(encoded, options, request);
}

/** @type {Scorer} */
async function scoreByVectors(session, texts, hypotheses, multiLabel, options) {
  const vectors = await embedVectors(session, [...texts, ...hypotheses], options);
  const wanted = vectors.slice(texts.length);
  return texts.map((_, i) => {
    const cosines = wanted.map((vector) => cosine(vectors[i], vector));
    if (multiLabel || cosines.length === 1) return cosines.map((value) => Math.max(0, value));
    return [...softmax(cosines.map((value) => value * cosineScale))];
  });
}
