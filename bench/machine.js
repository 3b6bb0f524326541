// Where and with what a run was made: for the reader of the results, without a name or a
// path of the machine.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, peerVersions } from './setup.js';

/**
 * @typedef {{ cpu: string, dotInstructions: string[], cores: number, memoryGB: number,
 *   system: string }} Machine
 * @typedef {Record<string, string>} Versions by name
 */

/** A field of /proc/cpuinfo, or undefined: other systems have no such file. @param {string} name */
function cpuField(name) {
  try {
    const text = readFileSync('/proc/cpuinfo', 'utf8');
    return text.match(new RegExp(`^${name}\\s*:\\s*(.*)$`, 'm'))?.[1].trim();
  } catch {
    return undefined;
  }
}

/**
 * "AMD EPYC (family 26)": a virtual machine's processor often tells no more of itself.
 * @param {string} model
 * @param {string} [family]
 */
export function cpuName(model, family) {
  const short = model
    .replace(/\((R|TM|tm|r)\)/g, '')
    .replace(/\s+@.*$/, '')
    .replace(/\b(CPU|Processor)\b/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  const name = short || 'unknown processor';
  return family && !/\d/.test(name) ? `${name} (family ${family})` : name;
}

/** What the results say about the machine. @returns {Machine} */
export function describeMachine() {
  const cpus = os.cpus();
  const flags = cpuField('flags')?.split(/\s+/) ?? [];
  return {
    cpu: cpuName(cpus[0]?.model ?? '', cpuField('cpu family')),
    // Dot product instructions of x64: on them depends which relaxed dot product is fast.
    dotInstructions: flags.filter((flag) => flag.endsWith('vnni')),
    cores: cpus.length,
    memoryGB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release().split('.').slice(0, 2).join('.')} ${os.arch()}`,
  };
}

/** What a run measures, as git knows it. */
const MEASURED = ['js', 'src', 'wasm', 'models', 'build.sh', 'tools', 'bench'];

/** Written by the bench itself, or about it. */
const WRITTEN = /^bench\/(results\.\w+|chart\.svg|README\.md|report\/)/;

/** The commit, "-dirty" where a file that matters differs from it; null without git. */
function describeCommit() {
  /** @param {string[]} args */
  const git = (...args) =>
    execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' }).trimEnd();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=all', '--', ...MEASURED)
      .split('\n')
      .map((line) => line.slice(3))
      .filter((file) => file && !WRITTEN.test(file));
    return git('rev-parse', '--short=10', 'HEAD') + (changed.length ? '-dirty' : '');
  } catch {
    return null; // not a checkout
  }
}

/** Of all that takes part; what is not there has none. @returns {Versions} */
export function describeVersions() {
  const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const all = { bertlet: version, commit: describeCommit(), ...peerVersions() };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, found]) => (found ? [[name, found]] : [])),
  );
}

/** Why something failed, in a line that names nothing of this machine. @param {unknown} error */
export const reasonOf = (error) =>
  cleanMessage(error instanceof Error ? error.message : String(error));

/** The first line of an error, without paths of this machine. @param {string} message */
export function cleanMessage(message) {
  const [line] = message.trim().split('\n');
  const root = ROOT + path.sep;
  return line
    .replaceAll(pathToFileURL(root).href, '')
    .replaceAll(root, '')
    .replaceAll(os.homedir(), '~')
    .replaceAll(os.hostname(), 'this machine')
    .slice(0, 300);
}
