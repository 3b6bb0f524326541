// The integrity option of load(): once anything is pinned, nothing else of the folder counts.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { load, loadTokenizer } from 'bertlet';

import { nearest } from '../../js/shared/nearest.js';
import { readFolder, sameBits, tinyModel } from '../helpers/fixtures.js';
import { rejects, sha256, streamOf } from '../helpers/source-behaviour.js';
import { withModel } from '../helpers/with-model.js';

const files = readFolder(tinyModel('deep'));
const sharded = readFolder(tinyModel('sharded'));
const fromVocab = readFolder(tinyModel('vocab-txt'));
const encode = (value) => new TextEncoder().encode(JSON.stringify(value));
const text = 'Old wind over the sea, rain under the night!';

const pinsOf = (folder) =>
  Object.fromEntries(Object.entries(folder).map(([name, bytes]) => [name, sha256(bytes)]));
const without = (pins, name) => {
  const { [name]: _, ...others } = pins;
  return others;
};
const embed = (source, options) => withModel(source, options, (model) => model.embed(text));

/** What whoever can write into a folder may add to one whose every file is pinned. */
const additions = {
  'modules.json': encode([
    { idx: 0, path: '', type: 'sentence_transformers.models.Transformer' },
    { idx: 1, path: '1_Pooling', type: 'sentence_transformers.models.Pooling' },
  ]),
  '1_Pooling/config.json': encode({ pooling_mode_cls_token: true }),
  'config_sentence_transformers.json': encode({
    prompts: { evil: 'rain ' },
    default_prompt_name: 'evil',
  }),
  'sentence_bert_config.json': encode({ max_seq_length: 4, do_lower_case: true }),
  'tokenizer_config.json': encode({ model_max_length: 4 }),
  'special_tokens_map.json': encode({ mask_token: 'sea' }),
};

test('files that are added to a pinned folder change nothing', async () => {
  const integrity = pinsOf(files);
  const expected = await embed(files);
  for (const [name, content] of Object.entries({ all: undefined, ...additions })) {
    const added = content ? { [name]: content } : additions;
    const source = { ...files, ...added };
    assert.ok(sameBits(await embed(source, { integrity }), expected), name);
    assert.ok(sameBits(await embed(source, { integrity, worker: true }), expected), name);
    const tokenizer = await loadTokenizer(source, { integrity });
    assert.equal(tokenizer.maskToken, '[MASK]');
    tokenizer.dispose();
  }
  assert.ok(!sameBits(await embed({ ...files, ...additions }), expected), 'they would count');
});

test('a pinned vocab.txt does not lose to a tokenizer.json that is added', async () => {
  const integrity = pinsOf(fromVocab);
  const source = { ...fromVocab, 'tokenizer.json': encode({ not: 'a tokenizer' }) };
  await rejects(load(source), 'BAD_MODEL');
  assert.ok(sameBits(await embed(source, { integrity }), await embed(fromVocab)));
  (await loadTokenizer(source, { integrity })).dispose();
});

test('pinned shards do not lose to a model.safetensors that is added', async () => {
  const integrity = pinsOf(sharded);
  const source = { ...sharded, 'model.safetensors': files['model.safetensors'] };
  assert.ok(sameBits(await embed(source, { integrity }), await embed(sharded)));
});

test('a needed file that is not pinned is refused by name', async () => {
  const cases = [
    [files, 'config.json'],
    [files, 'tokenizer.json'],
    [files, 'model.safetensors'],
    [sharded, 'model.safetensors.index.json'],
    [sharded, 'model-00002-of-00003.safetensors'],
    [fromVocab, 'vocab.txt'],
    [{ ...files, ...additions }, '1_Pooling/config.json'],
  ];
  for (const [folder, name] of cases) {
    const integrity = without(pinsOf(folder), name);
    for (const worker of [false, true]) {
      await assert.rejects(load(folder, { integrity, worker }), (error) => {
        assert.equal(error.code, 'INTEGRITY', `${name}: ${error.message}`);
        return error.message.includes(name);
      });
    }
  }
  const only = { 'config.json': sha256(files['config.json']) };
  await rejects(loadTokenizer(files, { integrity: only }), 'INTEGRITY', /tokenizer\.json or vocab/);
});

test('a misspelt name is refused, and the right one named', async () => {
  const folder = { ...files, ...additions };
  const pins = pinsOf(folder);
  for (const [name, slip] of [
    ['config.json', 'confg.json'],
    ['model.safetensors', 'model.safetensor'],
    ['1_Pooling/config.json', '1_Poling/config.json'],
    ['sentence_bert_config.json', 'sentence-bert-config.json'],
    ['tokenizer_config.json', 'Tokenizer_config.json'],
  ]) {
    const integrity = { ...without(pins, name), [slip]: pins[name] };
    for (const worker of [false, true]) {
      await assert.rejects(load(folder, { integrity, worker }), (error) => {
        assert.equal(error.code, 'INTEGRITY', error.message);
        assert.ok(error.message.includes(name) && error.message.includes(slip), error.message);
        return true;
      });
    }
  }
  const integrity = { ...pins, '../config.json': pins['config.json'] };
  await rejects(loadTokenizer(folder, { integrity }), 'INTEGRITY', /"\.\.\/config\.json"/);
});

test('files that are pinned and never read do no harm, whatever they are', async () => {
  const more = { 'README.md': 'read me', 'onnx/model.onnx': 'x', 'vocab.txt': 'a' };
  const integrity = pinsOf({ ...files, ...more });
  const folder = mkdtempSync(join(tmpdir(), 'bertlet-pins-'));
  try {
    for (const [name, content] of Object.entries({ ...files, ...more })) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    const streams = { ...files, ...more, 'README.md': streamOf(encode('read me')) };
    for (const source of [{ ...files, ...more }, streams, folder]) {
      await embed(source, { integrity });
      (await loadTokenizer(source, { integrity })).dispose();
    }
    assert.equal(streams['README.md'].locked, false);
  } finally {
    rmSync(folder, { recursive: true });
  }
  await rejects(load(files, { integrity }), 'INTEGRITY', /"README\.md", which is missing/);
});

test('nothing pinned is as no option', async () => {
  const source = { ...files, ...additions };
  assert.ok(sameBits(await embed(source, { integrity: {} }), await embed(source)));
});

test('the nearest name', () => {
  const names = ['config.json', 'tokenizer.json', 'vocab.txt'];
  assert.equal(nearest('confg.json', names), 'config.json');
  assert.equal(nearest('CONFIG.JSON', names), 'config.json');
  assert.equal(nearest('tokeniser.json', names), 'tokenizer.json');
  assert.equal(nearest('vocab', names), undefined);
  assert.equal(nearest('', names), undefined);
  assert.equal(nearest('x'.repeat(1e6), names), undefined);
});

test('every file of the embedded model may be pinned, with and without its folder named', async () => {
  const folder = fileURLToPath(new URL('../../models/all-MiniLM-L6-v2/', import.meta.url));
  const pins = pinsOf(readFolder(folder));
  const expected = await embed(undefined, {});
  for (const source of [undefined, folder]) {
    assert.ok(sameBits(await embed(source, { integrity: pins }), expected));
  }
  const wrong = { ...pins, 'model.safetensors': pins['config.json'] };
  await rejects(load(undefined, { integrity: wrong }), 'INTEGRITY');
  const slip = { ...pins, 'tokenizer.jsn': pins['tokenizer.json'] };
  await rejects(load(undefined, { integrity: slip }), 'INTEGRITY');
});
