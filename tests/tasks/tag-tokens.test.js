// tagTokens() against transformers' token-classification pipeline, and what it adds.
import assert from 'node:assert/strict';
import test from 'node:test';

import { readFixture, tinyModel } from '../helpers/fixtures.js';
import { compareCases, dtypesOf, headModel, references } from '../helpers/heads.js';
import { modulesToTest } from '../helpers/modules.js';
import { withModel } from '../helpers/with-model.js';

const bar = 1e-4;
const names = ['tags', 'plain-tags'];
const aggregations = ['none', 'simple', 'first', 'average', 'max'];
const fp32 = { dtype: 'fp32', simd: 'baseline' };
const withTags = (body) => withModel(headModel('tags'), fp32, body);
const long = references.tags.pipeline.find(({ maxLength }) => maxLength).input;
const texts = ['Anna 🙂 in Rome!', '', long, 'Cafe\u0301 東京 Karlson'];

for (const simd of modulesToTest(import.meta.url)) {
  for (const name of names) {
    test(`${simd}: ${name} as the pipeline has it, stride windows too`, (t) =>
      withModel(headModel(name), { dtype: 'fp32', simd }, (model) =>
        compareCases(t, references[name].pipeline, bar, (input, options) => {
          const longText = options.maxLength ? 'window' : 'truncate';
          return model.tagTokens(input, { ...options, longText });
        }),
      ));

    for (const dtype of dtypesOf(simd)) {
      test(`${simd}: ${name}, ${dtype}: order, offsets, alone as in an array`, () =>
        withModel(headModel(name), { dtype, simd }, async (model) => {
          for (const aggregation of aggregations) {
            for (const longText of ['truncate', 'window']) {
              const options = { aggregation, longText, ignoreLabels: [], maxLength: 16 };
              const together = await model.tagTokens(texts, options);
              for (const [i, text] of texts.entries()) {
                const found = together[i];
                assert.deepEqual(found, await model.tagTokens(text, options));
                checkPlaces(found, text, model.tokenizer, aggregation);
              }
            }
          }
        }));
    }
  }
}

/** Entities stand in order, apart, and their places hold their words. */
function checkPlaces(entities, text, tokenizer, aggregation) {
  let end = 0;
  for (const entity of entities) {
    assert.ok(entity.start >= end && entity.end > entity.start && entity.end <= text.length);
    ({ end } = entity);
    assert.ok(entity.score > 0 && entity.score <= 1);
    const { ids } = tokenizer.encode(text.slice(entity.start, end), { addSpecialTokens: false });
    const unknown = [...ids].includes(tokenizer.unkTokenId);
    if (aggregation === 'first' && !unknown && !entity.word.startsWith('##')) {
      assert.equal(entity.word, tokenizer.decode(ids));
    }
    assert.equal('index' in entity, aggregation === 'none');
  }
}

test('without ignored labels every token is there, with its index', () =>
  withTags(async (model) => {
    const { tokens, offsets } = await model.forward(texts[0]);
    const found = await model.tagTokens(texts[0], { ignoreLabels: [] });
    assert.deepEqual(
      found.map(({ index, start, end }) => [index, start, end]),
      offsets.map(([start, end], index) => [index, start, end]).slice(1, -1),
    );
    assert.deepEqual(
      found.map(({ word }) => word),
      tokens.slice(1, -1).map((token) => token.replace('[UNK]', '🙂')),
    );
  }));

test('windows: every token once, with its index in the whole text', () =>
  withTags(async (model) => {
    const { offsets } = model.tokenizer.encode(long);
    const usages = [];
    const maxLength = 16;
    const room = 14;
    for (const stride of [0, 5, undefined]) {
      const found = await model.tagTokens(long, {
        longText: 'window',
        maxLength,
        stride,
        ignoreLabels: [],
        onUsage: (usage) => usages.push(usage),
      });
      const windows = 1 + Math.ceil((offsets.length - 2 - room) / (room - (stride ?? 8)));
      assert.equal(usages.at(-1).windows, windows, `stride ${stride}`);
      assert.equal(usages.at(-1).truncated, 0);
      assert.deepEqual(
        found.map(({ index, start, end }) => [index, start, end]),
        offsets.map(([start, end], index) => [index, start, end]).slice(1, -1),
      );
    }
  }));

test('what is too long is cut and said, or refused', () =>
  withTags(async (model) => {
    const usages = [];
    const options = { maxLength: 16, ignoreLabels: [], onUsage: (usage) => usages.push(usage) };
    const found = await model.tagTokens(long, options);
    assert.equal(found.length, 14);
    const { length } = model.tokenizer.encode(long);
    assert.deepEqual(usages, [{ tokens: 16, truncated: length - 16, windows: 1 }]);
    await assert.rejects(model.tagTokens(long, { longText: 'error', maxLength: 16 }), {
      code: 'TOO_LONG',
    });
    // A default stride fits windows of any length.
    for (let maxLength = 3; maxLength < 20; maxLength++) {
      const all = { maxLength, longText: 'window', ignoreLabels: [] };
      assert.equal((await model.tagTokens(long, all)).length, length - 2);
    }
  }));

test('wrong arguments', () =>
  withTags(async (model) => {
    const wrong = [
      { aggregation: 'mean' },
      { aggregation: true },
      { ignoreLabels: 'O' },
      { ignoreLabels: [1] },
      { longText: 'x' },
      { stride: 1.5 },
      { maxLength: 65 },
    ];
    for (const options of wrong) {
      for (const input of ['Anna', []]) {
        await assert.rejects(model.tagTokens(input, options), { code: 'BAD_ARGUMENT' });
      }
    }
    for (const input of [5, null, { text: 'a', pair: 'b' }, ['a', { text: 'a', pair: 'b' }]]) {
      await assert.rejects(model.tagTokens(input), { code: 'BAD_ARGUMENT' });
    }
    const room = { longText: 'window', maxLength: 8, stride: 6 };
    await assert.rejects(model.tagTokens(long, room), { code: 'BAD_ARGUMENT' });
    assert.deepEqual(await model.tagTokens([]), []);
  }));

test('a byte-level tokenizer: words by their spaces, as the pipeline has them', () =>
  withModel(tinyModel('../byte-level-tags'), fp32, async (model) => {
    for (const { text, aggregation, result } of readFixture('byte-level-tags.json').calls) {
      const found = await model.tagTokens(text, { aggregation, ignoreLabels: [] });
      const about = `${aggregation}: ${text}`;
      assert.equal(found.length, result.length, about);
      found.forEach(({ score, index, ...entity }, i) => {
        const { score: expected, ...other } = result[i];
        assert.deepEqual(entity, other, about);
        assert.ok(Math.abs(score - expected) < 1e-5, `${about}: ${score}, not ${expected}`);
      });
    }
  }));
