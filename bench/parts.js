// The parts of a complete run. Each is measured by itself, start to end, in less than nine
// minutes; what it compares, it measures side by side. A part has
//
//   name       for --part
//   engine     of contenders.js
//   kind       'steady': contenders take turns; 'load': fresh processes and pages;
//              'roofline': loops and kernels
//   group      'one': tables of one thread; 'threads', 'heads': tables of their own
//   workloads  of a steady part
//   threads    numbers of threads that take part
//   takes      which contenders take part
//   minutes    about how long it takes
//   rounds     overrides those of the pace
import { HEAD_WORKLOADS, WORKLOADS } from './workloads.js';

export const SHORT = ['query', 'tok128', 'batch32'];
const LONG = ['mixed64', 'corpus'];
export const HEADS = Object.keys(HEAD_WORKLOADS);
export const STEADY = [...Object.keys(WORKLOADS), 'tokenizer'];

/** "classify tok128" takes turns as tok128 does. */
export const pacedAs = (workload) => workload.split(' ').at(-1);

/** How long and how often. `warm`: at least `ms` and `calls`, but no longer than `mostMs`. */
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

/** Whether a contender takes a workload of a part. */
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

const oneThread = ({ threads, scope }) => threads === 1 && /encoder|call/.test(scope);

/** Our calls on one and two threads; of the peers the best that have two. */
function takesThreads({ ours, scope, threads, native, id }) {
  if (ours) return scope === 'call';
  return threads > 1 && !native && /fp32 fused|int8|q8/.test(id);
}

/** @param {string} engine @param {Record<string, number>} minutes by kind of part */
function partsOf(engine, minutes) {
  const parts = [
    {
      name: `${engine}-short`,
      workloads: SHORT,
      takes: (contender) => oneThread(contender) && contender.main,
    },
    {
      name: `${engine}-mixed64`,
      workloads: ['mixed64'],
      takes: (contender) => oneThread(contender) && contender.long,
    },
    {
      name: `${engine}-corpus`,
      workloads: ['corpus'],
      takes: (contender) => oneThread(contender) && contender.long,
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
    { name: `${engine}-load`, kind: 'load', takes: ({ loads }) => loads },
    { name: `${engine}-roofline`, kind: 'roofline' },
  ];
  return parts.map((part) => ({
    ...{ kind: 'steady', group: 'one', threads: [1], ...part, engine },
    minutes: minutes[part.name.slice(engine.length + 1)],
  }));
}

/** A complete run. The oldest engine that is supported, in short: it would say nothing new. */
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
    takes: (contender) => oneThread(contender) && contender.main && !contender.native,
    rounds: FEWER,
    minutes: 1.5,
  },
];

/** What narrows parts to a question of one's own: see options.js. */
function narrowing({ ours, peers, quick, rounds }) {
  const named = (contender) => (contender.ours ? ours : peers);
  return {
    named,
    /** Contenders whose id contains one of the words; else those of a quick run, or all. */
    takes(contender) {
      const words = named(contender);
      if (!words) return !quick || Boolean(contender.quick);
      return words.some((word) => contender.id.includes(word));
    },
    rounds: rounds && Object.fromEntries([...STEADY, 'load'].map((name) => [name, rounds])),
  };
}

/**
 * Parts of a complete run with fewer contenders or rounds.
 * @param {object[]} parts
 * @param {{ ours?: string[], peers?: string[], quick: boolean, rounds?: number }} wish
 */
export function narrowParts(parts, wish) {
  const { takes, rounds } = narrowing({ ...wish, quick: false });
  return parts.map((part) => ({
    ...part,
    takes: (contender) => part.takes(contender) && takes(contender),
    rounds: rounds ?? part.rounds,
  }));
}

/**
 * Parts for a question of one's own, an engine each.
 * @param {{ engines: string[], workloads: string[], heads: boolean, load: boolean,
 *   roofline: boolean, threads: number[], ours?: string[], peers?: string[], quick: boolean, rounds?: number }} wish
 *   `ours`, `peers`: words of ids; only contenders that contain one of them take part
 */
export function partsFor(wish) {
  const { engines, workloads, heads, load, roofline, threads } = wish;
  const { named, takes, rounds } = narrowing(wish);
  // Who is asked for by name takes what it can, however long that is.
  const takesAsked = (contender, workload) =>
    takesWorkload(named(contender) ? { ...contender, long: true } : contender, workload);
  const takesLoad = (contender) =>
    takes(contender) && (contender.loads || (named(contender) && contender.scope === 'call'));
  return engines.flatMap((engine) => {
    const part = { engine, group: 'one', threads, rounds, takes };
    const steady = { ...part, name: engine, kind: 'steady', workloads, takesWorkload: takesAsked };
    const ofHeads = { ...steady, name: `${engine}-heads`, group: 'heads', workloads: HEADS };
    return [
      ...(workloads.length ? [steady] : []),
      ...(heads ? [ofHeads] : []),
      ...(load ? [{ ...part, name: `${engine}-load`, kind: 'load', takes: takesLoad }] : []),
      ...(roofline ? [{ ...part, name: `${engine}-roofline`, kind: 'roofline' }] : []),
    ];
  });
}
