// fillMask() against transformers' fill-mask pipeline, and what it adds.
import assert from 'node:assert/strict';
import test from 'node:test';

import { compareCases, dtypesOf, headModel, references } from '../helpers/heads.js';
import { modulesToTest } from '../helpers/modules.js';
import { withModel } from '../helpers/with-model.js';

const bar = 1e-4;
const names = ['masked-lm', 'masked-lm-untied', 'no-architecture'];
const fp32 = { dtype: 'fp32', simd: 'baseline' };
const withMasked = (body) => withModel(headModel('masked-lm'), fp32, body);
const texts = [
  'The old [MASK] sings.',
  'Anna [MASK] in [MASK].',
  { text: 'Who [MASK]?', pair: 'The bird.' },
];
const words = 'the sun sea rain boat red old river sings slowly over under night wind bird anna';
const long = words.split(' ');

for (const simd of modulesToTest(import.meta.url)) {
  for (const name of names) {
    test(`${simd}: ${name} as the pipeline has it`, (t) =>
      withModel(headModel(name), { dtype: 'fp32', simd }, (model) =>
        compareCases(t, references[name].pipeline, bar, (input, options) =>
          model.fillMask(input, options),
        ),
      ));

    for (const dtype of dtypesOf(simd)) {
      test(`${simd}: ${name}, ${dtype}: alone as in an array; the scores of all tokens sum to 1`, () =>
        withModel(headModel(name), { dtype, simd }, async (model) => {
          const together = await model.fillMask(texts);
          for (const [i, text] of texts.entries()) {
            assert.deepEqual(together[i], await model.fillMask(text));
          }
          const all = await model.fillMask(texts[0], { topK: 1e6 });
          assert.equal(all.length, model.info.vocabSize);
          const sum = all.reduce((total, { score }) => total + score, 0);
          assert.ok(Math.abs(sum - 1) < 1e-9);
          for (const { tokenId, token } of all) {
            assert.equal(token, model.tokenizer.decode([tokenId]).trim());
          }
          assert.deepEqual(all.slice(0, 5), together[0]);
        }));
    }
  }
}

test("only the masks' rows go through the decoder, and they equal those of forward()", () =>
  withMasked(async (model) => {
    const { logits, ids } = await model.forward(texts[1]);
    const found = await model.fillMask(texts[1], { topK: 1e6 });
    const [, width] = logits.shape;
    const rows = [...ids.keys()].filter((row) => ids[row] === model.tokenizer.maskTokenId);
    rows.forEach((row, mask) => {
      const values = logits.data.subarray(row * width, (row + 1) * width);
      const total = values.reduce((sum, value) => sum + Math.exp(value), 0);
      for (const { tokenId, score } of found[mask]) {
        assert.ok(Math.abs(score - Math.exp(values[tokenId]) / total) < 1e-6);
      }
    });
  }));

test('targets that are one token, and targets that are not', () =>
  withMasked(async (model) => {
    const found = await model.fillMask(texts[0], { targets: ['SUN', 'boat', '##ing'], topK: 9 });
    assert.deepEqual(found.map(({ token }) => token).sort(), ['##ing', 'boat', 'sun']);
    const refused = {
      seaboat: /"seaboat" is \d tokens \(sea ##b ##o ##a ##t\); a mask stands for one token/,
      'the sun': /"the sun" is 2 tokens \(the sun\)/,
      '☃': /"☃" is not in the vocabulary/,
      '': /"" is not in the vocabulary/,
    };
    for (const [target, message] of Object.entries(refused)) {
      for (const targets of [target, ['sun', target]]) {
        const call = model.fillMask(texts[0], { targets });
        await assert.rejects(call, { code: 'BAD_ARGUMENT', message }, target);
      }
    }
    for (const targets of [[], [5], 5, {}]) {
      await assert.rejects(model.fillMask(texts[0], { targets }), { code: 'BAD_ARGUMENT' });
    }
  }));

test('a text without a mask, and wrong options', () =>
  withMasked(async (model) => {
    const missing = { code: 'BAD_ARGUMENT', message: /Text 1 has no mask: write \[MASK\]/ };
    await assert.rejects(model.fillMask(['[MASK]', 'The sun.']), missing);
    await assert.rejects(model.fillMask('The sun.'), { code: 'BAD_ARGUMENT' });
    for (const options of [{ topK: 0 }, { topK: 'x' }, { longText: 'x' }, { maxLength: 1 }]) {
      await assert.rejects(model.fillMask(texts[0], options), { code: 'BAD_ARGUMENT' });
    }
    assert.deepEqual(await model.fillMask([]), []);
  }));

test('a mask that would be cut off is never dropped silently', () =>
  withMasked(async (model) => {
    const text = `${words} [MASK] ${words}`;
    const refused = { code: 'TOO_LONG', message: /Text 0 has a mask beyond its first 12 tokens/ };
    await assert.rejects(model.fillMask(text, { maxLength: 12 }), refused);
    const pair = { text: 'a [MASK]', pair: words };
    await assert.rejects(model.fillMask(pair, { maxLength: 12, longText: 'window' }), {
      code: 'TOO_LONG',
      message: /Text 0 is a pair of 21 tokens/,
    });
    const cut = await model.fillMask(pair, { maxLength: 12 });
    assert.ok(cut[0].sequence.endsWith('boat red old'), cut[0].sequence);
    await assert.rejects(model.fillMask(text, { maxLength: 12, longText: 'error' }), {
      code: 'TOO_LONG',
      message: /Text 0 has 35 tokens/,
    });
    // What is cut off behind the mask is said.
    const usages = [];
    const found = await model.fillMask(`[MASK] ${words}`, {
      maxLength: 12,
      onUsage: (usage) => usages.push(usage),
    });
    assert.deepEqual(usages, [{ tokens: 12, truncated: 7, windows: 1 }]);
    assert.deepEqual(found, await model.fillMask(`[MASK] ${long.slice(0, 9).join(' ')}`));
  }));

test('longText "window": each mask in the middle of its window, the whole text in the sequence', () =>
  withMasked(async (model) => {
    const options = { maxLength: 12, longText: 'window', topK: 3 };
    const text = `${words} [MASK] ${words}`;
    const usages = [];
    const found = await model.fillMask(text, { ...options, onUsage: (u) => usages.push(u) });
    assert.deepEqual(usages, [{ tokens: 12, truncated: 0, windows: 1 }]);
    // Room for ten: five before the mask, four behind.
    const near = `${long.slice(-5).join(' ')} [MASK] ${long.slice(0, 4).join(' ')}`;
    const expected = await model.fillMask(near, { topK: 3 });
    found.forEach(({ sequence, ...entry }, i) => {
      const { sequence: part, ...same } = expected[i];
      assert.deepEqual(entry, same);
      assert.ok(sequence.startsWith('the sun sea') && sequence.endsWith('wind bird anna'));
      assert.ok(sequence.includes(part));
    });
  }));

test('longText "window": masks near each other share a window, others don\'t', () =>
  withMasked(async (model) => {
    const options = { maxLength: 12, longText: 'window' };
    const text = `[MASK] and [MASK] ${words} ${words} [MASK]`;
    const usages = [];
    const found = await model.fillMask(text, { ...options, onUsage: (u) => usages.push(u) });
    assert.deepEqual(usages, [{ tokens: 24, truncated: 0, windows: 2 }]);
    assert.equal(found.length, 3);
    const first = await model.fillMask(`[MASK] and [MASK] ${long.slice(0, 7).join(' ')}`);
    const last = await model.fillMask(`${long.slice(-9).join(' ')} [MASK]`);
    const plain = (list) => list.map(({ tokenId, score }) => ({ tokenId, score }));
    assert.deepEqual(found.map(plain), [...first.map(plain), plain(last)]);
    // Every window of every length holds its masks.
    for (let maxLength = 3; maxLength < 12; maxLength++) {
      const lists = await model.fillMask(text, { ...options, maxLength, topK: 1 });
      assert.equal(lists.length, 3);
      for (const [{ sequence }] of lists) assert.equal(sequence.split('[MASK]').length, 3);
    }
    await assert.rejects(model.fillMask(text, { ...options, maxLength: 2 }), {
      code: 'BAD_ARGUMENT',
    });
  }));
