// Looks for calls that never come back. Many short-lived processes load models, make instances,
// start and end threads and workers, several processes at a time and all on one core, beside
// neighbours that want that core for themselves. One that is late is asked what each of its
// threads is at, and ended.
//
//   node --conditions=source tests/stress/contention.js [--runs 200] [--only NAME] [--limit 120]
//     [--seed 1] [--at-once 4] [--neighbours 2]
//
// `limit`: seconds without progress; NAME as in scenarios.js. Exits with 1 when one never came back
// or failed.
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { scenarios } from './scenarios.js';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    only: { type: 'string' },
    limit: { type: 'string', default: '120' },
    seed: { type: 'string', default: '1' },
    'at-once': { type: 'string', default: '4' },
    neighbours: { type: 'string', default: '2' },
  },
});
const runs = Number(options.runs);
const names = options.only ? [options.only] : Object.keys(scenarios);
const child = fileURLToPath(new URL('child.js', import.meta.url));
const canPin = spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/** A process on the one core, behind everybody else who works on this machine. */
function start(args, stdio) {
  const pinned = canPin ? ['taskset', '-c', '0'] : [];
  const [command, ...rest] = [...pinned, process.execPath, ...args];
  return spawn(command, rest, { stdio, env: { ...process.env, NODE_OPTIONS: '' } });
}

/** What the system knows of a process' threads: name, state, what they sleep in; stacks by gdb. */
function threadsOf(pid) {
  const script = ['-batch', '-ex', 'thread apply all backtrace 12', '-p', String(pid)];
  const gdb = spawnSync('gdb', script, { encoding: 'utf8', timeout: 60_000 });
  return [...statesOf(pid), gdb.stdout ?? '    (stacks need gdb)'];
}

function statesOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`).map((id) => {
      const read = (file) => readFileSync(`/proc/${pid}/task/${id}/${file}`, 'utf8').trim();
      const [, state] = /\) (\S)/.exec(read('stat'));
      return `    thread ${id} ${read('comm')}: ${state} ${read('wchan')}`;
    });
  } catch {
    return ['    (its threads cannot be looked at here)'];
  }
}

/** @returns {Promise<string | undefined>} what went wrong */
function run(name, seed) {
  const started = start(
    ['--conditions=source', child, name, String(seed), options.limit],
    ['ignore', 'pipe', 'pipe'],
  );
  return new Promise((resolve) => {
    let output = '';
    let late;
    for (const stream of [started.stdout, started.stderr]) {
      stream.on('data', (data) => {
        output += data;
        // Its own watchdog (child.js) says where the library is; then it is our turn.
        if (!late && output.includes('NO PROGRESS')) {
          late = threadsOf(started.pid);
          setTimeout(() => started.kill('SIGKILL'), 1000);
        }
      });
    }
    // Where not even a watchdog gets its turn, or where the process does not end.
    const timer = setTimeout(() => {
      late ??= ['    no word of its watchdog', ...threadsOf(started.pid)];
      started.kill('SIGKILL');
    }, Number(options.limit) * 3000);
    started.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0 && output === 'done\n') return resolve(undefined);
      const what = late ? 'never came back' : `ended with ${code ?? signal}`;
      resolve([`${name} ${seed} ${what}`, output.trimEnd(), ...(late ?? [])].join('\n'));
    });
  });
}

const neighbours = Array.from({ length: Number(options.neighbours) }, () =>
  start(['--eval', 'for (;;);'], 'ignore'),
);
const failures = [];
let begun = 0;
async function work() {
  while (begun < runs) {
    const number = begun++;
    const failure = await run(names[number % names.length], Number(options.seed) + number);
    if (!failure) continue;
    failures.push(failure);
    console.log(failure);
  }
}
await Promise.all(Array.from({ length: Number(options['at-once']) }, work));
for (const neighbour of neighbours) neighbour.kill('SIGKILL');
console.log(`${runs} runs on ${canPin ? 'one core' : 'all cores'}, ${failures.length} failed`);
process.exitCode = failures.length > 0 ? 1 : 0;
