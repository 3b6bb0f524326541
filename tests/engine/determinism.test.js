// A text's result is the same, bit for bit, whatever else is in the batch; and `int8` is the
// same in every module.
import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { findFloatMiniLm, readSentences, sameBits, tinyModel } from '../helpers/fixtures.js';
import { modulesToTest } from '../helpers/modules.js';
import { withModel } from '../helpers/with-model.js';

/** 64 texts whose lengths are mixed: no tokens at all to the longest, in no order. */
function mixedTexts() {
  const sentences = readSentences();
  const texts = ['', 'a', ...sentences.slice(0, 54)];
  for (let i = texts.length; i < 64; i += 1) {
    texts.push(sentences.slice(i, i + 1 + ((i * 7) % 12)).join(' '));
  }
  return texts.map((_, i) => texts[(i * 37) % 64]);
}

const { folder, missing } = findFloatMiniLm();
const texts = mixedTexts();

const allTypes = ['fp32', 'int8', 'int8-fast'];
const sources = [
  { name: 'the embedded model', source: undefined, dtypes: allTypes },
  { name: 'head-size-5', source: tinyModel('head-size-5'), dtypes: allTypes },
  { name: 'head-size-odd', source: tinyModel('head-size-odd'), dtypes: allTypes },
];

/** Waits for the threads, which load() lets start by themselves. */
async function untilThreads(model, count) {
  for (let waited = 0; model.info.threads < count; waited += 10) {
    assert.ok(waited < 20_000, `${count} threads do not start`);
    await sleep(10);
  }
}

for (const simd of modulesToTest(import.meta.url)) {
  for (const { name, source, dtypes } of sources) {
    for (const dtype of dtypes) {
      if (simd === 'baseline' && dtype === 'int8-fast') continue;
      test(`${simd}: ${name}, ${dtype}: alone and in a batch of 64`, () =>
        withModel(source, { dtype, simd }, async (model) => {
          assert.equal(model.info.dtype, dtype);
          assert.equal(model.info.simd, simd);
          const together = await model.embed(texts);
          assert.equal(together.length, 64);
          for (const [index, text] of texts.entries()) {
            const alone = await model.embed(text);
            assert.ok(sameBits(alone, together[index]), `text ${index} differs`);
          }
          // The same texts in another order and other company.
          const reversed = (await model.embed([...texts].reverse().slice(0, 33))).reverse();
          for (const [index, vector] of reversed.entries()) {
            assert.ok(sameBits(vector, together[64 - 33 + index]), `reversed: ${index} differs`);
          }
          // Different texts don't get the same vector.
          assert.ok(new Set(together.map((vector) => vector.join())).size > 60);
        }));
    }
    for (const dtype of dtypes) {
      if (simd === 'baseline' && dtype === 'int8-fast') continue;
      test(`${simd}: ${name}, ${dtype}: with any number of threads`, async () => {
        // The large model is slow where three threads share two cores.
        const some = source ? texts : texts.slice(0, 20);
        const embed = (model) => model.embed(some);
        const one = await withModel(source, { dtype, simd, threads: 1 }, embed);
        for (const threads of source ? [2, 3] : [2]) {
          await withModel(source, { dtype, simd, threads, sharedMemory: true }, async (model) => {
            await untilThreads(model, threads);
            for (const [index, vector] of (await embed(model)).entries()) {
              assert.ok(sameBits(vector, one[index]), `text ${index} with ${threads} threads`);
            }
            assert.ok(sameBits(await model.embed(texts[5]), one[5]));
          });
        }
      });
    }
    if (simd === 'relaxed') {
      test(`${name}: int8 has the same bits in both modules`, async () => {
        const embed = (model) => model.embed(texts);
        const baseline = await withModel(source, { dtype: 'int8', simd: 'baseline' }, embed);
        const relaxed = await withModel(source, { dtype: 'int8', simd: 'relaxed' }, embed);
        for (const index of texts.keys()) {
          assert.ok(sameBits(baseline[index], relaxed[index]), `text ${index} differs`);
        }
      });
    }
  }
}

test('the texts are 64 of mixed lengths', () => {
  const lengths = texts.map((text) => text.length);
  assert.equal(texts.length, 64);
  assert.equal(new Set(texts).size, 64);
  assert.equal(Math.min(...lengths), 0);
  assert.ok(Math.max(...lengths) > 800);
});

test('quantising MiniLM while loading gives the embedded model', { skip: missing }, async () => {
  const embed = (model) => model.embed(texts);
  const quantised = await withModel(folder, { dtype: 'int8', simd: 'baseline' }, embed);
  const embedded = await withModel(undefined, { dtype: 'int8', simd: 'baseline' }, embed);
  for (const index of texts.keys()) assert.ok(sameBits(quantised[index], embedded[index]));
});
