// Files and calls made to take long or much: the right result in proportionate time, or a
// refusal that says why. What the results are is compared with Hugging Face in
// tokenizer.test.js (space-tokens, long-tokens, twice).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openJson, readConfig } from '../helpers/tokenizers.js';

const length = 100_000;

const plainToken = { id: 0, single_word: false, lstrip: false, rstrip: false, normalized: false };
const added = (content, flags) => ({ ...plainToken, special: false, content, ...flags });

/** The small tokenizer with further added tokens, and with parts replaced. */
function openWith(tokens, parts) {
  const json = { ...readConfig('small'), ...parts };
  json.added_tokens = [...json.added_tokens, ...tokens];
  return openJson(json);
}

/** What a call gives; it may take a few seconds, and what isn't linear would take minutes. */
function soon(call) {
  const begin = performance.now();
  const result = call();
  assert.ok(performance.now() - begin < 5000, String(call));
  return result;
}

for (const normalized of [false, true]) {
  const kind = normalized ? 'normalized' : 'raw';
  test(`thousands of added tokens that begin alike, ${kind}`, async () => {
    const nested = (end) =>
      Array.from({ length: 2000 }, (_, i) => added(`${'a'.repeat(i)}${end}`, { normalized }));
    const tokenizer = await openWith(nested('b'));
    assert.equal(soon(() => tokenizer.encode('a'.repeat(length))).length, 3);
    const text = `${'a'.repeat(1998)}c`.repeat(50).concat('a'.repeat(1999), 'b');
    const { tokens, offsets } = soon(() => tokenizer.encode(text));
    assert.deepEqual(offsets.at(-2), [50 * 1999, 50 * 1999 + 2000]);
    assert.equal(tokens.at(-2), `${'a'.repeat(1999)}b`);
    const short = await openWith([
      added('a', { normalized }),
      added(`${'a'.repeat(2000)}b`, { normalized }),
    ]);
    assert.equal(soon(() => short.encode('a'.repeat(length))).length, length + 2);
    const whole = await openWith(nested('a'));
    assert.equal(soon(() => whole.encode('a'.repeat(length))).length, length / 2000 + 2);
  });

  test(`white space that is a token and takes more along, ${kind}`, async () => {
    const roberta = {
      type: 'RobertaProcessing',
      sep: ['[SEP]', 3],
      cls: ['[CLS]', 2],
      trim_offsets: true,
      add_prefix_space: false,
    };
    const space = added(' ', { rstrip: true, normalized });
    for (const parts of [{ normalizer: null }, { normalizer: null, post_processor: roberta }]) {
      const tokenizer = await openWith([space, added('\t')], parts);
      const { tokens, offsets } = soon(() => tokenizer.encode(`x${' '.repeat(length)}`));
      assert.equal(tokens.length, length + 3);
      const last = length + 1;
      for (const i of [0, 1, 500, length - 1]) {
        assert.equal(tokens[2 + i], ' '.repeat(length - i));
        const begin = parts.post_processor ? last : i + 1;
        assert.deepEqual(offsets[2 + i], [begin, last]);
      }
      soon(() => tokenizer.encode(' \t\u3000'.repeat(length / 3)).tokens);
    }
  });
}

test('a word of the vocabulary as long as a text', async () => {
  const json = readConfig('small');
  json.model.max_input_chars_per_word = 1e9;
  const { vocab } = json.model;
  const long = { ['a'.repeat(length)]: 5000, [`##${'a'.repeat(length)}`]: 5001 };
  for (let i = 1; i < 3000; i += 9) long[`##${'a'.repeat(i)}b`] = 6000 + i;
  Object.assign(vocab, long);
  const tokenizer = await openJson(json);
  const idsOf = (text) => Array.from(soon(() => tokenizer.encode(text)).ids.subarray(1, -1));
  const { a, '##a': more, e } = vocab;
  assert.deepEqual(idsOf('a'.repeat(length)), [5000]);
  assert.deepEqual(idsOf('a'.repeat(2 * length)), [5000, 5001]);
  assert.deepEqual(idsOf(`e${'a'.repeat(length)}`), [e, 5001]);
  assert.deepEqual(idsOf(`e${'a'.repeat(2999)}b`), [e, more, 6000 + 2998]);
  const pieces = idsOf('a'.repeat(length - 1));
  assert.equal(pieces.length, length - 1);
  assert.deepEqual(new Set(pieces), new Set([a, more]));
});

test('what overflows is counted before it is made', async () => {
  const text = { Sequence: { id: 'A', type_id: 0 } };
  const pair = [text, { Sequence: { id: 'B', type_id: 1 } }];
  const many = {
    type: 'TemplateProcessing',
    single: Array(200).fill(text),
    pair,
    special_tokens: {},
  };
  const tokenizer = await openWith([], { post_processor: many });
  const words = (count) => 'a '.repeat(count);
  const encode = (count, options) =>
    tokenizer.encode(words(count), { truncation: true, ...options });
  assert.equal(encode(2, { maxLength: 1 }).length, 200);
  const tooMany = { code: 'TOO_LONG', message: /more than 1048576 windows of 1 tokens/ };
  assert.throws(() => soon(() => encode(2, { maxLength: 1 }).overflowing), tooMany);
  assert.throws(() => soon(() => encode(2_000_000, { maxLength: 1 }).overflowing), tooMany);
  const bert = await openWith([]);
  assert.throws(
    () => soon(() => bert.encode(words(1_100_000), { truncation: true, maxLength: 3 }).overflowing),
    { code: 'TOO_LONG' },
  );
  const options = { truncation: true, maxLength: 66, stride: 63 };
  const { overflowing } = soon(() => bert.encode(words(20_000), options));
  assert.equal(overflowing.length, 20_000 - 64);
  assert.deepEqual(overflowing.at(-1).offsets.at(-2), [39_998, 39_999]);
});

test('ids whose texts are more than memory holds', async () => {
  const json = readConfig('small');
  json.model.vocab['a'.repeat(length)] = 5000;
  const tokenizer = await openJson(json);
  const tooMuch = { code: 'OUT_OF_MEMORY' };
  // Together a little more than 2³² bytes: as a size of WebAssembly that is next to nothing.
  const ids = new Int32Array(Math.ceil(2 ** 32 / (length + 1))).fill(5000);
  assert.throws(() => tokenizer.decode(ids), tooMuch);
  // More than a string holds.
  assert.throws(() => soon(() => tokenizer.decode(ids.subarray(0, 5500))), tooMuch);
  assert.equal(tokenizer.decode([5000, 5000]).length, 2 * length + 1);
  assert.equal(tokenizer.decode(tokenizer.encode('hello').ids), '[CLS] hello [SEP]');
});
