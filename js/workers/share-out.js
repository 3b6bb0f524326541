// Computes one call with several engines. Its inputs are cut into shares of some texts each; every
// engine computes a share, takes the next, and so on until none is left.
import { onAbort } from '../shared/abort.js';
import { yieldToEvents } from '../shared/yield.js';
import { RunResults } from '../engine/run-results.js';

/** Bounds of a share in tokens, as estimated: less is not worth a message, more is not one pass. */
const leastTokens = 128;
const mostTokens = 2048;
/** Calls of fewer tokens stay with one engine. Copies cost memory: for them it takes more. */
const leastShared = 384;
const leastForCopies = 1024;
/**
 * After so many milliseconds an engine lets other events in before its next share. One on this
 * thread does so within a pass, too, but the passes of small shares are over before.
 */
const yieldAfter = 10;

/**
 * @import { Engine, EngineInput, RunControl, RunRequest, RunResult } from '../engine/interface.js'
 */

/**
 * What a text will cost: English has four to five units a token.
 * @param {EngineInput} input
 * @param {number} maxLength
 */
function estimateTokens(input, maxLength) {
  if ('ids' in input) return input.ids.length;
  const { text, pair = '' } = input;
  return Math.min(2 + (text.length + pair.length) / 4, maxLength);
}

/**
 * @param {RunRequest} request
 * @param {boolean} hasCopies
 * @returns {number[] | undefined} what each input costs; undefined: too little to be shared
 */
export function estimateShares({ inputs, maxLength, longText }, hasCopies) {
  if (inputs.length < 2) return undefined;
  const most = longText === 'window' ? Infinity : maxLength;
  const costs = inputs.map((input) => estimateTokens(input, most));
  return sum(costs) < (hasCopies ? leastShared : leastForCopies) ? undefined : costs;
}

/**
 * As Engine.run. Whoever is free takes the next share; they get smaller towards the end, so that
 * all are ready at about the same time. The first error ends it all.
 * @param {RunRequest} request
 * @param {RunControl} control
 * @param {number[]} costs of the inputs
 * @param {Promise<Engine>[]} engines
 *   of those that fail the others do the work
 * @returns {Promise<RunResult>}
 */
export async function runShared(request, { signal, onProgress }, costs, engines) {
  const { inputs, ...how } = request;
  const total = inputs.length;
  /** @type {Map<number, RunResult>} by their first inputs */
  const parts = new Map();
  const stop = new AbortController();
  let begun = 0;
  let done = 0;
  let left = sum(costs);

  const take = () => {
    const first = begun;
    const wanted = Math.min(Math.max(left / (2 * engines.length), leastTokens), mostTokens);
    for (let taken = 0; begun < total && taken < wanted; begun++) {
      taken += costs[begun];
      left -= costs[begun];
    }
    return inputs.slice(first, begun);
  };
  /** @param {Engine} engine */
  const work = async (engine) => {
    let last = performance.now();
    while (begun < total) {
      const firstIndex = begun;
      const share = take();
      const part = await engine.run({ ...how, inputs: share, firstIndex }, { signal: stop.signal });
      parts.set(firstIndex, part);
      done += share.length;
      if (!stop.signal.aborted) onProgress?.({ done, total });
      if (performance.now() - last < yieldAfter) continue;
      await yieldToEvents();
      last = performance.now();
    }
  };

  const release = onAbort(signal, () => stop.abort(signal?.reason));
  try {
    await new Promise((/** @type {(done?: undefined) => void} */ resolve, reject) => {
      for (const engine of engines) {
        engine.then(
          (ready) => work(ready).then(() => done === total && resolve(), reject),
          (error) => engine === engines[0] && reject(error),
        );
      }
    });
    return joinParts(parts, request.pooling !== undefined);
  } finally {
    release();
    stop.abort(); // for those that still work when one has failed
  }
}

/**
 * @param {Map<number, RunResult>} parts
 * @param {boolean} withVectors
 */
function joinParts(parts, withVectors) {
  const results = new RunResults();
  for (const [, part] of [...parts].sort(([a], [b]) => a - b)) results.add(part);
  return results.finish(withVectors);
}

/** @param {number[]} numbers */
function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
