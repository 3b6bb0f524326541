// The sentiment adapter of the embedded model, on sentences that its training never saw, and
// against PyTorch's logits for them (tools/train/sentiment.py fixture).
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { readFixture, sameBits } from '../helpers/fixtures.js';
import { withModel } from '../helpers/with-model.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const adapter = join(root, 'models/all-MiniLM-L6-v2-sentiment');
const reference = readFixture('sentiment.json');
const parts = { test: readPart('test'), elsewhere: readPart('elsewhere') };
const leastAgreement = 0.99;
/** Accuracies that the model card states, and how far off a runtime may be. */
const stated = { test: 0.904, elsewhere: 0.971 };
const accuracyBar = 0.01;

/** Largest difference of a logit: what int8 activations of 13 bits cost beside float ones. */
const bar = 0.02;

/** @param {string} part @returns {{ text: string, label: string }[]} in the file's order */
function readPart(part) {
  const lines = readFileSync(join(root, 'tools/train/sentiment.tsv'), 'utf8').trimEnd().split('\n');
  const rows = lines.map((line) => line.split('\t')).filter(([, , where]) => where === part);
  return rows.map(([text, label]) => ({ text, label }));
}

const textsOf = (rows) => rows.map(({ text }) => text);
const shareOf = (flags) => flags.filter(Boolean).length / flags.length;
const labelOf = ([negative, positive]) => reference.labels[positive > negative ? 1 : 0];

for (const [part, rows] of Object.entries(parts)) {
  test(`${part}: right as often as its card says, and as PyTorch has it`, (t) =>
    withModel(undefined, { adapter }, async (model) => {
      const found = await model.classify(textsOf(rows));
      const accuracy = shareOf(found.map(([best], i) => best.label === rows[i].label));
      t.diagnostic(`${rows.length} sentences, accuracy ${accuracy.toFixed(4)}`);
      for (const base of ['int8', 'float']) {
        const expected = reference[base][part];
        assert.equal(expected.length, rows.length);
        const agreement = shareOf(found.map(([best], i) => best.label === labelOf(expected[i])));
        t.diagnostic(`the label of PyTorch over the ${base} base: ${agreement.toFixed(4)}`);
        assert.ok(agreement >= leastAgreement, `${agreement}`);
      }
      assert.ok(Math.abs(accuracy - stated[part]) <= accuracyBar, `${accuracy}`);
    }));
}

test('logits as PyTorch has them over the same int8 weights', (t) =>
  withModel(undefined, { adapter }, async (model) => {
    const every = 40;
    const numbers = [...parts.test.keys()].filter((i) => i % every === 0);
    let worst = 0;
    for (const i of numbers) {
      const { logits } = await model.forward(parts.test[i].text);
      const expected = reference.int8.test[i];
      for (const [j, value] of logits.data.entries()) {
        worst = Math.max(worst, Math.abs(value - expected[j]));
      }
    }
    t.diagnostic(`largest difference of a logit: ${worst.toFixed(4)}`);
    assert.ok(worst <= bar, `${worst}`);
  }));

test('its labels, and scores that sum to one', () =>
  withModel(undefined, { adapter }, async (model) => {
    assert.ok(model.info.heads.includes('sequence-classification'));
    for (const scores of await model.classify(['great', 'not good', '', 'What a day!'])) {
      assert.deepEqual(scores.map(({ label }) => label).sort(), ['negative', 'positive']);
      assert.ok(Math.abs(scores[0].score + scores[1].score - 1) < 1e-6);
      assert.ok(scores[0].score >= scores[1].score);
    }
    const [[good], [bad]] = await model.classify(['A wonderful film.', 'A horrible film.']);
    assert.deepEqual([good.label, bad.label], ['positive', 'negative']);
  }));

test('the base embeds as before once the adapter is put away', () =>
  withModel(undefined, {}, async (model) => {
    const text = 'The soup was cold, and so was the waiter.';
    const before = await model.embed(text);
    await model.useAdapter(adapter);
    await model.classify(text);
    await model.useAdapter(null);
    assert.ok(sameBits(await model.embed(text), before));
  }));

test('small beside the base', () => {
  const { size } = statSync(join(adapter, 'adapter_model.safetensors'));
  assert.ok(size <= 680_000, `${size} bytes`);
});
