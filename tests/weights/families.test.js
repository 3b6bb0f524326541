// The families' files against the core's description of itself, and names of tensors.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { familyOf, modelTypes } from '../../js/weights/families/families.js';
import { Memory } from '../../js/core/memory.js';
import { TensorNames } from '../../js/weights/tensor-names.js';
import { loadModule } from '../../js/core/wasm-module.js';

const memory = await Memory.instantiate(await loadModule('baseline'));
const { constants, structs } = memory;

for (const type of modelTypes) {
  test(`${type}: each role, size and choice is one that the core knows`, () => {
    const family = familyOf(type);
    for (const [name, role] of Object.entries(family.tensors)) {
      assert.ok(`BL_ROLE_${role}` in constants, `${name}: ${role}`);
    }
    const { fields } = structs.bl_config;
    for (const name of Object.keys(family.sizes)) assert.ok(name in fields, name);
    for (const [name, value] of Object.entries(family.architecture)) {
      assert.ok(`architecture.${name}` in fields, name);
      assert.ok(`BL_${value}` in constants, value);
    }
  });
}

test('every role of the core has a name', () => {
  const named = modelTypes
    .flatMap((type) => Object.values(familyOf(type).tensors))
    .map((role) => `BL_ROLE_${role}`);
  const roles = Object.keys(constants).filter((name) => name.startsWith('BL_ROLE_'));
  assert.equal(roles.length, 42);
  assert.deepEqual(
    roles.filter((role) => !named.includes(role) && !/GATE/.test(role)),
    [],
  );
});

test('bert: names of tensors, as checkpoints of all ages have them', () => {
  const names = new TensorNames(memory, 'bert');
  const same = (name, ours, roleName, more) =>
    assert.deepEqual(names.identify(name), {
      name: ours,
      role: constants[`BL_ROLE_${roleName}`],
      roleName,
      part: undefined,
      takesPaths: false,
      layer: 0,
      isScale: false,
      ...more,
    });
  const query = 'encoder.layer.11.attention.self.query.weight';
  const linear = { layer: 11, takesPaths: true };
  same(query, query, 'QUERY_WEIGHT', linear);
  same(`bert.${query}`, query, 'QUERY_WEIGHT', linear);
  same(`bert.${query}_scale`, query, 'QUERY_WEIGHT', { ...linear, isScale: true });
  const norm = 'embeddings.LayerNorm';
  same(`bert.${norm}.gamma`, `${norm}.weight`, 'EMBEDDINGS_NORM_WEIGHT');
  same(`${norm}.beta`, `${norm}.bias`, 'EMBEDDINGS_NORM_BIAS');
  const bias = 'cls.predictions.bias';
  same(bias, bias, 'DECODER_BIAS', { part: 'MASKED_LM' });
  same('cls.predictions.decoder.bias', bias, 'DECODER_BIAS', { part: 'MASKED_LM' });
  same('qa_outputs.bias', 'qa_outputs.bias', 'CLASSIFIER_BIAS', { part: 'CLASSIFIER' });
  for (const none of [
    'encoder.layer.01.output.dense.bias',
    'encoder.layer.*.output.dense.bias',
    'encoder.layer.output.dense.bias',
    'encoder.layer.1.output.dense',
    'embeddings.position_ids',
    'constructor',
  ]) {
    assert.equal(names.identify(none), undefined, none);
  }
  assert.equal(
    names.nameOf(constants.BL_ROLE_KEY_BIAS, 7),
    query.replace('query.weight', 'key.bias').replace('11', '7'),
  );
});

test('bert: a model has the tensors of its parts, each once a layer', () => {
  const names = new TensorNames(memory, 'bert');
  const list = (part) => [...names.all(3, { isNeeded: (tensor) => tensor.part === part })];
  assert.equal(list(undefined).length, 5 + 3 * 16);
  assert.equal(new Set(list(undefined).map(({ name }) => name)).size, 5 + 3 * 16);
  assert.deepEqual(
    ['POOLER', 'MASKED_LM', 'DECODER', 'NEXT_SENTENCE', 'CLASSIFIER'].map(
      (part) => list(part).length,
    ),
    [2, 5, 1, 2, 4],
  );
});

const families = new URL('../../js/weights/families/', import.meta.url);

test('the map’s example of a family is what stands in its file', () => {
  const read = (file) => readFileSync(new URL(file, import.meta.url), 'utf8');
  const [, example] = /## Adding a family.*?```js\n(.*?)```/s.exec(read('../../ARCHITECTURE.md'));
  assert.ok(read('../../js/weights/families/prelayernorm.js').endsWith(example));
});

test('a family’s file has at most 100 lines', () => {
  for (const file of readdirSync(families)) {
    const lines = readFileSync(new URL(file, families), 'utf8').split('\n').length - 1;
    assert.ok(lines <= 100, `${file}: ${lines}`);
  }
});
