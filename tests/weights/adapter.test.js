// LoRA adapters against peft and transformers (fixtures/adapters.py), switching between them,
// and what is wrong with an adapter.
import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from 'bertlet';

import { adapterFiles, adapterFolder } from '../helpers/adapters.js';
import {
  floats,
  largestDifference,
  readFixture,
  readFolder,
  sameBits,
  tinyModel,
} from '../helpers/fixtures.js';
import { modulesToTest } from '../helpers/modules.js';
import { readTensors, writeTensors } from '../helpers/safetensors.js';

const bar = 1e-4;
/** A model that the test's end disposes of. */
async function loadFor(t, source, options) {
  const model = await load(source, options);
  t.after(() => model.dispose());
  return model;
}

const cases = readFixture('adapters.json');

/** The base's files; where the path is beside a classifier, the base has one. */
function baseOf({ base, classifier }) {
  if (!classifier) return tinyModel(base);
  const files = readFolder(tinyModel(base));
  const tensors = readTensors(files['model.safetensors']);
  const weight = floats(classifier.weight);
  const bias = floats(classifier.bias);
  const columns = weight.length / bias.length;
  tensors.set('classifier.weight', {
    dtype: 'F32',
    shape: [bias.length, columns],
    bytes: bytesOf(weight),
  });
  tensors.set('classifier.bias', { dtype: 'F32', shape: [bias.length], bytes: bytesOf(bias) });
  const config = JSON.parse(new TextDecoder().decode(files['config.json']));
  config.architectures = ['BertForSequenceClassification'];
  return {
    ...files,
    'config.json': new TextEncoder().encode(JSON.stringify(config)),
    'model.safetensors': writeTensors(tensors),
  };
}

const bytesOf = ({ buffer, byteOffset, byteLength }) =>
  new Uint8Array(buffer, byteOffset, byteLength);

function worstDifference(output, expected) {
  const pairs = [[output.lastHiddenState, expected.lastHiddenState]];
  if (expected.logits) pairs.push([output.logits, expected.logits]);
  if (expected.start_logits) pairs.push([output.startLogits, expected.start_logits]);
  if (expected.end_logits) pairs.push([output.endLogits, expected.end_logits]);
  if (expected.pooler_output) pairs.push([output.pooled, expected.pooler_output]);
  return Math.max(...pairs.map(([{ data }, base64]) => largestDifference(data, floats(base64))));
}

for (const simd of modulesToTest(import.meta.url)) {
  for (const [name, expected] of Object.entries(cases)) {
    test(`${simd}: ${name} as peft computes it`, async (t) => {
      const options = { dtype: 'fp32', simd, adapter: adapterFolder(name) };
      const model = await loadFor(t, baseOf(expected), options);
      for (const text of expected.texts) {
        const difference = worstDifference(await model.forward(text.text), text);
        assert.ok(difference <= bar, `${text.text}: ${difference}`);
      }
    });
  }
}

test('switching: each call computes with what was in use when it was made', async (t) => {
  const model = await loadFor(t, tinyModel('wide'), { dtype: 'fp32' });
  const [first, second] = [adapterFolder('query-value'), adapterFolder('some-biases')];
  const text = cases['query-value'].texts[0];
  const bare = await model.forward(text.text);
  assert.deepEqual(model.info.heads, []);

  await model.useAdapter(first);
  assert.deepEqual(model.info.heads, ['sequence-classification']);
  const bytes = model.info.memoryBytes;
  const withFirst = model.forward(text.text);
  const labels = model.classify(text.text);
  await model.useAdapter(second);
  const withSecond = model.forward(text.text);
  await model.useAdapter(null);
  const again = model.forward(text.text);

  assert.ok(worstDifference(await withFirst, text) <= bar);
  assert.equal((await labels).length, 3);
  assert.ok(worstDifference(await withSecond, cases['some-biases'].texts[0]) <= bar);
  assert.ok(sameBits((await again).lastHiddenState.data, bare.lastHiddenState.data));

  // What is here already is only switched to.
  for (let i = 0; i < 20; i++) await model.useAdapter(i % 2 ? first : second);
  assert.ok(model.info.memoryBytes - bytes <= 2 ** 17);
  await model.useAdapter(null);
  await assert.rejects(model.classify('x'), { code: 'NO_HEAD' });
});

for (const dtype of ['int8', 'int8-fast']) {
  test(`${dtype}: an adapter beside quantised weights, alone as in a batch`, async (t) => {
    const model = await loadFor(t, tinyModel('wide'), {
      dtype,
      adapter: adapterFolder('query-value'),
    });
    const texts = ['sun', 'The red boat sings.', 'Old wind.'];
    const together = await model.forward(texts);
    for (const [i, text] of texts.entries()) {
      const alone = await model.forward(text);
      assert.ok(sameBits(alone.logits.data, together[i].logits.data));
    }
    const exact = floats(cases['query-value'].texts[0].lastHiddenState);
    const difference = largestDifference(together[1].lastHiddenState.data, exact);
    assert.ok(difference < 0.2, `${difference}`);
  });
}

test('an engine in a worker loads adapters too', async (t) => {
  const model = await loadFor(t, tinyModel('wide'), { dtype: 'fp32', worker: true });
  const events = [];
  const files = readFolder(adapterFolder('query-value'));
  await model.useAdapter(files, { onProgress: (event) => events.push(event) });
  assert.ok(events.some(({ file }) => file === 'adapter_model.safetensors'));
  const text = cases['query-value'].texts[0];
  assert.ok(worstDifference(await model.forward(text.text), text) <= bar);
});

test('an adapter folder with a config.json names its labels', async (t) => {
  const config = {
    architectures: ['BertForSequenceClassification'],
    id2label: { 0: 'low', 1: 'middle', 2: 'high' },
  };
  const files = {
    ...readFolder(adapterFolder('query-value')),
    'config.json': new TextEncoder().encode(JSON.stringify(config)),
  };
  const model = await loadFor(t, tinyModel('wide'), { dtype: 'fp32', adapter: files });
  const names = (await model.classify('sun')).map(({ label }) => label);
  assert.deepEqual(names.sort(), ['high', 'low', 'middle']);
});

const prefix = 'base_model.model.bert.encoder.layer.0.attention.self';
const rename = (from, to) => (tensors) => {
  tensors.set(to, tensors.get(from));
  tensors.delete(from);
};

const wrong = {
  'another kind of adapter': [{ config: { peft_type: 'IA3' } }, 'UNSUPPORTED', /IA3/],
  DoRA: [{ config: { use_dora: true } }, 'UNSUPPORTED', /use_dora/],
  'a rank that is none': [{ config: { r: 0 } }, 'BAD_MODEL', /adapter_config\.json.* r /],
  'no alpha': [{ config: { lora_alpha: null } }, 'BAD_MODEL', /lora_alpha/],
  'another rank than the tensors': [
    { config: { r: 5 } },
    'BAD_MODEL',
    /lora_A.*\[4,32\].*\[5,32\]/,
  ],
  'a half that is missing': [
    { tensors: (tensors) => tensors.delete(`${prefix}.query.lora_B.weight`) },
    'BAD_MODEL',
    /query/,
  ],
  'a module that the base has not': [
    { tensors: rename(`${prefix}.query.lora_A.weight`, `${prefix}.rotary.lora_A.weight`) },
    'BAD_MODEL',
    /rotary/,
  ],
  'a layer that the base has not': [
    {
      tensors: rename(
        `${prefix}.query.lora_A.weight`,
        `${prefix.replace('.0.', '.7.')}.query.lora_A.weight`,
      ),
    },
    'BAD_MODEL',
    /layer/,
  ],
  'a bias without its classifier': [
    { tensors: (tensors) => tensors.delete('base_model.model.classifier.bias') },
    'BAD_MODEL',
    /classifier\.bias/,
  ],
  'a value that is no number': [
    {
      tensors: (tensors) =>
        new DataView(tensors.get(`${prefix}.value.lora_B.weight`).bytes.buffer).setFloat32(
          0,
          NaN,
          true,
        ),
    },
    'BAD_MODEL',
    /NaN/,
  ],
};

for (const [what, [change, code, message]] of Object.entries(wrong)) {
  test(`refused: ${what}; the model goes on`, async (t) => {
    const model = await loadFor(t, tinyModel('wide'), { dtype: 'fp32' });
    const before = await model.forward('sun');
    await assert.rejects(model.useAdapter(adapterFiles('query-value', change)), { code, message });
    const after = await model.forward('sun');
    assert.ok(sameBits(before.lastHiddenState.data, after.lastHiddenState.data));
    await model.useAdapter(adapterFolder('query-value'));
    const text = cases['query-value'].texts[0];
    assert.ok(worstDifference(await model.forward(text.text), text) <= bar);
  });
}

test('an adapter of a base with other sizes is refused', async (t) => {
  const model = await loadFor(t, tinyModel('deep'), { dtype: 'fp32' });
  const refused = { code: 'BAD_MODEL', message: /shape/ };
  await assert.rejects(model.useAdapter(adapterFolder('query-value')), refused);
});

test('a folder that is missing, and a loading that is aborted', async (t) => {
  const model = await loadFor(t, tinyModel('wide'), { dtype: 'fp32' });
  await assert.rejects(model.useAdapter(adapterFolder('none')), { code: 'NOT_FOUND' });
  await assert.rejects(model.useAdapter({}), { code: 'BAD_ARGUMENT' });
  const signal = AbortSignal.abort();
  await assert.rejects(model.useAdapter(adapterFolder('query-value'), { signal }), {
    code: 'ABORTED',
  });
  await model.forward('sun');
});
