// The call shapes of transformers.js, so that existing code only changes its import; where it
// has no such option or input, those of transformers itself.
import { BertletError, guarded } from './errors.js';
import { badArgument, readList, reading } from './inputs.js';
import { load } from './load.js';
import { readPipelineOptions, readTaskOptions } from './pipeline-options.js';
import { isList, show } from './show.js';
import { featureExtraction } from './tasks/feature-extraction.js';

/** What a task does with a model and what its pipeline was called with. */
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

/** See pipeline.d.ts. */
export function pipeline(task, source, options) {
  return guarded(() => openPipeline(task, source, readPipelineOptions(options, describe)));
}

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
  return Object.assign((...input) => guarded(() => run(model, ...input)), {
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

/** One input for an array of one, and a result for the first of its results. */
async function each(x, call) {
  if (isList(x)) return call(x);
  const [result] = await call([x]);
  return result;
}

/** A copy of a list of inputs, or a list of the one. */
const toList = (x) => readList('The input', isList(x) ? x : [x], (item) => item);

const toPair = (input) =>
  reading('The input', () => {
    const { text, text_pair: pair } = input ?? {};
    return pair === undefined ? input : { text, pair };
  });

async function classifyTexts(model, texts, given) {
  const { topK = 1, ...options } = readTaskOptions(given, 'text-classification');
  const list = toList(texts).map(toPair);
  const results = await model.classify(list, { ...options, topK });
  if (topK === 1) return results.flat();
  return isList(texts) ? results : results[0];
}

async function fillMasks(model, texts, given) {
  const options = readTaskOptions(given, 'fill-mask');
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
  const options = readTaskOptions(given, 'token-classification');
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
  const isPlain = toList(question).every((part) => typeof part === 'string');
  const [context, given] = isPlain ? rest : [undefined, rest[0]];
  const { topK = 1, ...options } = readTaskOptions(given, 'question-answering');
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
  if (!isList(question)) return { question, context };
  const questions = toList(question);
  const contexts = isList(context) ? toList(context) : questions.map(() => context);
  if (contexts.length !== questions.length) {
    throw badArgument(`There are ${questions.length} questions and ${contexts.length} contexts.`);
  }
  return questions.map((text, i) => ({ question: text, context: contexts[i] }));
}

async function classifyZeroShot(model, texts, labels, given) {
  const options = readTaskOptions(given, 'zero-shot-classification');
  return each(texts, async (list) =>
    (await model.zeroShot(list, labels, options)).map(({ method, ...result }) =>
      // Theirs knows no other method than a head for it.
      method === 'nli' ? result : { ...result, method },
    ),
  );
}
