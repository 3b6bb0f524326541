// Who works when. All contenders of a section are alive at once and take turns: in every
// round, each runs a slice of each workload, so that whatever slows the machine down hits
// everybody. Loading is measured apart, in fresh processes and pages.
import { cosine, median, summarize } from './statistics.js';
import { start } from './drivers.js';

/** Below this cosine to the float reference, somebody computes something else. */
const LEAST_AGREEMENT = 0.9;

/** Does a contender run a workload? */
function takesPart({ scope, ours, except }, workload) {
  if (except?.includes(workload)) return false;
  if (workload === 'tokenizer' || scope === 'tokenizer') {
    return workload === 'tokenizer' && scope === 'tokenizer';
  }
  // Our whole call beside the peers: the encoder alone adds nothing to 2,000 lines.
  return workload !== 'corpus' || scope === 'call' || !ours;
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
    const bytes = driver.bytes && { ...driver.bytes };
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
    await driver.close();
  }
}

/** Medians of the three times and of their sum. */
function summarizeTimes(list) {
  const part = (pick) => summarize(list.map(pick));
  return {
    import: part((times) => times.import),
    load: part((times) => times.load),
    first: part((times) => times.first),
    total: part((times) => times.import + times.load + times.first),
  };
}

async function measureLoads(section, data, plan, log) {
  const entries = section.filter(({ contender }) => plan.takesLoad(contender));
  for (let round = 0; round < plan.loads; round++) {
    for (const entry of rotate(entries, round)) {
      if (entry.error) continue;
      log(`loading, round ${round + 1} of ${plan.loads}: ${entry.contender.id}`);
      try {
        entry.loadSamples.push(await measureLoad(entry.contender, data));
      } catch (error) {
        entry.error = error.message;
      }
    }
  }
  for (const entry of entries) {
    const samples = entry.loadSamples;
    if (samples.length === 0) continue;
    entry.load = {
      cold: summarizeTimes(samples.map(({ cold }) => cold)),
      warm: summarizeTimes(samples.map(({ warm }) => warm)),
      memory: samples[0].memory,
      bytes: samples[0].bytes,
    };
  }
}

function rotate(list, by) {
  const at = list.length ? by % list.length : 0;
  return [...list.slice(at), ...list.slice(0, at)];
}

/** Opens a contender and checks that it computes what the reference computes. */
async function openEntry(entry, data, workloads) {
  const { contender } = entry;
  const own = workloads.filter((name) => takesPart(contender, name));
  const driver = await start(contender);
  entry.driver = driver;
  await driver.call('setWorkloads', {
    workloads: Object.fromEntries(own.map((name) => [name, data[name]])),
  });
  const { adapter, options } = contender;
  await driver.call('open', { adapter, options, first: own[0] });
  entry.workloads = own;
  entry.info = await driver.call('describe');
}

/** The contender whose vectors (or ids) count as right. */
function referenceOf(entries) {
  const able = entries.filter(({ error }) => !error);
  const peers = able.filter(({ contender }) => !contender.ours);
  const isFloat = ({ contender }) => contender.precision === 'fp32';
  return peers.find(isFloat) ?? able.find(isFloat) ?? null;
}

async function checkVectors(entries, workload, log) {
  const reference = referenceOf(entries);
  if (!reference) return;
  const expected = await reference.driver.call('vectors', { workload });
  for (const entry of entries) {
    if (entry.error || !entry.workloads.includes(workload)) continue;
    log(`checking ${workload}: ${entry.contender.id}`);
    try {
      const found = await entry.driver.call('vectors', { workload });
      const agreement = Math.min(...found.map((vector, i) => cosine(vector, expected[i])));
      entry.agreement = Math.min(entry.agreement ?? 1, agreement);
      if (!(agreement >= LEAST_AGREEMENT)) {
        throw new Error(`${workload}: cosine ${agreement.toFixed(3)} to ${reference.contender.id}`);
      }
    } catch (error) {
      entry.error = error.message;
    }
  }
}

/** All tokenizers must give the same ids. */
async function checkTokenizers(entries) {
  const able = entries.filter(({ error, contender }) => !error && contender.scope === 'tokenizer');
  const order = ['python', 'node', 'page'];
  const rank = ({ contender }) => order.indexOf(contender.runtime) + (contender.ours ? 10 : 0);
  able.sort((a, b) => rank(a) - rank(b));
  let expected;
  for (const entry of able) {
    const found = JSON.stringify(await entry.driver.call('vectors', { workload: 'tokenizer' }));
    expected ??= found;
    if (found !== expected) entry.error = `other ids than ${able[0].contender.id}`;
  }
}

async function measureSteady(section, data, plan, log) {
  const { workloads } = plan;
  const entries = section.filter(
    ({ contender, error }) => !error && workloads.some((name) => takesPart(contender, name)),
  );
  const alive = () => entries.filter(({ error }) => !error);
  const attempt = async (entry, action) => {
    try {
      return await action();
    } catch (error) {
      entry.error = error.message;
      return null;
    }
  };
  try {
    for (const entry of entries) {
      log(`opening ${entry.contender.id}`);
      await attempt(entry, () => openEntry(entry, data, workloads));
    }
    // The padded peers may differ between one text and a batch: both are looked at.
    for (const name of workloads.filter((name) => name === 'query' || name === 'batch32')) {
      await checkVectors(
        entries.filter(({ contender }) => contender.scope !== 'tokenizer'),
        name,
        log,
      );
    }
    if (workloads.includes('tokenizer')) await checkTokenizers(entries);

    for (const entry of alive()) {
      for (const workload of entry.workloads) {
        log(`warming up ${entry.contender.id}: ${workload}`);
        const { ms, calls } = plan.warm[workload];
        await attempt(entry, () => entry.driver.call('warm', { workload, ms, calls }));
      }
    }

    for (const workload of workloads) {
      for (let round = 0; round < plan.rounds[workload]; round++) {
        const turn = alive().filter((entry) => entry.workloads.includes(workload));
        for (const entry of rotate(turn, round)) {
          log(`${workload}, round ${round + 1} of ${plan.rounds[workload]}: ${entry.contender.id}`);
          const argument = { workload, sliceMs: plan.sliceMs, sampleMs: plan.sampleMs };
          const samples = await attempt(entry, () => entry.driver.call('measure', argument));
          if (samples) entry.rounds[workload].push(samples);
        }
      }
    }
    for (const entry of alive()) {
      entry.memoryAtEnd = await attempt(entry, () => entry.driver.call('memory'));
    }
  } finally {
    for (const { driver } of entries) await driver?.close().catch(() => {});
  }
}

/**
 * Measures one section and returns its contenders with their rows.
 * @param {object[]} contenders of contendersOf
 * @param {Record<string, object>} data workloads by name
 * @param {object} plan of run.js
 * @param {(text: string) => void} log
 */
export async function runSection(contenders, data, plan, log) {
  const section = contenders.map((contender) => ({
    contender,
    loadSamples: [],
    rounds: Object.fromEntries(plan.workloads.map((name) => [name, []])),
  }));
  if (plan.loads > 0) await measureLoads(section, data, plan, log);
  if (plan.workloads.length) await measureSteady(section, data, plan, log);
  return section.map(({ contender, rounds, error, agreement, info, load, memoryAtEnd }) => {
    const { id, ours, native, precision, scope, threads, loads } = contender;
    const rows = Object.fromEntries(
      Object.entries(rounds)
        .filter(([, list]) => list.length > 0)
        .map(([name, list]) => [name, { ...summarize(list.flat()), rounds: list.map(median) }]),
    );
    return {
      ...{ id, ours: Boolean(ours), native: Boolean(native), precision, scope, threads },
      ...{ loads: Boolean(loads), error, agreement, info, rows, load, memoryAtEnd },
    };
  });
}
