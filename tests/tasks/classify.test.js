// classify() against transformers' text-classification pipeline, and what it adds.
import assert from 'node:assert/strict';
import test from 'node:test';

import { compareCases, dtypesOf, headModel, references } from '../helpers/heads.js';
import { modulesToTest } from '../helpers/modules.js';
import { withModel } from '../helpers/with-model.js';

const bar = 1e-4;
const names = Object.keys(references).filter((name) => /label|regression/.test(name));
const texts = ['Anna lives in Paris!', '', 'The red boat sings.', { text: 'Who?', pair: 'Karl.' }];
const fp32 = { dtype: 'fp32', simd: 'baseline' };
const sumOf = (scores) => scores.reduce((sum, { score }) => sum + score, 0);

for (const simd of modulesToTest(import.meta.url)) {
  for (const name of names) {
    test(`${simd}: ${name} as the pipeline has it`, (t) =>
      withModel(headModel(name), { dtype: 'fp32', simd }, (model) =>
        compareCases(t, references[name].pipeline, bar, (input, options) =>
          model.classify(input, options),
        ),
      ));

    for (const dtype of dtypesOf(simd)) {
      test(`${simd}: ${name}, ${dtype}: order, sums, alone as in an array`, () =>
        withModel(headModel(name), { dtype, simd }, async (model) => {
          const together = await model.classify(texts);
          for (const [i, text] of texts.entries()) {
            const alone = await model.classify(text);
            assert.deepEqual(together[i], alone);
            assert.deepEqual(
              alone,
              [...alone].sort((a, b) => b.score - a.score),
            );
            const softmax = await model.classify(text, { functionToApply: 'softmax' });
            assert.ok(Math.abs(sumOf(softmax) - 1) < 1e-12);
          }
        }));
    }
  }
}

test('multiLabel chooses between softmax and sigmoid', () =>
  withModel(headModel('single-label'), fp32, async (model) => {
    for (const [multiLabel, functionToApply] of [
      [true, 'sigmoid'],
      [false, 'softmax'],
    ]) {
      const scores = await model.classify(texts[0], { multiLabel });
      assert.deepEqual(scores, await model.classify(texts[0], { functionToApply }));
    }
    // The function that is named counts.
    const both = await model.classify(texts[0], { multiLabel: true, functionToApply: 'none' });
    assert.deepEqual(both, await model.classify(texts[0], { functionToApply: 'none' }));
  }));

test('longText "window": the mean of the windows\' probabilities', () =>
  withModel(headModel('single-label'), fp32, async (model) => {
    const words =
      'the sun sea rain boat red old river sings slowly over under night wind bird'.split(' ');
    const long = words.join(' ');
    const parts = [words.slice(0, 6), words.slice(6, 12), words.slice(12)];
    const usages = [];
    const windows = await model.classify(long, {
      maxLength: 8,
      longText: 'window',
      onUsage: (usage) => usages.push(usage),
    });
    assert.deepEqual(usages, [{ tokens: 21, truncated: 0, windows: 3 }]);
    const scores = await model.classify(parts.map((part) => part.join(' ')));
    for (const { label, score } of windows) {
      const found = scores.map((list) => list.find((entry) => entry.label === label).score);
      const mean = found.reduce((sum, value) => sum + value, 0) / found.length;
      assert.ok(Math.abs(score - mean) < 1e-12, label);
    }
    assert.ok(Math.abs(sumOf(windows) - 1) < 1e-12);
    // Short texts have one window, and windows may share tokens.
    const short = await model.classify('The sun', { longText: 'window' });
    assert.deepEqual(short, await model.classify('The sun'));
    await model.classify(long, {
      maxLength: 8,
      longText: 'window',
      stride: 3,
      onUsage: ({ windows: count }) => assert.equal(count, 4),
    });
  }));

test('longText "window" of a pair: the second text in windows, each with the first', () =>
  withModel(headModel('single-label'), fp32, async (model) => {
    const text = 'Who sings?';
    const options = { maxLength: 10, longText: 'window' };
    const windows = await model.classify({ text, pair: 'the bird over the old river' }, options);
    const parts = await model.classify([
      { text, pair: 'the bird over the' },
      { text, pair: 'old river' },
    ]);
    for (const { label, score } of windows) {
      const [a, b] = parts.map((list) => list.find((entry) => entry.label === label).score);
      assert.ok(Math.abs(score - (a + b) / 2) < 1e-12, label);
    }
  }));

test('what is too long is cut and said, or refused', () =>
  withModel(headModel('single-label'), fp32, async (model) => {
    const long = 'the sun sings over the sea';
    const usages = [];
    const cut = await model.classify(long, {
      maxLength: 5,
      onUsage: (usage) => usages.push(usage),
    });
    assert.deepEqual(usages, [{ tokens: 5, truncated: 3, windows: 1 }]);
    assert.deepEqual(cut, await model.classify('the sun sings'));
    await assert.rejects(model.classify(long, { maxLength: 5, longText: 'error' }), {
      code: 'TOO_LONG',
    });
  }));

test('wrong options', () =>
  withModel(headModel('single-label'), fp32, async (model) => {
    const wrong = [
      { topK: 0 },
      { topK: 1.5 },
      { topK: 'all' },
      { functionToApply: 'tanh' },
      { multiLabel: 'yes' },
      { longText: 'crop' },
      { stride: -1 },
      { maxLength: 99 },
    ];
    for (const options of wrong) {
      for (const input of ['a', []]) {
        await assert.rejects(model.classify(input, options), { code: 'BAD_ARGUMENT' });
      }
    }
    await assert.rejects(model.classify(5), { code: 'BAD_ARGUMENT' });
    assert.deepEqual(await model.classify([]), []);
  }));
