// Runs the command line as a user does: a process, its output, its exit code.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../js/cli.js', import.meta.url));

/** @param {string[]} args */
export function start(args) {
  return spawn(process.execPath, [cli, ...args], { stdio: 'pipe' });
}

/** Runs to the end. @param {string[]} args @param {string | Buffer} [input] */
export async function bertlet(args, input = '') {
  const child = start(args);
  const out = [];
  const err = [];
  child.stdout.on('data', (bytes) => out.push(bytes));
  child.stderr.on('data', (bytes) => err.push(bytes));
  // A command that fails early does not read its input.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  const bytes = Buffer.concat(out);
  return { code, bytes, out: bytes.toString(), err: Buffer.concat(err).toString() };
}

/** Runs what has to succeed silently, and gives the lines of its output. */
export async function linesOf(args, input) {
  const { code, out, err } = await bertlet(args, input);
  assert.deepEqual({ code, err }, { code: 0, err: '' });
  assert.ok(out.endsWith('\n'));
  return out.slice(0, -1).split('\n');
}

/** Nothing on standard output, one line that matches on standard error, exit code 2. */
export async function refuses(args, pattern, input) {
  const { code, out, err } = await bertlet(args, input);
  assert.match(err, /^bertlet: [^\n]+\n$/, `${args.join(' ')}: ${err}`);
  assert.match(err, pattern);
  assert.deepEqual({ code, out }, { code: 2, out: '' }, args.join(' '));
}

/** Reads a little of what a command prints and goes away. @param {string[]} args */
export async function readAndLeave(args) {
  const child = start(args);
  let err = '';
  child.stderr.on('data', (part) => {
    err += part;
  });
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code, signal] = await once(child, 'close');
  return { code, signal, err };
}
