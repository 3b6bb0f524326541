// What the bench makes of its measurements: ratios and targets of results made up here, and
// that the results in the repository are shown as they are.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cleanMessage, cpuName } from '../../bench/machine.js';
import { readOptions, UsageError } from '../../bench/options.js';
import { PARTS } from '../../bench/parts.js';
import { drawChart } from '../../bench/report/chart.js';
import { renderMarkdown } from '../../bench/report/markdown.js';
import { readBlock, readmeBlock, replaceBlock } from '../../bench/report/readme.js';
import { targetsOf } from '../../bench/report/targets.js';
import { enginesOf } from '../../bench/report/view.js';
import { packResults } from '../../bench/report/write.js';
import { summarize } from '../../bench/statistics.js';
import { addPart, partsToDo } from '../../bench/store.js';
import { HEAD_WORKLOADS, makeWorkloads } from '../../bench/workloads.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A contender whose rounds of a workload have these medians, in ms. */
function row(id, workloads, others = {}) {
  const rows = Object.entries(workloads).map(([name, rounds]) => [
    name,
    { ...summarize(rounds), rounds },
  ]);
  const ours = id.startsWith('bertlet');
  return { id, ours, threads: 1, scope: 'call', rows: Object.fromEntries(rows), ...others };
}

/** The loading of a contender: the first call and the whole, by round. */
function loading(first, total, memory = {}) {
  const part = (rounds) => ({ ...summarize(rounds), rounds });
  const times = { import: part([1]), load: part([1]), first: part(first), total: part(total) };
  return { cold: times, warm: times, memory, bytes: null };
}

const INT8 = 'bertlet int8 relaxed';

function madeUpResults() {
  const steady = (name, rows, others) => ({
    ...{ name, engine: 'chromium', title: 'Chromium 1', kind: 'steady', group: 'one', rows },
    ...others,
  });
  const weightBytes = 20e6;
  const memory = { afterLoad: weightBytes + 3.5e6, inBatch: weightBytes + 25e6 };
  return {
    date: '2026-01-02T03:04:05.000Z',
    complete: false,
    machine: { cpu: 'A processor', dotInstructions: ['avx_vnni'], cores: 2, system: 'Linux x64' },
    versions: { bertlet: '1.2.3', 'onnxruntime-web': '4.5.6', '@huggingface/transformers': '7' },
    weightBytes,
    leftOut: [],
    parts: [
      steady('chromium-short', [
        row('bertlet int8 relaxed, encoder', { query: [2, 4, 2], tok128: [30, 30, 30] }),
        // Twice as slow in each round, whatever the machine did: a ratio of 2.
        row('onnxruntime-web int8', { query: [4, 8, 4], tok128: [50, 45, 40] }),
        row('bertlet fp32 relaxed, encoder', { query: [5, 5] }),
        row('onnxruntime-web fp32', { query: [20, 20] }),
        row('onnxruntime-web fp32 fused', { query: [10, 10] }),
        row(INT8, { query: [2.5], batch32: [100] }),
        row('PyTorch fp32', { query: [5], batch32: [90] }, { native: true }),
        row('transformers.js q8', {}, { error: 'query: cosine 0.5 to PyTorch fp32' }),
      ]),
      steady('chromium-mixed64', [row('bertlet int8 relaxed, encoder', { mixed64: [1000] })]),
      steady(
        'chromium-threads',
        [
          row(INT8, { query: [2, 2], corpus: [10000, 9000] }),
          row(`${INT8}, 2 threads`, { query: [2.1, 2], corpus: [5000, 5000] }, { threads: 2 }),
          row(`${INT8}, 2 workers without isolation`, { corpus: [6200, 6000] }, { threads: 2 }),
        ],
        { group: 'threads' },
      ),
      steady(
        'chromium-heads',
        [
          row(`${INT8}, base, every row`, { 'fillMask query': [60, 90] }, { scope: 'heads' }),
          row(
            `${INT8}, base, rows that are read`,
            { 'fillMask query': [40, 60] },
            { scope: 'heads' },
          ),
        ],
        { group: 'heads' },
      ),
      steady(
        'chromium-load',
        [
          { ...row(INT8, {}), load: loading([2, 2], [100, 100], memory) },
          { ...row('transformers.js q8', {}), load: loading([10, 18], [700, 880]) },
        ],
        { kind: 'load' },
      ),
    ],
  };
}

/** A table's cells by label and column: [value, reached]. */
function cellsOf(tables, start) {
  const found = tables.find(({ title }) => title.startsWith(start));
  return Object.fromEntries(
    found.rows.map(({ label, cells }) => [
      label,
      Object.fromEntries(
        cells.flatMap(({ found: value, reached }, i) =>
          value ? [[found.columns[i], [Number(value.median.toFixed(3)), reached]]] : [],
        ),
      ),
    ]),
  );
}

const tablesOf = (results) => targetsOf(enginesOf(results)[0], results);

test('a ratio is the median of the rounds, against the faster peer', () => {
  const cells = cellsOf(tablesOf(madeUpResults()), 'Encoder');
  assert.deepEqual(cells['int8 against their dynamic int8'], {
    query: [2, false],
    tok128: [1.5, true],
  });
  assert.deepEqual(cells['fp32, relaxed module'], { query: [2, true] });
});

test('whole calls count beside native code, and a first call beside a first call', () => {
  const tables = tablesOf(madeUpResults());
  assert.deepEqual(cellsOf(tables, 'Native')['PyTorch fp32 ÷ bertlet int8'], {
    query: [2, true],
    batch32: [0.9, false],
  });
  assert.deepEqual(cellsOf(tables, 'Text in').int8, { 'first call after loading': [7, false] });
});

test('threads and workers are compared with one thread of the same part', () => {
  assert.deepEqual(cellsOf(tablesOf(madeUpResults()), 'Times faster'), {
    [`${INT8}, 2 threads`]: { query: [0.976, true], corpus: [1.9, true] },
    [`${INT8}, 2 workers without isolation`]: { corpus: [1.556, false] },
  });
});

test('loading is ours ÷ theirs, memory what exceeds the weights', () => {
  const tables = tablesOf(madeUpResults());
  const load = cellsOf(tables, 'Load')['embedded model'];
  assert.deepEqual(load['first time'], [0.127, false]);
  assert.deepEqual(cellsOf(tables, 'WASM memory')['bertlet int8'], {
    'after loading': [3.5, true],
    'after batch32': [25, false],
  });
});

test('what heads save is told beside both times, apart from other tables', () => {
  const markdown = renderMarkdown(madeUpResults());
  assert.match(markdown, /\| BERT-base \| \*\*1\.50\*\* \(75\.0 → 50\.0\) \|/);
  const [{ rows }] = enginesOf(madeUpResults());
  assert.ok(rows.every(({ scope }) => scope !== 'heads'));
});

test('heads are asked for the row that a task reads', () => {
  const file = `${root}models/all-MiniLM-L6-v2/tokenizer.json`;
  const workloads = makeWorkloads(file, { corpusLines: 2 });
  for (const name of Object.keys(HEAD_WORKLOADS)) {
    const { ids, rows, head } = workloads[name];
    const isMask = rows.map((row, i) => ids[i][row] === 103 && row > 0 && row < ids[i].length - 1);
    assert.deepEqual(new Set(isMask), new Set([head === 'masked-lm']), name);
    assert.equal(ids.flat().filter((id) => id === 103).length, isMask.filter(Boolean).length);
  }
});

test('the report marks targets and says who is left out', () => {
  const markdown = renderMarkdown(madeUpResults());
  assert.match(markdown, /\| int8 against their dynamic int8 \| \*\*2\.00\*\* ≥ 2\.2 ✗ \|/);
  assert.match(markdown, /- Chromium 1, chromium-short, transformers\.js q8: query: cosine/);
  assert.match(markdown, /Not a complete run/);
  assert.match(drawChart(madeUpResults()), /<svg.*>/);
});

test('packed results are the results, to four digits', () => {
  const results = madeUpResults();
  assert.deepEqual(JSON.parse(packResults(results)), results);
});

test('an engine without figures, or none at all, is no error', () => {
  const empty = { ...madeUpResults(), parts: [] };
  assert.match(renderMarkdown(empty), /# Benchmark/);
  assert.equal(drawChart(empty), null);
});

test('parts of a run are replaced by name and stand in order', () => {
  const run = { parts: [] };
  addPart(run, { name: PARTS[1].name, seconds: 1 });
  addPart(run, { name: PARTS[0].name, seconds: 2 });
  addPart(run, { name: PARTS[1].name, seconds: 3 });
  assert.deepEqual(
    run.parts.map(({ seconds }) => seconds),
    [2, 3],
  );
  assert.equal(partsToDo(run).length, PARTS.length - 2);
});

test('the command line chooses parts, and says what is wrong with it', () => {
  assert.equal(readOptions([]).parts.length, PARTS.length);
  assert.equal(readOptions(['--resume', '--minutes', '9']).keep, true);
  assert.equal(readOptions(['--part', PARTS[0].name]).keep, true);
  assert.equal(readOptions(['--part', PARTS[0].name, '--rounds', '1']).keep, false);
  const own = readOptions(['--only', 'query', '--in', 'node24', '--ours', 'fp32']);
  assert.deepEqual(
    own.parts.map(({ name, workloads }) => [name, workloads]),
    [['node24', ['query']]],
  );
  const [part] = own.parts;
  const contender = { id: 'bertlet int8 relaxed', ours: true, scope: 'call' };
  assert.equal(part.takes(contender), false);
  assert.equal(part.takes({ ...contender, id: 'bertlet fp32 relaxed' }), true);
  // What --calm is a multiple of: without a number a busy machine would be waited for at length.
  for (const { name, minutes } of own.parts) assert.ok(Number.isFinite(minutes), name);
  const [quick] = readOptions(['--quick']).parts;
  const all = [contender, { ...contender, quick: true }, contender];
  assert.deepEqual(all.filter(quick.takes), [all[1]]);
  for (const wrong of [['--part', 'x'], ['--only', 'x'], ['--threads', '0'], ['--x'], ['x']]) {
    assert.throws(() => readOptions(wrong), UsageError, wrong.join(' '));
  }
});

test('a message tells no path of the machine, a processor no more than its name', () => {
  const message = `Error: no ${root}dist/a.wasm\n    at ${root}js/load/load.js`;
  assert.equal(cleanMessage(message), 'Error: no dist/a.wasm');
  assert.equal(cpuName('Intel(R) Core(TM) i7-8650U CPU @ 1.90GHz', '6'), 'Intel Core i7-8650U');
  assert.equal(cpuName('AMD EPYC Processor', '26'), 'AMD EPYC (family 26)');
  assert.equal(cpuName('', undefined), 'unknown processor');
});

test('the README shows the results of the repository', (t) => {
  const readme = readFileSync(`${root}README.md`, 'utf8');
  assert.notEqual(readBlock(readme), null);
  assert.equal(readBlock(replaceBlock(readme, 'new\n\nblock')), 'new\n\nblock');
  const read = (name) => readFileSync(`${root}bench/${name}`, 'utf8');
  if (!existsSync(`${root}bench/results.json`)) return t.skip('no results in bench/');
  const results = JSON.parse(read('results.json'));
  assert.equal(readBlock(readme), readmeBlock(results), 'npm run bench -- --render');
  assert.equal(read('results.md'), renderMarkdown(results), 'npm run bench -- --render');
  assert.equal(read('chart.svg'), drawChart(results), 'npm run bench -- --render');
});
