// Memory: none is lost by calling, little is needed beside the weights, dispose gives all back.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

import { load } from 'bertlet';

import { findFloatMiniLm, readSentences, tinyModel } from '../helpers/fixtures.js';
import { readHeader } from '../helpers/safetensors.js';
import { withModel } from '../helpers/with-model.js';

const { folder, missing } = findFloatMiniLm();
const texts = readSentences();
const calls = 10_000;
const allowance = 8 * 2 ** 20;

/** Calls `body` often and checks that the memory stays what it was after the tenth call. */
async function checkNoGrowth(model, count, body) {
  let afterTenth;
  for (let call = 0; call < count; call += 1) {
    await body(call);
    if (call === 9) afterTenth = model.info.memoryBytes;
  }
  assert.ok(afterTenth > 0);
  assert.equal(model.info.memoryBytes, afterTenth);
}

test('10,000 embeddings of a query take no more memory than ten', () =>
  withModel(undefined, {}, (model) =>
    checkNoGrowth(model, calls, () => model.embed('a short query')),
  ));

test('10,000 mixed calls of a tiny model take no more memory than ten', () =>
  withModel(tinyModel('head-size-5'), {}, (model) => {
    const longest = 'the sun sings over the old river; '.repeat(20);
    const kinds = [
      () => model.embed([longest, longest, 'sea']),
      () =>
        model.forward({ text: longest, pair: longest }, { hiddenStates: true, attentions: true }),
      () => model.embed('', { pooling: 'none' }),
      () => model.similarity('sun', 'sea'),
      () => assert.rejects(model.embed(longest, { longText: 'error' }), { code: 'TOO_LONG' }),
    ];
    return checkNoGrowth(model, calls, (call) => kinds[call % kinds.length]());
  }));

test('failed, aborted and overlapping calls lose no memory', () =>
  withModel(tinyModel('deep'), {}, (model) => {
    const batch = texts.slice(0, 40);
    return checkNoGrowth(model, 300, async () => {
      const controller = new AbortController();
      const all = [
        model.embed(batch),
        model.embed(batch, { signal: controller.signal }),
        model.embed(5),
        model.forward(batch[0], { attentions: true }),
      ];
      controller.abort();
      const states = (await Promise.allSettled(all)).map(({ status }) => status);
      assert.deepEqual(states, ['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    });
  }));

/** Bytes that the weights of a file need as they are kept: int8 rows with scales, or float32. */
function weightBytes(file, dtype) {
  const { header } = readHeader(readFileSync(file));
  let bytes = 0;
  for (const [name, { shape }] of Object.entries(header)) {
    if (name === '__metadata__' || name.endsWith('_scale') || name.endsWith('position_ids'))
      continue;
    const values = shape.reduce((product, size) => product * size, 1);
    const isMatrix = shape.length === 2;
    bytes += dtype !== 'fp32' && isMatrix ? values + shape[0] * 4 : values * 4;
  }
  return bytes;
}

// Linear memory never shrinks, so that its size after loading is the peak of loading.
for (const dtype of ['fp32', 'int8']) {
  test(`loading MiniLM as ${dtype} takes the weights and at most 8 MB`, { skip: missing }, (t) =>
    withModel(folder, { dtype }, async (model) => {
      const weights = weightBytes(join(folder, 'model.safetensors'), dtype);
      const beside = model.info.memoryBytes - weights;
      t.diagnostic(`${dtype}: weights ${weights} bytes, beside them ${beside}`);
      assert.ok(beside > 0 && beside <= allowance, `${beside} bytes beside the weights`);
    }),
  );
}

test('dispose gives the memory back and ends the model', async () => {
  const model = await load(tinyModel('relu'));
  assert.ok(model.info.memoryBytes > 0);
  const running = model.embed(texts.slice(0, 200));
  await model.dispose();
  await assert.rejects(running, { code: 'DISPOSED' });
  for (const call of [
    () => model.embed('a'),
    () => model.embed([]),
    () => model.forward('a'),
    () => model.similarity('a', 'b'),
  ]) {
    await assert.rejects(call(), { name: 'BertletError', code: 'DISPOSED' });
  }
  assert.equal(model.info.memoryBytes, 0);
  await model.dispose();
});

test('a disposed model can be collected: loading again and again stays within bounds', async () => {
  // 40 embedded models would need more than 1 GB if their memories stayed.
  const before = process.memoryUsage.rss();
  for (let i = 0; i < 40; i += 1) {
    const model = await load(undefined, {});
    await model.embed('a');
    await model.dispose();
  }
  const grown = process.memoryUsage.rss() - before;
  assert.ok(grown < 600e6, `resident memory grew by ${grown} bytes`);
});
