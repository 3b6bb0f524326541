// embedSparse() against sentence-transformers' SpladePooling.
import assert from 'node:assert/strict';
import test from 'node:test';

import { readFixture, readFolder } from '../helpers/fixtures.js';
import { headModel } from '../helpers/heads.js';
import { withModel } from '../helpers/with-model.js';

const { cases } = readFixture('sparse.json');
const folder = readFolder(headModel('masked-lm'));
const encode = (value) => new TextEncoder().encode(JSON.stringify(value));
const texts = cases.slice(0, 3).map(({ text }) => text);
const fp32 = { dtype: 'fp32', threads: 1 };

/** The folder as sentence-transformers saves a SPLADE model. */
const splade = (config) => ({
  ...folder,
  'modules.json': encode([
    { idx: 0, path: '', type: 'sentence_transformers.sparse_encoder.modules.MLMTransformer' },
    {
      idx: 1,
      path: '1_Pooling/',
      type: 'sentence_transformers.sparse_encoder.modules.SpladePooling',
    },
  ]),
  '1_Pooling/config.json': encode(config),
});

for (const { strategy, activation, text, weights } of cases) {
  test(`${strategy} of ${activation}: ${text}`, () => {
    const config = { pooling_strategy: strategy, activation_function: activation };
    return withModel(splade(config), fp32, async (model) => {
      const found = await model.embedSparse(text);
      assert.ok(found.length > 0);
      let before = Infinity;
      for (const { token, tokenId, weight } of found) {
        assert.equal(token, model.tokenizer.idToToken(tokenId));
        assert.ok(Math.abs(weight - (weights[tokenId] ?? 0)) < 1e-5, `${token}: ${weight}`);
        assert.ok(weight > 0 && weight <= before);
        before = weight;
      }
      const heavy = Object.values(weights).filter((weight) => weight > 1e-5);
      assert.ok(found.length >= heavy.length);
    });
  });
}

test('arrays, the heaviest, windows, progress', () =>
  withModel(folder, fp32, async (model) => {
    const alone = [];
    for (const text of texts) alone.push(await model.embedSparse(text));
    const events = [];
    const many = Array.from({ length: 9 }, (_, i) => texts[i % 3]);
    const onProgress = (event) => events.push(event);
    const together = await model.embedSparse(many, { onProgress });
    together.forEach((weights, i) => assert.deepEqual(weights, alone[i % 3]));
    assert.deepEqual(events.at(-1), { done: 9, total: 9 });
    assert.deepEqual(await model.embedSparse(texts[0], { topK: 2 }), alone[0].slice(0, 2));
    const windows = await model.embedSparse(texts.join(' '), { longText: 'window', maxLength: 8 });
    assert.ok(windows.length > 0);
    await assert.rejects(model.embedSparse(many, { maxLength: 4, longText: 'error' }), {
      code: 'TOO_LONG',
      message: /Text 0 /,
    });
  }));

test('settings that nobody knows are refused, by this call alone', async () => {
  for (const [config, code] of [
    [{ pooling_strategy: 'mean' }, 'BAD_MODEL'],
    [{ activation_function: 'gelu' }, 'BAD_MODEL'],
    [{ pooling_strategy: 'max', temperature: 2 }, 'UNSUPPORTED'],
  ]) {
    await withModel(splade(config), fp32, async (model) => {
      await assert.rejects(model.embedSparse('sun'), { code });
      assert.ok((await model.fillMask('The [MASK] sings.')).length > 0);
    });
  }
});
