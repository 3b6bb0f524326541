// Keeps a process alive while a call is under way. Workers and what they send do not: a script
// that has all its results ends, whether it disposed of its models or not.
import { builtin } from './platform.js';

/** The longest that timers take: some 24 days, after which the interval begins anew. */
const longest = 2 ** 31 - 1;

const isProcess = builtin('node:process') !== undefined;
let calls = 0;
/** @type {ReturnType<typeof setInterval> | undefined} */
let timer;

/**
 * Until it is released, the event loop of Node, Deno or Bun has something to wait for. In Node
 * that also keeps promises of the engine's own background work (compiling) from being waited for
 * by an idle loop, which can stop for good: the compiler waits for a collection of garbage, and
 * the thread that would collect it waits for the compiler.
 * @returns {() => void} release; only its first call counts
 */
export function holdProcess() {
  if (!isProcess) return () => {};
  if (calls++ === 0) timer = setInterval(() => {}, longest);
  let isHeld = true;
  return () => {
    if (isHeld && --calls === 0) clearInterval(timer);
    isHeld = false;
  };
}
