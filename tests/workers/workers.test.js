// Arrays spread over workers with a copy of the model each, as in pages without shared memory.
import assert from 'node:assert/strict';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { livingWorkers, untilAllEnded, untilLiving } from '../helpers/node-workers.js';

import { load } from 'bertlet';

import { readSentences, sameBits, tinyModel } from '../helpers/fixtures.js';
import { headModel } from '../helpers/heads.js';
import { withModel } from '../helpers/with-model.js';

const sentences = readSentences();
/** Texts of all lengths, in no order. */
const texts = Array.from({ length: 300 }, (_, i) =>
  sentences.slice((i * 7) % 50, ((i * 7) % 50) + 1 + ((i * 5) % 4)).join(' '),
);
const apart = { sharedMemory: false, threads: 3 };
const adapter = fileURLToPath(new URL('../fixtures/adapters/query-value', import.meta.url));

for (const worker of [true, false]) {
  const options = { ...apart, worker };
  const name = worker ? 'all in workers' : 'the first on the thread of the caller';

  test(`${name}: the bits of one engine, in order, all counted`, async () => {
    const some = texts.slice(0, 90);
    const expected = await withModel(undefined, { threads: 1 }, (model) => model.embed(some));
    await withModel(undefined, options, async (model) => {
      const { threads, threading, threadsReason, memoryBytes } = model.info;
      assert.deepEqual([threads, threading], [3, 'workers']);
      assert.match(threadsReason, /sharedMemory: false/);
      for (let round = 0; round < 2; round++) {
        const events = [];
        const usages = [];
        const vectors = await model.embed(some, {
          onProgress: (event) => events.push(event),
          onUsage: (usage) => usages.push(usage),
        });
        for (const [i, vector] of vectors.entries()) {
          assert.ok(sameBits(vector, expected[i]), `text ${i}`);
        }
        const tokens = some.map((text) => Math.min(model.tokenizer.encode(text).length, 256));
        assert.deepEqual(
          usages.map((usage) => usage.tokens),
          tokens,
        );
        assert.ok(events.length > 3);
        events.forEach(({ done, total }, i) => {
          assert.equal(total, some.length);
          assert.ok(done > (events[i - 1]?.done ?? 0));
        });
        assert.equal(events.at(-1).done, some.length);
      }
      assert.equal(livingWorkers().length, worker ? 3 : 2);
      assert.ok(model.info.memoryBytes > 2.5 * memoryBytes);
      assert.equal(model.info.threads, 3);
    });
    await untilAllEnded();
  });

  test(`${name}: states and heads, with adapters too`, async () => {
    const single = { dtype: 'fp32', threads: 1, simd: 'baseline' };
    const several = { ...options, dtype: 'fp32', simd: 'baseline' };
    const calls = async (model) => {
      const bare = await model.forward(texts, { hiddenStates: true });
      await model.useAdapter(adapter);
      const labels = await model.classify(texts);
      const adapted = await model.embed(texts);
      await model.useAdapter(null);
      return { bare, labels, adapted, again: await model.embed(texts) };
    };
    const expected = await withModel(tinyModel('wide'), single, calls);
    const found = await withModel(tinyModel('wide'), several, async (model) => {
      const results = await calls(model);
      await untilLiving(worker ? 3 : 2);
      return results;
    });
    assert.deepEqual(found, expected);

    const questions = texts.map((text) => ({ question: 'Who sings?', context: text }));
    const ask = (model) => model.answer(questions, { maxLength: 20 });
    const answers = await withModel(headModel('answers'), single, ask);
    assert.deepEqual(await withModel(headModel('answers'), several, ask), answers);
  });

  test(`${name}: a bad text ends the call with its own error, and no other call`, async () => {
    await withModel(tinyModel('deep'), options, async (model) => {
      const before = await model.embed(texts);
      const { maxLength } = model.info;
      const strict = texts.map((_, i) => (i === 271 ? 'sun '.repeat(maxLength) : 'sun sea'));
      for (let round = 0; round < 3; round++) {
        const bad = model.embed(strict, { longText: 'error' });
        const good = model.embed(texts);
        await assert.rejects(bad, { code: 'TOO_LONG', message: /Text 271 / });
        for (const [i, vector] of (await good).entries()) assert.ok(sameBits(vector, before[i]));
      }
    });
  });

  test(`${name}: an abort is heard by all of them`, { timeout: 60_000 }, async () => {
    await withModel(undefined, options, async (model) => {
      const few = texts.slice(0, 40);
      const before = await model.embed(few);
      // Minutes of work: whoever went on would not answer the next call in time.
      const endless = Array.from({ length: 20_000 }, (_, i) => texts[i % texts.length]);
      const stop = new AbortController();
      let eventsAfter = 0;
      const call = model.embed(endless, {
        signal: stop.signal,
        onProgress: () => {
          eventsAfter += stop.signal.aborted;
          stop.abort();
        },
      });
      const next = model.embed(few);
      await assert.rejects(call, { code: 'ABORTED', name: 'AbortError' });
      for (const [i, vector] of (await next).entries()) assert.ok(sameBits(vector, before[i]));
      assert.equal(eventsAfter, 0);
      const early = { signal: AbortSignal.abort() };
      await assert.rejects(model.embed(endless, early), { code: 'ABORTED' });
    });
  });
}

test('small calls stay with one engine', async () => {
  await withModel(undefined, { ...apart, worker: true }, async (model) => {
    await model.embed('A query.');
    await model.embed(['One text.', 'Another one.', 'And a third.']);
    await model.embed('A single long text has no parts. '.repeat(200));
    const batch = Array.from({ length: 32 }, () => 'Some text of about sixteen tokens, no more.');
    const { memoryBytes } = model.info;
    await model.embed(batch);
    assert.equal(livingWorkers().length, 1);
    assert.ok(model.info.memoryBytes < memoryBytes + 2e7);
  });
});

test('calls that overlap end in the order they began', async () => {
  await withModel(tinyModel('deep'), { ...apart, worker: true }, async (model) => {
    const order = [];
    const alone = await model.embed('sun');
    const calls = Array.from({ length: 24 }, async (_, i) => {
      const vectors = await model.embed(i % 4 === 1 ? texts : ['sun']);
      order.push(i);
      if (i % 4 !== 1) assert.ok(sameBits(vectors[0], alone));
    });
    await Promise.all(calls);
    assert.deepEqual(
      order,
      order.map((_, i) => i),
    );
  });
});

test('disposing ends calls and workers, whatever they are at', async () => {
  for (const wait of [0, 1, 30, 200]) {
    const model = await load(tinyModel('wide'), { ...apart, worker: true });
    const call = model.embed(Array.from({ length: 30_000 }, () => texts[3]));
    await new Promise((resolve) => setTimeout(resolve, wait));
    model.dispose();
    await assert.rejects(call, { code: 'DISPOSED' });
    await assert.rejects(model.embed(texts), { code: 'DISPOSED' });
    await untilAllEnded();
  }
});

test('info says how work is shared out, and why', async () => {
  const infoOf = (options) =>
    withModel(tinyModel('deep'), options, ({ info }) => [
      info.threads,
      info.threading,
      info.threadsReason,
    ]);
  const shared = [2, 'shared', 'Memory can be shared here.'];
  assert.deepEqual(await infoOf({ threads: 2, sharedMemory: true }), shared);
  const isSlow = parseInt(process.versions.v8, 10) < 12;
  const usual = await infoOf({ threads: 2 });
  if (isSlow) assert.deepEqual(usual.slice(0, 2), [2, 'workers']);
  else assert.deepEqual(usual, shared);
  assert.deepEqual(await infoOf({ threads: 1 }), [1, 'none', 'One thread was asked for.']);
  assert.deepEqual((await infoOf(apart)).slice(0, 2), [3, 'workers']);
  await assert.rejects(load(tinyModel('deep'), { sharedMemory: 'no' }), { code: 'BAD_ARGUMENT' });
});
