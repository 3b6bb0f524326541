// Who works when. All contenders of a part are alive at once and take turns: in every
// round, each runs a slice of each workload, so that whatever slows the machine down hits
// everybody. Loading is measured apart, in fresh processes and pages.
import { setTimeout as sleep } from 'node:timers/promises';
import { cosine, median, rotate, summarize } from './statistics.js';
import { start } from './drivers.js';
import { cleanMessage } from './machine.js';
import { HEADS, pacedAs, takesWorkload } from './parts.js';

/** Below this cosine to the float reference, somebody computes something else. */
const LEAST_AGREEMENT = 0.9;

/** Threads that wait for their next work in a loop give up after about a second. */
const SPIN_MS = 1000;

/** Who fails is out from then on, and the others go on. */
async function attempt(entry, action) {
  try {
    return await action();
  } catch (error) {
    entry.error = cleanMessage(error?.message ?? String(error));
    return null;
  }
}

/** Times from a fresh process (or page) to the first vector, and the same a second time. */
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

/** Medians of the three times and of their sum, with the sum and the first call by round. */
function summarizeTimes(list) {
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

async function measureLoads(entries, data, rounds, patience, log) {
  const samples = new Map(entries.map((entry) => [entry, []]));
  if (entries.length) await patience.begin({ contender: entries[0].contender });
  for (let round = 0; round < rounds; round++) {
    for (const entry of rotate(entries, round)) {
      if (entry.error) continue;
      log(`loading, round ${round + 1} of ${rounds}: ${entry.contender.id}`);
      const { contender } = entry;
      const sample = await attempt(entry, () =>
        patience.measure({ contender }, () => measureLoad(contender, data)),
      );
      if (sample) samples.get(entry).push(sample);
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

/** Opens a contender and hands it its workloads. */
async function openEntry(entry, data) {
  const { contender, workloads } = entry;
  const driver = await start(contender);
  entry.driver = driver;
  // The shortest workload is enough to find out whether it works.
  const first = contender.scope === 'tokenizer' ? undefined : 'query';
  const names = [...new Set([...workloads, first])].filter(Boolean);
  await driver.call('setWorkloads', {
    workloads: Object.fromEntries(names.map((name) => [name, data[name]])),
  });
  const { adapter, options } = contender;
  await driver.call('open', { adapter, options, first });
  entry.info = await driver.call('describe');
}

/** Vectors of the contender that counts as right: float, a peer's if there is one. */
async function referenceVectors(entries, workload) {
  const isRight = ({ contender }) => contender.reference ?? contender.precision === 'fp32';
  const able = entries.filter((entry) => isRight(entry) && entry.workloads.includes(workload));
  able.sort((a, b) => Boolean(a.contender.ours) - Boolean(b.contender.ours));
  for (const entry of able) {
    if (entry.error) continue;
    const vectors = await attempt(entry, () => entry.driver.call('vectors', { workload }));
    if (vectors) return { vectors, id: entry.contender.id };
  }
  return null;
}

/** @param {object[]} entries of the same weights */
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

/** All tokenizers must give the same ids as the first that answers: Rust, then the peers. */
async function checkTokenizers(entries) {
  const order = ['python', 'node', 'page'];
  const rank = ({ contender }) => order.indexOf(contender.runtime) + (contender.ours ? 10 : 0);
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

async function warmUp(entries, pace, patience, log) {
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

/** One slice of a contender, until its threads rest. */
async function measureSlice({ driver, contender }, argument) {
  const samples = await driver.call('measure', argument);
  if (contender.spins) await sleep(SPIN_MS);
  return samples;
}

async function measureRounds(entries, workload, pace, rounds, patience, log) {
  const { sampleMs } = pace;
  const argument = { workload, sliceMs: pace.sliceMs[pacedAs(workload)], sampleMs };
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

async function measureSteady(entries, workloads, data, pace, rounds, patience, log) {
  try {
    for (const entry of entries) {
      log(`opening ${entry.contender.id}`);
      await attempt(entry, () => openEntry(entry, data));
    }
    await checkAll(entries, workloads, log);
    await warmUp(entries, pace, patience, log);
    for (const workload of workloads) {
      const count = rounds[pacedAs(workload)];
      await measureRounds(entries, workload, pace, count, patience, log);
    }
  } finally {
    for (const { driver } of entries) await driver?.close().catch(() => {});
  }
}

/** What the results keep of a contender; who failed has no figures. */
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
 * @param {object} part of parts.js
 * @param {object[]} contenders of contenders.js
 * @param {Record<string, object>} data workloads by name
 * @param {object} pace of parts.js
 * @param {Patience} patience
 * @param {(text: string) => void} log
 */
export async function runPart(part, contenders, data, pace, patience, log) {
  const asked = part.workloads ?? [];
  const takes = part.takesWorkload ?? takesWorkload;
  const entries = contenders.filter(part.takes).map((contender) => {
    const workloads = asked.filter((name) => takes(contender, name));
    return { contender, workloads, rounds: Object.fromEntries(workloads.map((n) => [n, []])) };
  });
  const rounds = { ...pace.rounds, ...part.rounds };
  if (part.kind === 'load') {
    await measureLoads(entries, data, rounds.load, patience, log);
    return entries.map(rowOf);
  }
  const able = entries.filter(({ workloads }) => workloads.length > 0);
  await measureSteady(able, asked, data, pace, rounds, patience, log);
  return able.map(rowOf);
}
