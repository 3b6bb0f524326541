// Runs the loops of roofline.c and the kernels of kernels.c in this engine: `run` gives
// the tables of the report.
/** Operations of one step: a multiplication and an addition are two. */
const LOOPS = [
  { loop: 'mul + add', name: 'mul_add', operations: 8, kind: 'float' },
  { loop: 'relaxed madd', name: 'madd', operations: 8, kind: 'float' },
  { loop: 'i32x4.dot_i16x8', name: 'dot_i16', operations: 16, kind: 'int' },
  { loop: 'relaxed dot i16 + dot', name: 'relaxed_dot', operations: 32, kind: 'int' },
  { loop: 'relaxed dot add', name: 'relaxed_dot_add', operations: 32, kind: 'int' },
];

/** What each kernel set is made of; of two ways the machine's faster one. */
const DTYPES = {
  fp32: { number: 0, loops: { simd: ['mul_add'], relaxed: ['madd'] } },
  int8: { number: 1, loops: { simd: ['dot_i16'], relaxed: ['dot_i16'] } },
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

const LAYER = { tokens: 128, hidden: 384, intermediate: 1536, heads: 12 };

/**
 * Runs `call(times)` long enough to read the clock; ms of the fastest run: what else the
 * machine does in between belongs neither to the peak nor to the kernel.
 */
function timeOf(call, { warmMs, samples, sampleMs }) {
  const clock = () => performance.now();
  let times = 1;
  let took = 0;
  const begin = clock();
  while (clock() - begin < warmMs || took < sampleMs) {
    const before = clock();
    call(times);
    took = clock() - before;
    if (took < sampleMs) times = Math.max(times + 1, Math.ceil((times * sampleMs) / (took + 0.05)));
  }
  const measured = [];
  for (let i = 0; i < samples; i++) {
    const before = clock();
    call(times);
    measured.push((clock() - before) / times);
  }
  return Math.min(...measured);
}

function measurePeaks(module, exports, effort) {
  const peaks = [];
  for (const { loop, name, operations, kind } of LOOPS) {
    const rates = [];
    for (const chains of [8, 10, 12]) {
      const run = exports[`bench_peak_${name}_${chains}`];
      if (!run) continue;
      const factors = kind === 'float' ? [1e-9, 1] : [3, 1];
      const steps = 1000;
      const ms = timeOf((times) => run(times * steps, ...factors), effort);
      rates.push((steps * chains * operations) / ms / 1e6);
    }
    if (rates.length) peaks.push({ loop, name, module, rate: Math.max(...rates) });
  }
  return peaks;
}

function measureShapes(module, exports, peaks, effort, quick) {
  const shapes = [];
  for (const [dtype, { number, loops }] of Object.entries(DTYPES)) {
    const own = peaks.filter((peak) => peak.module === module && loops[module].includes(peak.name));
    if (!own.length) continue;
    const best = own.reduce((a, b) => (a.rate > b.rate ? a : b));
    for (const [N, K] of quick ? QUICK.shapes : SHAPES) {
      for (const M of quick ? QUICK.rows : ROWS) {
        if (!exports.bench_prepare_linear(number, M, N, K)) continue;
        const ms = timeOf(exports.bench_run_linear, effort);
        const rate = (2 * M * N * K) / ms / 1e6;
        shapes.push({ module, dtype, N, K, M, loop: best.loop, rate, share: rate / best.rate });
      }
    }
  }
  return shapes;
}

/** One encoder layer, kernel by kernel. */
function measureLayer(module, exports, dtype, number, effort) {
  const { tokens, hidden, intermediate, heads } = LAYER;
  const time = (prepare, run, ...args) =>
    exports[`bench_prepare_${prepare}`](number, ...args)
      ? 1000 * timeOf(exports[`bench_run_${run}`], effort)
      : NaN;
  const linear = (outputs, inputs) => time('linear', 'linear', tokens, outputs, inputs);
  const pack = (inputs) => time('linear', 'pack_rows', tokens, 8, inputs);
  // Attention's two products grow with the head's size, all else in it does not: what is
  // left at size 0 is softmax and what surrounds it.
  const head = hidden / heads;
  const attention = time('attention', 'attention', tokens, heads, head);
  const half = time('attention', 'attention', tokens, heads, head / 2);
  const softmax = Math.max(0, 2 * half - attention);
  const microseconds = {
    'q, k, v': linear(3 * hidden, hidden),
    'attention products': attention - softmax,
    'attention output': linear(hidden, hidden),
    'feed-forward up': linear(intermediate, hidden),
    'feed-forward down': linear(hidden, intermediate),
    'pack rows': 3 * pack(hidden) + pack(intermediate),
    softmax,
    activation: time('activate', 'activate', tokens, intermediate),
    'layer norm': 2 * time('rows', 'layer_norm', tokens, hidden),
  };
  const sum = Object.values(microseconds).reduce((a, b) => a + b, 0);
  const other = ['pack rows', 'softmax', 'activation', 'layer norm'];
  const otherSum = other.reduce((total, name) => total + microseconds[name], 0);
  return { module, dtype, tokens, microseconds, sum, otherShare: otherSum / sum };
}

async function compile(location) {
  const fs = globalThis.process?.getBuiltinModule?.('node:fs');
  const bytes = fs ? fs.readFileSync(location) : await (await fetch(location)).arrayBuffer();
  return WebAssembly.instantiate(bytes);
}

/** @param {{ modules: Record<string, string>, quick: boolean }} options */
export function create({ modules, quick }) {
  const peakEffort = { warmMs: quick ? 120 : 600, samples: quick ? 15 : 40, sampleMs: 2 };
  const effort = { warmMs: quick ? 30 : 200, samples: quick ? 8 : 20, sampleMs: 2 };
  const instances = {};
  return {
    async load() {
      for (const [name, location] of Object.entries(modules)) {
        const { instance } = await compile(location);
        instances[name] = instance.exports;
      }
    },
    run() {
      const peaks = [];
      const shapes = [];
      const layers = [];
      for (const [module, exports] of Object.entries(instances)) {
        exports._initialize?.();
        peaks.push(...measurePeaks(module, exports, peakEffort));
        shapes.push(...measureShapes(module, exports, peaks, effort, quick));
        for (const [dtype, { number, loops }] of Object.entries(DTYPES)) {
          if (!loops[module].length) continue;
          layers.push(measureLayer(module, exports, dtype, number, effort));
        }
      }
      return { peaks, shapes, layers };
    },
    memory: () => undefined,
    dispose() {},
  };
}
