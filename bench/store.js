// A complete run is made of parts, one after the other or on several occasions: what is
// measured is kept in .cache/bench/run.json after each part, and goes on only with parts
// of the same code on the same machine.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describeMachine, describeVersions } from './machine.js';
import { PARTS } from './parts.js';
import { CACHE, ROOT } from './setup.js';

/**
 * @import { Machine, Versions } from './machine.js'
 * @import { EngineName } from './contenders.js'
 * @import { Group, Kind } from './parts.js'
 * @import { Row } from './schedule.js'
 *
 * @typedef {object} MeasuredPart
 * @property {string} name
 * @property {EngineName} engine
 * @property {Kind} [kind]
 * @property {Group} [group]
 * @property {string} date when it began
 * @property {string} [title] "Node 24.21.0"
 * @property {string} [leftOut] why it was not measured
 * @property {Row[]} [rows] a contender each
 * @property {import('./patience.js').Slices} [slices]
 * @property {number} [proseBytes] of what the tokenizers were given
 * @property {import('./adapters/roofline.js').Roofline} [roofline]
 * @property {number} [seconds] it took
 *
 * @typedef {{ fingerprint: string, machine: Machine, versions: Versions, parts: MeasuredPart[] }}
 *   Run `fingerprint`: of all that its figures depend on
 *
 * @typedef {object} Results what the report is made of
 * @property {string} date of the last part
 * @property {boolean} complete
 * @property {Machine} machine
 * @property {Versions} versions
 * @property {number} weightBytes of the embedded model
 * @property {number} [proseBytes]
 * @property {number} seconds
 * @property {string[]} leftOut what could not be measured, and why
 * @property {MeasuredPart[]} parts
 */

const FILE = path.join(CACHE, 'run.json');

/**
 * Files of a folder and those in it, in a fixed order.
 * @param {string} folder
 * @returns {Generator<string>}
 */
function* filesIn(folder) {
  const entries = readdirSync(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(file);
    else yield file;
  }
}

/** How results are shown is no part of how they are measured. */
const SHOWN = /^(results\.\w+|chart\.svg|README\.md|report[/\\].*)$/;

/** Hash of everything that the figures depend on. @param {Machine} machine @param {Versions} versions */
function fingerprintOf(machine, versions) {
  const hash = createHash('sha256');
  const { commit, ...others } = versions;
  hash.update(JSON.stringify([machine, others]));
  for (const folder of ['dist', 'js', 'models'].map((name) => path.join(ROOT, name))) {
    for (const file of filesIn(folder)) hash.update(file).update(readFileSync(file));
  }
  const bench = path.join(ROOT, 'bench');
  for (const file of filesIn(bench)) {
    if (!SHOWN.test(path.relative(bench, file))) hash.update(file).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}

/** A run without parts. @returns {Run} */
export function newRun() {
  const machine = describeMachine();
  const versions = describeVersions();
  return { fingerprint: fingerprintOf(machine, versions), machine, versions, parts: [] };
}

/** The run that was begun with the same code, with its parts; else a new one. */
export function resumeRun() {
  const run = newRun();
  if (!existsSync(FILE)) return run;
  /** @type {Run} */
  const kept = JSON.parse(readFileSync(FILE, 'utf8'));
  return kept.fingerprint === run.fingerprint ? { ...run, parts: kept.parts } : run;
}

/**
 * Puts a part in the place of an earlier one of its name, in the order of a complete run.
 * @param {{ parts: MeasuredPart[] }} run
 * @param {MeasuredPart} part
 */
export function addPart(run, part) {
  const order = PARTS.map(({ name }) => name);
  const others = run.parts.filter(({ name }) => name !== part.name);
  run.parts = [...others, part].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
}

/** @param {Run} run */
export function keepRun(run) {
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(FILE, JSON.stringify(run));
}

/** Parts of a complete run that a run does not have. @param {{ parts: MeasuredPart[] }} run */
export function partsToDo(run) {
  return PARTS.filter(({ name }) => !run.parts.some((part) => part.name === name));
}
