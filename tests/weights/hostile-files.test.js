// JSON files of a model that hold what nobody writes, key by key: what reads them gives a fitting
// BertletError with a short message, or does without.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { load, loadTokenizer } from 'bertlet';

import { readFixture, readFolder, sameBits, tinyModel } from '../helpers/fixtures.js';
import { headModel } from '../helpers/heads.js';
import { settle } from '../helpers/hostile.js';
import { withModel } from '../helpers/with-model.js';

const bytes = (text) => new TextEncoder().encode(text);
const text = (content) => new TextDecoder().decode(content);

/** Values as they may stand in JSON, by name. */
const values = {
  null: 'null',
  true: 'true',
  '-0': '-0',
  '1e400': '1e400',
  '2^53': '9007199254740992',
  'a half': '0.5',
  'an empty string': '""',
  'a long string': JSON.stringify('x'.repeat(1e6)),
  'many lines': JSON.stringify('line\n\u001b[2J\u202e'.repeat(1e4)),
  'half a character': '"\\ud800"',
  '"constructor"': '"constructor"',
  'an empty array': '[]',
  'an empty object': '{}',
  'toString: 1': '{"toString": 1, "valueOf": 1, "toJSON": 1}',
  __proto: '{"__proto__": {"length": 3}}',
  'nested arrays': '['.repeat(20_000) + ']'.repeat(20_000),
  'nested objects': `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  'an array of nested ones': `[${'['.repeat(20_000)}${']'.repeat(20_000)}]`,
  'a long array': JSON.stringify(new Array(1e5).fill(7)),
  'an array of toString: 1': '[{"toString": 1}, {"toString": 1}]',
  'an object of nested ones': `{"0": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
};

/** The file with the text in place of the whole, or of the value at a path. */
function replace(content, path, value) {
  const mark = '\u0007mark';
  const json = JSON.parse(text(content));
  let parent = { json };
  let key = 'json';
  const root = parent;
  for (const step of path) {
    parent = parent[key];
    key = step;
  }
  parent[key] = mark;
  return bytes(JSON.stringify(root.json).replace(JSON.stringify(mark), () => value));
}

/** Paths of all values of a file, some of them where there are many alike. */
function pathsOf(value, path = []) {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return [path, ...entries.slice(0, 8).flatMap(([key, item]) => pathsOf(item, [...path, key]))];
}

/** Each file with each value at each path, and keys that it doesn't have. */
function* damaged(files, more) {
  for (const [file, content] of Object.entries(files)) {
    if (!file.endsWith('.json')) continue;
    const json = JSON.parse(text(content));
    const paths = pathsOf(json);
    for (const key of more[file] ?? []) {
      json[key] ??= null;
      paths.push([key]);
    }
    const whole = bytes(JSON.stringify(json));
    for (const path of paths) {
      for (const [kind, value] of Object.entries(values)) {
        const what = `${file}: ${path.join('.')} is ${kind}`;
        yield [what, { ...files, [file]: replace(whole, path, value) }];
      }
    }
  }
}

const more = {
  'config.json': [
    'architectures',
    'model_type',
    'hidden_act',
    'layer_norm_eps',
    'num_labels',
    'id2label',
    'problem_type',
    'position_embedding_type',
    'is_decoder',
    'tie_word_embeddings',
    'sentence_transformers',
    'sbert_ce_default_activation_function',
  ],
  'tokenizer_config.json': [
    'model_max_length',
    'tokenizer_class',
    'added_tokens_decoder',
    'clean_up_tokenization_spaces',
    'mask_token',
    'unk_token',
    'do_lower_case',
  ],
  'adapter_config.json': [
    'peft_type',
    'r',
    'lora_alpha',
    'rank_pattern',
    'alpha_pattern',
    'task_type',
    'use_rslora',
    'target_modules',
    'modules_to_save',
    'init_lora_weights',
    'bias',
  ],
};

/** What a folder may have beside what the tiny one has. */
const companions = {
  'modules.json': bytes(
    JSON.stringify([
      { idx: 0, name: '0', path: '', type: 'sentence_transformers.models.Transformer' },
      { idx: 1, name: '1', path: '1_Pooling', type: 'sentence_transformers.models.Pooling' },
    ]),
  ),
  '1_Pooling/config.json': bytes(JSON.stringify({ pooling_mode_mean_tokens: true })),
  'sentence_bert_config.json': bytes(JSON.stringify({ max_seq_length: 8, do_lower_case: false })),
  'config_sentence_transformers.json': bytes(
    JSON.stringify({ prompts: { query: 'q: ' }, default_prompt_name: 'query', model_type: 'x' }),
  ),
  'special_tokens_map.json': bytes(JSON.stringify({ mask_token: { content: '[MASK]' } })),
};

const limit = { timeout: 300_000 };

describe('files that hold absurd values', () => {
  const files = { ...readFolder(headModel('tags')), ...companions };
  const { 'tokenizer.json': _, ...withoutJson } = files;
  const vocab = Object.keys(JSON.parse(text(files['tokenizer.json'])).model.vocab).join('\n');
  const withVocab = {
    ...withoutJson,
    'vocab.txt': bytes(vocab),
    'added_tokens.json': bytes(JSON.stringify({ '[X]': vocab.split('\n').length })),
  };

  async function checkAll(sources, open) {
    for (const [what, source] of sources) {
      const { result } = await settle(what, () => open(source));
      await result?.dispose();
    }
  }

  test('of a model', limit, () => checkAll(damaged(files, more), (source) => load(source)));

  test('of a model with vocab.txt', limit, () =>
    checkAll(damaged(withVocab, more), (source) => loadTokenizer(source)),
  );

  test('of an index of shards', limit, async () => {
    const sharded = readFolder(tinyModel('sharded'));
    const index = 'model.safetensors.index.json';
    const small = { ...sharded };
    const only = Object.fromEntries([[index, sharded[index]]]);
    for (const [what, { [index]: content }] of damaged(only, {})) {
      await checkAll([[what, { ...small, [index]: content }]], (source) => load(source));
    }
  });

  test('of an adapter', limit, async () => {
    const folder = fileURLToPath(new URL('../fixtures/adapters/all-linear', import.meta.url));
    const adapter = readFolder(folder);
    const { base } = readFixture('adapters.json')['all-linear'];
    await withModel(tinyModel(base), {}, async (model) => {
      const before = await model.embed('sun');
      for (const [what, source] of damaged(adapter, more)) {
        await settle(what, () => model.useAdapter(source));
      }
      await model.useAdapter(null);
      assert.ok(sameBits(await model.embed('sun'), before));
    });
  });
});
