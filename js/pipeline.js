// The call shapes of transformers.js, so that existing code only changes its import; where it
// has no such option or input, those of transformers itself.
import { BertletError } from './errors.js';
import { badArgument, readOptions } from './inputs.js';
import { load } from './load.js';
import { featureExtraction } from './tasks/feature-extraction.js';

/** What a task does with a model and what its pipeline was called with. */
const tasks = {
  'feature-extraction': featureExtraction,
  'text-classification': classifyTexts,
  'fill-mask': fillMasks,
  'token-classification': tagTexts,
  'question-answering': answerQuestions,
  'zero-shot-classification': classifyZeroShot,
};

const otherNames = {
  embeddings: 'feature-extraction',
  'sentiment-analysis': 'text-classification',
  ner: 'token-classification',
};

/** See pipeline.d.ts. */
export async function pipeline(task, source, options = {}) {
  const name = Object.hasOwn(otherNames, task) ? otherNames[task] : task;
  if (!Object.hasOwn(tasks, name)) {
    const known = [...Object.keys(tasks), ...Object.keys(otherNames)].join(', ');
    throw new BertletError(
      'UNSUPPORTED',
      `There is no pipeline for "${String(task)}"; supported: ${known}.`,
    );
  }
  const { progress_callback: tell, dtype, onProgress, ...others } = readOptions(options ?? {});
  const model = await load(source, {
    ...others,
    dtype: dtype === 'q8' ? 'int8' : dtype,
    onProgress: typeof tell === 'function' ? (event) => tell(describe(event)) : onProgress,
  });
  const dispose = async () => model.dispose();
  return Object.assign((...input) => tasks[name](model, ...input), {
    task,
    model,
    tokenizer: model.tokenizer,
    dispose,
    [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]: dispose,
  });
}

/** An event of ours that can be read as one of theirs. */
function describe(event) {
  const { phase, loaded, total } = event;
  const progress = total > 0 ? (100 * loaded) / total : 0;
  return { ...event, status: phase === 'ready' ? 'ready' : 'progress', progress };
}

/** Our names of options; those that have no other name stay. */
const optionNames = {
  top_k: 'topK',
  topk: 'topK',
  function_to_apply: 'functionToApply',
  aggregation_strategy: 'aggregation',
  ignore_labels: 'ignoreLabels',
  doc_stride: 'stride',
  max_answer_len: 'maxAnswerLength',
  max_seq_len: 'maxLength',
  handle_impossible_answer: 'allowNone',
  hypothesis_template: 'hypothesisTemplate',
  multi_label: 'multiLabel',
};

function rename(options) {
  const entries = Object.entries(readOptions(options ?? {}));
  return Object.fromEntries(entries.map(([name, value]) => [optionNames[name] ?? name, value]));
}

/** One input for an array of one, and a result for the first of its results. */
async function each(x, call) {
  if (Array.isArray(x)) return call(x);
  const [result] = await call([x]);
  return result;
}

const toPair = (input) => {
  const { text, text_pair: pair } = input ?? {};
  return pair === undefined ? input : { text, pair };
};

async function classifyTexts(model, texts, given) {
  const { topK = 1, ...options } = rename(given);
  const list = [texts].flat().map(toPair);
  const results = await model.classify(list, { ...options, topK });
  if (topK === 1) return results.flat();
  return Array.isArray(texts) ? results : results[0];
}

async function fillMasks(model, texts, given) {
  const options = rename(given);
  const describeToken = ({ tokenId, score, sequence }) => ({
    score,
    token: tokenId,
    token_str: model.tokenizer.decode([tokenId]),
    sequence,
  });
  return each(texts, async (list) =>
    (await model.fillMask(list, options)).map((lists) =>
      lists.map((entry) =>
        Array.isArray(entry) ? entry.map(describeToken) : describeToken(entry),
      ),
    ),
  );
}

async function tagTexts(model, texts, given) {
  const options = rename(given);
  // There a stride is what asks for windows.
  if ((options.stride ?? null) !== null) options.longText ??= 'window';
  return each(texts, async (list) =>
    (await model.tagTokens(list, options)).map((entities) => entities.map(describeEntity)),
  );
}

/** Of one token, or of several that are a group. */
function describeEntity({ entity, score, word, start, end, index }) {
  if (index === undefined) return { entity_group: entity, score, word, start, end };
  return { entity, score, index, word, start, end };
}

/** (question, context, options), or as Python has it ({ question, context }, options). */
async function answerQuestions(model, question, ...rest) {
  const isPlain = [question].flat().every((part) => typeof part === 'string');
  const [context, given] = isPlain ? rest : [undefined, rest[0]];
  const { topK = 1, ...options } = rename(given);
  const inputs = isPlain ? pairUp(question, context) : question;
  return each(inputs, async (list) => {
    const results = await model.answer(list, { ...options, topK });
    const described = results.map((answers) =>
      answers.map(({ answer, score, start, end }) => ({ score, start, end, answer })),
    );
    return topK === 1 ? described.map(([best]) => best ?? { ...noAnswer }) : described;
  });
}

/** A context without words has no answer, not even a bad one. */
const noAnswer = { score: 0, start: 0, end: 0, answer: '' };

function pairUp(question, context) {
  if (!Array.isArray(question)) return { question, context };
  if (Array.isArray(context) && context.length !== question.length) {
    throw badArgument(`There are ${question.length} questions and ${context.length} contexts.`);
  }
  return question.map((text, i) => ({
    question: text,
    context: Array.isArray(context) ? context[i] : context,
  }));
}

async function classifyZeroShot(model, texts, labels, given) {
  const options = rename(given);
  return each(texts, async (list) =>
    (await model.zeroShot(list, labels, options)).map(({ method, ...result }) =>
      // Theirs knows no other method than a head for it.
      method === 'nli' ? result : { ...result, method },
    ),
  );
}
