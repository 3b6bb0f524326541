// Workers that end by themselves: calls under way are refused at once, the next ones work.
import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { livingWorkers, untilAllEnded } from '../helpers/node-workers.js';

import { load } from 'bertlet';

import { readFolder, readSentences, sameBits, tinyModel } from '../helpers/fixtures.js';
import { withModel } from '../helpers/with-model.js';

const limit = { timeout: 60_000 };
const texts = readSentences().slice(0, 60);
/** Minutes of work. */
const endless = Array.from({ length: 20_000 }, (_, i) => texts[i % texts.length]);
const adapter = fileURLToPath(new URL('../fixtures/adapters/query-value', import.meta.url));

async function assertSame(model, expected) {
  const vectors = await model.embed(texts);
  for (const [i, vector] of vectors.entries()) assert.ok(sameBits(vector, expected[i]), `${i}`);
}

/** Begins a call that has no end, and waits until it is well under way. */
async function beginEndless(model) {
  let call;
  await new Promise((resolve) => {
    call = model.embed(endless, { onProgress: resolve });
    call.catch(resolve);
  });
  return { call };
}

for (const options of [
  { threads: 1 },
  { threads: 2, sharedMemory: true },
  { threads: 2, sharedMemory: false },
  { threads: 3, sharedMemory: false },
]) {
  test(`an engine whose worker is terminated: ${JSON.stringify(options)}`, limit, async () => {
    await withModel(undefined, { ...options, worker: true }, async (model) => {
      const { info } = model;
      const expected = await model.embed(texts);
      for (let round = 0; round < 2; round++) {
        const { call } = await beginEndless(model);
        const waiting = model.embed('waits');
        livingWorkers()[0].terminate();
        await assert.rejects(call, { code: 'INTERNAL', message: /worker ended/ });
        await waiting.catch((error) => assert.equal(error.code, 'INTERNAL'));
        await assertSame(model, expected);
      }
      // Nobody loses a call when nothing was under way.
      await livingWorkers()[0].terminate();
      await assertSame(model, expected);
      assert.deepEqual({ ...model.info, memoryBytes: 0 }, { ...info, memoryBytes: 0 });
    });
    await untilAllEnded();
  });
}

test('a copy whose worker is terminated', limit, async () => {
  for (const worker of [true, false]) {
    await withModel(undefined, { threads: 2, sharedMemory: false, worker }, async (model) => {
      const expected = await model.embed(texts);
      for (let round = 0; round < 2; round++) {
        const { call } = await beginEndless(model);
        livingWorkers().at(-1).terminate();
        await assert.rejects(call, { code: 'INTERNAL' });
        await assertSame(model, expected);
      }
      assert.equal(model.info.threads, 2);
    });
  }
});

test('copies that are terminated before they have opened', limit, async () => {
  await withModel(undefined, { threads: 2, sharedMemory: false, worker: true }, async (model) => {
    const expected = await withModel(undefined, { threads: 1 }, (one) => one.embed(texts));
    for (let round = 0; round < 4; round++) {
      const call = model.embed(texts);
      await sleep(0);
      for (const worker of livingWorkers().slice(1)) worker.terminate();
      await call.catch((error) => assert.equal(error.code, 'INTERNAL'));
    }
    await assertSame(model, expected);
  });
});

test('a thread that is terminated', limit, async () => {
  await withModel(undefined, { threads: 2, sharedMemory: true }, async (model) => {
    const expected = await model.embed(texts);
    for (let round = 0; round < 6; round++) {
      const call = model.embed(texts);
      await sleep(5 + 17 * round);
      for (const thread of livingWorkers('thread.js')) thread.terminate();
      // It may have had no part under way; else the call is void.
      const vectors = await call.catch((error) => assert.equal(error.code, 'INTERNAL'));
      vectors?.forEach((vector, i) => assert.ok(sameBits(vector, expected[i])));
      await assertSame(model, expected);
    }
    assert.equal(model.info.threads, 2);
    assert.equal(model.info.threading, 'shared');
  });
});

test('what takes its place has the adapters, and the one in use', limit, async () => {
  const bare = await withModel(tinyModel('wide'), { threads: 1 }, (model) => model.embed(texts));
  for (const threads of [1, 2]) {
    const options = { threads, sharedMemory: false, worker: true, adapter };
    await withModel(tinyModel('wide'), options, async (model) => {
      const expected = await model.embed(texts);
      const labels = await model.classify(texts[0]);
      assert.ok(!sameBits(expected[0], bare[0]));
      await Promise.all(livingWorkers().map((worker) => worker.terminate()));
      await assertSame(model, expected);
      assert.deepEqual(await model.classify(texts[0]), labels);
      await model.useAdapter(null);
      await assertSame(model, bare);
    });
  }
});

test('a source that cannot be read twice', limit, async () => {
  const stream = () => {
    const files = readFolder(tinyModel('wide'));
    const { body } = new Response(files['model.safetensors']);
    return { ...files, 'model.safetensors': body };
  };
  await withModel(stream(), { threads: 1, worker: true }, async (model) => {
    await livingWorkers()[0].terminate();
    for (let round = 0; round < 2; round++) {
      await assert.rejects(model.embed('text'), (error) => error.code !== undefined);
    }
  });
  // A copy of its memory is as good.
  const options = { threads: 2, sharedMemory: false, worker: true };
  await withModel(stream(), options, async (model) => {
    const many = Array.from({ length: 10 }, () => texts).flat();
    const expected = await model.embed(many);
    for (let waited = 0; model.info.memoryBytes < 5e6 && waited < 500; waited += 20)
      await sleep(20);
    livingWorkers()[0].terminate();
    await model.embed(texts).catch((error) => assert.equal(error.code, 'INTERNAL'));
    await assertSame(model, expected);
  });
});

test('a worker that is terminated while loading', limit, async () => {
  for (const wait of [0, 1, 5, 20, 40, 60, 100]) {
    const loading = load(undefined, { worker: true, threads: 1 });
    await sleep(wait);
    const [worker] = livingWorkers();
    worker?.terminate();
    const model = await loading.catch((error) => {
      assert.deepEqual([error.code, /try again/.test(error.message)], ['INTERNAL', true]);
    });
    // It had loaded: then this call is lost, if it began before the end was heard.
    await model?.embed('text').catch((error) => assert.equal(error.code, 'INTERNAL'));
    await model?.embed('text');
    model?.dispose();
  }
  await untilAllEnded();
});

test('disposing while another takes its place', limit, async () => {
  const model = await load(undefined, { worker: true, threads: 1 });
  const [worker] = livingWorkers();
  await worker.terminate();
  const call = model.embed('text');
  await sleep(1);
  model.dispose();
  await assert.rejects(call, { code: 'DISPOSED' });
  await untilAllEnded();
});
