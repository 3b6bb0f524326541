// The parts of a complete run. Each is measured by itself, start to end, in less than nine
// minutes; what it compares, it measures side by side.
import { HEAD_WORKLOADS, WORKLOADS } from './workloads.js';

/**
 * @import { Contender, EngineName } from './contenders.js'
 *
 * @typedef {'steady' | 'load' | 'roofline'} Kind `steady`: contenders take turns; `load`: fresh
 *   processes and pages; `roofline`: loops and kernels
 * @typedef {'one' | 'threads' | 'heads'} Group `one`: tables of one thread; the others have tables
 *   of their own
 * @typedef {(contender: Contender) => boolean} Takes
 *
 * @typedef {object} Part
 * @property {string} name for --part
 * @property {EngineName} engine
 * @property {Kind} kind
 * @property {Group} group
 * @property {string[]} [workloads] of a steady part
 * @property {number[]} threads numbers of threads that take part
 * @property {Takes} takes which contenders take part
 * @property {(contender: Contender, workload: string) => boolean} [takesWorkload] which workloads
 *   they take; undefined: as `takesWorkload` says
 * @property {number} minutes about how long it takes
 * @property {Record<string, number>} [rounds] overrides those of the pace
 *
 * @typedef {object} Pace how long and how often; all by name of the workload
 * @property {Record<string, number>} rounds
 * @property {Record<string, number>} sliceMs
 * @property {Record<string, { ms: number, calls: number, mostMs: number }>} warm at least `ms` and
 *   `calls`, but no longer than `mostMs`
 * @property {number} sampleMs
 * @property {number} corpusLines
 * @property {number} proseBytes
 *
 * @typedef {object} Wish what narrows parts to a question of one's own: see options.js
 * @property {string[]} [ours] words of ids: only those of our contenders that contain one of them
 *   take part
 * @property {string[]} [peers] the same of the others
 * @property {boolean} quick
 * @property {number} [rounds]
 */

export const SHORT = ['query', 'tok128', 'batch32'];
const LONG = ['mixed64', 'corpus'];
export const HEADS = Object.keys(HEAD_WORKLOADS);
export const STEADY = [...Object.keys(WORKLOADS), 'tokenizer'];

/** "classify tok128" takes turns as tok128 does. @param {string} workload */
export const pacedAs = (workload) => workload.replace(/.* /, '');

/** @type {Record<'full' | 'quick', Pace>} */
export const PACES = {
  full: {
    rounds: { query: 9, tok128: 7, batch32: 5, mixed64: 2, corpus: 2, tokenizer: 4, load: 5 },
    sliceMs: { query: 150, tok128: 300, batch32: 500, mixed64: 0, corpus: 0, tokenizer: 0 },
    warm: {
      query: { ms: 1500, calls: 10, mostMs: 3000 },
      tok128: { ms: 1000, calls: 5, mostMs: 3000 },
      batch32: { ms: 500, calls: 2, mostMs: 3000 },
      mixed64: { ms: 0, calls: 1, mostMs: 0 },
      corpus: { ms: 0, calls: 0, mostMs: 0 },
      tokenizer: { ms: 0, calls: 1, mostMs: 0 },
    },
    sampleMs: 20,
    corpusLines: 2000,
    proseBytes: 10_000_000,
  },
  quick: {
    rounds: { query: 3, tok128: 3, batch32: 2, mixed64: 1, corpus: 1, tokenizer: 2, load: 1 },
    sliceMs: { query: 100, tok128: 150, batch32: 150, mixed64: 0, corpus: 0, tokenizer: 0 },
    warm: {
      query: { ms: 250, calls: 5, mostMs: 500 },
      tok128: { ms: 250, calls: 2, mostMs: 500 },
      batch32: { ms: 0, calls: 1, mostMs: 0 },
      mixed64: { ms: 0, calls: 1, mostMs: 0 },
      corpus: { ms: 0, calls: 0, mostMs: 0 },
      tokenizer: { ms: 0, calls: 1, mostMs: 0 },
    },
    sampleMs: 20,
    corpusLines: 200,
    proseBytes: 500_000,
  },
};

/**
 * Whether a contender takes a workload of a part.
 * @param {Contender} contender
 * @param {string} workload
 */
export function takesWorkload(contender, workload) {
  const { scope, long, ours, precision, native } = contender;
  if (HEADS.includes(workload) || scope === 'heads') {
    return HEADS.includes(workload) && scope === 'heads';
  }
  if (workload === 'tokenizer' || scope === 'tokenizer') {
    return workload === 'tokenizer' && scope === 'tokenizer';
  }
  if (LONG.includes(workload) && !long) return false;
  // 2,000 lines: our whole call beside what the peers have in int8.
  if (workload === 'corpus') return ours ? scope === 'call' : precision === 'int8' && !native;
  return true;
}

const FEWER = { query: 3, tok128: 3, batch32: 3 };

/** @type {Takes} */
const oneThread = ({ threads, scope }) => threads === 1 && /encoder|call/.test(scope);

/** Our calls on one and two threads; of the peers the best that have two. @type {Takes} */
function takesThreads({ ours, scope, threads, native, id }) {
  if (ours) return scope === 'call';
  return threads > 1 && !native && /fp32 fused|int8|q8/.test(id);
}

/**
 * @param {EngineName} engine
 * @param {Record<string, number>} minutes by the part's name without the engine's
 * @returns {Part[]}
 */
function partsOf(engine, minutes) {
  /** @type {(Pick<Part, 'name' | 'takes'> & Partial<Part>)[]} */
  const parts = [
    {
      name: `${engine}-short`,
      workloads: SHORT,
      takes: (contender) => oneThread(contender) && Boolean(contender.main),
    },
    {
      name: `${engine}-mixed64`,
      workloads: ['mixed64'],
      takes: (contender) => oneThread(contender) && Boolean(contender.long),
    },
    {
      name: `${engine}-corpus`,
      workloads: ['corpus'],
      takes: (contender) => oneThread(contender) && Boolean(contender.long),
    },
    {
      name: `${engine}-threads`,
      group: 'threads',
      workloads: [...SHORT, 'corpus'],
      threads: [1, 2],
      takes: takesThreads,
    },
    {
      name: `${engine}-tokenizer`,
      workloads: ['tokenizer'],
      takes: ({ scope }) => scope === 'tokenizer',
    },
    {
      name: `${engine}-heads`,
      group: 'heads',
      workloads: HEADS,
      takes: ({ scope }) => scope === 'heads',
    },
    { name: `${engine}-load`, kind: 'load', takes: ({ loads }) => Boolean(loads) },
    { name: `${engine}-roofline`, kind: 'roofline', takes: nobody },
  ];
  return parts.map((part) => ({
    kind: 'steady',
    group: 'one',
    threads: [1],
    ...part,
    engine,
    minutes: minutes[part.name.slice(engine.length + 1)],
  }));
}

/** Of loops and kernels: what is measured there is the engine. */
const nobody = () => false;

/**
 * A complete run. The oldest engine that is supported, in short: it would say nothing new.
 * @type {Part[]}
 */
export const PARTS = [
  ...partsOf('chromium', {
    ...{ short: 6, mixed64: 5, corpus: 4, threads: 5.5 },
    ...{ tokenizer: 1, heads: 2, load: 2.5, roofline: 1.5 },
  }),
  ...partsOf('node24', {
    ...{ short: 4, mixed64: 4, corpus: 2, threads: 3.5 },
    ...{ tokenizer: 1, heads: 1.5, load: 0.5, roofline: 1.5 },
  }),
  {
    name: 'node20-short',
    engine: 'node20',
    kind: 'steady',
    group: 'one',
    workloads: SHORT,
    threads: [1],
    takes: (contender) => oneThread(contender) && Boolean(contender.main) && !contender.native,
    rounds: FEWER,
    minutes: 1.5,
  },
];

/** @param {Wish} wish */
function narrowing({ ours, peers, quick, rounds }) {
  /** @param {Contender} contender */
  const named = (contender) => (contender.ours ? ours : peers);
  return {
    named,
    /**
     * Contenders whose id contains one of the words; else those of a quick run, or all.
     * @type {Takes}
     */
    takes(contender) {
      const words = named(contender);
      if (!words) return !quick || Boolean(contender.quick);
      return words.some((word) => contender.id.includes(word));
    },
    rounds: rounds
      ? Object.fromEntries([...STEADY, 'load'].map((name) => [name, rounds]))
      : undefined,
  };
}

/**
 * Parts of a complete run with fewer contenders or rounds.
 * @param {Part[]} parts
 * @param {Wish} wish
 * @returns {Part[]}
 */
export function narrowParts(parts, wish) {
  const { takes, rounds } = narrowing({ ...wish, quick: false });
  return parts.map((part) => ({
    ...part,
    takes: (contender) => part.takes(contender) && takes(contender),
    rounds: rounds ?? part.rounds,
  }));
}

/** Nobody knows how long these take; it is what --calm is a multiple of. */
const OWN_MINUTES = 1;

/**
 * Parts for a question of one's own, an engine each.
 * @param {Wish & { engines: EngineName[], workloads: string[], heads: boolean, load: boolean,
 *   roofline: boolean, threads: number[] }} wish
 * @returns {Part[]}
 */
export function partsFor(wish) {
  const { engines, workloads, heads, load, roofline, threads } = wish;
  const { named, takes, rounds } = narrowing(wish);
  // Who is asked for by name takes what it can, however long that is.
  /** @type {Part['takesWorkload']} */
  const takesAsked = (contender, workload) =>
    takesWorkload(named(contender) ? { ...contender, long: true } : contender, workload);
  /** @type {Takes} */
  const takesLoad = (contender) =>
    takes(contender) &&
    Boolean(contender.loads || (named(contender) && contender.scope === 'call'));
  return engines.flatMap((engine) => {
    /** @type {Part} */
    const steady = {
      name: engine,
      engine,
      kind: 'steady',
      group: 'one',
      workloads,
      threads,
      takes,
      takesWorkload: takesAsked,
      minutes: OWN_MINUTES,
      rounds,
    };
    /** @type {Part} */
    const ofHeads = { ...steady, name: `${engine}-heads`, group: 'heads', workloads: HEADS };
    /** @type {Part} */
    const fresh = { ...steady, workloads: undefined, takesWorkload: undefined };
    /** @type {Part} */
    const ofLoad = { ...fresh, name: `${engine}-load`, kind: 'load', takes: takesLoad };
    /** @type {Part} */
    const ofLoops = { ...fresh, name: `${engine}-roofline`, kind: 'roofline', takes: nobody };
    return [
      ...(workloads.length ? [steady] : []),
      ...(heads ? [ofHeads] : []),
      ...(load ? [ofLoad] : []),
      ...(roofline ? [ofLoops] : []),
    ];
  });
}
