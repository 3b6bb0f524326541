// Everything that tests/fixtures/tokenizer.py asked Hugging Face `tokenizers`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpener, readFixture } from '../helpers/tokenizers.js';

const fixture = readFixture('tokenizer-cases.json');
const open = createOpener();

/** A window as tokenizer.py describes it. */
function describe(encoding) {
  const { ids, typeIds, specialTokensMask, attentionMask, tokens, offsets } = encoding;
  const lists = [ids, typeIds, specialTokensMask, attentionMask].map((list) => Array.from(list));
  return [...lists, tokens, offsets.flat()];
}

function groupByName(cases) {
  const groups = new Map();
  for (const [name, ...rest] of cases) groups.set(name, [...(groups.get(name) ?? []), rest]);
  return groups;
}

for (const [name, cases] of groupByName(fixture.cases)) {
  test(`encode: ${name} (${cases.length} calls)`, async () => {
    const tokenizer = await open(name);
    for (const [text, pair, options, expected] of cases) {
      const about = JSON.stringify({ text, pair, options });
      const call = () => tokenizer.encode(text, { ...options, pair: pair ?? undefined });
      if (expected === 'error') {
        // The reference refuses the call, or would panic.
        const code = name === 'no-unknown' && !options.truncation ? 'BAD_MODEL' : 'BAD_ARGUMENT';
        assert.throws(call, { code }, about);
        continue;
      }
      const encoding = call();
      const windows = [encoding, ...(encoding.overflowing ?? [])].map(describe);
      assert.deepEqual(windows, expected, about);
    }
  });
}

for (const [name, cases] of groupByName(fixture.decode)) {
  test(`decode: ${name}`, async () => {
    const tokenizer = await open(name);
    for (const [ids, all, withoutSpecial] of cases) {
      const about = JSON.stringify(ids);
      assert.equal(tokenizer.decode(ids), all, about);
      assert.equal(tokenizer.decode(ids, { skipSpecialTokens: true }), withoutSpecial, about);
      assert.equal(tokenizer.decode(Int32Array.from(ids)), all, about);
    }
  });
}

test('the vocabulary: its size, ids of tokens, tokens of ids', async () => {
  for (const [name, size, tokens, ids] of fixture.vocabulary) {
    const tokenizer = await open(name);
    assert.equal(tokenizer.vocabSize, size, name);
    for (const [token, id] of tokens) {
      assert.equal(tokenizer.tokenToId(token) ?? null, id, `${name}: ${token}`);
    }
    for (const [id, token] of ids) {
      assert.equal(tokenizer.idToToken(id) ?? null, token, `${name}: ${id}`);
    }
  }
});

test('encodeBatch gives what encode gives', async () => {
  for (const [name, cases] of groupByName(fixture.cases)) {
    if (name === 'no-unknown') continue;
    const tokenizer = await open(name);
    const plain = cases.filter(([, , options]) => Object.keys(options).length === 0);
    const inputs = plain.map(([text, pair]) => (pair === null ? text : { text, pair }));
    const encodings = tokenizer.encodeBatch(inputs);
    assert.equal(encodings.length, plain.length);
    plain.forEach(([text, , , expected], i) => {
      assert.deepEqual(describe(encodings[i]), expected[0], `${name}: ${text}`);
    });
  }
});
