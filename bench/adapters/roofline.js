// Runs the loops of roofline.c and the kernels of kernels.c in this engine: `run` gives
// the tables of the report.
import { Calm, probe } from '../hosts/probe.js';

/**
 * @typedef {'simd' | 'relaxed'} Module
 * @typedef {Record<string, (...args: number[]) => number>} Exports of roofline.c and kernels.c
 *
 * @typedef {{ loop: string, name: string, module: Module, rate: number }} Peak
 * @typedef {{ N: number, K: number, M: number }} Size of a linear layer's call: outputs, inputs
 *   and rows
 * @typedef {Size & { module: Module, dtype: string, loop: string, rate: number, share: number }}
 *   Shape `share`: of the peak of `loop`
 * @typedef {{ module: Module, dtype: string, tokens: number, microseconds: Record<string, number>,
 *   sum: number, otherShare: number }} Layer `otherShare`: of what is no matrix product
 * @typedef {{ peaks: Peak[], shapes: Shape[], layers: Layer[] }} Roofline rates in 10⁹ operations
 *   per second
 *
 * @typedef {{ dtype: string, number: number, loops: string[] }} KernelSet `number`: the core's for
 *   `dtype`; `loops`: names of those that it is made of
 *
 * @typedef {(action: () => number) => number} Calmly the smallest result, from a calm moment
 * @typedef {{ warmMs: number, measureMs: number, sampleMs: number, calmly: Calmly }} Effort
 */

/** Operations of one step: a multiplication and an addition are two. */
const LOOPS = [
  { loop: 'mul + add', name: 'mul_add', operations: 8, kind: 'float' },
  { loop: 'relaxed madd', name: 'madd', operations: 8, kind: 'float' },
  { loop: 'i32x4.dot_i16x8', name: 'dot_i16', operations: 16, kind: 'int' },
  { loop: 'relaxed dot i16 + dot', name: 'relaxed_dot', operations: 32, kind: 'int' },
  { loop: 'relaxed dot add', name: 'relaxed_dot_add', operations: 32, kind: 'int' },
  { loop: 'relaxed dot add, twice', name: 'two_dots', of: 'relaxed_dot_add', operations: 16 },
];

/**
 * What each kernel set is made of; of two ways the machine's faster one.
 * @type {Record<string, { number: number, loops: Record<Module, string[]> }>}
 */
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

/** @type {Module[]} */
export const MODULES = ['simd', 'relaxed'];

/** Accumulators of the loops. */
const CHAINS = [8, 10, 12];

const LAYER = { tokens: 128, hidden: 384, intermediate: 1536, heads: 12 };

/**
 * Runs `call(times)` long enough to read the clock; ms of the fastest run: what else the
 * machine does in between belongs neither to the peak nor to the kernel.
 * @param {(times: number) => void} call
 * @param {Effort} effort
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
 * @param {number} limitMs
 * @returns {Calmly}
 */
function makeCalmly(limitMs) {
  const calm = new Calm();
  let left = limitMs;
  const isCalm = () => calm.includes('', probe());
  /** @template T @param {() => T} action */
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
  /** @type {Map<string, number>} */
  #times = new Map();

  /** @param {string} key @param {number} ms */
  note(key, ms) {
    this.#times.set(key, Math.min(ms, this.of(key)));
  }

  /** @param {string} key */
  of(key) {
    return this.#times.get(key) ?? Infinity;
  }
}

const STEPS = 1000;

/** @param {Module} module @param {Exports} exports @param {Fastest} fastest @param {Effort} effort */
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

/** The peaks of a module. @param {Module} module @param {Fastest} fastest @returns {Peak[]} */
function peaksOf(module, fastest) {
  return LOOPS.map(({ loop, name, of = name, operations }) => {
    const rate = (STEPS * operations) / fastest.of(`${module} ${of}`) / 1e6;
    return { loop, name, module, rate };
  }).filter(({ rate }) => rate > 0);
}

/** @param {boolean} quick @returns {Size[]} */
const sizesOf = (quick) =>
  (quick ? QUICK : { shapes: SHAPES, rows: ROWS }).shapes.flatMap(([N, K]) =>
    (quick ? QUICK.rows : ROWS).map((M) => ({ N, K, M })),
  );

/** The kernel sets that a module has. @param {Module} module @returns {KernelSet[]} */
const setsOf = (module) =>
  Object.entries(DTYPES)
    .filter(([, { loops }]) => loops[module].length)
    .map(([dtype, { number, loops }]) => ({ dtype, number, loops: loops[module] }));

/**
 * @param {Module} module
 * @param {Exports} exports
 * @param {Fastest} fastest
 * @param {Effort} effort
 * @param {boolean} quick
 */
function measureShapes(module, exports, fastest, effort, quick) {
  for (const { dtype, number } of setsOf(module)) {
    for (const { N, K, M } of sizesOf(quick)) {
      if (!exports.bench_prepare_linear(number, M, N, K)) continue;
      const ms = timeOf(exports.bench_run_linear, effort);
      fastest.note(`${module} ${dtype} ${N} ${K} ${M}`, ms);
    }
  }
}

/**
 * Every shape as a share of the loop that its kernel is made of.
 * @param {Module} module
 * @param {Peak[]} peaks
 * @param {Fastest} fastest
 * @param {boolean} quick
 * @returns {Shape[]}
 */
function shapesOf(module, peaks, fastest, quick) {
  return setsOf(module).flatMap(({ dtype, loops }) => {
    const own = peaks.filter((peak) => peak.module === module && loops.includes(peak.name));
    const best = own.reduce((a, b) => (a.rate > b.rate ? a : b));
    return sizesOf(quick).flatMap(({ N, K, M }) => {
      const rate = (2 * M * N * K) / fastest.of(`${module} ${dtype} ${N} ${K} ${M}`) / 1e6;
      if (rate === 0) return [];
      return [{ module, dtype, N, K, M, loop: best.loop, rate, share: rate / best.rate }];
    });
  });
}

/**
 * One encoder layer, kernel by kernel.
 * @param {Module} module
 * @param {Exports} exports
 * @param {KernelSet} set
 * @param {Fastest} fastest
 * @param {Effort} effort
 */
function measureLayer(module, exports, { dtype, number }, fastest, effort) {
  const { tokens, hidden, intermediate, heads } = LAYER;
  /**
   * @param {string} name
   * @param {string} prepare
   * @param {string} run
   * @param {number[]} args of `prepare`
   */
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

/** @param {Module} module @param {KernelSet} set @param {Fastest} fastest @returns {Layer} */
function layerOf(module, { dtype }, fastest) {
  /** @param {string} name */
  const time = (name) => 1000 * fastest.of(`${module} ${dtype} layer ${name}`);
  // Attention's two products grow with the head's size, all else in it does not: what is
  // left at size 0 is softmax and what surrounds it.
  const softmax = Math.max(0, 2 * time('half attention') - time('attention'));
  const otherMicroseconds = {
    'pack rows': 3 * time('pack hidden') + time('pack intermediate'),
    softmax,
    activation: time('activation'),
    'layer norm': 2 * time('layer norm'),
  };
  const microseconds = {
    'q, k, v': time('q, k, v'),
    'attention products': time('attention') - softmax,
    'attention output': time('attention output'),
    'feed-forward up': time('up'),
    'feed-forward down': time('down'),
    ...otherMicroseconds,
  };
  const sumOf = (/** @type {Record<string, number>} */ times) =>
    Object.values(times).reduce((a, b) => a + b, 0);
  const sum = sumOf(microseconds);
  const otherShare = sumOf(otherMicroseconds) / sum;
  return { module, dtype, tokens: LAYER.tokens, microseconds, sum, otherShare };
}

/** @param {string} location a path in Node, else an address @returns {Promise<Exports>} */
async function instantiate(location) {
  const fs = globalThis.process?.getBuiltinModule?.('node:fs');
  const bytes = fs ? fs.readFileSync(location) : await (await fetch(location)).arrayBuffer();
  const { instance } = await WebAssembly.instantiate(bytes);
  const functions = Object.entries(instance.exports).filter(([, one]) => typeof one === 'function');
  return /** @type {Exports} all of them take and give numbers */ (Object.fromEntries(functions));
}

/**
 * @param {{ modules: Record<Module, string>, quick: boolean, calmMs: number }} options `modules`:
 *   where they are
 * @returns {import('../hosts/host.js').Adapter}
 */
export function create({ modules, quick, calmMs }) {
  const passes = quick ? 1 : 3;
  const calmly = makeCalmly(calmMs);
  /** @type {[Module, Exports][]} */
  const instances = [];

  /** @param {Module} module @param {Exports} exports @param {Fastest} fastest @param {boolean} isFirst */
  function measure(module, exports, fastest, isFirst) {
    const slowly = isFirst && !quick ? 3 : 1; // the engine is still compiling
    const peak = { warmMs: 60 * slowly, measureMs: 60, sampleMs: 2, calmly };
    const kernel = { warmMs: 25 * slowly, measureMs: quick ? 20 : 50, sampleMs: 2, calmly };
    measurePeaks(module, exports, fastest, peak);
    measureShapes(module, exports, fastest, kernel, quick);
    for (const set of setsOf(module)) measureLayer(module, exports, set, fastest, kernel);
  }

  return {
    async load() {
      for (const module of MODULES) {
        const exports = await instantiate(modules[module]);
        exports._initialize?.();
        instances.push([module, exports]);
      }
    },
    /** @returns {Roofline} */
    run() {
      const fastest = new Fastest();
      for (let pass = 0; pass < passes; pass++) {
        for (const [module, exports] of instances) measure(module, exports, fastest, pass === 0);
      }
      const names = instances.map(([module]) => module);
      const peaks = names.flatMap((module) => peaksOf(module, fastest));
      return {
        peaks,
        shapes: names.flatMap((module) => shapesOf(module, peaks, fastest, quick)),
        layers: names.flatMap((module) =>
          setsOf(module).map((set) => layerOf(module, set, fastest)),
        ),
      };
    },
    vectors: () => [],
    memory: () => undefined,
    dispose() {},
  };
}
