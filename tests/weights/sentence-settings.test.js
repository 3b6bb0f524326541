// What the files of sentence-transformers beside the model change: its own results, refused where
// it refuses or where nothing here can do it.
import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from 'bertlet';

import { largestDifference, readFixture, readFolder, tinyModel } from '../helpers/fixtures.js';
import { withModel } from '../helpers/with-model.js';

const { cases, similarities, texts } = readFixture('sentence-settings.json');
const deep = readFolder(tinyModel('deep'));
const fp32 = { dtype: 'fp32', simd: 'baseline' };
const encode = (value) => new TextEncoder().encode(JSON.stringify(value));
const folderWith = (files) => ({
  ...deep,
  ...Object.fromEntries(Object.entries(files).map(([name, json]) => [name, encode(json)])),
});
const refusals = ['BAD_MODEL', 'UNSUPPORTED', 'NOT_FOUND'];

for (const { name, files, options, vectors, refused, unsupported, texts: own } of cases) {
  if (refused) continue;
  test(`${name}: as sentence-transformers${unsupported ? ', or refused' : ''}`, () =>
    withModel(folderWith(files), fp32, async (model) => {
      if (unsupported) {
        await assert.rejects(model.embed(own, options), { code: 'UNSUPPORTED' });
        await model.embed(own, { ...options, pooling: 'mean' });
        return;
      }
      const found = await model.embed(own, options);
      found.forEach((vector, i) => {
        const difference = largestDifference(vector, vectors[i]);
        assert.ok(difference < 2e-6, `"${own[i]}" differs by ${difference}`);
      });
    }));
}

for (const { name, files, refused } of cases) {
  if (!refused) continue;
  test(`${name}: refused, as by sentence-transformers (${refused})`, async () => {
    let model;
    const refuses = async (call) =>
      assert.rejects(call, ({ code, message }) => {
        assert.ok(refusals.includes(code), `${code}: ${message}`);
        // It says which file, or which thing that is known by its name.
        return /\.json|module|Pooling|pooling/.test(message);
      });
    try {
      model = await load(folderWith(files), fp32);
    } catch (error) {
      // How long a text may be every call asks.
      assert.match(name, /_length/);
      await refuses(Promise.reject(error));
      return;
    }
    try {
      await refuses(model.embed(texts));
      await refuses(model.similarity(texts[0], texts[1]));
      // What other calls do not need does not stop them.
      await model.forward(texts[0]);
    } finally {
      model.dispose();
    }
  });
}

test('vectors are compared as the folder has it', async () => {
  for (const { files, value } of similarities) {
    await withModel(folderWith(files), fp32, async (model) => {
      const [a, b] = texts;
      const found = await model.similarity(a, b);
      assert.ok(Math.abs(found - value) < 1e-5, `${JSON.stringify(files)}: ${found}, ${value}`);
      const [{ score }] = await model.rank(a, [b]);
      assert.equal(score, found);
    });
  }
});

test('a call that says it itself does without what the folder says wrongly', async () => {
  const sentence = (json) => folderWith({ 'config_sentence_transformers.json': json });
  await withModel(sentence({ truncate_dim: 'x' }), fp32, async (model) => {
    assert.equal((await model.embed('sun', { dimensions: 3 })).length, 3);
    assert.equal((await model.embed('sun', { pooling: 'none' })).shape[1], 12);
  });
  await withModel(sentence({ default_prompt_name: 'toString' }), fp32, async (model) => {
    const vector = await model.embed('old sun', { prompt: '' });
    assert.deepEqual(await model.embed('sun', { prompt: 'old ' }), vector);
    await assert.rejects(model.embed('sun'), { code: 'BAD_MODEL' });
  });
  await withModel(sentence({ prompts: { old: 5 } }), fp32, async (model) => {
    await model.embed('sun');
    await assert.rejects(model.embed('sun', { prompt: 'old' }), { code: 'BAD_ARGUMENT' });
  });
  await withModel(sentence({ truncate_dim: 5 }), fp32, async (model) => {
    const whole = await model.embed('sun', { dimensions: 12 });
    assert.deepEqual(await model.embed('sun'), whole.slice(0, 5));
    const { length } = await model.embed('sun', { dimensions: 7 });
    assert.equal(length, 7);
    const unit = await model.embed('sun', { normalize: true });
    assert.ok(Math.abs(Math.hypot(...unit) - 1) < 1e-6);
    const raw = await model.embed('sun', { normalize: false, dimensions: 12 });
    assert.deepEqual(await model.embed('sun', { normalize: false }), raw.slice(0, 5));
  });
});

test('a prompt that is left out of vectors has no windows', () => {
  const files = {
    '1_Pooling/config.json': { pooling_mode: 'mean', include_prompt: false },
  };
  return withModel(folderWith(files), fp32, async (model) => {
    const windows = { maxLength: 6, longText: 'window' };
    await model.embed(texts[0], windows);
    await assert.rejects(model.embed(texts[0], { ...windows, prompt: 'old ' }), {
      code: 'BAD_ARGUMENT',
    });
  });
});

test('a vocabulary may have the word "null", which is no special token', async () => {
  const files = {
    '1_Pooling/config.json': { pooling_mode: 'mean', include_prompt: false },
    'sentence_bert_config.json': { do_lower_case: true },
  };
  const plain = folderWith(files);
  const tokenizer = JSON.parse(new TextDecoder().decode(plain['tokenizer.json']));
  const { vocab } = tokenizer.model;
  const { bird, ...others } = vocab;
  tokenizer.model.vocab = { ...others, null: bird };
  const embed = (folder, text) =>
    withModel(folder, fp32, (model) => model.embed(text, { prompt: 'old ' }));
  const renamed = { ...plain, 'tokenizer.json': encode(tokenizer) };
  assert.deepEqual(await embed(renamed, 'the null'), await embed(plain, 'the bird'));
});

test('what pipeline() is asked needs no settings of sentence-transformers', async () => {
  const { pipeline } = await import('bertlet');
  const files = {
    'config_sentence_transformers.json': {
      prompts: { query: 'the red bird ' },
      default_prompt_name: 'query',
      truncate_dim: 5,
    },
  };
  const plain = await pipeline('feature-extraction', folderWith({}), fp32);
  const other = await pipeline('feature-extraction', folderWith(files), fp32);
  for (const options of [{ pooling: 'mean', normalize: true }, {}]) {
    const expected = await plain('sun', options);
    const found = await other('sun', options);
    assert.deepEqual(found.dims, expected.dims);
    assert.deepEqual(found.data, expected.data);
  }
  await Promise.all([plain.dispose(), other.dispose()]);
});
