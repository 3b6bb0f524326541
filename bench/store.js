// A complete run is made of parts, one after the other or on several occasions: what is
// measured is kept in .cache/bench/run.json after each part, and goes on only with parts
// of the same code on the same machine.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describeMachine, describeVersions } from './machine.js';
import { PARTS } from './parts.js';
import { CACHE, ROOT } from './setup.js';

const FILE = path.join(CACHE, 'run.json');

/** Files of a folder and those in it, in a fixed order. */
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

/** Hash of everything that the figures depend on. */
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

/** A run without parts. */
export function newRun() {
  const machine = describeMachine();
  const versions = describeVersions();
  return { fingerprint: fingerprintOf(machine, versions), machine, versions, parts: [] };
}

/** The run that was begun with the same code, with its parts; else a new one. */
export function resumeRun() {
  const run = newRun();
  if (!existsSync(FILE)) return run;
  const kept = JSON.parse(readFileSync(FILE, 'utf8'));
  return kept.fingerprint === run.fingerprint ? { ...run, parts: kept.parts } : run;
}

/** Puts a part in the place of an earlier one of its name, in the order of a complete run. */
export function addPart(run, part) {
  const order = PARTS.map(({ name }) => name);
  const others = run.parts.filter(({ name }) => name !== part.name);
  run.parts = [...others, part].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
}

export function keepRun(run) {
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(FILE, JSON.stringify(run));
}

/** Parts of a complete run that a run does not have. */
export function partsToDo(run) {
  return PARTS.filter(({ name }) => !run.parts.some((part) => part.name === name));
}
