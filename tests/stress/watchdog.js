// Says where the crews of a process are when it makes no progress for so many seconds.
import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

const { steps, limit } = workerData;
const crews = [];
parentPort.on('message', (crew) => crews.push(crew));

/** The words of thread_crew in wasm/threads.c. */
function describe({ memory, address }) {
  const [size, , claim, done, job, parts] = new Uint32Array(memory.buffer, address, 6);
  return (
    `  crew of ${size}: job ${job} of ${parts} parts, ${done} done; ` +
    `claimed of job ${claim >>> 16}: ${claim & 0xff} of ${(claim >>> 8) & 0xff}`
  );
}

let seen = -1;
let since = Date.now();
setInterval(() => {
  const now = Atomics.load(steps, 0);
  if (now !== seen) {
    seen = now;
    since = Date.now();
  } else if (Date.now() - since > limit * 1000) {
    // Not by the console: that would need the main thread.
    const lines = [`NO PROGRESS for ${limit} s after ${now} steps`, ...crews.map(describe)];
    writeSync(2, `${lines.join('\n')}\n`);
    since = Infinity;
  }
}, 500);
