// The call shapes of transformers.js, so that existing code only changes its import; where it
// has no such option or input, those of transformers itself.
import { BertletError, guarded } from './shared/errors.js';
import { badArgument, readList, reading } from './shared/inputs.js';
import { load } from './load/load.js';
import { readPipelineOptions, readTaskOptions } from './pipeline/options.js';
import { asyncDispose } from './shared/platform.js';
import { isList, show } from './shared/show.js';
import { featureExtraction } from './tasks/feature-extraction.js';

/**
 * @import {
 *   Entity, EntityGroup, FilledMask, FilledMasks, FillMaskOutput, LoadOptions, LoadProgress, Model,
 *   Pipelines, Question, QuestionAnsweringOutput, Source, TextInput, TokenClassificationOutput,
 *   ZeroShotClassificationOutput
 * } from './index.d.ts'
 */

/**
 * What a task does with a model and what its pipeline was called with, which the model's call
 * checks.
 * @typedef {(model: Model, ...input: unknown[]) => Promise<unknown>} Runner
 *
 * @type {Map<unknown, Runner>}
 */
const tasks = new Map([
  ['feature-extraction', featureExtraction],
  ['text-classification', classifyTexts],
  ['fill-mask', fillMasks],
  ['token-classification', tagTexts],
  ['question-answering', answerQuestions],
  ['zero-shot-classification', classifyZeroShot],
  ['embeddings', featureExtraction],
  ['sentiment-analysis', classifyTexts],
  ['ner', tagTexts],
]);

/**
 * @param {Task} task
 * @param {Source} [source]
 * @param {import('./index.d.ts').PipelineOptions | null} [options]
 * @returns {Promise<Pipelines[Task]>}
 * @template {keyof Pipelines} Task
 */
export function pipeline(task, source, options) {
  return guarded(() => openPipeline(task, source, readPipelineOptions(options, describe)));
}

/**
 * @param {Task} task
 * @param {Source} source
 * @param {LoadOptions} options
 * @returns {Promise<Pipelines[Task]>}
 * @template {keyof Pipelines} Task
 */
async function openPipeline(task, source, options) {
  const run = tasks.get(task);
  if (!run) {
    throw new BertletError(
      'UNSUPPORTED',
      `There is no pipeline for ${show(task)}; supported: ${[...tasks.keys()].join(', ')}.`,
    );
  }
  const model = await load(source, options);
  const dispose = async () => model.dispose();
  /** @param {unknown[]} input */
  const call = (...input) => guarded(() => run(model, ...input));
  const parts = {
    task,
    model,
    tokenizer: model.tokenizer,
    dispose,
    [asyncDispose]: dispose,
  };
  return /** @type {Pipelines[Task]} */ (Object.assign(call, parts));
}

/**
 * An event of ours that can be read as one of theirs.
 * @param {LoadProgress} event
 * @returns {import('./pipeline/options.js').TheirProgress}
 */
function describe(event) {
  const { phase, loaded, total = 0 } = event;
  const progress = total > 0 ? (100 * loaded) / total : 0;
  return { ...event, status: phase === 'ready' ? 'ready' : 'progress', progress };
}

/**
 * One input for an array of one, and a result for the first of its results.
 * @param {unknown} x
 * @param {(list: Input[]) => Promise<Result[]>} call of the model, which checks the inputs
 * @returns {Promise<Result | Result[]>}
 * @template Input, Result
 */
async function each(x, call) {
  if (isList(x)) return call(/** @type {Input[]} */ (x));
  const [result] = await call([/** @type {Input} */ (x)]);
  return result;
}

/** A copy of a list of inputs, or a list of the one. @param {unknown} x */
const toList = (x) => readList('The input', isList(x) ? x : [x], (item) => item);

/**
 * A pair under our names; anything else the model's call checks.
 * @param {unknown} input
 * @returns {TextInput}
 */
const toPair = (input) =>
  reading('The input', () => {
    const { text, text_pair: pair } = Object(input ?? {});
    return pair === undefined ? /** @type {TextInput} */ (input) : { text, pair };
  });

/** @type {Runner} */
async function classifyTexts(model, texts, given) {
  const { topK = 1, ...options } = readTaskOptions(given, 'text-classification');
  const list = toList(texts).map(toPair);
  const results = await model.classify(list, { ...options, topK });
  if (topK === 1) return results.flat();
  return isList(texts) ? results : results[0];
}

/** @type {Runner} */
async function fillMasks(model, texts, given) {
  const options = readTaskOptions(given, 'fill-mask');
  /** @param {FilledMask} found @returns {FillMaskOutput} */
  const describeToken = ({ tokenId, score, sequence }) => ({
    score,
    token: tokenId,
    token_str: model.tokenizer.decode([tokenId]),
    sequence,
  });
  return each(texts, async (/** @type {TextInput[]} */ list) => {
    /** @type {FilledMasks[]} */
    const results = await model.fillMask(list, options);
    return results.map((lists) =>
      lists.map((entry) =>
        Array.isArray(entry) ? entry.map(describeToken) : describeToken(entry),
      ),
    );
  });
}

/** @type {Runner} */
async function tagTexts(model, texts, given) {
  const options = readTaskOptions(given, 'token-classification');
  // There a stride is what asks for windows.
  if ((options.stride ?? null) !== null) options.longText ??= 'window';
  return each(texts, async (/** @type {string[]} */ list) =>
    (await model.tagTokens(list, options)).map((entities) => entities.map(describeEntity)),
  );
}

/**
 * Of one token, or of several that are a group.
 * @param {Entity} found
 * @returns {TokenClassificationOutput | EntityGroup}
 */
function describeEntity({ entity, score, word, start, end, index }) {
  if (index === undefined) return { entity_group: entity, score, word, start, end };
  return { entity, score, index, word, start, end };
}

/**
 * (question, context, options), or as Python has it ({ question, context }, options).
 * @type {Runner}
 */
async function answerQuestions(model, question, ...rest) {
  const isPlain = toList(question).every((part) => typeof part === 'string');
  const [context, given] = isPlain ? rest : [undefined, rest[0]];
  const { topK = 1, ...options } = readTaskOptions(given, 'question-answering');
  const inputs = isPlain ? pairUp(question, context) : question;
  return each(inputs, async (/** @type {Question[]} */ list) => {
    const results = await model.answer(list, { ...options, topK });
    /** @type {QuestionAnsweringOutput[][]} */
    const described = results.map((answers) =>
      answers.map(({ answer, score, start, end }) => ({ score, start, end, answer })),
    );
    /** @type {(QuestionAnsweringOutput | QuestionAnsweringOutput[])[]} */
    const given = topK === 1 ? described.map(([best]) => best ?? { ...noAnswer }) : described;
    return given;
  });
}

/** A context without words has no answer, not even a bad one. */
const noAnswer = { score: 0, start: 0, end: 0, answer: '' };

/** @param {unknown} question @param {unknown} context */
function pairUp(question, context) {
  if (!isList(question)) return { question, context };
  const questions = toList(question);
  const contexts = isList(context) ? toList(context) : questions.map(() => context);
  if (contexts.length !== questions.length) {
    throw badArgument(`There are ${questions.length} questions and ${contexts.length} contexts.`);
  }
  return questions.map((text, i) => ({ question: text, context: contexts[i] }));
}

/** @type {Runner} */
async function classifyZeroShot(model, texts, given, more) {
  const labels = /** @type {string | string[]} */ (given);
  const options = readTaskOptions(more, 'zero-shot-classification');
  return each(texts, async (/** @type {string[]} */ list) => {
    const results = await model.zeroShot(list, labels, options);
    /** @type {ZeroShotClassificationOutput[]} */
    const described = results.map(({ method, ...result }) =>
      // Theirs knows no other method than a head for it.
      method === 'nli' ? result : { ...result, method },
    );
    return described;
  });
}
