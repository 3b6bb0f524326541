// The results as Markdown: what is compared with what, and the tables.
import { ratioOfRounds } from './statistics.js';

/**
 * The comparisons, as the targets name them. `ours` and `peers` are beginnings of ids; of
 * several peers the fastest in that workload counts.
 */
const COMPARISONS = [
  {
    against: 'onnxruntime-web fp32, the faster of plain and fused',
    ours: ['fp32 baseline', 'fp32 relaxed'].map((name) => `bertlet ${name}, encoder`),
    peers: ['onnxruntime-web fp32', 'onnxruntime-web fp32 fused'],
  },
  {
    against: 'onnxruntime-web int8',
    ours: ['int8 baseline', 'int8 relaxed', 'int8-fast relaxed'].map(
      (name) => `bertlet ${name}, encoder`,
    ),
    peers: ['onnxruntime-web int8'],
  },
  {
    against: 'transformers.js fp32',
    ours: ['bertlet fp32 baseline', 'bertlet fp32 relaxed'],
    peers: ['transformers.js fp32'],
  },
  {
    against: 'transformers.js q8',
    ours: ['bertlet int8 baseline', 'bertlet int8 relaxed', 'bertlet int8-fast relaxed'],
    peers: ['transformers.js q8'],
  },
  {
    against: 'wllama F32',
    ours: ['bertlet fp32 relaxed'],
    peers: ['wllama F32'],
  },
  {
    against: 'wllama Q8_0',
    ours: ['bertlet int8 relaxed'],
    peers: ['wllama Q8_0'],
  },
  {
    against: 'PyTorch fp32',
    ours: ['bertlet int8 relaxed', 'bertlet int8-fast relaxed'],
    peers: ['PyTorch fp32'],
  },
  {
    against: 'onnxruntime-node int8',
    ours: ['bertlet int8 relaxed', 'bertlet int8-fast relaxed'],
    peers: ['onnxruntime-node int8'],
  },
];

/** What loading is compared with: what a user of the embedded model gets. */
const LOAD_REFERENCE = 'bertlet int8 relaxed';

const ENCODER_WORKLOADS = ['query', 'tok128', 'batch32', 'mixed64', 'corpus'];

const megabytes = (bytes) => (bytes == null ? '' : (bytes / 1e6).toFixed(1));

/** Three significant digits. */
export function digits(value) {
  if (!Number.isFinite(value)) return '';
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** @param {string[]} head @param {string[][]} rows the first column is text, the others figures */
function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i ? '--:' : '---'))), ...rows.map(line)].join('\n');
}

function shownWorkloads(rows, names) {
  return names.filter((name) => rows.some((row) => row.rows[name]));
}

/** Peers that were measured, the fastest in `workload` first. */
function fastest(rows, ids, workload) {
  return rows
    .filter(({ id, rows: own, error }) => ids.includes(id) && own[workload] && !error)
    .sort((a, b) => a.rows[workload].median - b.rows[workload].median)[0];
}

/** Ids of contenders on more threads end in ", N threads". */
function threadSuffixes(rows) {
  const counts = new Set(rows.map(({ threads }) => threads ?? 1));
  return [...counts].sort().map((n) => ({ n, suffix: n === 1 ? '' : `, ${n} threads` }));
}

/** All ratios of a section as data: also what the targets are checked with. */
export function ratiosOf(rows) {
  const found = [];
  for (const { suffix } of threadSuffixes(rows)) {
    for (const { against, ours, peers } of COMPARISONS) {
      for (const id of ours.map((name) => name + suffix)) {
        const row = rows.find((other) => other.id === id && !other.error);
        if (!row) continue;
        const workloads = {};
        let native = false;
        for (const workload of ENCODER_WORKLOADS) {
          const peer = fastest(
            rows,
            peers.map((name) => name + suffix),
            workload,
          );
          if (!peer || !row.rows[workload]) continue;
          const ratio = ratioOfRounds(peer.rows[workload].rounds, row.rows[workload].rounds);
          workloads[workload] = { ...ratio, peer: peer.id };
          native ||= peer.native;
        }
        if (Object.keys(workloads).length) {
          found.push({ id, against: native ? `${against} (native)` : against, workloads });
        }
      }
    }
  }
  return found;
}

function ratioTables(rows) {
  const ratios = ratiosOf(rows);
  if (!ratios.length) return [];
  const workloads = ENCODER_WORKLOADS.filter((name) => ratios.some((r) => r.workloads[name]));
  const cells = ratios.map(({ id, against, workloads: own }) => [
    id,
    against,
    ...workloads.map((name) => {
      const ratio = own[name];
      if (!ratio) return '';
      return `**${digits(ratio.median)}** (${digits(ratio.low)}–${digits(ratio.high)})`;
    }),
  ]);
  return [
    '### Ratio of times, peer ÷ bertlet',
    'Above 1: bertlet is faster. Median of the rounds, in brackets the smallest and the largest.',
    table(['bertlet', 'against', ...workloads], cells),
  ];
}

function timeTable(rows) {
  const workloads = shownWorkloads(rows, ENCODER_WORKLOADS);
  if (!workloads.length) return [];
  const cells = rows
    .filter(({ scope }) => scope !== 'tokenizer')
    .map(({ id, scope, native, agreement, error, rows: own }) => [
      id + (native ? ' (native)' : ''),
      scope === 'call' ? 'call' : 'encoder',
      ...workloads.map((name) => {
        const row = own[name];
        if (!row) return error ? 'failed' : '';
        return `${digits(row.median)} (${digits(row.min)}; ${digits(row.q1)}–${digits(row.q3)})`;
      }),
      agreement === undefined ? '' : agreement.toFixed(4),
    ]);
  return [
    '### Times in ms',
    'Median (smallest; quartiles). The last column is the smallest cosine to the float ' +
      'reference that was seen.',
    table(['contender', 'scope', ...workloads, 'cosine'], cells),
  ];
}

function tokenizerTable(rows, bytes) {
  const able = rows.filter(({ rows: own }) => own.tokenizer);
  if (!able.length) return [];
  const ours = able.find((row) => row.ours)?.rows.tokenizer;
  const cells = able.map((row) => {
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

function loadTable(rows) {
  const able = rows.filter(({ load }) => load);
  if (!able.length) return [];
  const hasBytes = able.some(({ load }) => load.bytes);
  const ours = able.find(({ id }) => id === LOAD_REFERENCE)?.load.cold.total.median;
  const cells = able.map(({ id, native, load: { cold, warm, memory, bytes } }) => [
    id + (native ? ' (native)' : ''),
    ...['import', 'load', 'first', 'total'].map((part) => digits(cold[part].median)),
    ours ? digits(cold.total.median / ours) : '',
    digits(warm.total.median),
    ...(hasBytes ? [megabytes(bytes?.runtime), megabytes(bytes?.model)] : []),
    megabytes(memory.afterLoad),
    megabytes(memory.inBatch),
  ]);
  const head = [
    ...['contender', 'import ms', 'load ms', 'first call ms', 'to first vector ms'],
    ...['÷ bertlet int8', 'again ms'],
    ...(hasBytes ? ['runtime MB', 'model MB'] : []),
    ...['WASM MB after load', 'after batch32'],
  ];
  return [
    '### Loading',
    'In a fresh process or page, then once more (in Node in the same process, in Chromium a new ' +
      `page of the same visitor). ${hasBytes ? 'Bytes as files, uncompressed.' : ''}`.trim(),
    table(head, cells),
  ];
}

function rooflineTables({ title, peaks, shapes, layers }) {
  const percent = (share) => `${(100 * share).toFixed(0)} %`;
  const parts = [
    `## Roofline, ${title}`,
    'Peaks of loops that live in registers alone, in 10⁹ operations per second (a multiplication ' +
      'and an addition are two), one thread.',
    table(
      ['loop', 'module', 'peak'],
      peaks.map(({ loop, module, rate }) => [loop, module, digits(rate)]),
    ),
  ];
  if (shapes.length) {
    const rows = [...new Set(shapes.map(({ M }) => M))];
    const groups = new Map();
    for (const shape of shapes) {
      const key = `${shape.module} ${shape.dtype} ${shape.N}×${shape.K}`;
      groups.set(key, [...(groups.get(key) ?? []), shape]);
    }
    parts.push(
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
    );
  }
  if (layers.length) {
    const names = Object.keys(layers[0].microseconds);
    parts.push(
      `One MiniLM layer of ${layers[0].tokens} tokens, kernel by kernel, in µs.`,
      table(
        ['module', ...names, 'sum', 'not GEMM'],
        layers.map(({ module, dtype, microseconds, sum, otherShare }) => [
          `${module} ${dtype}`,
          ...names.map((name) => digits(microseconds[name])),
          digits(sum),
          percent(otherShare),
        ]),
      ),
    );
  }
  return parts;
}

/** @param {object} results of run.js */
export function renderReport({
  date,
  complete,
  machine,
  versions,
  sections,
  roofline,
  proseBytes,
}) {
  const parts = [
    '# Benchmark',
    `${date.slice(0, 10)}, ${[machine.cpu, ...machine.dotInstructions].join(' ')}, ` +
      `${machine.cores} cores, ${machine.system}.` +
      (complete ? '' : ' Not a complete run.'),
  ];
  if (versions) {
    const list = Object.entries(versions).filter(([, version]) => version);
    parts.push(`${list.map(([name, version]) => `${name} ${version}`).join(', ')}.`);
  }
  for (const { title, rows } of sections) {
    parts.push(
      `## ${title}`,
      ...ratioTables(rows),
      ...timeTable(rows),
      ...loadTable(rows),
      ...tokenizerTable(rows, proseBytes),
    );
    const failed = rows.filter(({ error }) => error);
    if (failed.length) {
      const line = ({ id, error }) => `- ${id}: ${error.split('\n')[0]}`;
      parts.push('Failed:', failed.map(line).join('\n'));
    }
  }
  for (const engine of roofline ?? []) parts.push(...rooflineTables(engine));
  return `${parts.join('\n\n')}\n`;
}
