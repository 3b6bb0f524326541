// The encoder against transformers, on tiny random models of odd sizes (fixtures/encoder.py).
import assert from 'node:assert/strict';
import test from 'node:test';

import {
  floats,
  largestDifference,
  readFixture,
  readFolder,
  sameBits,
  tinyModel,
} from '../helpers/fixtures.js';
import { modulesToTest } from '../helpers/modules.js';
import { quantiseTensors, readTensors, writeTensors } from '../helpers/safetensors.js';
import { cosine, summary } from '../helpers/statistics.js';
import { withModel } from '../helpers/with-model.js';

const bar = 1e-4;
const { models } = readFixture('encoder.json');

function checkShapes(output, { ids }, { hidden, heads, layers, pooler }) {
  const tokens = ids.length;
  assert.deepEqual(output.lastHiddenState.shape, [tokens, hidden]);
  assert.equal(output.lastHiddenState.data.length, tokens * hidden);
  if (pooler) assert.deepEqual(output.pooled.shape, [hidden]);
  else assert.equal(output.pooled, undefined);
  assert.equal(output.hiddenStates.length, layers + 1);
  for (const state of output.hiddenStates) assert.deepEqual(state.shape, [tokens, hidden]);
  assert.ok(sameBits(output.hiddenStates.at(-1).data, output.lastHiddenState.data));
  assert.equal(output.attentions.length, layers);
  for (const attention of output.attentions) {
    assert.deepEqual(attention.shape, [heads, tokens, tokens]);
    for (let row = 0; row < heads * tokens; row += 1) {
      const weights = attention.data.subarray(row * tokens, (row + 1) * tokens);
      const sum = weights.reduce((total, weight) => total + weight, 0);
      assert.ok(Math.abs(sum - 1) < 1e-5, `attention of row ${row} sums to ${sum}`);
    }
  }
}

function differences(output, expected) {
  const of = (actual, base64) => largestDifference(actual.data, floats(base64));
  const found = [of(output.lastHiddenState, expected.lastHiddenState)];
  if (expected.pooled) found.push(of(output.pooled, expected.pooled));
  expected.hiddenStates?.forEach((state, i) => found.push(of(output.hiddenStates[i], state)));
  expected.attentions?.forEach((state, i) => found.push(of(output.attentions[i], state)));
  return found;
}

for (const simd of modulesToTest(import.meta.url)) {
  let worst = 0;

  for (const [name, reference] of Object.entries(models)) {
    test(`${simd}: ${name} as in transformers`, () =>
      withModel(tinyModel(name), { dtype: 'fp32', simd }, async (model) => {
        for (const expected of reference.inputs) {
          const options = { hiddenStates: true, attentions: true };
          const output = await model.forward(expected.input, options);
          assert.deepEqual([...output.ids], expected.ids);
          checkShapes(output, expected, reference);
          const difference = Math.max(...differences(output, expected));
          assert.ok(
            difference <= bar,
            `"${JSON.stringify(expected.input)}" differs by ${difference}`,
          );
          worst = Math.max(worst, difference);
        }
      }));
  }

  test(`${simd}: largest difference`, (t) => {
    t.diagnostic(`largest difference of a hidden state: ${worst.toExponential(2)} (bar ${bar})`);
    assert.ok(worst <= bar);
  });

  test(`${simd}: forward of an array gives each input's own bits, in order`, () =>
    withModel(tinyModel('head-size-5'), { dtype: 'fp32', simd }, async (model) => {
      const options = { hiddenStates: true, attentions: true };
      const inputs = models['head-size-5'].inputs.map(({ input }) => input);
      const together = await model.forward(inputs, options);
      assert.equal(together.length, inputs.length);
      for (const [index, input] of inputs.entries()) {
        const alone = await model.forward(input, options);
        assert.deepEqual(together[index], alone);
      }
    }));

  test(`${simd}: hidden states and attentions come only when asked for`, () =>
    withModel(tinyModel('relu'), { dtype: 'fp32', simd }, async (model) => {
      const output = await model.forward('The sun.');
      assert.equal(output.hiddenStates, undefined);
      assert.equal(output.attentions, undefined);
    }));

  // Rows of int8 and activations of 13 or 7 bits: near the float result for every odd size.
  // Random weights are the hard case; quality.test.js has the figures for a trained model.
  for (const [dtype, bars] of [
    ['int8', { mean: 0.9995, least: 0.99 }],
    ['int8-fast', { mean: 0.999, least: 0.97 }],
  ]) {
    if (dtype === 'int8-fast' && simd === 'baseline') continue;
    test(`${simd}: ${dtype} stays near the float result`, async (t) => {
      const found = [];
      for (const [name, reference] of Object.entries(models)) {
        await withModel(tinyModel(name), { dtype, simd }, async (model) => {
          assert.equal(model.info.dtype, dtype);
          for (const { input, lastHiddenState } of reference.inputs) {
            const output = await model.forward(input);
            const similarity = cosine(output.lastHiddenState.data, floats(lastHiddenState));
            assert.ok(similarity >= bars.least, `${name}: cosine ${similarity}`);
            found.push(similarity);
          }
        });
      }
      const { mean, least } = summary(found);
      t.diagnostic(`${dtype}: cosine to float, mean ${mean.toFixed(5)}, least ${least.toFixed(5)}`);
      assert.ok(mean >= bars.mean);
    });
  }

  test(`${simd}: int8 on int8 rows differs only by the rounding of activations to 13 bits`, async () => {
    for (const name of ['rows-int8', 'rows-int8-odd']) {
      await withModel(tinyModel(name), { dtype: 'int8', simd }, async (model) => {
        for (const { input, lastHiddenState } of models[name].inputs) {
          const output = await model.forward(input);
          const difference = largestDifference(
            output.lastHiddenState.data,
            floats(lastHiddenState),
          );
          assert.ok(difference < 0.01, `differs by ${difference}`);
        }
      });
    }
  });

  test(`${simd}: a file of int8 rows gives the bits of quantising while loading`, async () => {
    for (const name of ['head-size-5', 'head-size-odd', 'no-pooler-one-type']) {
      const source = readFolder(tinyModel(name));
      const tensors = quantiseTensors(readTensors(source['model.safetensors']));
      const quantised = { ...source, 'model.safetensors': writeTensors(tensors) };
      const text = 'Old wind over the sea, rain under the night!';
      const hidden = (model) => model.forward(text, { hiddenStates: true });
      const atLoad = await withModel(source, { dtype: 'int8', simd }, hidden);
      const fromFile = await withModel(quantised, { simd }, hidden);
      assert.deepEqual(fromFile, atLoad);
    }
  });

  if (simd === 'baseline') {
    test('baseline: int8-fast falls back to int8 and says so', async () => {
      const hidden = (model) => model.forward('The red boat sings.');
      const source = tinyModel('silu');
      const fast = await withModel(source, { dtype: 'int8-fast', simd }, (model) => {
        assert.equal(model.info.dtype, 'int8');
        return hidden(model);
      });
      assert.deepEqual(fast, await withModel(source, { dtype: 'int8', simd }, hidden));
    });
  }

  test(`${simd}: dtype auto is int8`, async () => {
    for (const name of ['rows-int8', 'tanh']) {
      await withModel(tinyModel(name), { simd }, (model) => {
        assert.equal(model.info.dtype, 'int8');
      });
    }
  });
}
