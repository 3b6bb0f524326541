// config.json: sizes as JSON integers that agree with the tensors, families by their name.
import assert from 'node:assert/strict';
import test from 'node:test';

import { load, loadTokenizer } from 'bertlet';

import { readConfig } from '../../js/weights/config.js';
import { parseExactly, parseJson } from '../../js/shared/json.js';
import { decode, encode, floatFolder, rejectsLoad, withConfig } from '../helpers/damage.js';

const given = decode(floatFolder['config.json']);
const sizes = [
  'num_hidden_layers',
  'num_attention_heads',
  'hidden_size',
  'intermediate_size',
  'vocab_size',
  'max_position_embeddings',
  'type_vocab_size',
  'num_labels',
];

/** config.json with a field in these very letters. */
const withText = (key, text) => {
  const { [key]: _, ...others } = given;
  return `{"${key}": ${text}, ${JSON.stringify(others).slice(1)}`;
};
const refuses = (text, code, message) =>
  assert.throws(
    () => readConfig(parseExactly(text)),
    (error) => {
      assert.equal(error.code, code, `${text}: ${error.stack}`);
      assert.match(error.message, message);
      return true;
    },
  );

test('a size that is no JSON integer of at least 1 is refused by its name', () => {
  const wrong = ['0', '-1', 'null', 'true', '"12"', '[12]', '{}', '1.5', '1e30', '2147483648'];
  const written = ['12.0', '12e0', '1.2e1', '120E-1', '-0.0'];
  for (const key of sizes) {
    for (const text of [...wrong, ...written, `${'['.repeat(100)}${']'.repeat(100)}`]) {
      refuses(withText(key, text), 'BAD_MODEL', new RegExp(`^config\\.json gives ${key} as `));
    }
  }
});

test('a size that the tensors do not have is refused', async () => {
  for (const key of sizes) {
    if (key === 'num_attention_heads' || key === 'num_labels') continue; // of which no tensor tells
    for (const change of [1, 1e6, 2 ** 31 - 1]) {
      const value = change === 1 ? given[key] + 1 : change;
      await rejectsLoad(withConfig(floatFolder, { [key]: value }), 'BAD_MODEL', `${key} ${value}`);
    }
  }
});

test('numbers in texts and names stay what they are', () => {
  const text = '{"a 1.5 \\" 2.5": "x 1e5", "b": [1.5, -2e3, 12, 12.0], "\\\\": 0.0, "c": -7}';
  assert.deepEqual(parseExactly(text).exact, {
    'a 1.5 " 2.5': 'x 1e5',
    b: [null, null, 12, null],
    '\\': null,
    c: -7,
  });
  assert.deepEqual(parseExactly(text).json, JSON.parse(text));
});

test('what is no size may be written with a fraction', () => {
  const { layer_norm_epsilon: epsilon } = readConfig(
    parseExactly(withText('layer_norm_eps', '1.0e-5')),
  );
  assert.equal(epsilon, 1e-5);
  for (const text of ['null', '"1e-5"', '1.0', '-1e-5', 'true']) {
    refuses(withText('layer_norm_eps', text), 'BAD_MODEL', /layer_norm_eps/);
  }
});

test('an unknown family is unsupported, whatever the architectures say', () => {
  for (const type of ['deberta', 'BERT', '', 'constructor', '__proto__']) {
    for (const architectures of [['BertModel'], 'BertModel', undefined, []]) {
      const text = JSON.stringify({ ...given, model_type: type, architectures });
      refuses(text, 'UNSUPPORTED', new RegExp(`model_type "${type}"`));
    }
  }
  const { model_type: _, ...untyped } = given;
  refuses(
    JSON.stringify({ ...untyped, architectures: ['RobertaModel'] }),
    'UNSUPPORTED',
    /RobertaModel/,
  );
  assert.equal(readConfig(parseExactly(JSON.stringify(untyped))).model_type, 'bert');
  for (const type of [5, ['bert'], {}, true]) {
    refuses(JSON.stringify({ ...given, model_type: type }), 'BAD_MODEL', /model_type/);
  }
});

test('flags are true or false', () => {
  for (const key of ['is_decoder', 'add_cross_attention', 'tie_word_embeddings']) {
    for (const text of ['"false"', '0', '[]']) {
      refuses(withText(key, text), 'BAD_MODEL', new RegExp(key));
    }
    readConfig(parseExactly(withText(key, 'null')));
    readConfig(parseExactly(withText(key, 'false')));
  }
  refuses(withText('is_decoder', 'true'), 'UNSUPPORTED', /is_decoder/);
  refuses(withText('add_cross_attention', 'true'), 'UNSUPPORTED', /add_cross_attention/);
});

test('JSON that is nested without end is refused, whichever file it is', async () => {
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  const hidden = `{"a": ${'{"b": '.repeat(20_000)}1${'}'.repeat(20_000)}}`;
  const names = [
    'config.json',
    'modules.json',
    'sentence_bert_config.json',
    'config_sentence_transformers.json',
    '1_Pooling/config.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'special_tokens_map.json',
  ];
  for (const name of names) {
    for (const text of [deep, hidden]) {
      const files = { ...floatFolder, [name]: encode(text) };
      const isShort = ({ code, message }) => {
        assert.equal(code, 'BAD_MODEL', `${name}: ${message}`);
        return message.startsWith(name) && message.length < 200;
      };
      for (const worker of [false, true]) await assert.rejects(load(files, { worker }), isShort);
      if (/token/.test(name)) await assert.rejects(loadTokenizer(files), isShort);
    }
  }
  assert.deepEqual(parseJson(`${'['.repeat(150)}${']'.repeat(150)}`).length, 1);
});
