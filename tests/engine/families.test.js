// Every family and head against transformers (fixtures/families.py).
import assert from 'node:assert/strict';
import test from 'node:test';

import { familySource as sourceOf, references } from '../helpers/families.js';
import { floats, largestDifference } from '../helpers/fixtures.js';
import { dtypesOf } from '../helpers/heads.js';
import { modulesToTest } from '../helpers/modules.js';
import { cosine } from '../helpers/statistics.js';
import { withModel } from '../helpers/with-model.js';

const bar = 1e-4;

const headsOf = {
  Model: [],
  ForMaskedLM: ['masked-lm'],
  ForSequenceClassification: ['sequence-classification'],
  ForTokenClassification: ['token-classification'],
  ForQuestionAnswering: ['question-answering'],
  ForMultipleChoice: ['multiple-choice'],
  ForPreTraining: ['masked-lm', 'next-sentence-prediction'],
  ForNextSentencePrediction: ['next-sentence-prediction'],
};
const headsIn = ({ family, head }) =>
  family === 'electra' && head === 'ForPreTraining' ? ['replaced-token-detection'] : headsOf[head];

/** Pairs of values that are to be equal, those that transformers gives. */
function* pairsOf(output, expected) {
  const { input: _, ids: __, hiddenStates = [], attentions = [], ...named } = expected;
  for (const [key, value] of Object.entries(named)) yield [key, output[key], value];
  for (const [i, state] of hiddenStates.entries()) {
    yield [`hidden state ${i}`, output.hiddenStates[i], state];
  }
  for (const [i, one] of attentions.entries()) yield [`attention ${i}`, output.attentions[i], one];
}

for (const simd of modulesToTest(import.meta.url)) {
  let worst = 0;

  for (const [name, reference] of Object.entries(references)) {
    test(`${simd}: ${name} as in transformers`, () =>
      withModel(sourceOf(name), { dtype: 'fp32', simd }, async (model) => {
        assert.equal(model.info.architecture, reference.family);
        assert.deepEqual(model.info.heads, headsIn(reference));
        for (const expected of reference.inputs) {
          const all = { hiddenStates: true, attentions: true };
          const output = await model.forward(expected.input, all);
          assert.deepEqual([...output.ids], expected.ids);
          let compared = 0;
          for (const [what, actual, value] of pairsOf(output, expected)) {
            const difference = largestDifference(actual.data, floats(value));
            assert.ok(difference <= bar, `${what} of "${expected.input}" differs by ${difference}`);
            worst = Math.max(worst, difference);
            compared++;
          }
          assert.ok(compared > 0);
        }
      }));

    for (const dtype of dtypesOf(simd)) {
      test(`${simd}: ${name}, ${dtype}: alone as among others, to the bit`, () =>
        withModel(sourceOf(name), { dtype, simd }, async (model) => {
          const inputs = reference.inputs.map(({ input }) => input);
          const together = await model.forward(inputs);
          for (const [i, input] of inputs.entries()) {
            assert.deepEqual(together[i], await model.forward(input));
          }
          assert.ok(together[0].lastHiddenState.data.every(Number.isFinite));
        }));
    }

    for (const [dtype, least] of [
      ['int8', 0.99],
      ['int8-fast', 0.97],
    ]) {
      if (dtype === 'int8-fast' && simd === 'baseline') continue;
      test(`${simd}: ${name}, ${dtype}: near the float result`, async () => {
        const [{ input }] = reference.inputs;
        const run = (type) =>
          withModel(sourceOf(name), { dtype: type, simd }, async (model) => {
            assert.equal(model.info.dtype, type);
            return (await model.forward(input)).lastHiddenState.data;
          });
        const similarity = cosine(await run(dtype), await run('fp32'));
        assert.ok(similarity >= least, `cosine ${similarity}`);
      });
    }
  }

  test(`${simd}: largest difference`, (t) => {
    t.diagnostic(`largest difference to transformers: ${worst.toExponential(2)} (bar ${bar})`);
    assert.ok(worst > 0 && worst <= bar);
  });
}

test('the longest text is as long as there are positions behind the padding token’s', () =>
  withModel(sourceOf('roberta-padding-5'), { dtype: 'fp32' }, async (model) => {
    assert.equal(model.info.maxLength, 40 - 6);
    const { ids } = await model.forward('the sun '.repeat(60));
    assert.equal(ids.length, 34);
    await assert.rejects(model.forward('a', { maxLength: 35 }), { code: 'BAD_ARGUMENT' });
  }));
