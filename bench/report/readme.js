// The part of the project's README that the results give, between two marks.
import { describeRun, digits, table } from './format.js';
import { targetTable } from './markdown.js';
import { targetsOf } from './targets.js';
import { enginesOf } from './view.js';

/**
 * @import { Row } from '../schedule.js'
 * @import { Results } from '../store.js'
 */

const BEGIN = '<!-- bench: made from bench/results.json by npm run bench -- --render -->';
const END = '<!-- /bench -->';

const WORKLOADS = [
  ['query', '8 tokens'],
  ['tok128', '128 tokens'],
  ['batch32', '32 texts of 16'],
  ['mixed64', '64 texts of 4 to 256'],
];

/** Whose times are shown. */
const SHOWN = [
  'bertlet fp32 relaxed, encoder',
  'bertlet int8 relaxed, encoder',
  'bertlet int8-fast relaxed, encoder',
  'onnxruntime-web fp32 fused',
  'onnxruntime-web int8',
  'bertlet int8 relaxed',
  'bertlet int8-fast relaxed',
  'transformers.js q8',
  'PyTorch fp32',
  'llama.cpp Q8_0',
  'onnxruntime-node int8',
];

/** Median times of an engine's contenders in ms. @param {Row[]} rows */
function timeTable(rows) {
  const able = SHOWN.flatMap((id) => rows.find((row) => row.id === id) ?? []);
  const cells = able.map(({ id, native, rows: own }) => [
    id + (native ? ' (native)' : ''),
    ...WORKLOADS.map(([name]) => (own[name] ? digits(own[name].median) : '')),
  ]);
  return table(['ms', ...WORKLOADS.map(([name, what]) => `${name}: ${what}`)], cells);
}

/** What stands between the marks. @param {Results} results */
export function readmeBlock(results) {
  const engines = enginesOf(results);
  const view = engines.find(({ engine }) => engine === 'chromium') ?? engines[0];
  const tables = targetsOf(view, results);
  /** @param {string} start of the tables' titles */
  const pick = (start) => tables.filter(({ title }) => title.startsWith(start)).map(targetTable);
  const { versions } = results;
  return [
    `MiniLM-L6 in ${view.title}, one thread, the same weights for all (${describeRun(results)}; ` +
      `onnxruntime-web ${versions['onnxruntime-web']}, ` +
      `transformers.js ${versions['@huggingface/transformers']}). “Encoder” and onnxruntime take token ids, ` +
      'the others text. Medians:',
    timeTable(view.rows),
    'Times of the peer ÷ times of bertlet (above 1: bertlet is faster), the target, and whether ' +
      'it is reached:',
    ...pick('Encoder'),
    ...pick('Text in'),
    ...pick('Native'),
    '![How many times faster than the peers, as bars](bench/chart.svg)',
    'Everything else (Node, threads, loading, memory, tokenizers, the share of what the machine ' +
      'can do) is in [bench/results.md](bench/results.md).',
  ].join('\n\n');
}

/** The text between the marks, or null when they are missing. @param {string} readme */
export function readBlock(readme) {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  return begin < 0 || end < begin ? null : readme.slice(begin + BEGIN.length, end).trim();
}

/** The README with a new block. @param {string} readme @param {string} block */
export function replaceBlock(readme, block) {
  if (readBlock(readme) === null) throw new Error(`README.md has no "${BEGIN}" … "${END}"`);
  const begin = readme.indexOf(BEGIN) + BEGIN.length;
  return `${readme.slice(0, begin)}\n${block}\n${readme.slice(readme.indexOf(END))}`;
}
