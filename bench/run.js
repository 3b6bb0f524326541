// `npm run bench`: measures bertlet against its peers, side by side in one run.
// `npm run bench -- --help` lists the options; README.md says what the figures mean.
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { ENGINES, contendersOf, obstacle } from './contenders.js';
import { chromiumVersion, closeBrowser } from './drivers.js';
import { reasonOf } from './machine.js';
import { HELP, UsageError, readOptions } from './options.js';
import { PACES, PARTS } from './parts.js';
import { Patience } from './patience.js';
import { updateReadme, writeReport } from './report/write.js';
import { measureRoofline } from './roofline.js';
import { runPart } from './schedule.js';
import * as setup from './setup.js';
import { addPart, keepRun, newRun, partsToDo, resumeRun } from './store.js';
import { makeProse, makeWorkloads } from './workloads.js';

/**
 * @import { Engine } from './contenders.js'
 * @import { Options } from './options.js'
 * @import { Pace, Part } from './parts.js'
 * @import { MeasuredPart, Results, Run } from './store.js'
 * @import { Prose, Workload } from './workloads.js'
 */

const TOKENIZER = path.join(setup.EMBEDDED_MODEL, 'tokenizer.json');

/**
 * One line that is overwritten on a terminal; silent elsewhere.
 * @param {string} name
 * @returns {(text: string) => void}
 */
function makeLog(name) {
  if (!process.stderr.isTTY) return () => {};
  return (text) => process.stderr.write(`\r\x1b[K${text ? `${name}: ${text}` : ''}`);
}

/** What contenders get, made when a part first needs it. */
class Data {
  #pace;
  /** @type {Record<string, Workload> | undefined} */
  #texts;
  /** @type {Prose | undefined} */
  #prose;

  /** @param {Pace} pace */
  constructor(pace) {
    this.#pace = pace;
  }

  /** Of texts, by name. */
  get texts() {
    this.#texts ??= makeWorkloads(TOKENIZER, this.#pace);
    return this.#texts;
  }

  /** Of tokenizers. */
  get prose() {
    if (!this.#prose) {
      const texts = makeProse(TOKENIZER, this.#pace.proseBytes);
      const bytes = texts.reduce((sum, line) => sum + Buffer.byteLength(line), 0);
      this.#prose = { texts, bytes };
    }
    return this.#prose;
  }
}

/** "Chromium 156.0.8078.79", "Node 24.21.0". @param {Engine} engine */
async function titleOf({ title, node }) {
  const program = node && setup.nodeProgram(node);
  if (!program) return `${title} ${await chromiumVersion()}`;
  const version = execFileSync(program, ['--version'], { encoding: 'utf8' });
  return `Node ${version.trim().slice(1)}`;
}

/**
 * Measures one part; what it cannot measure here it says.
 * @param {Part} part
 * @param {Data} data
 * @param {Pace} pace
 * @param {Options} options
 */
async function measurePart(part, data, pace, { quick, calm }) {
  const { name, engine, kind, group } = part;
  const patienceMs = calm * part.minutes * 60_000;
  const begin = performance.now();
  /** @type {MeasuredPart} */
  const kept = { name, engine, kind, group, date: new Date().toISOString() };
  const reason = obstacle(engine);
  if (reason) return { ...kept, title: ENGINES[engine].title, leftOut: reason };
  const log = makeLog(name);
  try {
    kept.title = await titleOf(ENGINES[engine]);
    if (kind === 'roofline') {
      kept.roofline = await measureRoofline(ENGINES[engine], quick, patienceMs);
    } else {
      const hasProse = kind === 'steady' && part.workloads?.includes('tokenizer');
      const own = hasProse ? { ...data.texts, tokenizer: data.prose } : data.texts;
      const patience = new Patience(patienceMs);
      const contenders = contendersOf(engine, part.threads);
      kept.rows = await runPart(part, contenders, own, pace, patience, log);
      kept.slices = patience.slices;
      if (hasProse) kept.proseBytes = data.prose.bytes;
    }
  } catch (error) {
    kept.leftOut = reasonOf(error);
  } finally {
    log('');
    await closeBrowser();
  }
  return { ...kept, seconds: Math.round((performance.now() - begin) / 1000) };
}

/** @param {Run} run @param {boolean} complete @returns {Results} */
function resultsOf(run, complete) {
  const leftOut = run.parts.flatMap(({ name, leftOut: why }) => (why ? [`${name}: ${why}`] : []));
  return {
    date: run.parts.reduce((last, { date }) => (date > last ? date : last), ''),
    complete,
    machine: run.machine,
    versions: run.versions,
    weightBytes: statSync(path.join(setup.EMBEDDED_MODEL, 'model.safetensors')).size,
    proseBytes: run.parts.find(({ proseBytes }) => proseBytes)?.proseBytes,
    seconds: run.parts.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0),
    leftOut: [...setup.leftOut, ...leftOut],
    parts: run.parts,
  };
}

/** How busy the machine was, if it was. @param {MeasuredPart} part */
function describeSlices({ slices }) {
  if (!slices || slices.busy + slices.again === 0) return '';
  const { calm, busy, again } = slices;
  return `; ${busy} of ${calm + busy} slices on a busy machine, ${again} measured again`;
}

/** @param {MeasuredPart} part */
function tellFailures({ rows = [] }) {
  for (const { id, error } of rows.filter((row) => row.error)) setup.say(`  ${id}: ${error}`);
}

/**
 * Measures parts, one after the other; each is kept before the next begins. Of those that would
 * not end in time none is begun, except the first: a run goes on whatever time it is given.
 * @param {Run} run
 * @param {Part[]} parts
 * @param {Options} options
 * @param {number} began when the run did
 */
async function measureParts(run, parts, options, began) {
  const { own, quick, calm, minutes } = options;
  const pace = quick ? PACES.quick : PACES.full;
  const data = new Data(pace);
  for (const [i, part] of parts.entries()) {
    const spent = (performance.now() - began) / 60_000;
    if (i > 0 && spent + (1 + calm) * part.minutes > minutes) continue;
    setup.say(`${part.name} (${i + 1} of ${parts.length})`);
    const measured = await measurePart(part, data, pace, options);
    setup.say(`  ${measured.leftOut ?? `${measured.seconds} s${describeSlices(measured)}`}`);
    tellFailures(measured);
    addPart(run, measured);
    if (!own) keepRun(run);
  }
}

function renderAgain() {
  const folder = path.join(setup.ROOT, 'bench');
  const results = JSON.parse(readFileSync(path.join(folder, 'results.json'), 'utf8'));
  writeReport(results, folder);
  updateReadme(results);
}

function listParts() {
  const lines = PARTS.map(({ name, minutes }) => `${name.padEnd(20)} about ${minutes} min`);
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(HELP);
  else if (options.list) listParts();
  else if (options.render) renderAgain();
  else await bench(options);
}

/** @param {Options} options */
async function bench(options) {
  const began = performance.now();
  setup.providePeers();
  if (options.parts.some(({ kind }) => kind !== 'roofline')) setup.provideModels();
  const run = options.keep ? resumeRun() : newRun();
  const todo = options.named || options.own ? options.parts : partsToDo(run);
  await measureParts(run, todo, options, began);

  const complete = !options.own && partsToDo(run).length === 0;
  const folder = path.resolve(
    setup.ROOT,
    options.out ?? (complete ? 'bench' : '.cache/bench/last'),
  );
  const results = resultsOf(run, complete);
  const markdown = writeReport(results, folder);
  if (options.own) process.stdout.write(`\n${markdown}`);
  if (complete && !options.out) updateReadme(results);
  const place = path.relative(setup.ROOT, folder);
  setup.say(`Written to ${place}/ after ${Math.round((performance.now() - began) / 1000)} s`);
  if (!options.own && !complete) {
    const missing = partsToDo(run).map(({ name }) => name);
    setup.say(`Not complete, go on with --resume: ${missing.join(', ')}`);
  }
  const failed = run.parts.flatMap(({ rows = [] }) => rows).filter(({ error }) => error);
  if (failed.some(({ ours }) => ours)) process.exitCode = 1;
}

// An interrupted part is not kept. Contenders and browser end with this process.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

main()
  .catch((error) => {
    const isUsage = error instanceof UsageError;
    setup.say(
      isUsage
        ? `bench: ${error.message} (npm run bench -- --help)`
        : `bench: ${error instanceof Error ? error.stack : error}`,
    );
    process.exitCode = isUsage ? 2 : 1;
  })
  .finally(closeBrowser);
