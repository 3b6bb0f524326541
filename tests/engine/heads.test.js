// Every head against transformers: raw logits, and losses for labels (fixtures/heads.py).
import assert from 'node:assert/strict';
import test from 'node:test';

import { floats, largestDifference, readFolder, sameBits } from '../helpers/fixtures.js';
import { dtypesOf, headModel, references } from '../helpers/heads.js';
import { modulesToTest } from '../helpers/modules.js';
import { withModel } from '../helpers/with-model.js';

const bar = 1e-4;
const outputs = ['logits', 'startLogits', 'endLogits', 'seqRelationshipLogits'];
const headsOf = {
  'masked-lm': ['masked-lm'],
  'masked-lm-untied': ['masked-lm'],
  'no-architecture': ['masked-lm'],
  pretraining: ['masked-lm', 'next-sentence-prediction'],
  'next-sentence': ['next-sentence-prediction'],
  tags: ['token-classification'],
  'plain-tags': ['token-classification'],
  answers: ['question-answering'],
  choices: ['multiple-choice'],
};
const pooled = { 'next-sentence': 2, choices: 1, regression: 1, 'one-label': 1 };

function shapeOf(name, tokens, data) {
  if (name === 'answers') return [tokens];
  const perToken = /masked-lm|tags|pretraining|no-arch/.test(name) && data.length >= tokens;
  return perToken ? [tokens, data.length / tokens] : [data.length];
}

for (const simd of modulesToTest(import.meta.url)) {
  const worst = { logits: 0, loss: 0 };

  for (const [name, { inputs, losses }] of Object.entries(references)) {
    test(`${simd}: ${name}: logits as in transformers`, () =>
      withModel(headModel(name), { dtype: 'fp32', simd }, async (model) => {
        assert.deepEqual(model.info.heads, headsOf[name] ?? ['sequence-classification']);
        for (const expected of inputs) {
          const output = await model.forward(expected.input);
          assert.deepEqual([...output.ids], expected.ids);
          for (const key of outputs) {
            if (!expected[key]) {
              assert.equal(output[key], undefined, key);
              continue;
            }
            const values = floats(expected[key]);
            const { data, shape } = output[key];
            const isPair = key === 'seqRelationshipLogits';
            assert.deepEqual(shape, isPair ? [2] : shapeOf(name, expected.ids.length, values));
            if (name in pooled) assert.deepEqual(shape, [pooled[name]]);
            const difference = largestDifference(data, values);
            assert.ok(difference <= bar, `${key} of "${expected.input}" differs by ${difference}`);
            worst.logits = Math.max(worst.logits, difference);
          }
        }
      }));

    test(`${simd}: ${name}: losses as in transformers`, () =>
      withModel(headModel(name), { dtype: 'fp32', simd }, async (model) => {
        assert.ok(losses.length > 0);
        for (const { input, choices, loss, logits: _, ...labels } of losses) {
          const results = [await model.forward(choices ?? input, labels)].flat();
          for (const result of results) {
            const difference = Math.abs(result.loss - loss);
            assert.ok(difference <= bar, `${JSON.stringify(labels)}: ${result.loss}, not ${loss}`);
            worst.loss = Math.max(worst.loss, difference);
          }
        }
        const { loss } = [await model.forward(losses[0].input ?? 'a')].flat()[0];
        assert.equal(loss, undefined);
      }));

    for (const dtype of dtypesOf(simd)) {
      test(`${simd}: ${name}, ${dtype}: forward of an array gives each input's own bits`, () =>
        withModel(headModel(name), { dtype, simd }, async (model) => {
          const together = await model.forward(inputs.map(({ input }) => input));
          for (const [i, { input }] of inputs.entries()) {
            assert.deepEqual(together[i], await model.forward(input));
          }
        }));
    }
  }

  test(`${simd}: largest differences`, (t) => {
    t.diagnostic(`logits ${worst.logits.toExponential(1)}, losses ${worst.loss.toExponential(1)}`);
    assert.ok(worst.logits > 0 && worst.logits <= bar && worst.loss <= bar);
  });

  if (simd === 'relaxed') {
    test('int8 logits have the same bits in both modules', async () => {
      for (const [name, { inputs }] of Object.entries(references)) {
        const texts = inputs.map(({ input }) => input);
        const run = (module) =>
          withModel(headModel(name), { dtype: 'int8', simd: module }, (model) =>
            model.forward(texts),
          );
        const [a, b] = [await run('baseline'), await run('relaxed')];
        for (const key of outputs) {
          a.forEach((output, i) => {
            if (output[key])
              assert.ok(sameBits(output[key].data, b[i][key].data), `${name}: ${key}`);
          });
        }
      }
    });
  }
}

const fp32 = { dtype: 'fp32', simd: 'baseline' };

/** The folder without what config.json says of its architecture. */
function anonymous(name) {
  const source = readFolder(headModel(name));
  const config = JSON.parse(new TextDecoder().decode(source['config.json']));
  delete config.architectures;
  return { ...source, 'config.json': new TextEncoder().encode(JSON.stringify(config)) };
}

test('without an architecture the names of tensors say what the head is', async () => {
  for (const name of Object.keys(references)) {
    if (name === 'choices') continue; // the tensors are those of a classifier with one output
    const expected = await withModel(headModel(name), fp32, (model) => model.info.heads);
    await withModel(anonymous(name), fp32, (model) => {
      assert.deepEqual(model.info.heads, expected, name);
    });
  }
});

test('of labels: one for each input of an array, each with its own loss', () =>
  withModel(headModel('single-label'), fp32, async (model) => {
    const texts = ['The sun.', 'Rain over the sea!', 'Night'];
    const labels = [2, 0, 1];
    const together = await model.forward(texts, { labels });
    for (const [i, text] of texts.entries()) {
      assert.deepEqual(together[i], await model.forward(text, { labels: labels[i] }));
      const { data } = together[i].logits;
      const total = Math.log(data.reduce((sum, logit) => sum + Math.exp(logit), 0));
      assert.ok(Math.abs(together[i].loss - (total - data[labels[i]])) < 1e-6);
    }
  }));

test('labels without a row that counts give NaN, as in PyTorch', async () => {
  await withModel(headModel('tags'), fp32, async (model) => {
    const { tokens } = await model.forward('The sun.');
    const { loss } = await model.forward('The sun.', { labels: tokens.map(() => -100) });
    assert.ok(Number.isNaN(loss));
    const typed = await model.forward('The sun.', { labels: Int32Array.from(tokens, () => 3) });
    assert.ok(typed.loss > 0);
  });
  await withModel(headModel('answers'), fp32, async (model) => {
    const { loss } = await model.forward('The sun.', { startPositions: 1, endPositions: 999 });
    assert.ok(Number.isNaN(loss));
  });
});

test('a pre-trained model takes either kind of label, or both', () =>
  withModel(headModel('pretraining'), fp32, async (model) => {
    const { labels } = references.pretraining.losses[0];
    const { input } = references.pretraining.losses[0];
    const lossOf = async (options) => (await model.forward(input, options)).loss;
    const both = await lossOf({ labels, nextSentenceLabel: 1 });
    const sum = (await lossOf({ labels })) + (await lossOf({ nextSentenceLabel: 1 }));
    assert.ok(Math.abs(both - sum) < 1e-12);
  }));

test('wrong labels', async () => {
  const cases = [
    ['single-label', { labels: 3 }],
    ['single-label', { labels: -1 }],
    ['single-label', { labels: 1.5 }],
    ['single-label', { labels: '1' }],
    ['single-label', { labels: [1] }],
    ['single-label', { startPositions: 1, endPositions: 1 }],
    ['single-label', { nextSentenceLabel: 1 }],
    ['multi-label', { labels: [1, 0] }],
    ['multi-label', { labels: 1 }],
    ['multi-label', { labels: [1, 0, 1, 'x'] }],
    ['regression', { labels: Number.NaN }],
    ['tags', { labels: 1 }],
    ['tags', { labels: [1, 2] }],
    ['masked-lm', { labels: [1, 2, 3, 4, 5, 9999] }],
    ['masked-lm', { labels: [1, 2, 3, 4, 5, 6], nextSentenceLabel: 0 }],
    ['pretraining', { nextSentenceLabel: 2 }],
    ['answers', { startPositions: 1 }],
    ['answers', { startPositions: 1, endPositions: 1.5 }],
    ['answers', { labels: 1 }],
    ['choices', { labels: 1 }],
  ];
  for (const [name, options] of cases) {
    await withModel(headModel(name), fp32, async (model) => {
      const what = `${name}: ${JSON.stringify(options)}`;
      await assert.rejects(model.forward('Old sun.', options), { code: 'BAD_ARGUMENT' }, what);
    });
  }
  await withModel(headModel('single-label'), fp32, async (model) => {
    for (const labels of [1, [1], [0, 1, 2], [0, null]]) {
      await assert.rejects(model.forward(['a', 'b'], { labels }), { code: 'BAD_ARGUMENT' });
    }
    await assert.rejects(model.forward('a', { labels: 1, logits: false }), { code: 'NO_HEAD' });
  });
});
