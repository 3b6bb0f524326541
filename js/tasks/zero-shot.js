import { badArgument, readInputs } from '../inputs.js';
import { cosine } from '../vectors.js';
import { embed } from './embed.js';
import { softmax } from './scores.js';

const head = 'sequence-classification';

/** Cosines lie close together; so many times them, a softmax tells labels apart. */
const cosineScale = 20;

/**
 * See index.d.ts. With an NLI head as transformers' pipeline computes it.
 * @param {import('../session.js').Session} session
 */
export async function zeroShot(session, x, labels, options = {}) {
  session.check();
  const { inputs, isArray } = readInputs(x);
  if (inputs.some(({ pair }) => pair !== undefined)) throw badArgument('zeroShot takes no pairs.');
  const { hypothesisTemplate: template = 'This example is {}.', multiLabel = false } = options;
  if (typeof template !== 'string' || !template.includes('{}')) {
    throw badArgument('hypothesisTemplate is a string with {} where the label goes.');
  }
  const names = readLabels(labels);
  const texts = inputs.map(({ text }) => text);
  const hypotheses = names.map((name) => template.replace('{}', () => name));
  const entailment = findEntailment(session);
  const rows =
    entailment === undefined
      ? await scoreByVectors(session, texts, hypotheses, multiLabel, options)
      : await scoreByEntailment(session, texts, hypotheses, multiLabel, entailment, options);
  const results = texts.map((sequence, i) => {
    const order = names.map((_, k) => k).sort((a, b) => rows[i][b] - rows[i][a]);
    return {
      sequence,
      labels: order.map((k) => names[k]),
      scores: order.map((k) => rows[i][k]),
      method: entailment === undefined ? 'embedding' : 'nli',
    };
  });
  return isArray ? results : results[0];
}

function readLabels(labels) {
  const names = typeof labels === 'string' ? labels.split(',').map((name) => name.trim()) : labels;
  const isList = Array.isArray(names) && names.every((name) => typeof name === 'string' && name);
  if (isList && names.length > 0) return names;
  throw badArgument('labels is not an array of words, at least one.');
}

/** Which output of an NLI classifier says that the second text follows; undefined: it is none. */
function findEntailment({ inUse }) {
  if (!inUse.heads.includes(head)) return undefined;
  const index = inUse.head.labels?.findIndex((label) => /^entail/i.test(label)) ?? -1;
  return index < 0 ? undefined : index;
}

async function scoreByEntailment(session, texts, hypotheses, multiLabel, entailment, options) {
  const inputs = texts.flatMap((text) => hypotheses.map((pair) => ({ text, pair })));
  const request = { heads: [head], rows: 'first' };
  const how = { truncation: 'only_first', ...options };
  const { outputs } = await session.run(inputs, how, request);
  const logits = outputs.map(({ heads }) => heads[head]);
  return texts.map((_, i) => {
    const own = logits.slice(i * hypotheses.length, (i + 1) * hypotheses.length);
    if (!multiLabel && own.length > 1) return softmax(own.map((values) => values[entailment]));
    return own.map((values) => {
      const contradiction = values.at(entailment === 0 ? -1 : 0);
      return softmax([contradiction, values[entailment]])[1];
    });
  });
}

async function scoreByVectors(session, texts, hypotheses, multiLabel, options) {
  const vectors = await embed(session, [...texts, ...hypotheses], options);
  const wanted = vectors.slice(texts.length);
  return texts.map((_, i) => {
    const cosines = wanted.map((vector) => cosine(vectors[i], vector));
    if (multiLabel) return cosines.map((value) => Math.max(0, value));
    return softmax(cosines.map((value) => value * cosineScale));
  });
}
