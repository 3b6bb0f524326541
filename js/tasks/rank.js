import { badArgument, readCount } from '../inputs.js';
import { cosine } from '../vectors.js';
import { embed } from './embed.js';
import { applyFunction } from './scores.js';

const head = 'sequence-classification';

/**
 * See index.d.ts. Scores are those of sentence-transformers' CrossEncoder.
 * @param {import('../session.js').Session} session
 */
export async function rank(session, query, documents, options = {}) {
  session.check();
  readTexts('documents', documents);
  if (typeof query !== 'string') throw badArgument('query is not a string.');
  const topK = readCount('topK', options.topK, undefined);
  const turns = [...readTexts('history', options.history ?? []), query];
  const score = isCrossEncoder(session) ? scoreTogether : scoreApart;
  const scores = documents.length === 0 ? [] : await score(session, turns, documents, options);
  return documents
    .map((document, index) => ({ index, score: scores[index], document }))
    .sort((a, b) => b.score - a.score)
    .slice(0, topK);
}

/** A classifier with one output says how well two texts go together. */
function isCrossEncoder({ inUse }) {
  return inUse.heads.includes(head) && inUse.labels === 1;
}

async function scoreTogether(session, turns, documents, options) {
  const inputs = documents.map((document) => ({
    text: joinTurns(session, turns, document, options),
    pair: document,
  }));
  const { outputs, head: config } = await session.run(inputs, options, {
    heads: [head],
    rows: 'first',
  });
  return outputs.map(
    ({ heads }) => applyFunction(heads[head], config.scoreFunction ?? 'sigmoid')[0],
  );
}

async function scoreApart(session, turns, documents, options) {
  const [query, ...vectors] = await embed(session, [turns.join('\n'), ...documents], options);
  return vectors.map((vector) => cosine(query, vector));
}

/** Earlier turns first; whole turns are left out where they would take the query's room. */
function joinTurns(session, turns, document, options) {
  const room = session.readMaxLength(options);
  for (let first = 0; first < turns.length - 1; first++) {
    const text = turns.slice(first).join('\n');
    if (session.tokenizer.encode(text, { pair: document }).length <= room) return text;
  }
  return turns.at(-1);
}

function readTexts(name, texts) {
  if (Array.isArray(texts) && texts.every((text) => typeof text === 'string')) return texts;
  throw badArgument(`${name} is not an array of strings.`);
}
