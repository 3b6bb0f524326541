// Bad, aborted and overlapping calls: the right error, and the model stays usable.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { load } from 'bertlet';

import {
  decode,
  floatFolder,
  loadHealthy,
  sentence,
  weights,
  weightsName,
  withConfig,
  withTensors,
} from '../helpers/damage.js';
import { readFolder, sameBits, tinyModel } from '../helpers/fixtures.js';
import { withModel } from '../helpers/with-model.js';

let healthy;
before(async () => {
  healthy = await loadHealthy();
});
after(() => healthy.model.dispose());

test('calls with wrong arguments', async () => {
  const inputs = [
    undefined,
    null,
    5,
    true,
    {},
    { text: 5 },
    { text: 'a', pair: 5 },
    { pair: 'a' },
    () => 'a',
  ];
  for (const input of [...inputs, ...inputs.map((item) => ['fine', item]), [['nested']]]) {
    await assert.rejects(healthy.model.embed(input), { code: 'BAD_ARGUMENT' });
    await assert.rejects(healthy.model.forward(input), { code: 'BAD_ARGUMENT' });
    await assert.rejects(healthy.model.similarity('a', input), { code: 'BAD_ARGUMENT' });
  }
  const wrong = [
    { pooling: 'sum' },
    { pooling: 1 },
    { precision: 'float16' },
    { dimensions: 0 },
    { dimensions: -3 },
    { dimensions: 2.5 },
    { dimensions: '4' },
    { dimensions: 13 },
    { dimensions: Infinity },
    { maxLength: 0 },
    { maxLength: -1 },
    { maxLength: 3.5 },
    { maxLength: 'long' },
    { maxLength: 25 },
    { longText: 'crop' },
    { truncation: 'left' },
    { prompt: 5 },
    { signal: 'now' },
  ];
  for (const options of wrong) {
    const what = JSON.stringify(options);
    await assert.rejects(healthy.model.embed(sentence, options), { code: 'BAD_ARGUMENT' }, what);
    await assert.rejects(
      healthy.model.embed([], options),
      { code: 'BAD_ARGUMENT' },
      `${what} for []`,
    );
  }
  await healthy.check();
});

test('a tokenizer with more tokens than the model has', async () => {
  // The last row of the words is taken away; "##ed" is the last token.
  const words = 'embeddings.word_embeddings.weight';
  const smaller = withTensors(floatFolder, (tensors) => {
    const { dtype, shape, bytes } = tensors.get(words);
    const row = bytes.length / shape[0];
    tensors.set(words, { dtype, shape: [shape[0] - 1, shape[1]], bytes: bytes.slice(0, -row) });
  });
  const { vocab_size: size } = decode(floatFolder['config.json']);
  await withModel(withConfig(smaller, { vocab_size: size - 1 }), {}, async (model) => {
    const before = await model.embed(sentence);
    for (const input of ['rained', ['sun', 'rained', 'sea']]) {
      await assert.rejects(model.embed(input), (error) => {
        assert.equal(error.code, 'BAD_MODEL');
        assert.match(error.message, new RegExp(`${size - 1}`));
        return true;
      });
    }
    assert.ok(sameBits(await model.embed(sentence), before));
  });
});

test('a pair for a model with one segment', async () => {
  const source = {
    ...readFolder(tinyModel('no-pooler-one-type')),
    'tokenizer.json': floatFolder['tokenizer.json'],
  };
  await withModel(source, {}, async (model) => {
    const before = await model.embed(sentence);
    await assert.rejects(model.embed({ text: 'sun', pair: 'sea' }), { code: 'BAD_MODEL' });
    assert.ok(sameBits(await model.embed(sentence), before));
  });
});

test('a text that cannot be cut as asked', async () => {
  const pair = { text: 'sun', pair: sentence };
  const message = /Text 1 .* 8 tokens .*only_first/;
  const options = { maxLength: 8, truncation: 'only_first' };
  await assert.rejects(healthy.model.embed(['sun', pair], options), {
    code: 'BAD_ARGUMENT',
    message,
  });
  const strict = { ...options, longText: 'error' };
  await assert.rejects(healthy.model.embed(['sun', pair], strict), { code: 'TOO_LONG', message });
  await assert.rejects(healthy.model.embed(pair, { maxLength: 2 }), { code: 'BAD_ARGUMENT' });
  await healthy.check();
});

test('a text without a token', () =>
  withModel(tinyModel('no-specials'), {}, async (model) => {
    const before = await model.embed(sentence);
    const expected = { code: 'BAD_ARGUMENT', message: /no token/ };
    await assert.rejects(model.embed(''), expected);
    await assert.rejects(model.embed(['sun', ' ']), expected);
    assert.ok(sameBits(await model.embed(sentence), before));
  }));

test('aborted while loading', async () => {
  const isAborted = { name: 'AbortError', code: 'ABORTED' };
  await assert.rejects(load(floatFolder, { signal: AbortSignal.abort() }), isAborted);

  // Weights that never end: only the signal can end the wait.
  const controller = new AbortController();
  let cancelled = false;
  const half = new ReadableStream({
    start(stream) {
      stream.enqueue(weights.slice(0, weights.length / 2));
      setTimeout(() => controller.abort(new Error('the user left')), 30);
    },
    cancel() {
      cancelled = true;
    },
  });
  const source = { ...floatFolder, [weightsName]: half };
  await assert.rejects(load(source, { signal: controller.signal }), isAborted);
  assert.ok(cancelled, 'the stream was let go');
  await healthy.check();
});

test('a signal given to load() ends later calls too', async () => {
  const controller = new AbortController();
  await withModel(floatFolder, { signal: controller.signal }, async (model) => {
    assert.equal((await model.embed('sun')).length, 12);
    controller.abort();
    await assert.rejects(model.embed('sun'), { name: 'AbortError', code: 'ABORTED' });
  });
});

test('aborted while working or waiting, the others keep their place', async () => {
  const isAborted = { name: 'AbortError', code: 'ABORTED' };
  await assert.rejects(healthy.model.embed('sun', { signal: AbortSignal.abort() }), isAborted);

  const many = Array.from({ length: 20_000 }, () => sentence);
  const controller = new AbortController();
  const { signal } = controller;
  const working = healthy.model.embed(many, { signal });
  const next = healthy.model.embed(sentence);
  const waiting = healthy.model.forward(sentence, { signal });
  const last = healthy.model.embed([sentence, 'sun']);
  setTimeout(() => controller.abort(), 20);
  await assert.rejects(working, isAborted);
  await assert.rejects(waiting, isAborted);
  assert.ok(sameBits(await next, healthy.vector));
  assert.ok(sameBits((await last)[0], healthy.vector));
  await healthy.check();
});

test('overlapping calls end in the order they began', async () => {
  const order = [];
  const calls = Array.from({ length: 20 }, async (_, i) => {
    const texts = Array.from(
      { length: i % 3 === 0 ? 300 : 1 },
      () => `${sentence} ${'sun '.repeat(i)}`,
    );
    const vectors = await healthy.model.embed(texts);
    order.push(i);
    return vectors[0];
  });
  const vectors = await Promise.all(calls);
  assert.deepEqual(order, [...order.keys()]);
  for (const [i, vector] of vectors.entries()) {
    assert.ok(sameBits(vector, await healthy.model.embed(`${sentence} ${'sun '.repeat(i)}`)));
  }
});

test('weights so large that sums leave the range of floats: no crash, whatever the result', async () => {
  for (const size of [1e18, 3e38]) {
    const source = withTensors(floatFolder, (tensors) => {
      for (const [name, { bytes, shape }] of tensors) {
        if (shape.length !== 2 || name.includes('_embeddings')) continue;
        const values = new Float32Array(bytes.buffer);
        values.forEach((value, i) => {
          values[i] = Math.sign(value) * size;
        });
      }
    });
    for (const dtype of ['fp32', 'int8', 'int8-fast']) {
      await withModel(source, { dtype }, async (model) => {
        const first = await model.embed(sentence);
        assert.equal(first.length, 12);
        assert.ok(sameBits(await model.embed(sentence), first));
      });
    }
  }
});
