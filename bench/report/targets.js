// What the bench's figures are to reach, and whether they do. A target is a least (or a
// most) value of a ratio, a share or a size; `targetsOf` gives tables of them.
import { ratioIn, loadRatio } from './view.js';

/**
 * @import { Roofline } from '../adapters/roofline.js'
 * @import { LoadSummary, Row, RoundsSummary } from '../schedule.js'
 * @import { Ratio } from '../statistics.js'
 * @import { View } from './view.js'
 *
 * @typedef {object} Cell
 * @property {Ratio | null} found null: it was not measured
 * @property {number} [limit] undefined: it is only shown
 * @property {boolean} [most] whether the limit is the most that it may be, and not the least
 * @property {boolean | null} [reached]
 *
 * @typedef {object} Table
 * @property {string} title
 * @property {string[]} columns
 * @property {'share'} [unit] what figures are; undefined: ratios, or sizes
 * @property {{ label: string, cells: Cell[] }[]} rows
 */

/**
 * Encoder alone, against the best of onnxruntime-web's models of that precision.
 * @type {[label: string, setting: string, peers: keyof typeof ONNX, limits: number[]][]}
 */
const ENCODER = [
  ['fp32, baseline module', 'fp32 baseline', 'fp32', [1.5, 1.6, 1.6, 2.5]],
  ['fp32, relaxed module', 'fp32 relaxed', 'fp32', [1.5, 1.8, 1.8, 3]],
  ['int8 against their dynamic int8', 'int8 relaxed', 'int8', [2.2, 1.5, 1.4, 2.8]],
  ['int8-fast against their dynamic int8', 'int8-fast relaxed', 'int8', [3.2, 2, 1.8, 3.5]],
];

const ONNX = {
  fp32: ['onnxruntime-web fp32', 'onnxruntime-web fp32 fused'],
  int8: ['onnxruntime-web int8'],
};

const WORKLOADS = ['query', 'tok128', 'batch32', 'mixed64'];
const SHORT = WORKLOADS.slice(0, 3);

/** What a user of the embedded model has. */
export const EMBEDDED = 'bertlet int8 relaxed';
const FAST = 'bertlet int8-fast relaxed';
const TRANSFORMERS = 'transformers.js q8';

/** A cell that should be at least `limit`. @param {number} limit @param {Ratio | null} found @returns {Cell} */
function atLeast(limit, found) {
  return { limit, found, reached: found ? found.median >= limit : null };
}

/** A cell that should be at most `limit`. @param {number} limit @param {Ratio | null} found @returns {Cell} */
function atMost(limit, found) {
  return { limit, found, most: true, reached: found ? found.median <= limit : null };
}

/** @param {number | undefined} value @returns {Ratio | null} */
const single = (value) =>
  value !== undefined && Number.isFinite(value) ? { median: value, low: value, high: value } : null;

/** Ours ÷ theirs, from theirs ÷ ours. @param {Ratio | null} ratio @returns {Ratio | null} */
const inverse = (ratio) =>
  ratio && { median: 1 / ratio.median, low: 1 / ratio.high, high: 1 / ratio.low };

/** @param {Row[]} rows @returns {Table} */
function encoderTable(rows) {
  return {
    title: 'Encoder, onnxruntime-web ÷ bertlet (the faster of plain and fused; dynamic int8)',
    columns: WORKLOADS,
    rows: ENCODER.map(([label, setting, peers, limits]) => ({
      label,
      cells: WORKLOADS.map((workload, i) =>
        atLeast(limits[i], ratioIn(rows, `bertlet ${setting}, encoder`, ONNX[peers], workload)),
      ),
    })),
  };
}

/** @param {Row[]} rows @returns {Table} */
function callTable(rows) {
  const limits = [2.6, 1.6, 1.5];
  const first = loadRatio(rows, EMBEDDED, TRANSFORMERS, ({ cold }) => cold.first);
  return {
    title: 'Text in, vector out, transformers.js q8 ÷ bertlet int8',
    columns: [...SHORT, 'first call after loading'],
    rows: [
      {
        label: 'int8',
        cells: [
          ...SHORT.map((workload, i) =>
            atLeast(limits[i], ratioIn(rows, EMBEDDED, [TRANSFORMERS], workload)),
          ),
          atLeast(8, first),
        ],
      },
    ],
  };
}

/** @param {Row[]} rows @returns {Table} */
function nativeTable(rows) {
  /** @param {string} id @param {string} peer */
  const faster = (id, peer) => SHORT.map((name) => atLeast(1, ratioIn(rows, id, [peer], name)));
  /** @param {string} name */
  const onnx = (name) => inverse(ratioIn(rows, FAST, ['onnxruntime-node int8'], name));
  return {
    title: 'Native code beside the browser tab, text in, vector out, one thread each',
    columns: SHORT,
    rows: [
      { label: 'PyTorch fp32 ÷ bertlet int8', cells: faster(EMBEDDED, 'PyTorch fp32') },
      { label: 'llama.cpp Q8_0 ÷ bertlet int8', cells: faster(EMBEDDED, 'llama.cpp Q8_0') },
      {
        label: 'bertlet int8-fast ÷ onnxruntime-node int8',
        cells: SHORT.map((name) => atMost(2.4, onnx(name))),
      },
    ],
  };
}

/**
 * Shares of a loop's speed, of that which a kernel is made of unless one is named, for rows from
 * 32 on: the least and the middle one.
 * @param {Roofline} roofline
 * @returns {Table}
 */
function rooflineTable({ peaks, shapes, layers }) {
  /** @typedef {[module: string, dtype: string, limit?: number, loop?: string]} Wanted */
  /** @type {[label: string, ...Wanted][]} */
  const wanted = [
    ['fp32, baseline module, of mul + add', 'simd', 'fp32', 0.9],
    ['fp32, relaxed module, of relaxed madd', 'relaxed', 'fp32', 0.85],
    ['int8, baseline module, of i32x4.dot_i16x8', 'simd', 'int8', 0.9],
    ['int8, relaxed module, of i32x4.dot_i16x8', 'relaxed', 'int8', 0.9, 'dot_i16'],
    ['int8, relaxed module, of two relaxed dots', 'relaxed', 'int8', undefined, 'two_dots'],
    ['int8-fast, of its relaxed dot', 'relaxed', 'int8-fast', 0.9],
  ];
  /** @param {Wanted} wanted */
  const cells = (...[module, dtype, limit, loop]) => {
    const peak = peaks.find(({ module: own, name }) => own === module && name === loop)?.rate;
    const shares = shapes
      .filter((shape) => shape.module === module && shape.dtype === dtype && shape.M >= 32)
      .map(({ rate, share }) => (peak ? rate / peak : share))
      .sort((a, b) => a - b);
    const [least, middle] = shares.length
      ? [single(shares[0]), single(shares[shares.length >> 1])]
      : [null, null];
    return [limit ? atLeast(limit, least) : { found: least }, { found: middle }];
  };
  const layer = layers.find(({ module, dtype }) => module === 'relaxed' && dtype === 'int8');
  return {
    title: 'Share of the WASM register peak, M ≥ 32, all shapes of MiniLM and BERT-base',
    columns: ['least', 'median'],
    unit: 'share',
    rows: [
      ...wanted.map(([label, ...rest]) => ({ label, cells: cells(...rest) })),
      {
        label: 'work that is no GEMM, int8, 128 tokens (attention’s products are)',
        cells: [atMost(0.12, single(layer?.otherShare)), { found: null }],
      },
    ],
  };
}

/** More threads ÷ one, of our calls. @param {Row[]} rows @returns {Table} */
function threadTable(rows) {
  /** @type {Record<string, number>} */
  const limits = { query: 1, tok128: 1.6, batch32: 1.8, corpus: 1.8 };
  const columns = Object.keys(limits);
  const scaled = rows
    .filter(({ ours, threads, rows: own }) => ours && threads > 1 && Object.keys(own).length)
    .map((row) => ({ row, alone: row.id.replace(/, \d+ (threads|workers).*$/, '') }));
  /** @param {typeof scaled[number]} entry @param {string} workload @returns {Cell} */
  const cell = ({ row, alone }, workload) => {
    const ratio = ratioIn(rows, row.id, [alone], workload);
    if (row.id.includes('workers')) {
      return workload === 'corpus' ? atLeast(1.7, ratio) : { found: ratio };
    }
    // "Never slower": within what the rounds differ by themselves.
    if (workload !== 'query') return atLeast(limits[workload], ratio);
    return { ...atLeast(1, ratio), reached: ratio ? ratio.high >= 1 : null };
  };
  return {
    title: 'Times faster than on one thread (a query: not slower in every round)',
    columns,
    rows: scaled.map((entry) => ({
      label: entry.row.id,
      cells: columns.map((workload) => cell(entry, workload)),
    })),
  };
}

/** @param {Row[]} rows @param {number} limit @returns {Table} */
function loadTable(rows, limit) {
  /** @param {(load: LoadSummary) => RoundsSummary} pick */
  const ratio = (pick) => inverse(loadRatio(rows, EMBEDDED, TRANSFORMERS, pick));
  return {
    title: 'Load to first vector, bertlet int8 ÷ transformers.js q8',
    columns: ['first time', 'again'],
    rows: [
      {
        label: 'embedded model',
        cells: [
          atMost(
            limit,
            ratio(({ cold }) => cold.total),
          ),
          atMost(
            limit,
            ratio(({ warm }) => warm.total),
          ),
        ],
      },
    ],
  };
}

/** @param {Row[]} rows @param {number} weightBytes @returns {Table} */
function memoryTable(rows, weightBytes) {
  const memory = rows.find(({ id }) => id === EMBEDDED)?.load?.memory;
  /** @param {number | null | undefined} bytes */
  const over = (bytes) => (bytes == null ? null : single((bytes - weightBytes) / 1e6));
  return {
    title: `WASM memory beyond the ${(weightBytes / 1e6).toFixed(1)} MB of weights, in MB`,
    columns: ['after loading', 'after batch32'],
    rows: [
      {
        label: 'bertlet int8',
        cells: [atMost(4, over(memory?.afterLoad)), atMost(24, over(memory?.inBatch))],
      },
    ],
  };
}

/** @param {Row[]} rows @returns {Table} */
function tokenizerTable(rows) {
  const peers = ['transformers.js tokenizer', 'tokenizers (Rust)'];
  return {
    title: 'Tokenizer, time ÷ bertlet’s, one thread',
    columns: peers.map((name) => name.replace(' tokenizer', '')),
    rows: [
      {
        label: 'bertlet tokenizer',
        cells: peers.map((peer) =>
          atLeast(10, ratioIn(rows, 'bertlet tokenizer', [peer], 'tokenizer')),
        ),
      },
    ],
  };
}

const LOAD_LIMITS = { node24: 1 / 3, chromium: 1 / 8 };

/**
 * The tables of one engine; a cell that was not measured has `found: null`, a table of such
 * cells is left out.
 * @param {View} view
 * @param {{ weightBytes: number }} results
 * @returns {Table[]}
 */
export function targetsOf({ engine, rows, threadRows, roofline }, { weightBytes }) {
  if (engine === 'node20') return [];
  const page = engine === 'chromium';
  const tables = [
    encoderTable(rows),
    // In Node, transformers.js computes in native code.
    ...(page ? [callTable(rows), nativeTable(rows)] : []),
    ...(roofline ? [rooflineTable(roofline)] : []),
    threadTable(threadRows),
    loadTable(rows, LOAD_LIMITS[engine]),
    memoryTable(rows, weightBytes),
    tokenizerTable(rows),
  ];
  /** @param {Table} table */
  const isMeasured = ({ rows: list }) => list.some(({ cells }) => cells.some(({ found }) => found));
  return tables.filter(isMeasured);
}
