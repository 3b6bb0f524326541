// The results as Markdown: the targets, and behind them the times of everybody.
import { ratioOfRounds } from '../statistics.js';
import { describeRun, digits, megabytes, percent, table } from './format.js';
import { EMBEDDED, targetsOf } from './targets.js';
import { enginesOf, ratioIn } from './view.js';

/**
 * @import { Roofline, Shape } from '../adapters/roofline.js'
 * @import { Row } from '../schedule.js'
 * @import { MeasuredPart, Results } from '../store.js'
 * @import { Cell, Table } from './targets.js'
 * @import { PeerRatio, View } from './view.js'
 *
 * @typedef {[id: string, peers: string[]]} Comparison of one of ours with the fastest of `peers`
 */

const WORKLOADS = ['query', 'tok128', 'batch32', 'mixed64', 'corpus'];

/** Beyond those of the targets. @type {Comparison[]} */
const COMPARISONS = [
  ['bertlet int8 baseline, encoder', ['onnxruntime-web int8']],
  ['bertlet int8 relaxed', ['onnxruntime-web int8']],
  ['bertlet fp32 relaxed', ['transformers.js fp32']],
  ['bertlet int8 relaxed', ['transformers.js q8']],
  ['bertlet int8-fast relaxed', ['transformers.js q8']],
  ['bertlet fp32 relaxed', ['wllama F32']],
  ['bertlet int8 relaxed', ['wllama Q8_0']],
  ['bertlet fp32 relaxed', ['PyTorch fp32']],
  ['bertlet fp32 relaxed', ['llama.cpp F32']],
  ['bertlet int8-fast relaxed', ['llama.cpp Q8_0']],
  ['bertlet fp32 relaxed', ['onnxruntime-node fp32 fused']],
  ['bertlet int8 relaxed', ['onnxruntime-node int8']],
];

/** "**1.93** ≥ 1.5 ✓" @param {Cell} cell @param {Table['unit']} unit */
function targetCell({ found, limit, most, reached }, unit) {
  if (!found) return '';
  const text = unit === 'share' ? `${(100 * found.median).toFixed(1)} %` : digits(found.median);
  if (limit === undefined) return text;
  const bound = unit === 'share' ? `${100 * limit} %` : Number(limit.toFixed(3));
  return `**${text}** ${most ? '≤' : '≥'} ${bound} ${reached ? '✓' : '✗'}`;
}

/** One table of targets as Markdown. @param {Table} targets */
export function targetTable({ title, columns, rows, unit }) {
  const cells = rows.map(({ label, cells: list }) => [
    label,
    ...list.map((cell) => targetCell(cell, unit)),
  ]);
  return table([title, ...columns], cells);
}

/** The same of two threads each; peers without a whole call give hidden states. @type {Comparison[]} */
const THREAD_COMPARISONS = [
  ['bertlet fp32 relaxed, 2 threads', ['onnxruntime-web fp32 fused, 2 threads']],
  ['bertlet int8 relaxed, 2 threads', ['onnxruntime-web int8, 2 threads']],
  ['bertlet int8 relaxed, 2 threads', ['transformers.js q8, 2 threads']],
  ['bertlet int8-fast relaxed, 2 threads', ['onnxruntime-web int8, 2 threads']],
];

/** @param {Row[]} rows @param {Comparison[]} comparisons @param {string} title */
function ratioTable(rows, comparisons, title) {
  const able = comparisons
    .map(([id, peers]) => ({
      id,
      peers,
      ratios: WORKLOADS.map((workload) => ratioIn(rows, id, peers, workload)),
    }))
    .filter(({ ratios }) => ratios.some(Boolean));
  if (!able.length) return [];
  /** @param {string[]} peers */
  const isNative = (peers) => rows.some(({ id, native }) => native && peers.includes(id));
  /** @param {PeerRatio | null} ratio */
  const cell = (ratio) =>
    ratio ? `**${digits(ratio.median)}** (${digits(ratio.low)}–${digits(ratio.high)})` : '';
  return [
    title,
    'Above 1: bertlet is faster. Median of the rounds, in brackets the smallest and the largest.',
    table(
      ['bertlet', 'against', ...WORKLOADS],
      able.map(({ id, peers, ratios }) => [
        id,
        peers.join(', ') + (isNative(peers) ? ' (native)' : ''),
        ...ratios.map(cell),
      ]),
    ),
  ];
}

/** @param {Row[]} rows @param {string} title */
function timeTable(rows, title) {
  const workloads = WORKLOADS.filter((name) => rows.some((row) => row.rows[name]));
  const able = rows.filter((row) => workloads.some((name) => row.rows[name]));
  if (!able.length) return [];
  const cells = able.map(({ id, scope, native, agreement, rows: own }) => [
    id + (native ? ' (native)' : ''),
    scope,
    ...workloads.map((name) => {
      const row = own[name];
      return row
        ? `${digits(row.median)} (${digits(row.min)}; ${digits(row.q1)}–${digits(row.q3)})`
        : '';
    }),
    agreement == null ? '' : agreement.toFixed(4),
  ]);
  return [
    title,
    'Median (smallest; quartiles). The last column is the smallest cosine to the float ' +
      'reference that was seen.',
    table(['contender', 'scope', ...workloads, 'cosine'], cells),
  ];
}

const HEAD_MODELS = { minilm: 'MiniLM', base: 'BERT-base' };

/** What it saves to compute only the rows that a head reads. @param {Row[]} rows */
function headTable(rows) {
  const names = [...new Set(rows.flatMap(({ rows: own }) => Object.keys(own)))];
  /** @param {string} weights @param {string} workload */
  const cell = (weights, workload) => {
    /** @param {string} which */
    const id = (which) => `bertlet int8 relaxed, ${weights}, ${which}`;
    /** @param {string} which */
    const time = (which) => rows.find((row) => row.id === id(which))?.rows[workload]?.median ?? NaN;
    const [every, needed] = ['every row', 'rows that are read'];
    const ratio = ratioIn(rows, id(needed), [id(every)], workload);
    return ratio
      ? `**${digits(ratio.median)}** (${digits(time(every))} → ${digits(time(needed))})`
      : '';
  };
  if (!names.length) return [];
  return [
    '### Heads: only the rows that they read',
    'A classifier reads the first row, a masked LM its mask’s. Times faster than with every row ' +
      'through the last layer and, of the masked LM, through the decoder; in brackets both in ms.',
    table(
      ['model, int8', ...names],
      Object.entries(HEAD_MODELS).map(([weights, label]) => [
        label,
        ...names.map((name) => cell(weights, name)),
      ]),
    ),
  ];
}

/** @param {Row[]} rows @param {number | undefined} bytes of the text that they cut */
function tokenizerTable(rows, bytes) {
  const able = rows.filter(({ rows: own }) => own.tokenizer);
  if (!able.length || !bytes) return [];
  const ours = able.find((row) => row.ours)?.rows.tokenizer;
  const cells = able.map((row) => {
    /** @param {number} ms */
    const speed = (ms) => bytes / 1e6 / (ms / 1e3);
    const { median, q1, q3, rounds } = row.rows.tokenizer;
    const ratio = ours && !row.ours ? ratioOfRounds(rounds, ours.rounds).median : NaN;
    const range = `${digits(speed(q3))}–${digits(speed(q1))}`;
    return [row.id, `${digits(speed(median))} (${range})`, digits(ratio)];
  });
  return [
    `### Tokenizer, ${megabytes(bytes)} MB of text line by line`,
    table(['contender', 'MB/s', 'time ÷ bertlet'], cells),
  ];
}

/** @param {Row[]} rows */
function loadTable(rows) {
  const able = rows.flatMap(({ id, native, load }) => (load ? [{ id, native, load }] : []));
  if (!able.length) return [];
  const hasBytes = able.some(({ load }) => load.bytes);
  const ours = able.find(({ id }) => id === EMBEDDED)?.load.cold.total.median;
  const cells = able.map(({ id, native, load: { cold, warm, memory, bytes } }) => [
    id + (native ? ' (native)' : ''),
    ...[cold.import, cold.load, cold.first, cold.total].map(({ median }) => digits(median)),
    ours ? digits(cold.total.median / ours) : '',
    digits(warm.total.median),
    ...(hasBytes
      ? [megabytes(bytes?.runtime), megabytes(bytes?.runtimeGzip), megabytes(bytes?.model)]
      : []),
    megabytes(memory.afterLoad),
    megabytes(memory.inBatch),
  ]);
  const head = [
    ...['contender', 'import ms', 'load ms', 'first call ms', 'to first vector ms'],
    ...['÷ bertlet int8', 'again ms'],
    ...(hasBytes ? ['runtime MB', 'compressed', 'model MB'] : []),
    ...['WASM MB after load', 'after batch32'],
  ];
  return [
    '### Loading',
    'In a fresh process or page, then once more (in Node in the same process, in Chromium a new ' +
      `page of the same visitor). ${hasBytes ? 'Bytes on the wire: files as they are, the runtime also by gzip.' : ''}`.trim(),
    table(head, cells),
  ];
}

/** @param {Roofline} roofline */
function rooflineTables({ peaks, shapes, layers }) {
  const rows = [...new Set(shapes.map(({ M }) => M))];
  /** @type {Map<string, Shape[]>} */
  const groups = new Map();
  for (const shape of shapes) {
    const key = `${shape.module} ${shape.dtype} ${shape.N} ${shape.K}`;
    groups.set(key, [...(groups.get(key) ?? []), shape]);
  }
  const names = Object.keys(layers[0]?.microseconds ?? {});
  return [
    '### Roofline',
    'Peaks of loops that live in registers alone, in 10⁹ operations per second (a multiplication ' +
      'and an addition are two), one thread.',
    table(
      ['loop', 'module', 'peak'],
      peaks.map(({ loop, module, rate }) => [loop, module, digits(rate)]),
    ),
    'Linear layers of MiniLM and BERT-base (outputs × inputs) as a share of the loop that the ' +
      'kernel is made of; in brackets the rate.',
    table(
      ['module', 'shape', 'loop', ...rows.map((M) => `M = ${M}`)],
      [...groups.values()].map((group) => [
        `${group[0].module} ${group[0].dtype}`,
        `${group[0].N} × ${group[0].K}`,
        group[0].loop,
        ...rows.map((M) => {
          const shape = group.find((other) => other.M === M);
          return shape ? `${percent(shape.share)} (${digits(shape.rate)})` : '';
        }),
      ]),
    ),
    `One MiniLM layer of ${layers[0]?.tokens} tokens, kernel by kernel, in µs.`,
    table(
      ['module', ...names, 'sum', 'not GEMM'],
      layers.map(({ module, dtype, microseconds, sum, otherShare }) => [
        `${module} ${dtype}`,
        ...names.map((name) => digits(microseconds[name])),
        digits(sum),
        percent(otherShare),
      ]),
    ),
  ];
}

/** The targets of all engines, as `## Targets`. @param {Results} results @param {View[]} engines */
function targetParts(results, engines) {
  const parts = engines.flatMap((view) => {
    const tables = targetsOf(view, results);
    return tables.length ? [`### ${view.title}`, ...tables.map(targetTable)] : [];
  });
  if (!parts.length) return [];
  return [
    '## Targets',
    'MiniLM-L6, one thread unless said, medians of the rounds of one run; ✓ reached, ✗ not.',
    ...parts,
  ];
}

/** How calm the machine was. @param {MeasuredPart[]} parts */
function describeSlices(parts) {
  const all = parts.flatMap(({ slices }) => slices ?? []);
  /** @param {'calm' | 'busy' | 'again'} name */
  const sum = (name) => all.reduce((total, slices) => total + slices[name], 0);
  if (!all.length) return [];
  return [
    `Of ${sum('calm') + sum('busy')} slices that count, ${sum('busy')} were measured while ` +
      `others computed on the same core; ${sum('again')} more were for that reason measured again.`,
  ];
}

/** @param {Results} results */
export function renderMarkdown(results) {
  const engines = enginesOf(results);
  const { versions, leftOut, proseBytes } = results;
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const parts = [
    '# Benchmark',
    `${describeRun(results)}.${results.complete ? '' : ' Not a complete run.'}`,
    `${list.join(', ')}.`,
    ...describeSlices(results.parts),
    ...targetParts(results, engines),
  ];
  for (const { title, rows, threadRows, headRows, roofline } of engines) {
    parts.push(
      `## ${title}`,
      ...ratioTable(rows, COMPARISONS, '### Other ratios of times, peer ÷ bertlet'),
      ...ratioTable(threadRows, THREAD_COMPARISONS, '### The same on two threads'),
      ...timeTable(rows, '### Times in ms'),
      ...timeTable(threadRows, '### Times in ms, threads'),
      ...headTable(headRows),
      ...loadTable(rows),
      ...tokenizerTable(rows, proseBytes),
      ...(roofline ? rooflineTables(roofline) : []),
    );
  }
  const missing = [
    ...leftOut,
    ...engines.flatMap(({ title, failures }) =>
      failures.map(({ id, part, error }) => `${title}, ${part}, ${id}: ${error}`),
    ),
  ];
  if (missing.length) parts.push('## Left out', missing.map((line) => `- ${line}`).join('\n'));
  return `${parts.join('\n\n')}\n`;
}
