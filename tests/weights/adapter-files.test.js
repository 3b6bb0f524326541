// What the files of an adapter may hold and may not, beside what peft writes of its own accord
// (adapter.test.js, adapter-settings.test.js), and which of them are pinned.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { load } from 'bertlet';

import { adapterFiles } from '../helpers/adapters.js';
import { readFolder, sameBits, tinyModel } from '../helpers/fixtures.js';
import { floatTensor, withHeader } from '../helpers/safetensors.js';

const layer = 'base_model.model.bert.encoder.layer.0';
const query = `${layer}.attention.self.query`;
const encode = (text) => new TextEncoder().encode(text);
const withSetting = (key, value) => adapterFiles('query-value', { config: { [key]: value } });
const withTensors = (tensors) => adapterFiles('query-value', { tensors });
const zeros = (...shape) => floatTensor(shape, new Array(shape.reduce((a, b) => a * b, 1)).fill(0));

let model;
before(async () => {
  model = await load(tinyModel('wide'), { dtype: 'fp32' });
});
after(() => model.dispose());

/** The logits with an adapter, one by one. */
async function logitsOf(adapter) {
  await model.useAdapter(adapter);
  return (await model.forward('sun')).logits.data;
}

describe('a setting that is not known is refused by name, unless it is off', () => {
  const on = [true, 1, 0, 'x', [1], { a: 1 }, 'false'];
  const off = [null, false, '', [], {}];
  for (const key of [
    'use_dora',
    'lora_of_tomorrow',
    'mixture_config',
    '__proto__',
    'constructor',
  ]) {
    test(key, async () => {
      for (const value of on) {
        // An object literal would take __proto__ for something else.
        const config = JSON.parse(`{${JSON.stringify(key)}: ${JSON.stringify(value)}}`);
        const files = adapterFiles('query-value', { config: {} });
        const json = JSON.parse(new TextDecoder().decode(files['adapter_config.json']));
        const text = JSON.stringify({ ...json, r: 4 }).replace(
          /^\{/,
          `{${JSON.stringify(key)}: ${JSON.stringify(config[key])},`,
        );
        if (key in json) continue;
        files['adapter_config.json'] = encode(text);
        await assert.rejects(model.useAdapter(files), {
          code: 'UNSUPPORTED',
          message: RegExp(key),
        });
      }
      for (const value of off) await model.useAdapter(withSetting(key, value));
    });
  }

  test('variants whose settings may all be left out', async () => {
    const variants = [
      'kasa_config',
      'velora_config',
      'monteclora_config',
      'use_bdlora',
      'arrow_config',
    ];
    for (const key of variants) {
      const refused = { code: 'UNSUPPORTED', message: RegExp(key) };
      await assert.rejects(model.useAdapter(withSetting(key, {})), refused);
      await model.useAdapter(withSetting(key, null));
    }
  });
});

test('settings of another type than theirs', async () => {
  const wrong = {
    peft_type: [null, 5, {}],
    task_type: [5, {}, 'constructor'],
    r: [null, '4', 1.5, 0, -1, true, [4]],
    lora_alpha: [null, '8', true, {}],
    use_rslora: ['yes', 1, {}],
    bias: [null, 5, 'some'],
    init_lora_weights: [1, {}, [], 'unheard-of'],
    rank_pattern: [[], 'query', 5, { query: 2.5 }, { query: '4' }, { query: null }, { 'a(': 4 }],
    alpha_pattern: [[], 'query', { query: '4' }, { query: null }, { query: {} }, { '*': 4 }],
    target_modules: [5, {}, [5], [null], [['query']], 'query(', '(?!query).*'],
    exclude_modules: [5, {}, [5], 'query('],
    modules_to_save: ['classifier', 5, {}, [5], ['a(']],
    layers_to_transform: ['0', [0.5], ['0'], {}, true],
    layers_pattern: [5, {}, [5]],
  };
  for (const [key, values] of Object.entries(wrong)) {
    for (const value of values) {
      const change = { [key]: value };
      if (key === 'layers_pattern') change.layers_to_transform = [0];
      const files = adapterFiles('query-value', { config: change });
      await assert.rejects(model.useAdapter(files), (error) => {
        const said = `${key} ${JSON.stringify(value)}: ${error.code} ${error.message}`;
        assert.ok(['BAD_MODEL', 'UNSUPPORTED'].includes(error.code), said);
        assert.ok(error.message.includes(key), said);
        assert.match(error.message, /adapter_config\.json|The adapter has/, said);
        return true;
      });
    }
  }
  for (const text of ['[]', 'null', '5', '"x"', '{', '[['.repeat(20_000)]) {
    const files = { ...adapterFiles('query-value'), 'adapter_config.json': encode(text) };
    const refused = { code: 'BAD_MODEL', message: /adapter_config\.json/ };
    await assert.rejects(model.useAdapter(files), refused, text.slice(0, 9));
  }
  const deep = `{"rank_pattern": {"query": ${'['.repeat(20_000)}${']'.repeat(20_000)}}, "peft_type": "LORA"}`;
  const files = { ...adapterFiles('query-value'), 'adapter_config.json': encode(deep) };
  await assert.rejects(model.useAdapter(files), {
    code: 'BAD_MODEL',
    message: /adapter_config\.json/,
  });
});

test('patterns that would keep a backtracking engine busy', async () => {
  const hostile = '(\\w|\\w|\\.)*(\\w|.)*!';
  const keys = { rank_pattern: { [hostile]: 4 }, alpha_pattern: { [hostile]: 8 } };
  const begin = performance.now();
  const expected = await logitsOf(adapterFiles('query-value'));
  assert.ok(sameBits(await logitsOf(adapterFiles('query-value', { config: keys })), expected));
  await assert.rejects(model.useAdapter(withSetting('target_modules', hostile)), {
    code: 'BAD_MODEL',
  });
  const many = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`(.*){900}${i}`, 4]));
  const refused = { code: 'UNSUPPORTED', message: /rank_pattern.*too much work/ };
  await assert.rejects(model.useAdapter(withSetting('rank_pattern', many)), refused);
  assert.ok(performance.now() - begin < 30_000);
});

test('an alpha that float32 has no room for, by itself or as a factor of the weights', async () => {
  const refused = { code: 'BAD_MODEL', message: /lora_alpha/ };
  for (const alpha of [1e39, -1e39, 1e300, 1e20]) {
    await assert.rejects(model.useAdapter(withSetting('lora_alpha', alpha)), refused);
    const pattern = withSetting('alpha_pattern', { query: alpha });
    await assert.rejects(model.useAdapter(pattern), refused);
  }
  const big = (tensors) => {
    tensors.set(`${query}.lora_B.weight`, floatTensor([32, 4], new Array(128).fill(1e38)));
  };
  const large = adapterFiles('query-value', { config: { lora_alpha: 1e6 }, tensors: big });
  await assert.rejects(model.useAdapter(large), {
    ...refused,
    message: /query\.lora_B.*lora_alpha/,
  });
  const alike = adapterFiles('query-value', { config: { lora_alpha: 0.25 }, tensors: big });
  await model.useAdapter(alike);
});

test('tensors of variants, twice, of nothing, or of nothing that is needed', async () => {
  const expected = await logitsOf(adapterFiles('query-value'));
  const variant = [
    `${query}.lora_magnitude_vector`,
    `${query}.lora_magnitude_vector.default.weight`,
    `${query}.lora_B.bias`,
    `${query}.lora_diag`,
    `${query}.lora_velora_embed.default`,
    'base_model.model.bert.embeddings.word_embeddings.lora_embedding_A',
    'base_model.model.bert.embeddings.word_embeddings.token_adapter.trainable_tokens_delta',
  ];
  for (const name of variant) {
    const files = withTensors((tensors) => tensors.set(name, zeros(4)));
    await assert.rejects(model.useAdapter(files), { code: 'UNSUPPORTED', message: RegExp(name) });
  }
  const twice = [
    `bert.${query.split('.bert.')[1]}.lora_A.weight`,
    `${query}.lora_A.default.weight`,
  ];
  for (const name of twice) {
    const files = withTensors((tensors) => tensors.set(name, zeros(4, 32)));
    await assert.rejects(model.useAdapter(files), { code: 'BAD_MODEL', message: /two names/ });
  }
  const whole = withTensors((tensors) => tensors.set(`${query}.base_layer.weight`, zeros(32, 32)));
  await assert.rejects(model.useAdapter(whole), {
    code: 'BAD_MODEL',
    message: /whole and as a low/,
  });
  const unlabelled = withTensors((tensors) => {
    tensors.set('base_model.model.classifier.weight', zeros(0, 32));
    tensors.set('base_model.model.classifier.bias', zeros(0));
  });
  await assert.rejects(model.useAdapter(unlabelled), { code: 'BAD_MODEL', message: /0 labels/ });

  for (const name of [
    `${query}.bias`, // peft calls it base_layer.bias where a path is beside it
    `${layer}.attention.self.key.base_layer.bias`, // and only there
    `${layer}.intermediate.dense.weight_scale`, // of a weight that isn't given
    `${layer}.attention.self.key.lora_A.weight`, // which target_modules doesn't name
    'base_model.model.classifier.original_module.weight',
  ]) {
    const files = withTensors((tensors) =>
      tensors.set(name, floatTensor([80], new Array(80).fill(3))),
    );
    assert.ok(sameBits(await logitsOf(files), expected), name);
  }
  await assert.ok(sameBits((await model.forward('sun')).logits.data, expected));
});

test('the bias of a pooler that neither the base nor the adapter has', async () => {
  const vectors = [];
  for (const name of ['base_model.model.bert.pooler.dense.bias', undefined]) {
    const change = (tensors) => name && tensors.set(name, zeros(12));
    const adapter = adapterFiles('whole-layers', { tensors: change });
    const one = await load(tinyModel('masked-lm'), { dtype: 'fp32', adapter });
    assert.deepEqual(one.info.heads, ['masked-lm']);
    vectors.push((await one.forward('sun')).logits.data);
    one.dispose();
  }
  assert.ok(sameBits(...vectors));
});

test('a tensor that nobody needs takes no memory, whatever size it claims', async () => {
  const expected = await logitsOf(adapterFiles('query-value'));
  const { memoryBytes } = model.info;
  const files = adapterFiles('query-value');
  const bytes = files['adapter_model.safetensors'];
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  for (const name of [
    'classifier.original_module.weight',
    'encoder.layer.0.attention.self.key.lora_A.weight',
  ]) {
    const claimed = {
      [`base_model.model.${name}`]: { dtype: 'F32', shape: [0, 2 ** 50], data_offsets: [0, 0] },
    };
    files['adapter_model.safetensors'] = withHeader({ ...claimed, ...header }, [
      bytes.subarray(8 + length),
    ]);
    assert.ok(sameBits(await logitsOf(files), expected));
  }
  assert.equal(model.info.memoryBytes, memoryBytes);
});

describe('integrity', () => {
  const hash = (bytes) => `sha256-${createHash('sha256').update(bytes).digest('base64')}`;
  const pinsOf = (files) =>
    Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, hash(bytes)]));
  const base = readFolder(tinyModel('wide'));
  const files = adapterFiles('query-value');
  const other = adapterFiles('query-value', { config: { lora_alpha: 3 } });
  const config = encode(
    JSON.stringify({
      id2label: { 0: 'a', 1: 'b', 2: 'c' },
      architectures: ['BertForSequenceClassification'],
    }),
  );
  const labelsOf = async (one) => (await one.classify('sun')).map(({ label }) => label).sort();
  const refused = (message) => ({ code: 'INTEGRITY', message });

  test('of useAdapter: only what is pinned counts', async () => {
    const pins = pinsOf(files);
    await model.useAdapter({ ...files, 'config.json': config }, { integrity: pins });
    assert.deepEqual(await labelsOf(model), ['LABEL_0', 'LABEL_1', 'LABEL_2']);
    const all = { ...files, 'config.json': config };
    await model.useAdapter(all, { integrity: pinsOf(all) });
    assert.deepEqual(await labelsOf(model), ['a', 'b', 'c']);
    for (const name of Object.keys(files)) {
      const { [name]: pin, ...rest } = pins;
      await assert.rejects(model.useAdapter(files, { integrity: rest }), refused(RegExp(name)));
      const slip = { ...rest, [name.replace('adapter', 'adaptor')]: pin };
      await assert.rejects(model.useAdapter(files, { integrity: slip }), refused(/adaptor/));
    }
    await assert.rejects(model.useAdapter(other, { integrity: pins }), refused(/adapter_config/));
    const more = { ...pins, 'confg.json': pins['adapter_config.json'] };
    await assert.rejects(model.useAdapter(files, { integrity: more }), refused(/confg\.json/));
    const nonsense = { integrity: { 'adapter_config.json': 'md5-x' } };
    await assert.rejects(model.useAdapter(files, nonsense), { code: 'BAD_ARGUMENT' });
  });

  test('what was loaded without hashes is checked when they are given', async () => {
    await model.useAdapter(other);
    const integrity = pinsOf(files);
    await assert.rejects(model.useAdapter(other, { integrity }), refused(/adapter_config/));
    await model.useAdapter(other, { integrity: pinsOf(other) });
  });

  test('of load: of the folder and of its adapter', async () => {
    for (const worker of [false, true]) {
      const open = async (adapter, integrity) => {
        const one = await load(base, { adapter, integrity, worker, threads: 1 });
        const labels = await labelsOf(one).finally(() => one.dispose());
        assert.deepEqual(labels, ['LABEL_0', 'LABEL_1', 'LABEL_2']);
      };
      const pins = { ...pinsOf(base), ...pinsOf(files) };
      await open({ ...files, 'config.json': config }, pins);
      await assert.rejects(open(files, pinsOf(base)), refused(/adapter_config\.json/));
      const half = { ...pins };
      delete half['adapter_model.safetensors'];
      await assert.rejects(open(files, half), refused(/adapter_model\.safetensors/));
      await assert.rejects(open(other, pins), refused(/adapter_config\.json/));
      await assert.rejects(open(files, pinsOf(files)), refused(/config\.json/));
    }
  });
});
