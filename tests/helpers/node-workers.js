// Keeps account of the workers that the library starts in Node. Imported before the library,
// which then finds this class where it looks for Node's.
import threads from 'node:worker_threads';

const started = [];

threads.Worker = class extends threads.Worker {
  constructor(url, options) {
    super(url, options);
    this.file = String(url).replace(/.*\//, '');
    this.isAlive = true;
    this.ended = new Promise((resolve) => {
      this.whenEnded = resolve;
    });
    started.push(this);
  }

  /** Not a listener: the library removes those that are there. */
  emit(name, ...values) {
    if (name === 'exit') {
      this.isAlive = false;
      this.whenEnded();
    }
    return super.emit(name, ...values);
  }
};

/** Workers that live: engines ("worker.js") or threads ("thread.js") that this thread started. */
export function livingWorkers(file = 'worker.js') {
  return started.filter((worker) => worker.isAlive && worker.file === file);
}

/** Waits until no worker that was started lives. */
export async function untilAllEnded() {
  await Promise.all(started.map(({ ended }) => ended));
}

/** Waits until so many engines live in workers: those that are dismissed need a moment. */
export async function untilLiving(count) {
  for (let waited = 0; livingWorkers().length !== count; waited += 20) {
    if (waited > 20_000) throw new Error(`${livingWorkers().length} workers live, not ${count}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
