// What tokenizer.json may say, what it may not, and blobs that were damaged on the way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mostTokens } from '../../js/tokenizer/added.js';
import { tokenizerBlobFromJson } from '../../js/tokenizer/configuration.js';
import { mostPieces } from '../../js/tokenizer/template.js';
import { createTokenizer } from '../../js/tokenizer/tokenizer.js';
import {
  constants,
  createMemory,
  openFiles,
  openJson,
  readConfig,
  readFiles,
} from '../helpers/tokenizers.js';

/** The small tokenizer with one field, given by its path, changed. */
function changed(path, value) {
  const json = readConfig('small');
  const keys = path.split('.');
  let place = json;
  for (const key of keys.slice(0, -1)) place = place[key];
  if (value === undefined) delete place[keys.at(-1)];
  else place[keys.at(-1)] = value;
  return json;
}

const wordPiece = { type: 'WordPiece', prefix: '##', cleanup: true };
const piece = (id, type = 0) => ({ SpecialToken: { id, type_id: type } });
const sequence = (id, type = 0) => ({ Sequence: { id, type_id: type } });
const template = (single, specials = {}) => ({
  type: 'TemplateProcessing',
  single,
  pair: [sequence('A'), sequence('B', 1)],
  special_tokens: specials,
});
const nested = (key, type, depth) =>
  depth === 0 ? { type: 'Sequence', [key]: [] } : { type, [key]: [nested(key, type, depth - 1)] };

const damaged = {
  'a field is missing': ['model', undefined, /model is missing/],
  'a vocabulary that is a list': ['model.vocab', ['a'], /model\.vocab is missing or not an object/],
  'an id that is text': ['model.vocab.hello', '5', /model\.vocab\.hello/],
  'a negative id': ['model.vocab.hello', -1, /hello/],
  'an id with a fraction': ['model.vocab.hello', 1.5, /hello/],
  'an id beyond 31 bits': ['model.vocab.hello', 2 ** 31, /hello/],
  'a token that is half a surrogate pair': ['model.vocab.\ud800', 5, /Unicode/],
  'no unknown token': ['model.unk_token', undefined, /model\.unk_token/],
  'a prefix that is a number': ['model.continuing_subword_prefix', 5, /continuing_subword_prefix/],
  'a word length that is text': ['model.max_input_chars_per_word', '100', /max_input_chars/],
  'added tokens that are no list': ['added_tokens', {}, /added_tokens/],
  'an added token without content': [
    'added_tokens.0.content',
    undefined,
    /added_tokens\.0\.content/,
  ],
  'an added token without a flag': ['added_tokens.1.lstrip', undefined, /added_tokens\.1\.lstrip/],
  'a normalizer that is text': ['normalizer', 'BertNormalizer', /normalizer/],
  'a normalizer without an option': ['normalizer.lowercase', undefined, /normalizer\.lowercase/],
  'an option that is no boolean': ['normalizer.strip_accents', 'yes', /strip_accents/],
  'a sequence of nothing': ['normalizer', { type: 'Sequence' }, /normalizer\.normalizers/],
  'too many steps': [
    'normalizer',
    { type: 'Sequence', normalizers: Array(33).fill({ type: 'Lowercase' }) },
    /more than 32/,
  ],
  'sequences in sequences in sequences': [
    'normalizer',
    nested('normalizers', 'Sequence', 5000),
    /more than 32/,
  ],
  'pre-tokenizers in sequences in sequences': [
    'pre_tokenizer',
    nested('pretokenizers', 'Sequence', 5000),
    /more than 32/,
  ],
  'post-processors in sequences in sequences': [
    'post_processor',
    nested('processors', 'Sequence', 5000),
    /more than 32/,
  ],
  'an unknown behaviour': ['pre_tokenizer', { type: 'Punctuation', behavior: 'Odd' }, /behavior/],
  'a delimiter of two characters': [
    'pre_tokenizer',
    { type: 'CharDelimiterSplit', delimiter: 'ab' },
    /delimiter/,
  ],
  'a decoder without a prefix': ['decoder', { ...wordPiece, prefix: null }, /decoder\.prefix/],
  'a template that lacks a token': ['post_processor', template([piece('[X]')]), /\[X\]/],
  'a template with the second text alone': ['post_processor', template([sequence('B')]), /single/],
  'a template with a third text': ['post_processor', template([sequence('C')]), /id is not A/],
  'a template with an odd type': ['post_processor', template([sequence('A', -1)]), /type_id/],
  'a template piece of neither kind': ['post_processor', template([{}]), /single\.0/],
  'a template token with more ids': [
    'post_processor',
    template([piece('X')], { X: { ids: [1, 2], tokens: ['a'] } }),
    /special_tokens\.X/,
  ],
  'a separator without an id': [
    'post_processor',
    { type: 'BertProcessing', cls: ['[CLS]', 2], sep: ['[SEP]'] },
    /post_processor\.sep/,
  ],
};

for (const [name, [path, value, message]] of Object.entries(damaged)) {
  test(`refused as damaged: ${name}`, () => {
    const json = changed(path, value);
    const named = new RegExp(`^tokenizer\\.json: .*${message.source}`);
    assert.throws(() => tokenizerBlobFromJson(json, constants), {
      code: 'BAD_MODEL',
      message: named,
    });
  });
}

const unsupported = {
  'another model': ['model.type', 'Bigram', /"Bigram".*WordPiece/],
  'a model that draws lots': [
    'model',
    { vocab: { a: 0 }, merges: [], dropout: 0.1 },
    /model\.dropout 0\.1/,
  ],
  'another version': ['version', '2.0', /2\.0/],
  'another normalizer': ['normalizer', { type: 'Precompiled' }, /Precompiled.*BertNormalizer/],
  'another pre-tokenizer': ['pre_tokenizer', { type: 'Metaspace' }, /Metaspace.*BertPreTokenizer/],
  'another post-processor': ['post_processor', { type: 'Odd' }, /Odd.*ByteLevel/],
  'several post-processors': [
    'post_processor',
    { type: 'Sequence', processors: [template([]), template([])] },
    /Sequence/,
  ],
  'another decoder': ['decoder', { type: 'Metaspace' }, /Metaspace.*WordPiece/],
};

for (const [name, [path, value, message]] of Object.entries(unsupported)) {
  test(`refused as unsupported: ${name}`, () => {
    assert.throws(() => tokenizerBlobFromJson(changed(path, value), constants), {
      code: 'UNSUPPORTED',
      message,
    });
  });
}

test('bounds of files are those of the core', () => {
  assert.equal(mostTokens, constants.BL_BLOB_TOKENS_MAX);
  assert.equal(mostPieces, constants.BL_BLOB_TEMPLATE_MAX);
});

test('an operation that the core has no number for is no operation of another number', () => {
  const { BL_SPLIT_ISOLATED: _, ...others } = constants;
  assert.throws(() => tokenizerBlobFromJson(readConfig('small'), others), {
    code: 'INTERNAL',
    message: /BL_SPLIT_ISOLATED/,
  });
});

test('a template of more pieces than the core takes', async () => {
  const specials = { X: { ids: Array(300).fill(1), tokens: Array(300).fill('a') } };
  const json = changed('post_processor', template([piece('X')], specials));
  await assert.rejects(openJson(json), { code: 'BAD_MODEL' });
});

test('files that are no object, not there, or odd', async () => {
  const refuse = (files, code, message) => assert.rejects(readFiles(files), { code, message });
  await refuse({ 'tokenizer.json': [] }, 'BAD_MODEL', /tokenizer\.json is not a JSON object/);
  await refuse({ 'tokenizer.json': null }, 'BAD_MODEL', /tokenizer\.json is not a JSON object/);
  await refuse({ 'tokenizer_config.json': 5 }, 'BAD_MODEL', /tokenizer_config\.json/);
  await refuse({ 'special_tokens_map.json': '"x"' }, 'BAD_MODEL', /special_tokens_map\.json/);
  await refuse({ 'vocab.txt': 'a', 'added_tokens.json': [] }, 'BAD_MODEL', /added_tokens\.json/);
  await refuse({ 'README.md': '' }, 'NOT_FOUND', /tokenizer\.json/);
  await refuse({ 'vocab.txt': '' }, 'BAD_MODEL', /vocab\.txt/);
  const odd = [
    { do_lower_case: 'yes' },
    { strip_accents: 1 },
    { mask_token: 5 },
    { mask_token: {} },
    { mask_token: { content: '[M]', lstrip: 1 } },
    { additional_special_tokens: 'x' },
    { additional_special_tokens: [null] },
    { added_tokens_decoder: [] },
    { added_tokens_decoder: { 5: null } },
    { added_tokens_decoder: { 5: { content: 5 } } },
    { tokenizer_class: 5 },
    { tokenizer_class: { toString: 5 } },
  ];
  for (const config of odd) {
    const files = { 'vocab.txt': '[PAD]\n[UNK]\na\n', 'tokenizer_config.json': config };
    await assert.rejects(
      readFiles(files),
      (e) => e.code === 'BAD_MODEL' && /\.(json|txt): /.test(e.message),
      JSON.stringify(config),
    );
  }
});

test('whatever stands at any place of tokenizer.json, it is refused or works', async () => {
  const memory = await createMemory();
  const floor = memory.mark();
  memory.seal = () => {};
  const values = [null, true, -1, 1.5, 2 ** 31, 1e300, '', 'x', '\ud800', '__proto__', [], [null]];
  values.push({}, { type: 'Sequence' }, { type: { toString: 1 } }, Array(40).fill('a'));
  for (const name of ['small', 'strip', 'digits', 'delimiter', 'flags', 'bert-post', 'types']) {
    const json = readConfig(name);
    json.model.vocab = Object.fromEntries(Object.entries(json.model.vocab).slice(0, 8));
    json.added_tokens.splice(7);
    for (const [holder, key] of fieldsOf({ json })) {
      const before = holder[key];
      for (const value of values) {
        holder[key] = value;
        try {
          const blob = tokenizerBlobFromJson(json, constants);
          createTokenizer(memory, blob).encode('[MASK] <T1> a', { pair: 'the' });
        } catch (error) {
          assert.ok(['BAD_MODEL', 'UNSUPPORTED'].includes(error.code), error.stack);
        } finally {
          memory.reset(floor);
        }
      }
      holder[key] = before;
    }
  }
});

/** Every place of a JSON value: what holds it, and its key there. */
function fieldsOf(value) {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap((key) => [[value, key], ...fieldsOf(value[key])]);
}

test('truncation and padding in the file set no default; old files have no type', async () => {
  const json = readConfig('small');
  json.truncation = { max_length: 3, strategy: 'LongestFirst', stride: 0 };
  json.padding = { strategy: { Fixed: 99 }, pad_id: 0, pad_type_id: 0, pad_token: '[PAD]' };
  delete json.model.type;
  delete json.version;
  const tokenizer = await openJson(json);
  assert.deepEqual(tokenizer.encode('hello world hello world').tokens.length, 6);
  assert.equal(tokenizer.encode('hello world hello world').overflowing, undefined);
});

test('tokens that are names of object properties are tokens like others', async () => {
  const json = JSON.stringify(readConfig('small')).replace(
    '"[PAD]":0',
    '"[PAD]":0,"__proto__":900,"constructor":901,"toString":902',
  );
  const tokenizer = await openFiles({ 'tokenizer.json': json });
  assert.equal(tokenizer.tokenToId('__proto__'), 900);
  assert.equal(tokenizer.tokenToId('constructor'), 901);
  assert.equal(tokenizer.idToToken(902), 'toString');
  assert.equal(tokenizer.tokenToId('hasOwnProperty'), undefined);
  assert.equal(tokenizer.encode('constructor').ids[1], 901);
});

/** Small numbers from a seed. */
function createRandom(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test('a damaged blob is refused or harmless, never a crash', async () => {
  const random = createRandom(5);
  const memory = await createMemory();
  const floor = memory.mark();
  const json = readConfig('odd-tokens');
  // A small vocabulary, so that most of the blob is structure.
  json.model.vocab = Object.fromEntries(Object.entries(json.model.vocab).slice(0, 60));
  const blob = tokenizerBlobFromJson(json, constants);
  let refused = 0;
  const tryBlob = (bytes) => {
    try {
      // Without a seal each try gives its memory back.
      const seal = memory.seal;
      memory.seal = () => {};
      try {
        const tokenizer = createTokenizer(memory, bytes);
        const { ids } = tokenizer.encode('Hello <T1> ab 日本 é the [MASK] x', { pair: 'the' });
        tokenizer.decode(ids);
      } finally {
        memory.seal = seal;
      }
    } catch (error) {
      assert.ok(['BAD_MODEL', 'OUT_OF_MEMORY'].includes(error.code), error.stack);
      refused++;
    } finally {
      memory.reset(floor);
    }
  };
  for (let length = 0; length < blob.length; length += 1 + random(7))
    tryBlob(blob.slice(0, length));
  assert.ok(refused > 0);
  for (let i = 0; i < 3000; i++) {
    const copy = blob.slice();
    for (let k = 1 + random(3); k > 0; k--) {
      const at = random(2) ? random(copy.length) : random(600);
      copy[at] = [0, 1, 0xff, 0x80, random(256)][random(5)];
    }
    tryBlob(copy);
  }
  tryBlob(new Uint8Array([...blob, 0]));
  const before = refused;
  tryBlob(blob);
  assert.equal(refused, before, 'the blob itself is fine');
});
