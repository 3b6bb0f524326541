// `bertlet rank`: documents by how well they fit a query.
import { defineCommand, UsageError } from './arguments.js';
import { lengthOption, inWindows } from './each-text.js';
import { linesOf } from './input.js';
import { modelOptions, openModel } from './open-model.js';
import { Progress } from './output.js';
import { formatCount, oneLine } from './text.js';

export default defineCommand({
  name: 'rank',
  summary: 'order documents by how well they fit a query',
  usage: ['bertlet rank [OPTIONS] QUERY DOCUMENT...', 'bertlet rank [OPTIONS] QUERY --file FILE'],
  about:
    'Prints score, tab, document, the best first. A cross-encoder (a head with one output) reads ' +
    'the query beside each document; other models compare embeddings, with the prompts that ' +
    'their folder has for queries and documents.',
  options: {
    file: { short: 'f', value: 'FILE', help: 'rank the lines of FILE; "-" is standard input' },
    top: { short: 'n', value: 'N', number: [1, Infinity], help: 'show the best N only' },
    json: { help: 'JSON lines: {"index", "score", "document"}' },
    ...lengthOption,
    ...modelOptions,
  },
  examples: [
    'bertlet rank "when is dinner?" "The kitchen closes at ten." "Parking is free."',
    'bertlet rank -m ./my-cross-encoder "parcel never came" -f tickets.txt --top 5',
  ],

  async run({ values, positionals, output, signal }) {
    const [query, ...documents] = positionals;
    if (query === undefined || (documents.length === 0 && values.file === undefined)) {
      throw new UsageError('a query and documents, or --file FILE, are needed', 'rank');
    }
    if (documents.length > 0 && values.file !== undefined) {
      throw new UsageError('with --file only the query is given', 'rank');
    }
    const chunks =
      values.file === undefined ? [{ texts: documents, done: 1 }] : linesOf(values.file, signal);
    const model = await openModel(values, signal);
    try {
      const { top } = values;
      const best = await rankAll(model, query, chunks, top, inWindows(values, signal));
      for (const entry of best) {
        await output.line(
          values.json
            ? JSON.stringify(entry)
            : `${entry.score.toFixed(6)}\t${oneLine(entry.document)}`,
        );
      }
    } finally {
      await model.dispose();
    }
  },
});

/**
 * @import { Model, Ranked, WindowOptions } from '../index.d.ts'
 * @import { Chunk } from './input.js'
 */

/**
 * Ranks chunk by chunk; with `top`, only that many entries are kept.
 * @param {Model} model
 * @param {string} query
 * @param {AsyncIterable<Chunk> | Chunk[]} chunks
 * @param {number | undefined} top
 * @param {WindowOptions} options
 */
async function rankAll(model, query, chunks, top = Infinity, options) {
  const progress = new Progress('Ranking');
  /** @type {Ranked[]} */
  let entries = [];
  let count = 0;
  try {
    for await (const { texts, done, total } of chunks) {
      const ranked = await model.rank(query, texts, options);
      entries.push(...ranked.map((entry) => ({ ...entry, index: entry.index + count })));
      if (entries.length > 4 * top) entries = bestOf(entries, top);
      count += texts.length;
      progress.update(done, total, `${formatCount(count)} documents`);
    }
  } finally {
    progress.clear();
  }
  return bestOf(entries, top);
}

/**
 * Equal scores keep their order, so that the output is the same every time.
 * @param {Ranked[]} entries
 * @param {number} top
 */
const bestOf = (entries, top) =>
  entries.sort((a, b) => b.score - a.score || a.index - b.index).slice(0, top);
