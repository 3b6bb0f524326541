// How the work of a model is shared out, and why so.
import { readChoice, readCount } from '../shared/inputs.js';
import { builtin } from '../shared/platform.js';
import { WorkerClass } from './port.js';
import { detectThreads } from './threads.js';

/** More than this many wait for memory more than they compute. */
const usualThreads = 4;
const mostThreads = 16;
/** Memory that workers with a copy of the model each may have together: of our own choice, and where a number is asked for. */
const usualBytes = 2 ** 29;
const mostBytes = 2 ** 31;

/**
 * @typedef {{
 *   threading: 'shared' | 'workers' | 'none',
 *   count: number,
 *   mostBytes: number,
 *   reason: string,
 * }} Threading `reason`: a sentence for the user; `mostBytes`: of all workers' memory
 *
 * @param {{ threads?: 'auto' | number, sharedMemory?: 'auto' | boolean }} options of load()
 * @param {boolean} worker whether the engine is in a worker
 * @returns {Threading}
 */
export function chooseThreading({ threads, sharedMemory = 'auto' }, worker) {
  const wanted = threads === 'auto' ? undefined : readCount('threads', threads);
  const share = readChoice('sharedMemory', sharedMemory, ['auto', true, false]);
  const { canShare, cores } = detectThreads();
  const count = Math.min(wanted ?? Math.min(cores, usualThreads), mostThreads);
  // A page's own thread may not wait for others.
  const isFree = worker || typeof document === 'undefined';
  /** @param {Threading['threading']} threading @param {string} reason @returns {Threading} */
  const choice = (threading, reason) => ({
    threading,
    count: threading === 'none' ? 1 : count,
    mostBytes: wanted ? mostBytes : usualBytes,
    reason,
  });
  if (wanted === 1) return choice('none', 'One thread was asked for.');
  if (count === 1) return choice('none', 'This machine has one core.');
  if (!WorkerClass) return choice('none', 'There are no workers.');
  const obstacle = whyNotShared(share, canShare, isFree);
  if (!obstacle) return choice('shared', 'Memory can be shared here.');
  if (!isFree && !wanted) return choice('none', 'worker: false works alone.');
  return choice('workers', `${obstacle}: arrays are spread over workers with copies.`);
}

/**
 * @param {'auto' | boolean} share
 * @param {boolean} canShare
 * @param {boolean} isFree
 * @returns {string | undefined}
 */
function whyNotShared(share, canShare, isFree) {
  if (!share) return 'sharedMemory: false';
  if (!canShare) return 'The page is not cross-origin isolated';
  if (!isFree) return 'A page’s own thread cannot wait';
  // Node 20 (V8 11) leaves threads on shared memory in its baseline tier: slower than one alone.
  if (builtin('node:process') && share === 'auto' && parseInt(process.versions.v8, 10) < 12) {
    return 'This Node runs threads slowly';
  }
  return undefined;
}
