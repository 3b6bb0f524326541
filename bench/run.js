// `npm run bench`: measures bertlet against its peers, side by side in one run.
// `npm run bench -- --help` lists the options; README.md says what the figures mean.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { drawChart } from './chart.js';
import { SECTIONS, contendersOf, obstacle } from './contenders.js';
import { chromiumVersion, closeBrowser } from './drivers.js';
import { renderReport } from './report.js';
import { measureRoofline } from './roofline.js';
import { runSection } from './schedule.js';
import * as setup from './setup.js';
import { WORKLOADS, makeProse, makeWorkloads } from './workloads.js';

const HELP = `Usage: npm run bench -- [OPTIONS]

  --quick           a rough picture in Node, under a minute once everything is cached
  --in A,B          sections: ${Object.keys(SECTIONS).join(', ')}
  --only A,B        of ${[...Object.keys(WORKLOADS), 'tokenizer', 'load', 'roofline'].join(', ')}
  --peers A,B       only peers whose name contains one of these; "none": no peer
  --ours A,B        only our contenders whose name contains one of these; "none"
  --threads A,B     numbers of threads (1)
  --rounds N        rounds of the encoder workloads
  --out FOLDER      where results.json, results.md and chart.svg go: bench/ after a
                    complete run, else .cache/bench/last/

Environment: BERTLET_PYTHON (an interpreter that has torch already), BERTLET_CHROMIUM.
`;

class UsageError extends Error {}

const ENCODER_WORKLOADS = Object.keys(WORKLOADS);

/** How long and how often, by the size of the run. */
function makePlan(options) {
  const quick = options.quick;
  const chosen = options.only ?? [
    ...(quick ? ['query', 'tok128', 'batch32'] : ENCODER_WORKLOADS),
    ...['tokenizer', 'load', 'roofline'],
  ];
  const rounds = Number(options.rounds ?? (quick ? 3 : 9));
  const steady = quick ? { ms: 250, calls: 3 } : { ms: 2000, calls: 10 };
  return {
    workloads: [...ENCODER_WORKLOADS, 'tokenizer'].filter((name) => chosen.includes(name)),
    roofline: chosen.includes('roofline'),
    loads: chosen.includes('load') ? (quick ? 1 : 3) : 0,
    takesLoad: ({ loads, precision }) => loads && (!quick || precision === 'int8'),
    rounds: {
      ...{ query: rounds, tok128: rounds, batch32: rounds },
      ...{ mixed64: Math.min(rounds, 3), corpus: Math.min(rounds, 2) },
      tokenizer: Math.min(rounds, 5),
    },
    warm: {
      ...{ query: steady, tok128: steady, batch32: steady },
      ...{ mixed64: { ms: 0, calls: 1 }, corpus: { ms: 0, calls: 0 } },
      tokenizer: { ms: quick ? 100 : 2000, calls: 1 },
    },
    sliceMs: quick ? 120 : 600,
    sampleMs: 20,
    corpusLines: quick ? 200 : 2000,
    proseBytes: quick ? 500_000 : 10_000_000,
  };
}

/** A section's own plan: some sections are short, unless workloads were asked for. */
function planOf(section, plan, options) {
  const { workloads } = SECTIONS[section];
  if (!workloads || options.only) return plan;
  return { ...plan, workloads: plan.workloads.filter((name) => workloads.includes(name)) };
}

function parseOptions() {
  const list = { type: 'string' };
  const { values } = parseArgs({
    options: {
      ...{ quick: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
      ...{ in: list, only: list, peers: list, ours: list, threads: list, rounds: list, out: list },
    },
  });
  const split = (text) => (text === undefined ? undefined : text.split(',').filter(Boolean));
  const options = {
    ...values,
    in: split(values.in),
    only: split(values.only),
    peers: values.peers === 'none' ? [] : split(values.peers),
    ours: values.ours === 'none' ? [] : split(values.ours),
    threads: (split(values.threads) ?? ['1']).map(Number),
  };
  const known = [...ENCODER_WORKLOADS, 'tokenizer', 'load', 'roofline'];
  const wrong = [
    ...(options.in ?? []).filter((name) => !(name in SECTIONS)),
    ...(options.only ?? []).filter((name) => !known.includes(name)),
    ...options.threads.filter((count) => !(count >= 1)),
  ];
  if (wrong.length) throw new UsageError(`unknown: ${wrong.join(', ')}`);
  return options;
}

/** Dot product instructions of x64: on them depends which relaxed dot product is fast. */
function readDotInstructions() {
  try {
    const flags = readFileSync('/proc/cpuinfo', 'utf8')
      .match(/^flags\s*:(.*)$/m)?.[1]
      .split(' ');
    return flags?.filter((flag) => flag.endsWith('vnni')) ?? [];
  } catch {
    return []; // not Linux
  }
}

function describeMachine() {
  const cpus = os.cpus();
  return {
    dotInstructions: readDotInstructions(),
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    memoryBytes: os.totalmem(),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
  };
}

function describeVersions() {
  const own = JSON.parse(readFileSync(path.join(setup.ROOT, 'package.json'), 'utf8')).version;
  let commit;
  try {
    const ask = ['describe', '--always', '--dirty', '--abbrev=10'];
    commit = execFileSync('git', ask, { cwd: setup.ROOT, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    commit = null; // not a checkout
  }
  const packages = Object.keys(setup.readPeers().dependencies);
  const peers = packages.filter((name) => name !== 'playwright-core');
  return {
    bertlet: own,
    commit,
    ...Object.fromEntries(peers.map((name) => [name, setup.peerVersion(name)])),
  };
}

/** One line that is overwritten on a terminal; silent elsewhere. */
function makeLog(section) {
  return (text) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${section}: ${text}`);
  };
}

async function main() {
  const options = parseOptions();
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const plan = makePlan(options);
  const complete = !['quick', 'in', 'only', 'peers', 'ours', 'rounds'].some((key) => options[key]);
  const names = options.in ?? (options.quick ? ['node24'] : Object.keys(SECTIONS));
  const begin = performance.now();

  const results = {
    date: new Date().toISOString(),
    complete,
    machine: describeMachine(),
    sections: [],
  };
  setup.providePeers();
  if (plan.roofline) {
    setup.say('Roofline');
    const sections = names.filter((name) => name !== 'node20' || options.in);
    results.roofline = await measureRoofline({ sections, quick: options.quick });
  }
  if (plan.workloads.length || plan.loads) {
    setup.provideModels();
    if (names.includes('chromium')) setup.provideGguf();
    results.versions = describeVersions();
    const tokenizerJson = path.join(setup.FLOAT_MODEL, 'tokenizer.json');
    const data = makeWorkloads(tokenizerJson, plan);
    if (plan.workloads.includes('tokenizer')) {
      const texts = makeProse(tokenizerJson, plan.proseBytes);
      const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
      data.tokenizer = { texts, bytes };
      results.proseBytes = bytes;
    }
    for (const name of names) {
      const reason = obstacle(name);
      if (reason) {
        setup.say(`${SECTIONS[name].title}: left out, ${reason}`);
        continue;
      }
      setup.say(SECTIONS[name].title);
      const contenders = contendersOf(name, options);
      const log = makeLog(SECTIONS[name].title);
      const rows = await runSection(contenders, data, planOf(name, plan, options), log);
      if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
      const version = SECTIONS[name].runtime === 'page' ? await chromiumVersion() : null;
      const { title } = SECTIONS[name];
      results.sections.push({ name, title: version ? `${title} ${version}` : title, rows });
      await closeBrowser();
    }
  }
  results.seconds = Math.round((performance.now() - begin) / 1000);

  const markdown = renderReport(results);
  process.stdout.write(`\n${markdown}`);
  const out = options.out ?? (complete ? 'bench' : '.cache/bench/last');
  const folder = path.resolve(setup.ROOT, out);
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'results.json'), `${JSON.stringify(results, null, 1)}\n`);
  writeFileSync(path.join(folder, 'results.md'), markdown);
  const chart = drawChart(results);
  if (chart) writeFileSync(path.join(folder, 'chart.svg'), chart);
  setup.say(`\nWritten to ${path.relative(setup.ROOT, folder)}/ in ${results.seconds} s`);
  const failed = results.sections.flatMap(({ rows }) => rows).filter(({ error }) => error);
  if (failed.some(({ ours }) => ours)) process.exitCode = 1;
}

main()
  .catch((error) => {
    const isUsage = error instanceof UsageError || error?.code?.startsWith('ERR_PARSE_ARGS');
    setup.say(isUsage ? `bench: ${error.message}\n\n${HELP}` : `bench: ${error?.stack ?? error}`);
    process.exitCode = isUsage ? 2 : 1;
  })
  .finally(closeBrowser);
