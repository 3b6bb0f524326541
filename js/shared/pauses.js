// Long work on one thread, cut up: so that events get their turn, and an abort is heard.
import { throwIfAborted } from './errors.js';
import { yieldToEvents } from './yield.js';

/** Milliseconds of work, as in engine.js. */
const pauseAfter = 16;

/**
 * For a loop: `await pause()` where it may pause, or await only what isn't undefined where it
 * turns often.
 * @param {AbortSignal} [signal]
 * @returns {() => Promise<void> | undefined} undefined: there was a pause a moment ago
 * @throws ABORTED
 */
export function createPauses(signal) {
  let last = performance.now();
  return () => {
    if (performance.now() - last < pauseAfter) return undefined;
    return yieldToEvents().then(() => {
      throwIfAborted(signal);
      last = performance.now();
    });
  };
}

/**
 * After work that can't be cut up: what came meanwhile gets its turn, timers too, which engines
 * look at one turn later than at others.
 * @param {AbortSignal} [signal] undefined: nobody waits to be heard
 * @throws ABORTED
 */
export async function hearAbort(signal) {
  if (!signal) return;
  await yieldToEvents();
  await yieldToEvents();
  throwIfAborted(signal);
}
