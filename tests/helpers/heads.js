// The models and expected values of tests/fixtures/heads.py.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { readFixture } from './fixtures.js';

const folder = fileURLToPath(new URL('../fixtures/head-models/', import.meta.url));

/** The path of a tiny model's folder. @param {string} name */
export const headModel = (name) => join(folder, name);

/** Raw logits, losses and calls of pipelines by model. */
export const references = readFixture('heads.json');

/** dtypes that a module has kernels for. @param {'baseline' | 'relaxed'} simd */
export const dtypesOf = (simd) =>
  simd === 'relaxed' ? ['fp32', 'int8', 'int8-fast'] : ['fp32', 'int8'];

/**
 * Compares results of a call: `score` may differ by the bar, everything else is the same.
 * @returns {number} the largest difference of a score
 */
export function compareResults(actual, expected, bar, what) {
  if (Array.isArray(expected)) {
    assert.ok(Array.isArray(actual) && actual.length === expected.length, `${what}: length`);
    const found = expected.map((item, i) => compareResults(actual[i], item, bar, `${what}, ${i}`));
    return Math.max(0, ...found);
  }
  const { score, ...rest } = expected;
  const { score: actualScore, ...actualRest } = actual;
  assert.deepEqual(actualRest, rest, what);
  const difference = Math.abs(actualScore - score);
  assert.ok(difference <= bar, `${what}: score ${actualScore}, expected ${score}`);
  return difference;
}

/**
 * Compares calls with what the reference's pipeline gave, and tells the largest difference.
 * @param {import('node:test').TestContext} t
 * @param {{ input: unknown, result: unknown }[]} cases with the options of each call beside these
 * @param {(input: unknown, options: object) => Promise<unknown>} call
 */
export async function compareCases(t, cases, bar, call) {
  let worst = 0;
  for (const { input, result, ...options } of cases) {
    const what = JSON.stringify({ input, ...options });
    worst = Math.max(worst, compareResults(await call(input, options), result, bar, what));
  }
  t.diagnostic(`largest difference of a score: ${worst.toExponential(1)}`);
}
