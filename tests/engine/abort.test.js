// How soon a signal is heard, counted in steps of the forward pass: a step takes a few
// milliseconds, so that a few steps are well below what a user notices.
import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from 'bertlet';

import { readSentences, sameBits } from '../helpers/fixtures.js';

let steps = 0;
let batches = 0;

/** Counts what instances made from now on do. */
const { Instance } = WebAssembly;
WebAssembly.Instance = function CountingInstance(...given) {
  const { exports } = new Instance(...given);
  const counted = (name, count) => ({
    [name]: (...values) => {
      count();
      return exports[name](...values);
    },
  });
  return {
    exports: {
      ...exports,
      ...counted('bl_encoder_step', () => steps++),
      ...counted('bl_encoder_begin', () => batches++),
    },
  };
};

const sentences = readSentences();
const long = Array.from({ length: 400 }, (_, i) =>
  Array.from({ length: 20 }, (_, k) => sentences[(i + k) % sentences.length]).join(' '),
);

for (const threads of [1, 2]) {
  test(`a signal that fires amid a pass, ${threads} threads`, async () => {
    const model = await load(undefined, { threads, worker: false });
    const before = await model.embed('A query.');
    for (const turns of [1, 2, 5]) {
      const stop = new AbortController();
      const call = model.embed(long, { signal: stop.signal });
      batches = 0;
      // Each turn that other events get is one in which the signal could fire.
      const stepsAt = [steps];
      for (let turn = 0; turn < turns; turn++) {
        const seen = steps;
        while (steps === seen) await new Promise((resolve) => setTimeout(resolve, 1));
        stepsAt.push(steps);
      }
      const inFirstBatch = batches <= 1;
      stop.abort();
      const atAbort = steps;
      await assert.rejects(call, { code: 'ABORTED' });
      const next = await model.embed('A query.');
      // The query's own pass is a few steps; of the call that was given up none is left.
      const queryFrom = steps;
      await model.embed('A query.');
      const ofQuery = steps - queryFrom;
      assert.ok(queryFrom - atAbort <= ofQuery + 1, `${queryFrom - atAbort} steps after the abort`);
      assert.ok(sameBits(next, before));
      assert.ok(inFirstBatch, 'a batch of 2,048 tokens gives way many times');
      for (const [i, at] of stepsAt.entries()) {
        const between = at - (stepsAt[i - 1] ?? at);
        assert.ok(between <= 40, `${between} steps without giving way`);
      }
    }
    model.dispose();
  });
}
