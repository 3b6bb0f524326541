// Runs the loops of roofline.c and the kernels of kernels.c in this engine: `run` gives
// the tables of the report.
import { Calm, probe } from '../hosts/probe.js';

/** Operations of one step: a multiplication and an addition are two. */
const LOOPS = [
  { loop: 'mul + add', name: 'mul_add', operations: 8, kind: 'float' },
  { loop: 'relaxed madd', name: 'madd', operations: 8, kind: 'float' },
  { loop: 'i32x4.dot_i16x8', name: 'dot_i16', operations: 16, kind: 'int' },
  { loop: 'relaxed dot i16 + dot', name: 'relaxed_dot', operations: 32, kind: 'int' },
  { loop: 'relaxed dot add', name: 'relaxed_dot_add', operations: 32, kind: 'int' },
  { loop: 'relaxed dot add, twice', name: 'two_dots', of: 'relaxed_dot_add', operations: 16 },
];

/** What each kernel set is made of; of two ways the machine's faster one. */
const DTYPES = {
  fp32: { number: 0, loops: { simd: ['mul_add'], relaxed: ['madd'] } },
  int8: { number: 1, loops: { simd: ['dot_i16'], relaxed: ['dot_i16', 'two_dots'] } },
  'int8-fast': { number: 2, loops: { simd: [], relaxed: ['relaxed_dot', 'relaxed_dot_add'] } },
};

/** Linear layers of MiniLM and BERT-base, [outputs, inputs]. */
const SHAPES = [
  [1152, 384],
  [384, 384],
  [1536, 384],
  [384, 1536],
  [2304, 768],
  [768, 768],
  [3072, 768],
  [768, 3072],
];

const ROWS = [8, 32, 128, 512];

/** A quick run takes the first shapes and few rows. */
const QUICK = { shapes: SHAPES.slice(0, 4), rows: [8, 128] };

/** Accumulators of the loops. */
const CHAINS = [8, 10, 12];

const LAYER = { tokens: 128, hidden: 384, intermediate: 1536, heads: 12 };

/**
 * Runs `call(times)` long enough to read the clock; ms of the fastest run: what else the
 * machine does in between belongs neither to the peak nor to the kernel.
 */
function timeOf(call, { warmMs, measureMs, sampleMs, calmly }) {
  const clock = () => performance.now();
  let times = 1;
  let took = 0;
  let begin = clock();
  while (clock() - begin < warmMs || took < sampleMs) {
    const before = clock();
    call(times);
    took = clock() - before;
    if (took < sampleMs) times = Math.max(times + 1, Math.ceil((times * sampleMs) / (took + 0.05)));
  }
  return calmly(() => {
    let fastest = Infinity;
    begin = clock();
    for (let i = 0; i < 3 || clock() - begin < measureMs; i++) {
      const before = clock();
      call(times);
      fastest = Math.min(fastest, (clock() - before) / times);
    }
    return fastest;
  });
}

/**
 * Runs something in a calm moment, and again if it was none, as long as the time lasts. Like
 * patience.js, for the loops that leave no room for a message in between.
 */
function makeCalmly(limitMs) {
  const calm = new Calm();
  let left = limitMs;
  const isCalm = () => calm.includes('', probe());
  const timed = (action) => {
    const begin = performance.now();
    const result = action();
    left -= performance.now() - begin;
    return result;
  };
  const settle = () => {
    while (left > 0 && !timed(isCalm));
  };
  return (action) => {
    settle();
    let fastest = action();
    while (left > 0 && !isCalm()) {
      settle();
      fastest = Math.min(fastest, timed(action));
    }
    return fastest;
  };
}

/** Fastest times by key, over several passes: a slow moment of the machine spoils one of them. */
class Fastest {
  times = new Map();

  note(key, ms) {
    this.times.set(key, Math.min(ms, this.of(key)));
  }

  of(key) {
    return this.times.get(key) ?? Infinity;
  }
}

const STEPS = 1000;

function measurePeaks(module, exports, fastest, effort) {
  for (const { name, kind } of LOOPS) {
    const factors = kind === 'float' ? [1e-9, 1] : [3, 1];
    for (const chains of CHAINS) {
      const run = exports[`bench_peak_${name}_${chains}`];
      if (!run) continue;
      const ms = timeOf((times) => run(times * STEPS, ...factors), effort);
      fastest.note(`${module} ${name}`, ms / chains);
    }
  }
}

/** The peaks of a module, in 10⁹ operations per second. */
function peaksOf(module, fastest) {
  return LOOPS.map(({ loop, name, of = name, operations }) => {
    const rate = (STEPS * operations) / fastest.of(`${module} ${of}`) / 1e6;
    return { loop, name, module, rate };
  }).filter(({ rate }) => rate > 0);
}

const shapesOf = (quick) =>
  (quick ? QUICK : { shapes: SHAPES, rows: ROWS }).shapes.flatMap(([N, K]) =>
    (quick ? QUICK.rows : ROWS).map((M) => ({ N, K, M })),
  );

/** The kernel sets that a module has. */
const dtypesOf = (module) =>
  Object.entries(DTYPES)
    .filter(([, { loops }]) => loops[module].length)
    .map(([dtype, { number, loops }]) => ({ dtype, number, loops: loops[module] }));

function measureShapes(module, exports, fastest, effort, quick) {
  for (const { dtype, number } of dtypesOf(module)) {
    for (const { N, K, M } of shapesOf(quick)) {
      if (!exports.bench_prepare_linear(number, M, N, K)) continue;
      const ms = timeOf(exports.bench_run_linear, effort);
      fastest.note(`${module} ${dtype} ${N} ${K} ${M}`, ms);
    }
  }
}

/** Every shape as a share of the loop that its kernel is made of. */
function sharesOf(module, peaks, fastest, quick) {
  return dtypesOf(module).flatMap(({ dtype, loops }) => {
    const own = peaks.filter((peak) => peak.module === module && loops.includes(peak.name));
    const best = own.reduce((a, b) => (a.rate > b.rate ? a : b));
    return shapesOf(quick).flatMap(({ N, K, M }) => {
      const rate = (2 * M * N * K) / fastest.of(`${module} ${dtype} ${N} ${K} ${M}`) / 1e6;
      if (rate === 0) return [];
      return [{ module, dtype, N, K, M, loop: best.loop, rate, share: rate / best.rate }];
    });
  });
}

/** One encoder layer, kernel by kernel. */
function measureLayer(module, exports, { dtype, number }, fastest, effort) {
  const { tokens, hidden, intermediate, heads } = LAYER;
  const note = (name, prepare, run, ...args) => {
    if (!exports[`bench_prepare_${prepare}`](number, ...args)) return;
    const ms = timeOf(exports[`bench_run_${run}`], effort);
    fastest.note(`${module} ${dtype} layer ${name}`, ms);
  };
  const head = hidden / heads;
  note('q, k, v', 'linear', 'linear', tokens, 3 * hidden, hidden);
  note('attention', 'attention', 'attention', tokens, heads, head);
  note('half attention', 'attention', 'attention', tokens, heads, head / 2);
  note('attention output', 'linear', 'linear', tokens, hidden, hidden);
  note('up', 'linear', 'linear', tokens, intermediate, hidden);
  note('down', 'linear', 'linear', tokens, hidden, intermediate);
  note('pack hidden', 'linear', 'pack_rows', tokens, 8, hidden);
  note('pack intermediate', 'linear', 'pack_rows', tokens, 8, intermediate);
  note('activation', 'activate', 'activate', tokens, intermediate);
  note('layer norm', 'rows', 'layer_norm', tokens, hidden);
}

function layerOf(module, { dtype }, fastest) {
  const time = (name) => 1000 * fastest.of(`${module} ${dtype} layer ${name}`);
  // Attention's two products grow with the head's size, all else in it does not: what is
  // left at size 0 is softmax and what surrounds it.
  const softmax = Math.max(0, 2 * time('half attention') - time('attention'));
  const microseconds = {
    'q, k, v': time('q, k, v'),
    'attention products': time('attention') - softmax,
    'attention output': time('attention output'),
    'feed-forward up': time('up'),
    'feed-forward down': time('down'),
    'pack rows': 3 * time('pack hidden') + time('pack intermediate'),
    softmax,
    activation: time('activation'),
    'layer norm': 2 * time('layer norm'),
  };
  const sum = Object.values(microseconds).reduce((a, b) => a + b, 0);
  const other = ['pack rows', 'softmax', 'activation', 'layer norm'];
  const otherSum = other.reduce((total, name) => total + microseconds[name], 0);
  return { module, dtype, tokens: LAYER.tokens, microseconds, sum, otherShare: otherSum / sum };
}

async function compile(location) {
  const fs = globalThis.process?.getBuiltinModule?.('node:fs');
  const bytes = fs ? fs.readFileSync(location) : await (await fetch(location)).arrayBuffer();
  return WebAssembly.instantiate(bytes);
}

/** @param {{ modules: Record<string, string>, quick: boolean, calmMs: number }} options */
export function create({ modules, quick, calmMs }) {
  const passes = quick ? 1 : 3;
  const calmly = makeCalmly(calmMs);
  const instances = {};

  function measure(module, exports, fastest, isFirst) {
    const slowly = isFirst && !quick ? 3 : 1; // the engine is still compiling
    const peak = { warmMs: 60 * slowly, measureMs: 60, sampleMs: 2, calmly };
    const kernel = { warmMs: 25 * slowly, measureMs: quick ? 20 : 50, sampleMs: 2, calmly };
    measurePeaks(module, exports, fastest, peak);
    measureShapes(module, exports, fastest, kernel, quick);
    for (const set of dtypesOf(module)) measureLayer(module, exports, set, fastest, kernel);
  }

  return {
    async load() {
      for (const [name, location] of Object.entries(modules)) {
        const { instance } = await compile(location);
        instance.exports._initialize?.();
        instances[name] = instance.exports;
      }
    },
    run() {
      const fastest = new Fastest();
      const entries = Object.entries(instances);
      for (let pass = 0; pass < passes; pass++) {
        for (const [module, exports] of entries) measure(module, exports, fastest, pass === 0);
      }
      const names = entries.map(([module]) => module);
      const peaks = names.flatMap((module) => peaksOf(module, fastest));
      return {
        peaks,
        shapes: names.flatMap((module) => sharesOf(module, peaks, fastest, quick)),
        layers: names.flatMap((module) =>
          dtypesOf(module).map((set) => layerOf(module, set, fastest)),
        ),
      };
    },
    memory: () => undefined,
    dispose() {},
  };
}
