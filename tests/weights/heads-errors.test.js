// Heads that are not there, and heads whose tensors or labels are wrong.
import assert from 'node:assert/strict';
import test from 'node:test';

import { rejectsLoad, withConfig, withTensors } from '../helpers/damage.js';
import { readFolder, tinyModel } from '../helpers/fixtures.js';
import { headModel, references } from '../helpers/heads.js';
import { floatTensor } from '../helpers/safetensors.js';
import { withModel } from '../helpers/with-model.js';

const fp32 = { dtype: 'fp32', simd: 'baseline' };
const folderOf = (name) => readFolder(headModel(name));

const calls = {
  'sequence-classification': (model) => model.classify('The sun.'),
  'masked-lm': (model) => model.fillMask('The [MASK].'),
  'token-classification': (model) => model.tagTokens('The sun.'),
  'question-answering': (model) => model.answer({ question: 'Who?', context: 'Anna.' }),
  'next-sentence-prediction': (model) => model.nextSentence('The sun.', 'Rain.'),
};

test('a call without its head says which head it needs and which there are', async () => {
  for (const name of Object.keys(references)) {
    await withModel(headModel(name), fp32, async (model) => {
      for (const [head, call] of Object.entries(calls)) {
        if (model.info.heads.includes(head)) {
          await call(model);
          continue;
        }
        await assert.rejects(call(model), (error) => {
          assert.equal(error.code, 'NO_HEAD', `${name}: ${error.message}`);
          assert.ok(error.message.includes(`needs a ${head} head`), error.message);
          for (const present of model.info.heads) assert.ok(error.message.includes(present));
          return true;
        });
      }
      // It is usable all the same.
      assert.equal((await model.embed('The sun.')).length, model.info.hiddenSize);
    });
  }
});

test('tensors of a head that are missing', async () => {
  const cases = {
    'masked-lm': [
      'cls.predictions.bias',
      'cls.predictions.transform.dense.weight',
      'cls.predictions.transform.dense.bias',
      'cls.predictions.transform.LayerNorm.weight',
      'cls.predictions.transform.LayerNorm.bias',
    ],
    'masked-lm-untied': ['cls.predictions.decoder.weight'],
    'next-sentence': ['cls.seq_relationship.bias', 'bert.pooler.dense.weight'],
    'single-label': ['classifier.bias', 'bert.pooler.dense.bias', 'bert.pooler.dense.weight'],
    tags: ['classifier.bias'],
    answers: ['qa_outputs.bias'],
    choices: ['classifier.bias'],
  };
  for (const [name, tensors] of Object.entries(cases)) {
    const folder = folderOf(name);
    for (const tensor of tensors) {
      const source = withTensors(folder, (map) => assert.ok(map.delete(tensor), tensor));
      await rejectsLoad(source, 'BAD_MODEL', `${name} without ${tensor}`);
    }
  }
  // Without its weight a classifier is simply not there.
  const bare = withTensors(folderOf('tags'), (map) => {
    map.delete('classifier.weight');
    map.delete('classifier.bias');
  });
  await withModel(bare, fp32, (model) => assert.deepEqual(model.info.heads, []));
});

test('tensors of a head with another shape, type or value', async () => {
  const cases = {
    'masked-lm': ['cls.predictions.bias', 'cls.predictions.transform.dense.weight'],
    'masked-lm-untied': ['cls.predictions.decoder.weight', 'cls.predictions.decoder.bias'],
    'next-sentence': ['cls.seq_relationship.weight', 'bert.pooler.dense.bias'],
    'single-label': ['classifier.weight', 'classifier.bias'],
    tags: ['classifier.weight', 'classifier.bias'],
    answers: ['qa_outputs.weight', 'qa_outputs.bias'],
    choices: ['classifier.weight'],
  };
  for (const [name, tensors] of Object.entries(cases)) {
    const folder = folderOf(name);
    for (const tensor of tensors) {
      const changed = (change) =>
        withTensors(folder, (map) => map.set(tensor, change(map.get(tensor))));
      const what = `${name}: ${tensor}`;
      const longer = changed(({ shape: [first, ...rest] }) => {
        const shape = [first + 1, ...rest];
        return floatTensor(shape, new Float32Array(shape.reduce((a, b) => a * b)));
      });
      await rejectsLoad(longer, 'BAD_MODEL', `${what} with a row more`);
      const flat = changed(({ shape, ...rest }) => ({ ...rest, shape: [1, ...shape] }));
      await rejectsLoad(flat, 'BAD_MODEL', `${what} with a dimension more`);
      const notNumber = changed(({ shape, bytes }) => {
        const values = new Float32Array(bytes.slice().buffer);
        values[values.length - 1] = Number.NaN;
        return floatTensor(shape, values);
      });
      await rejectsLoad(notNumber, 'BAD_MODEL', `${what} with NaN`);
      const wholes = changed(({ shape, bytes }) => ({ dtype: 'I32', shape, bytes }));
      await rejectsLoad(wholes, 'UNSUPPORTED', `${what} of I32`);
    }
  }
});

test('labels that do not agree with the classifier', async () => {
  for (const name of ['single-label', 'tags']) {
    const folder = folderOf(name);
    const wrong = [
      { id2label: { 0: 'a' } },
      { id2label: Object.fromEntries(Array.from({ length: 9 }, (_, i) => [i, `label ${i}`])) },
      { id2label: { 0: 'a', 2: 'b', 3: 'c' } },
      { id2label: { 0: 'a', 1: 'b', 2: null } },
      { id2label: { 0: 'a', 1: 'b', 2: ['c'] } },
      { id2label: { 0: 'a', 1: 'b', constructor: 'c' } },
      { id2label: {} },
      { id2label: ['a', 'b', 'c'] },
      { id2label: null, num_labels: 4 },
      { id2label: null, num_labels: 4e8 },
      { num_labels: 2 },
      { id2label: null, num_labels: 'three' },
      { id2label: null, num_labels: 0 },
    ];
    for (const change of wrong) {
      const what = `${name}: ${JSON.stringify(change)}`;
      await rejectsLoad(withConfig(folder, change), 'BAD_MODEL', what);
    }
  }
});

test('without id2label labels have numbers, as in transformers', () =>
  withModel(withConfig(folderOf('single-label'), { id2label: null }), fp32, async (model) => {
    const labels = (await model.classify('The sun.')).map(({ label }) => label);
    assert.deepEqual(labels.sort(), ['LABEL_0', 'LABEL_1', 'LABEL_2']);
  }));

test('labels are what config.json names them, also by numbers', async () => {
  const folder = folderOf('single-label');
  const labelsOf = (change) =>
    withModel(withConfig(folder, change), fp32, async (model) =>
      (await model.classify('The sun.')).map(({ label }) => label).sort(),
    );
  assert.deepEqual(await labelsOf({ id2label: { 0: 0, 1: 1, 2: 2.5 } }), ['0', '1', '2.5']);
  assert.deepEqual(await labelsOf({ id2label: { 0: 'a', 1: 5, 2: true } }), ['5', 'a', 'true']);
  assert.deepEqual(await labelsOf({ id2label: { '00': 'a', '01': 'b', '02': 'c' } }), [
    'a',
    'b',
    'c',
  ]);
  // As in transformers, where num_labels is another number of labels.
  const numbered = await labelsOf({ id2label: { 0: 'a', 1: 'b' }, num_labels: 3 });
  assert.deepEqual(numbered, ['LABEL_0', 'LABEL_1', 'LABEL_2']);
});

test('labels of a model without a classifier do not matter', async () => {
  for (const id2label of [{ 0: null }, { 4e9: 'x' }, ['a'], 'x', {}]) {
    const folder = withConfig(readFolder(tinyModel('deep')), { id2label });
    await withModel(folder, fp32, (model) => model.embed('sun'));
  }
  const folder = withConfig(readFolder(tinyModel('deep')), { problem_type: 5 });
  await withModel(folder, fp32, (model) => model.embed('sun'));
  const classifier = withConfig(folderOf('single-label'), { problem_type: 5 });
  await rejectsLoad(classifier, 'BAD_MODEL', 'problem_type 5');
});

test('no array is as long as a number of config.json says', async () => {
  const start = performance.now();
  for (const name of ['single-label', 'tags', 'choices', 'answers']) {
    for (const change of [
      { id2label: null, num_labels: 4e8 },
      { num_labels: 2 ** 31 - 1 },
      { num_hidden_layers: 2 ** 31 - 1 },
      { id2label: { 4294967295: 'x' } },
    ]) {
      const what = `${name}: ${JSON.stringify(change)}`;
      // The numbers of labels of these are not config.json's.
      if (['choices', 'answers'].includes(name) && !change.num_hidden_layers) continue;
      await rejectsLoad(withConfig(folderOf(name), change), 'BAD_MODEL', what);
    }
  }
  assert.ok(performance.now() - start < 5000);
});

test('a tokenizer without a mask token', async () => {
  const folder = folderOf('no-architecture');
  const settings = { tokenizer_class: 'BertTokenizer', mask_token: '[GAP]', do_lower_case: true };
  const source = {
    ...folder,
    'tokenizer_config.json': new TextEncoder().encode(JSON.stringify(settings)),
  };
  await withModel(source, fp32, async (model) => {
    await assert.rejects(model.fillMask('The [MASK].'), { code: 'BAD_ARGUMENT' });
  });
});
