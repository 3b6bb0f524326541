// The embedded model with nothing else: each call uses the adapter that answers it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { load } from 'bertlet';

const cloze = 'Paris is the [MASK] of France.';
const praise = 'I really enjoyed this book.';

for (const worker of [false, true]) {
  describe(`load() alone${worker ? ', in a worker' : ''}`, () => {
    let model;

    before(async () => {
      model = await load(undefined, { worker });
    });
    after(() => model.dispose());

    test('names the heads of its adapters before they are loaded', () => {
      assert.deepEqual(model.info.heads.toSorted(), ['masked-lm', 'sequence-classification']);
    });

    test('answers overlapping calls, each by its own adapter', async () => {
      const alone = await model.embed(praise);
      const before = model.info.memoryBytes;
      const [vector, [first], label, again] = await Promise.all([
        model.embed(praise),
        model.fillMask(cloze),
        model.classify(praise),
        model.embed(praise),
      ]);
      assert.deepEqual(vector, alone);
      assert.deepEqual(again, alone);
      assert.equal(first.token, 'capital');
      assert.equal(label[0].label, 'positive');
      const added = model.info.memoryBytes - before;
      assert.ok(added < 12e6, `adapters share the base: ${added} bytes`);
      assert.deepEqual(await model.classify(praise), label);
      assert.deepEqual(await model.embed(praise), alone);
    });

    test('leaves the heads to an adapter that the user chooses', async () => {
      await model.useAdapter('models/all-MiniLM-L6-v2-sentiment');
      assert.deepEqual(model.info.heads, ['sequence-classification']);
      await assert.rejects(model.fillMask(cloze), { code: 'NO_HEAD' });
      await model.useAdapter(null);
      assert.equal((await model.fillMask(cloze))[0].token, 'capital');
    });
  });
}

test('a call that is aborted while its adapter loads leaves the others alone', async () => {
  const model = await load();
  const controller = new AbortController();
  const aborted = model.fillMask(cloze, { signal: controller.signal });
  const other = model.fillMask(cloze);
  controller.abort();
  await assert.rejects(aborted, { code: 'ABORTED' });
  assert.equal((await other)[0].token, 'capital');
  model.dispose();
});

test('a folder of the same model has the heads of its own files only', async () => {
  const model = await load('models/all-MiniLM-L6-v2');
  assert.deepEqual(model.info.heads, []);
  await assert.rejects(model.classify(praise), { code: 'NO_HEAD' });
  model.dispose();
});
