// Who works when. All contenders of a part are alive at once and take turns: in every
// round, each runs a slice of each workload, so that whatever slows the machine down hits
// everybody. Loading is measured apart, in fresh processes and pages.
import { setTimeout as sleep } from 'node:timers/promises';
import { cosine, median, rotate, summarize } from './statistics.js';
import { start } from './drivers.js';
import { reasonOf } from './machine.js';
import { HEADS, pacedAs, takesWorkload } from './parts.js';

/**
 * @import { Contender } from './contenders.js'
 * @import { Driver } from './drivers.js'
 * @import { Times } from './hosts/host.js'
 * @import { Pace, Part } from './parts.js'
 * @import { Patience } from './patience.js'
 * @import { SentBytes } from './server.js'
 * @import { Summary } from './statistics.js'
 * @import { Workload } from './workloads.js'
 *
 * @typedef {(text: string) => void} Log
 * @typedef {Record<string, Workload>} Workloads by name
 *
 * @typedef {object} Entry a contender and what is known of it so far
 * @property {Contender} contender
 * @property {string[]} workloads those that it takes
 * @property {Record<string, number[][]>} rounds the samples of each, by workload
 * @property {Driver} [driver] once it is open
 * @property {string} [error] why it is out
 * @property {number} [agreement] the least cosine to the float reference
 * @property {object} [info] what it says about itself
 * @property {LoadSummary} [load]
 *
 * @typedef {Entry & { driver: Driver }} OpenEntry
 *
 * @typedef {object} Course how a part is measured
 * @property {Workloads} data
 * @property {Pace} pace
 * @property {Record<string, number>} rounds of each workload, and of loading
 * @property {Patience} patience
 * @property {Log} log
 *
 * @typedef {{ afterLoad: number | null, inBatch: number | null }} MemoryBytes
 * @typedef {{ cold: Times, warm: Times, memory: MemoryBytes, bytes: SentBytes | null }} LoadSample
 *   `cold`: in a fresh process or page; `warm`: a second time
 *
 * @typedef {Summary & { rounds: number[] }} RoundsSummary with the median of each round
 * @typedef {Record<'import' | 'load' | 'first' | 'total', RoundsSummary>} TimesSummary
 * @typedef {{ cold: TimesSummary, warm: TimesSummary, memory: MemoryBytes,
 *   bytes: SentBytes | null }} LoadSummary
 *
 * @typedef {Pick<Contender, 'id' | 'precision' | 'scope' | 'threads'>} RowOf
 * @typedef {RowOf & { ours: boolean, native: boolean, error?: string, agreement?: number,
 *   info?: object, rows: Record<string, RoundsSummary>, load?: LoadSummary }} Row what the results
 *   keep of a contender; `rows`: by workload
 */

/** Below this cosine to the float reference, somebody computes something else. */
const LEAST_AGREEMENT = 0.9;

/** Threads that wait for their next work in a loop give up after about a second. */
const SPIN_MS = 1000;

/**
 * Who fails is out from then on, and the others go on.
 * @template T
 * @param {Entry} entry
 * @param {() => Promise<T>} action
 * @returns {Promise<T | null>}
 */
async function attempt(entry, action) {
  try {
    return await action();
  } catch (error) {
    entry.error = reasonOf(error);
    return null;
  }
}

/**
 * Times from a fresh process (or page) to the first vector, and the same a second time.
 * @param {Contender} contender
 * @param {Workloads} data
 * @returns {Promise<LoadSample>}
 */
async function measureLoad(contender, data) {
  const driver = await start(contender);
  try {
    await driver.call('setWorkloads', {
      workloads: { query: data.query, batch32: data.batch32 },
    });
    const { adapter, options } = contender;
    const open = () => driver.call('open', { adapter, options, first: 'query' });
    const cold = await open();
    const bytes = driver.bytes?.();
    await driver.call('warm', { workload: 'batch32', ms: 0, calls: 1 });
    const memoryInBatch = await driver.call('memory');
    if (driver.visit) {
      await driver.visit();
      await driver.call('setWorkloads', { workloads: { query: data.query } });
    }
    const warm = await open();
    return {
      cold: cold.times,
      warm: warm.times,
      memory: { afterLoad: cold.memoryAfterLoad, inBatch: memoryInBatch },
      bytes: bytes ?? null,
    };
  } finally {
    await driver.close().catch(() => {});
  }
}

/** Of the three times and of their sum. @param {Times[]} list @returns {TimesSummary} */
function summarizeTimes(list) {
  /** @param {(times: Times) => number} pick */
  const part = (pick) => {
    const values = list.map(pick);
    return { ...summarize(values), rounds: values };
  };
  return {
    import: part((times) => times.import),
    load: part((times) => times.load),
    first: part((times) => times.first),
    total: part((times) => times.import + times.load + times.first),
  };
}

/** @param {Entry[]} entries @param {Course} course */
async function measureLoads(entries, { data, rounds: { load: rounds }, patience, log }) {
  /** @type {Map<Entry, LoadSample[]>} */
  const samples = new Map();
  if (entries.length) await patience.begin({ contender: entries[0].contender });
  for (let round = 0; round < rounds; round++) {
    for (const entry of rotate(entries, round)) {
      if (entry.error) continue;
      log(`loading, round ${round + 1} of ${rounds}: ${entry.contender.id}`);
      const { contender } = entry;
      const sample = await attempt(entry, () =>
        patience.measure({ contender }, () => measureLoad(contender, data)),
      );
      if (sample) samples.set(entry, [...(samples.get(entry) ?? []), sample]);
    }
  }
  for (const [entry, list] of samples) {
    if (entry.error) continue;
    entry.load = {
      cold: summarizeTimes(list.map(({ cold }) => cold)),
      warm: summarizeTimes(list.map(({ warm }) => warm)),
      memory: list[0].memory,
      bytes: list[0].bytes,
    };
  }
}

/** Opens a contender and hands it its workloads. @param {Entry} entry @param {Workloads} data */
async function openEntry(entry, data) {
  const { contender, workloads } = entry;
  const driver = await start(contender);
  entry.driver = driver;
  // The shortest workload is enough to find out whether it works.
  const first = contender.scope === 'tokenizer' ? undefined : 'query';
  const names = new Set(first ? [...workloads, first] : workloads);
  await driver.call('setWorkloads', {
    workloads: Object.fromEntries([...names].map((name) => [name, data[name]])),
  });
  const { adapter, options } = contender;
  await driver.call('open', { adapter, options, first });
  entry.info = await driver.call('describe');
}

/**
 * Vectors of the contender that counts as right: float, a peer's if there is one.
 * @param {OpenEntry[]} entries
 * @param {string} workload
 */
async function referenceVectors(entries, workload) {
  /** @param {Entry} entry */
  const isRight = ({ contender }) => contender.reference ?? contender.precision === 'fp32';
  const able = entries.filter((entry) => isRight(entry) && entry.workloads.includes(workload));
  able.sort((a, b) => Number(a.contender.ours ?? false) - Number(b.contender.ours ?? false));
  for (const entry of able) {
    if (entry.error) continue;
    const vectors = await attempt(entry, () => entry.driver.call('vectors', { workload }));
    if (vectors) return { vectors, id: entry.contender.id };
  }
  return null;
}

/** @param {OpenEntry[]} entries of the same weights @param {string} workload @param {Log} log */
async function checkVectors(entries, workload, log) {
  const reference = await referenceVectors(entries, workload);
  if (!reference) return;
  for (const entry of entries) {
    if (entry.error || !entry.workloads.includes(workload)) continue;
    log(`checking ${workload}: ${entry.contender.id}`);
    await attempt(entry, async () => {
      const found = await entry.driver.call('vectors', { workload });
      const cosines = found.map((vector, i) => cosine(vector, reference.vectors[i]));
      const agreement = Math.min(...cosines);
      entry.agreement = Math.min(entry.agreement ?? 1, agreement);
      if (!(agreement >= LEAST_AGREEMENT)) {
        throw new Error(`${workload}: cosine ${agreement.toFixed(3)} to ${reference.id}`);
      }
    });
  }
}

/**
 * All tokenizers must give the same ids as the first that answers: Rust, then the peers.
 * @param {OpenEntry[]} entries
 */
async function checkTokenizers(entries) {
  const order = ['python', 'node', 'page'];
  /** @param {Entry} entry */
  const rank = ({ contender }) => order.indexOf(contender.runtime) + (contender.ours ? 10 : 0);
  /** @type {{ ids: string, name: string } | undefined} */
  let expected;
  const able = entries.filter(({ workloads }) => workloads.includes('tokenizer'));
  for (const entry of able.sort((a, b) => rank(a) - rank(b))) {
    if (entry.error) continue;
    await attempt(entry, async () => {
      const found = await entry.driver.call('vectors', { workload: 'tokenizer' });
      const ids = JSON.stringify(found);
      expected ??= { ids, name: entry.contender.id };
      if (ids !== expected.ids) throw new Error(`other ids than ${expected.name}`);
    });
  }
}

/** @param {OpenEntry[]} entries @param {string[]} workloads @param {Log} log */
async function checkAll(entries, workloads, log) {
  // The padded peers may differ between one text and a batch: both are looked at.
  const checked = ['query', 'batch32', ...HEADS];
  for (const workload of workloads.filter((name) => checked.includes(name))) {
    for (const weights of new Set(entries.map(({ contender }) => contender.weights))) {
      const same = entries.filter(({ contender }) => contender.weights === weights);
      await checkVectors(same, workload, log);
    }
  }
  if (workloads.includes('tokenizer')) await checkTokenizers(entries);
}

/** @param {OpenEntry[]} entries @param {Course} course */
async function warmUp(entries, { pace, patience, log }) {
  for (const entry of entries) {
    if (!entry.error) await attempt(entry, () => patience.begin(entry));
    for (const workload of entry.workloads) {
      if (entry.error) break;
      log(`warming up ${entry.contender.id}: ${workload}`);
      await attempt(entry, () =>
        entry.driver.call('warm', { workload, ...pace.warm[pacedAs(workload)] }),
      );
    }
  }
}

/**
 * One slice of a contender, until its threads rest.
 * @param {OpenEntry} entry
 * @param {{ workload: string, sliceMs: number, sampleMs: number }} argument
 */
async function measureSlice({ driver, contender }, argument) {
  const samples = await driver.call('measure', argument);
  if (contender.spins) await sleep(SPIN_MS);
  return samples;
}

/** @param {OpenEntry[]} entries @param {string} workload @param {Course} course */
async function measureRounds(entries, workload, course) {
  const { pace, patience, log } = course;
  const paced = pacedAs(workload);
  const argument = { workload, sliceMs: pace.sliceMs[paced], sampleMs: pace.sampleMs };
  const rounds = course.rounds[paced];
  const able = entries.filter((entry) => entry.workloads.includes(workload));
  for (let round = 0; round < rounds; round++) {
    for (const entry of rotate(able, round)) {
      if (entry.error || round >= (entry.contender.rounds ?? Infinity)) continue;
      log(`${workload}, round ${round + 1} of ${rounds}: ${entry.contender.id}`);
      const samples = await attempt(entry, () =>
        patience.measure(entry, () => measureSlice(entry, argument)),
      );
      if (samples) entry.rounds[workload].push(samples);
    }
  }
}

/** Whether it has been started; who has not is out. @param {Entry} entry @returns {entry is OpenEntry} */
const isOpen = (entry) => entry.driver !== undefined;

/** @param {Entry[]} entries @param {string[]} workloads @param {Course} course */
async function measureSteady(entries, workloads, course) {
  const { data, log } = course;
  try {
    for (const entry of entries) {
      log(`opening ${entry.contender.id}`);
      await attempt(entry, () => openEntry(entry, data));
    }
    const open = entries.filter(isOpen);
    await checkAll(open, workloads, log);
    await warmUp(open, course);
    for (const workload of workloads) await measureRounds(open, workload, course);
  } finally {
    for (const { driver } of entries) await driver?.close().catch(() => {});
  }
}

/** Who failed has no figures. @param {Entry} entry @returns {Row} */
function rowOf({ contender, rounds, error, agreement, info, load }) {
  const { id, ours, native, precision, scope, threads } = contender;
  const common = { id, ours: Boolean(ours), native: Boolean(native), precision, scope, threads };
  if (error) return { ...common, error, rows: {} };
  const rows = Object.fromEntries(
    Object.entries(rounds)
      .filter(([, list]) => list.length > 0)
      .map(([name, list]) => [name, { ...summarize(list.flat()), rounds: list.map(median) }]),
  );
  return { ...common, agreement, info, rows, load };
}

/**
 * Measures a steady part or one of loading and returns its contenders with their rows.
 * @param {Part} part
 * @param {Contender[]} contenders
 * @param {Workloads} data
 * @param {Pace} pace
 * @param {Patience} patience
 * @param {Log} log
 * @returns {Promise<Row[]>}
 */
export async function runPart(part, contenders, data, pace, patience, log) {
  const asked = part.workloads ?? [];
  const takes = part.takesWorkload ?? takesWorkload;
  /** @type {Entry[]} */
  const entries = contenders.filter(part.takes).map((contender) => {
    const workloads = asked.filter((name) => takes(contender, name));
    return { contender, workloads, rounds: Object.fromEntries(workloads.map((n) => [n, []])) };
  });
  const rounds = { ...pace.rounds, ...part.rounds };
  const course = { data, pace, rounds, patience, log };
  if (part.kind === 'load') {
    await measureLoads(entries, course);
    return entries.map(rowOf);
  }
  const able = entries.filter(({ workloads }) => workloads.length > 0);
  await measureSteady(able, asked, course);
  return able.map(rowOf);
}
