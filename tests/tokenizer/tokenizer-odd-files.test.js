// Tokenizer files that hold what nobody expects there: the right result, or a refusal that says
// where, in a sentence that can be read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFiles, openJson, readConfig } from '../helpers/tokenizers.js';

const nested = (depth, open, close, middle) => open.repeat(depth) + middle + close.repeat(depth);

/** Values as they stand in a file. */
const values = {
  'arrays in arrays': nested(20_000, '[', ']', ''),
  'objects in objects': nested(20_000, '{"a":', '}', '1'),
  'an object that hides its methods': '{"toString":1,"valueOf":{"toString":1}}',
  'a long text': JSON.stringify('x'.repeat(100_000)),
  'a text of lines': JSON.stringify('a\nb\r\u2028c\u001b[31m'.repeat(50)),
  'a long key': `{"${'k'.repeat(100_000)}":1}`,
  'a prototype': '{"__proto__":{"content":"[X]","type":"NFD","type_id":0,"id":"A"}}',
};

/** What files make of a text, or how they are refused. */
async function outcomeOf(files) {
  try {
    const tokenizer = await openFiles(files);
    return tokenizer.encode('hello [MASK]').tokens;
  } catch (error) {
    assert.equal(error.name, 'BertletError', error.stack);
    assert.ok(['BAD_MODEL', 'UNSUPPORTED'].includes(error.code), error.stack);
    assert.match(error.message, /^(tokenizer|vocab|special|added)[\w.]+(json|txt):? .{1,250}$/);
    return error.code;
  }
}

/** The paths of all places of a JSON value, of long lists and objects the first few. */
function placesIn(value, path = []) {
  if (typeof value !== 'object' || value === null) return [];
  const keys = Object.keys(value).slice(0, 6);
  return keys.flatMap((key) => [[...path, key], ...placesIn(value[key], [...path, key])]);
}

test('odd values at each place of tokenizer.json', async () => {
  const json = readConfig('types');
  for (const path of placesIn(json)) {
    const copy = structuredClone(json);
    const holder = path.slice(0, -1).reduce((value, key) => value[key], copy);
    holder[path.at(-1)] = '(here)';
    for (const value of Object.values(values)) {
      const text = JSON.stringify(copy).replace('"(here)"', () => value);
      await outcomeOf({ 'tokenizer.json': text });
    }
  }
});

const vocabulary = '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\n';

test('odd values in the files beside vocab.txt', async () => {
  const keys = ['tokenizer_class', 'do_lower_case', 'strip_accents', 'tokenize_chinese_chars'];
  keys.push('mask_token', 'unk_token', 'added_tokens_decoder', 'additional_special_tokens');
  keys.push('extra_special_tokens', 'model_max_length', 'clean_up_tokenization_spaces', 'hello');
  const shapes = [(value) => value, (value) => `{"mask_token":{"content":${value}}}`];
  shapes.push((value) => `{"added_tokens_decoder":{"4":${value}}}`);
  shapes.push((value) => `{"added_tokens_decoder":{"4":{"content":"[MASK]","special":${value}}}}`);
  shapes.push(...keys.map((key) => (value) => `{"${key}":${value}}`));
  for (const name of ['tokenizer_config.json', 'special_tokens_map.json', 'added_tokens.json']) {
    for (const shape of shapes) {
      for (const value of Object.values(values)) {
        await outcomeOf({ 'vocab.txt': vocabulary, [name]: shape(value) });
      }
    }
  }
});

test('a prototype in a file is nobody’s', async () => {
  const special = '{"__proto__":{"mask_token":"hello","do_lower_case":false}}';
  const usual = await outcomeOf({ 'vocab.txt': vocabulary });
  for (const name of ['tokenizer_config.json', 'special_tokens_map.json']) {
    assert.deepEqual(await outcomeOf({ 'vocab.txt': vocabulary, [name]: special }), usual);
  }
  const json = readConfig('types');
  for (const name of ['__proto__', 'constructor', 'toString']) {
    json.post_processor.single = [{ SpecialToken: { id: name, type_id: 0 } }];
    await assert.rejects(openJson(json), {
      code: 'BAD_MODEL',
      message: `tokenizer.json: post_processor.special_tokens.${name} is missing or not an object.`,
    });
  }
});

test('names of object properties are tokens of vocab.txt and added tokens', async () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];
  const tokenizer = await openFiles({
    'vocab.txt': `${vocabulary}${names.join('\n')}\n`,
    'added_tokens.json': '{"__defineGetter__":99}',
    'tokenizer_config.json': { do_lower_case: false, additional_special_tokens: ['__proto__'] },
  });
  assert.deepEqual(
    names.map((name) => tokenizer.tokenToId(name)),
    [6, 7, 8, 9, 10],
  );
  const { ids } = tokenizer.encode('constructor __proto__ toString __defineGetter__ valueOf');
  assert.deepEqual(Array.from(ids), [2, 7, 6, 8, 11, 10, 3]);
  assert.equal(tokenizer.decode(ids, { skipSpecialTokens: true }).split(' ').length, 4);
  assert.equal(tokenizer.tokenToId('isPrototypeOf'), undefined);
});

test('a template of more pieces than anybody could need', async () => {
  const json = readConfig('types');
  const { post_processor: post } = json;
  const many = { id: 'X', ids: Array(200).fill(7), tokens: Array(200).fill('x') };
  post.special_tokens.X = many;
  post.single = Array(100_000).fill({ SpecialToken: { id: 'X', type_id: 0 } });
  const tooMany = (place) => ({
    code: 'BAD_MODEL',
    message: `tokenizer.json: post_processor.${place} has more than 256 pieces.`,
  });
  await assert.rejects(openJson(json), tooMany('single'));
  many.ids = Array(1_000_000).fill(7);
  await assert.rejects(openJson(json), tooMany('special_tokens.X.ids'));
});
