// `bertlet similar`: one number for two texts, a ranking for more.
import { defineCommand, UsageError } from './arguments.js';
import { linesOf } from './input.js';
import { modelOptions, openModel } from './open-model.js';
import { Progress } from './output.js';
import { formatCount, oneLine } from './text.js';

export default defineCommand({
  name: 'similar',
  summary: 'how close texts are in meaning, from -1 to 1',
  usage: ['bertlet similar [OPTIONS] TEXT TEXT...', 'bertlet similar [OPTIONS] TEXT --file FILE'],
  about:
    'Two texts give one number. More texts, or the lines of a file, are ranked by their closeness ' +
    'to the first: score, tab, text; the closest first.',
  options: {
    file: { short: 'f', value: 'FILE', help: 'rank the lines of FILE; "-" is standard input' },
    top: { short: 'n', value: 'N', number: [1, Infinity], help: 'show the best N only' },
    json: { help: 'JSON lines: {"index", "score", "text"}' },
    ...modelOptions,
  },
  examples: [
    'bertlet similar "a cat on the mat" "a kitten on a rug"',
    'bertlet similar "how do I pay?" "billing" "opening hours" "recipes"',
    'bertlet similar "the parcel never came" --file tickets.txt --top 5',
  ],

  async run({ values, positionals, output, signal }) {
    const [first, ...others] = positionals;
    if (first === undefined || (others.length === 0 && values.file === undefined)) {
      throw new UsageError('two texts, or one text and --file FILE, are needed', 'similar');
    }
    if (others.length > 0 && values.file !== undefined) {
      throw new UsageError('with --file only one text is given', 'similar');
    }
    const chunks =
      values.file === undefined ? [{ texts: others, done: 1 }] : linesOf(values.file, signal);
    const model = await openModel(values, signal);
    try {
      if (others.length === 1) {
        const score = await model.similarity(first, others[0], { signal });
        const text = others[0];
        await output.line(
          values.json ? JSON.stringify({ index: 0, score, text }) : score.toFixed(6),
        );
        return;
      }
      const best = await rankAll(model, first, chunks, { top: values.top, signal });
      for (const entry of best) {
        await output.line(
          values.json ? JSON.stringify(entry) : `${entry.score.toFixed(6)}\t${oneLine(entry.text)}`,
        );
      }
    } finally {
      await model.dispose();
    }
  },
});

/**
 * @import { Model } from '../index.d.ts'
 * @import { Chunk } from './input.js'
 *
 * @typedef {{ index: number, score: number, text: string }} Entry
 */

/**
 * Ranks chunk by chunk; with `top`, only that many entries are kept.
 * @param {Model} model
 * @param {string} query
 * @param {AsyncIterable<Chunk> | Chunk[]} chunks
 * @param {{ top?: number, signal: AbortSignal }} how
 */
async function rankAll(model, query, chunks, { top = Infinity, signal }) {
  const options = { normalize: true, signal };
  const target = await model.embed(query, options);
  const progress = new Progress('Comparing');
  /** @type {Entry[]} */
  let entries = [];
  let index = 0;
  try {
    for await (const { texts, done, total } of chunks) {
      const vectors = await model.embed(texts, options);
      texts.forEach((text, at) =>
        entries.push({ index: index++, score: dot(target, vectors[at]), text }),
      );
      if (entries.length > 4 * top) entries = bestOf(entries, top);
      progress.update(done, total, `${formatCount(index)} texts`);
    }
  } finally {
    progress.clear();
  }
  return bestOf(entries, top);
}

/**
 * Equal scores keep their order, so that the output is the same every time.
 * @param {Entry[]} entries
 * @param {number} top
 */
const bestOf = (entries, top) =>
  entries.sort((a, b) => b.score - a.score || a.index - b.index).slice(0, top);

/** @param {Float32Array} a @param {Float32Array} b */
function dot(a, b) {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at] * b[at];
  return sum;
}
