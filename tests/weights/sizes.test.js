// Numbers become sizes in one checked place: none wraps modulo 2³² on its way into the core.
import assert from 'node:assert/strict';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { load } from 'bertlet';

import { quantizeModel } from '../../js/weights/quantize.js';
import { layoutSafetensors } from '../../js/weights/safetensors-write.js';
import { floatFolder, withConfig, withTensors } from '../helpers/damage.js';
import { readFolder, sameBits, tinyModel } from '../helpers/fixtures.js';
import { headModel } from '../helpers/heads.js';
import { floatTensor, readHeader, readTensors, writeTensors } from '../helpers/safetensors.js';
import { createMemory, openFiles, readConfig } from '../helpers/tokenizers.js';
import { withModel } from '../helpers/with-model.js';

const here = { worker: false, threads: 1 };
const nothing = (shape) => ({ dtype: 'F32', shape, bytes: new Uint8Array(0) });

test('what the arena, a struct and an export are given', async () => {
  const memory = await createMemory();
  const mark = memory.mark();
  for (const size of [2 ** 32, 2 ** 32 + 64, 2 ** 50, 2 ** 64, Infinity]) {
    assert.throws(() => memory.alloc(size), { code: 'OUT_OF_MEMORY' });
    assert.throws(() => memory.writeStruct('bl_encode_batch', { max_length: size }), {
      code: 'OUT_OF_MEMORY',
    });
    assert.throws(() => memory.tryCall('bl_batch_create', memory.arena, size, 1, mark), {
      code: 'OUT_OF_MEMORY',
    });
    memory.reset(mark);
  }
  for (const size of [-1, 1.5, Number.NaN, '64', undefined, true]) {
    assert.throws(() => memory.alloc(size), { code: 'INTERNAL', message: /is no size/ });
  }
  // What there is no room for leaves room for less.
  assert.throws(() => memory.alloc(2 ** 32 - 1), { code: 'OUT_OF_MEMORY' });
  assert.ok(memory.alloc(64) > 0);
  assert.equal(memory.readStruct('bl_batch', memory.writeStruct('bl_batch')).token_count, 0);
});

test('tensors of no elements and huge extents, which nothing needs', async () => {
  const vectorOf = (source, options) =>
    withModel(source, { ...here, ...options }, (model) => model.embed('the sun sings'));
  // Its tensors have more rows than are converted at a time.
  const sentiment = new URL('../../models/all-MiniLM-L6-v2-sentiment', import.meta.url);
  const files = readFolder(fileURLToPath(sentiment));
  const plain = await vectorOf(undefined, { adapter: files });
  for (const shape of [
    [0, 2 ** 50],
    [2 ** 50, 0],
    [0, 2 ** 30 + 3],
    [0, 2 ** 32],
  ]) {
    const tensors = readTensors(files['adapter_model.safetensors']);
    tensors.set('base_model.model.classifier.original_module.weight', nothing(shape));
    const adapter = { ...files, 'adapter_model.safetensors': writeTensors(tensors) };
    assert.ok(sameBits(await vectorOf(undefined, { adapter }), plain), `[${shape}]`);

    const folder = withTensors(floatFolder, (all) => {
      all.set('nobody.knows', nothing(shape));
      all.set('cls.seq_relationship.other', nothing(shape));
    });
    const expected = await vectorOf(floatFolder);
    assert.ok(sameBits(await vectorOf(folder), expected), `[${shape}]`);
  }
});

test('quantising a folder leaves tensors of no elements as they are', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bertlet-'));
  t.after(() => rm(folder, { recursive: true }));
  const name = 'cls.predictions.decoder.weight';
  const files = withTensors(floatFolder, (tensors) => tensors.set(name, nothing([2 ** 50, 0])));
  const source = join(folder, 'source');
  const target = join(folder, 'target');
  await quantizeModel(tinyModel('relu'), source); // makes the folder
  for (const [file, bytes] of Object.entries(files)) await writeFile(join(source, file), bytes);
  await quantizeModel(source, target);
  const { header } = readHeader(readFolder(target)['model.safetensors']);
  assert.deepEqual(header[name].shape, [2 ** 50, 0]);
  assert.ok(!(`${name}_scale` in header));
  await withModel(target, here, (model) => model.embed('the sun'));
});

test('quantising when the system writes less than it is given', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bertlet-'));
  t.after(() => rm(folder, { recursive: true }));
  const [whole, pieces] = ['whole', 'pieces'].map((name) => join(folder, name));
  await quantizeModel(tinyModel('gamma-beta'), whole);
  const handle = await open(join(whole, 'model.safetensors'));
  const FileHandle = Object.getPrototypeOf(handle);
  await handle.close();
  const { write } = FileHandle;
  t.mock.method(FileHandle, 'write', function (bytes, from, length, at) {
    return write.call(this, bytes, from, Math.min(length, 7), at);
  });
  await quantizeModel(tinyModel('gamma-beta'), pieces);
  const [expected, found] = [whole, pieces].map((one) => readFolder(one)['model.safetensors']);
  assert.ok(Buffer.from(found).equals(expected));
});

test('a vector that is longer than the staging window', async () => {
  const labels = 300_000;
  const folder = withConfig(
    withTensors(floatFolder, (tensors) => {
      const columns = 12;
      const weight = new Float32Array(labels * columns);
      weight[weight.length - 1] = 1;
      tensors.set('classifier.weight', floatTensor([labels, columns], weight));
      tensors.set(
        'classifier.bias',
        floatTensor(
          [labels],
          Float32Array.from({ length: labels }, (_, i) => i % 1000),
        ),
      );
    }),
    { architectures: ['BertForTokenClassification'] },
  );
  const { logits, lastHiddenState } = await withModel(folder, here, (model) =>
    model.forward('the sun'),
  );
  const [, width] = logits.shape;
  assert.equal(width, labels);
  assert.equal(logits.data[999], 999);
  assert.equal(logits.data[labels - 2], 998);
  const last = Math.fround(lastHiddenState.data[11] + 999);
  assert.ok(Math.abs(logits.data[labels - 1] - last) < 1e-3);
});

test('a model_max_length of more than 32 bits cuts nothing', async () => {
  const text = 'the sun sings over the old river';
  const json = readConfig('uncased');
  for (const length of [2 ** 32 + 3, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
    const tokenizer = await openFiles({
      'tokenizer.json': json,
      'tokenizer_config.json': { model_max_length: length },
    });
    const whole = tokenizer.encode(text);
    assert.deepEqual(tokenizer.encode(text, { truncation: true }).ids, whole.ids);
    for (const padding of ['max_length', 2 ** 31 - 1]) {
      assert.throws(() => tokenizer.encode(text, { padding }), {
        code: 'BAD_ARGUMENT',
        message: /padded to 16777216 at most/,
      });
    }
    assert.equal(tokenizer.encode(text, { padding: 20 }).length, 20);
  }
});

test('lists that say a length which nothing has', async () => {
  const tokenizer = await openFiles({ 'tokenizer.json': readConfig('uncased') });
  for (const ids of [{ length: 2 ** 40 }, { length: 2 ** 33 }, new Proxy(new Int32Array(2), {})]) {
    assert.throws(() => tokenizer.decode(ids), { name: 'BertletError', code: 'BAD_ARGUMENT' });
  }
  const sparse = ['the', 'sun'];
  sparse[3] = '##s';
  assert.throws(() => tokenizer.joinTokens(sparse), { code: 'BAD_ARGUMENT' });
});

test('an answer may be as long as a number can say', () =>
  withModel(headModel('answers'), here, async (model) => {
    const asked = { question: 'Who sings?', context: 'The sun sings over the old river.' };
    const expected = await model.answer(asked, { maxAnswerLength: 1000, topK: 3 });
    const found = await model.answer(asked, { maxAnswerLength: 2 ** 31 - 1, topK: 3 });
    assert.deepEqual(found, expected);
  }));

test('a header that no reader would take is not written', () => {
  const ids = 'x'.repeat(100_000_000);
  assert.throws(() => layoutSafetensors([], { ids }), {
    code: 'BAD_ARGUMENT',
    message: /the format allows 100000000/,
  });
});

test('shards with fewer rows than config.json says', async () => {
  const folder = withConfig(readFolder(tinyModel('sharded')), { vocab_size: 2 ** 28 });
  await assert.rejects(load(folder, { ...here, dtype: 'fp32' }), { message: /config\.json/ });
});
