// Long texts in windows, and calls on heads in a worker, on threads, aborted, and again and again.
import assert from 'node:assert/strict';
import test from 'node:test';

import { largestDifference, sameBits, tinyModel } from '../helpers/fixtures.js';
import { headModel } from '../helpers/heads.js';
import { withModel } from '../helpers/with-model.js';

const fp32 = { dtype: 'fp32', simd: 'baseline' };
const words = 'the sun sea rain boat red old river sings slowly over under night wind bird'.split(
  ' ',
);
const long = words.join(' ');
const parts = [words.slice(0, 6), words.slice(6, 12), words.slice(12)].map((part) =>
  part.join(' '),
);
const windows = { maxLength: 8, longText: 'window' };
const withEncoder = (body) => withModel(tinyModel('deep'), fp32, body);

/** The mean of vectors, each counting by its tokens. */
function weightedMean(vectors, tokens) {
  const total = tokens.reduce((sum, count) => sum + count, 0);
  return vectors[0].map((_, k) =>
    vectors.reduce((sum, vector, i) => sum + (vector[k] * tokens[i]) / total, 0),
  );
}

test('embed: the mean of the windows, weighted by their tokens', () =>
  withEncoder(async (model) => {
    const tokens = [8, 8, 5];
    for (const pooling of ['mean', 'cls', 'max']) {
      const raw = await model.embed(parts, { pooling, normalize: false });
      const mean = weightedMean(raw, tokens);
      const found = await model.embed(long, { ...windows, pooling, normalize: false });
      assert.ok(largestDifference(found, mean) < 1e-6, pooling);
      const norm = Math.hypot(...mean);
      const unit = await model.embed(long, { ...windows, pooling });
      const expected = mean.map((value) => value / norm);
      assert.ok(largestDifference(unit, expected) < 1e-6, pooling);
    }
    await assert.rejects(model.embed(long, { ...windows, pooling: 'none' }), {
      code: 'BAD_ARGUMENT',
    });
  }));

test('embed: usage by text; texts of one window are as without', () =>
  withEncoder(async (model) => {
    const usages = [];
    const onUsage = (usage) => usages.push(usage);
    const texts = ['the sun', long, '', long];
    const together = await model.embed(texts, { ...windows, onUsage });
    assert.deepEqual(
      usages.map(({ windows: count, tokens, truncated }) => [count, tokens, truncated]),
      [
        [1, 4, 0],
        [3, 21, 0],
        [1, 2, 0],
        [3, 21, 0],
      ],
    );
    const short = await model.embed('the sun');
    assert.ok(largestDifference(together[0], short) < 1e-6);
    assert.ok(sameBits(together[1], together[3]));
    // Windows that share tokens are other windows.
    const shared = await model.embed(long, { ...windows, stride: 3, onUsage });
    assert.equal(usages.at(-1).windows, 4);
    assert.ok(!sameBits(shared, together[1]));
    await assert.rejects(model.embed(long, { ...windows, stride: 6 }), { code: 'BAD_ARGUMENT' });
  }));

test('calls that have no windows refuse them', async () => {
  await withEncoder((model) =>
    assert.rejects(model.forward(long, windows), { code: 'BAD_ARGUMENT' }),
  );
  await withModel(headModel('next-sentence'), fp32, (model) =>
    assert.rejects(model.nextSentence(long, long, windows), { code: 'BAD_ARGUMENT' }),
  );
});

/** By model: a call on its head with a long text. */
const calls = {
  'single-label': (model, options) => model.classify([long, 'a'], { ...windows, ...options }),
  'masked-lm': (model, options) =>
    model.fillMask([`${long} [MASK]`, 'a [MASK] [MASK]'], { ...windows, ...options }),
  tags: (model, options) =>
    model.tagTokens([long, 'Anna'], { ...windows, aggregation: 'first', ...options }),
  answers: (model, options) =>
    model.answer([{ question: 'Who?', context: long }], { maxLength: 12, topK: 3, ...options }),
  'next-sentence': (model, options) => model.nextSentence(long, 'Who?', options),
  pretraining: (model, options) => model.forward(['a', long], options),
};

test('heads in a worker and on threads give what they give here', async () => {
  for (const [name, call] of Object.entries(calls)) {
    const source = headModel(name);
    const here = await withModel(source, { threads: 1 }, (model) => call(model));
    const there = await withModel(source, { worker: true, threads: 1 }, async (model) => {
      assert.deepEqual(await call(model), await call(model));
      return call(model);
    });
    assert.deepEqual(there, here, name);
    const shared = await withModel(source, { threads: 2, sharedMemory: true }, (model) =>
      call(model),
    );
    assert.deepEqual(shared, here, name);
  }
});

test('calls on heads can be aborted, overlap, and leave the memory as it is', async () => {
  for (const [name, call] of Object.entries(calls)) {
    await withModel(headModel(name), fp32, async (model) => {
      const expected = await call(model);
      const { memoryBytes } = model.info;
      const aborted = call(model, { signal: AbortSignal.abort() });
      const stop = new AbortController();
      const stopped = call(model, { signal: stop.signal });
      const others = [call(model), call(model)];
      stop.abort();
      await assert.rejects(aborted, { code: 'ABORTED' });
      await assert.rejects(stopped, { code: 'ABORTED' });
      for (const result of await Promise.all(others)) assert.deepEqual(result, expected, name);
      for (let i = 0; i < 100; i++) await call(model);
      assert.equal(model.info.memoryBytes, memoryBytes, name);
    });
  }
});

test('a disposed model refuses calls on heads', async () => {
  for (const [name, call] of Object.entries(calls)) {
    const model = await withModel(headModel(name), fp32, (loaded) => loaded);
    await assert.rejects(call(model), { code: 'DISPOSED' }, name);
  }
});

test('two hundred thousand texts in one call', () =>
  withModel(tinyModel('head-size-1'), fp32, async (model) => {
    const texts = Array.from({ length: 200_000 }, (_, i) => (i % 2 ? 'sea' : 'old'));
    const vectors = await model.embed(texts, { pooling: 'cls' });
    assert.equal(vectors.length, texts.length);
    assert.ok(sameBits(vectors[3], vectors[199_999]) && !sameBits(vectors[2], vectors[3]));
  }));
