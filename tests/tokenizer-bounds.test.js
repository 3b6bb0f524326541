// Files and calls made to take long or much: the right result in proportionate time, or a
// refusal that says why. What the results are is compared with Hugging Face in
// tokenizer.test.js.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openJson, readConfig } from './helpers/tokenizers.js';

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
