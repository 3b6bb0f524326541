// Functions of the user's that throw: they end their call, which tells what was thrown as the
// cause, whatever thread the engine is on; and nothing else.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { BertletError, load, loadTokenizer, pipeline } from 'bertlet';

import { sameBits, tinyModel } from '../helpers/fixtures.js';
import { headModel } from '../helpers/heads.js';
import { withModel } from '../helpers/with-model.js';

const mine = new Error('the listener is broken');

/** A function that throws at its call number `at`, and notes its calls. */
function thrower(at, thrown = mine) {
  const listener = () => {
    listener.calls += 1;
    if (listener.calls === at) throw thrown;
  };
  listener.calls = 0;
  return listener;
}

const tells = (name) => (error) => {
  assert.ok(error instanceof BertletError);
  assert.equal(error.code, 'BAD_ARGUMENT');
  assert.equal(error.message, `${name} threw an error: the listener is broken.`);
  assert.equal(error.cause, mine);
  return true;
};

for (const worker of [false, true]) {
  describe(worker ? 'in a worker' : 'on this thread', () => {
    const options = { worker, threads: 1 };
    const texts = Array.from({ length: 600 }, (_, i) => `The sun and ${'rain '.repeat(i % 9)}.`);

    test('while loading', async () => {
      let events = 0;
      const count = () => (events += 1);
      const model = await load(tinyModel('relu'), { ...options, onProgress: count });
      model.dispose();
      for (let at = 1; at <= events; at++) {
        const onProgress = thrower(at);
        const loading = load(tinyModel('relu'), { ...options, onProgress });
        await assert.rejects(loading, tells('onProgress'), `event ${at} of ${events}`);
        assert.equal(onProgress.calls, at);
      }
    });

    test('in a call', () =>
      withModel(headModel('tags'), options, async (model) => {
        const before = await model.embed('sun');
        for (const at of [1, 2]) {
          const onProgress = thrower(at);
          const call = model.embed(texts, { onProgress });
          const next = model.embed('sun');
          await assert.rejects(call, tells('onProgress'));
          assert.equal(onProgress.calls, at);
          assert.ok(sameBits(await next, before));
        }
        const onUsage = thrower(3);
        await assert.rejects(model.tagTokens(texts, { onUsage }), tells('onUsage'));
        assert.equal(onUsage.calls, 3);
        assert.ok(sameBits(await model.embed('sun'), before));
      }));

    test('in a pipeline', async () => {
      const progress = { ...options, progress_callback: thrower(2) };
      await assert.rejects(
        pipeline('ner', headModel('tags'), progress),
        tells('progress_callback'),
      );
    });
  });
}

test('while a tokenizer loads', async () => {
  const onProgress = thrower(1);
  await assert.rejects(loadTokenizer(tinyModel('relu'), { onProgress }), tells('onProgress'));
});

test('an error of bertlet stays what it is', () =>
  withModel(tinyModel('relu'), {}, async (model) => {
    const own = new BertletError('ABORTED', 'Enough.');
    const onUsage = thrower(1, own);
    await assert.rejects(model.embed('sun', { onUsage }), own);
  }));

test('what is thrown may be anything', () =>
  withModel(tinyModel('relu'), {}, async (model) => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const thrown of [null, 5, Symbol('x'), { toString: 1 }, proxy, () => {}]) {
      await assert.rejects(model.embed('sun', { onUsage: thrower(1, thrown) }), (error) => {
        assert.equal(error.code, 'BAD_ARGUMENT');
        assert.equal(error.cause, thrown);
        return true;
      });
    }
  }));
