import { BertletError } from '../shared/errors.js';
import { readCount, readText, readTexts } from '../shared/inputs.js';
import { prepareText, readPrompt } from './embed.js';
import { countDropped, countTokens, joinTurns } from './history.js';
import { applyFunction, functions } from './scores.js';
import { compare, embedVectors, refuseVectorOptions } from './similarity.js';

/**
 * @import { Ranked, RankOptions } from '../index.d.ts'
 * @import { CallRequest, Session } from '../session/session.js'
 */

const head = 'sequence-classification';

/**
 * Scores are those of sentence-transformers' CrossEncoder.
 * @param {Session} session
 * @param {unknown} query a text
 * @param {unknown} given documents: texts
 * @param {RankOptions} [options]
 * @returns {Promise<Ranked[]>}
 */
export async function rank(session, query, given, options = {}) {
  session.check();
  const documents = readTexts('documents', given);
  const topK = readCount('topK', options.topK, undefined);
  const turns = [...readTexts('history', options.history ?? []), readText('query', query)];
  const score = isCrossEncoder(session) ? scoreTogether : scoreApart;
  const scores = documents.length === 0 ? [] : await score(session, turns, documents, options);
  return documents
    .map((document, index) => ({ index, score: scores[index], document }))
    .sort((a, b) => b.score - a.score)
    .slice(0, topK);
}

/** A classifier with one output says how well two texts go together. @param {Session} session */
function isCrossEncoder({ inUse }) {
  return inUse.heads.includes(head) && inUse.labels === 1;
}

/**
 * A score for each document.
 * @typedef {(session: Session, turns: string[], documents: string[], options: RankOptions)
 *   => Promise<number[]>} Scorer `turns`: the query, and before it what was said before
 */

/** The query beside each document; of a document's windows the best one counts. @type {Scorer} */
async function scoreTogether(session, turns, documents, options) {
  refuseVectorOptions(options);
  const { scoreFunction: name = 'sigmoid' } = session.inUse.head;
  const scoreFunction = functions.find((known) => known === name);
  if (!scoreFunction) {
    throw new BertletError(
      'UNSUPPORTED',
      `This model's scores go through ${name}; supported: Sigmoid, Identity.`,
    );
  }
  const { tokenizer, settings } = session;
  if (settings.transformer.fault) throw settings.transformer.fault;
  const prompt = readPrompt(session, options.prompt);
  const taken = tokenizer.encode('', { pair: '' }).length + countTokens(tokenizer, prompt);
  const room = options.longText === 'error' ? Infinity : session.readMaxLength(options) - taken;
  const joined = joinTurns(tokenizer, turns, documents, room);
  const inputs = documents.map((pair, i) =>
    prepareText(session, { text: joined[i].text, pair }, prompt),
  );
  /** @satisfies {CallRequest} */
  const request = { heads: [head], rows: 'first' };
  const run = await session.run(inputs, countDropped(options, joined), request);
  const scores = run.outputs.map(({ heads }) => applyFunction(heads[head], scoreFunction)[0]);
  return run.windows.map(({ first, count }) => Math.max(...scores.slice(first, first + count)));
}

/**
 * How near vectors are, with the prompts that the folder has for queries and documents.
 * @type {Scorer}
 */
async function scoreApart(session, turns, documents, options) {
  const { tokenizer, settings } = session;
  const { prompts } = settings.sentence;
  /** @param {string[]} names of which the folder has one, it may be */
  const withPrompt = (...names) => ({
    ...options,
    prompt: options.prompt ?? names.find((name) => prompts.has(name)),
  });
  const asking = withPrompt('query');
  const taken =
    tokenizer.encode('').length + countTokens(tokenizer, readPrompt(session, asking.prompt));
  const cuts = (options.longText ?? 'truncate') === 'truncate';
  const room = cuts ? session.readMaxLength(options) - taken : Infinity;
  const joined = joinTurns(tokenizer, turns, [''], room);
  const [[query], vectors] = await Promise.all([
    embedVectors(session, [joined[0].text], {
      ...countDropped(asking, joined),
      onProgress: undefined,
    }),
    embedVectors(session, documents, withPrompt('document', 'passage', 'corpus')),
  ]);
  return vectors.map((vector) => compare(session, query, vector));
}
