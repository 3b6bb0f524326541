// Trained models from package registries, against transformers and tokenizers. They are fetched by
// tools/check/wide.sh; one that could not be had is skipped, which is said.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { loadTokenizer } from 'bertlet';

import { makeMixedLines } from '../helpers/mixed-lines.js';
import { readFixture } from '../helpers/tokenizers.js';
import { withModel } from '../helpers/with-model.js';

const expected = readFixture('real-models.json');

/** @param {string} name @param {(folder: string) => Promise<void>} body */
function testModel(name, body) {
  const folder = fileURLToPath(new URL(`../../.cache/real-models/${name}`, import.meta.url));
  const skip = !existsSync(`${folder}/complete`) && `${name} could not be fetched`;
  test(`${name}, a trained model`, { skip }, () => body(folder));
}

testModel('splade-tiny', (folder) =>
  withModel(folder, { dtype: 'fp32', threads: 1 }, async (model) => {
    let worst = 0;
    for (const { text, ids, top, weights } of expected['splade-tiny']) {
      assert.deepEqual([...model.tokenizer.encode(text).ids], ids);
      const { logits } = await model.forward(text);
      const [tokens, width] = logits.shape;
      top.forEach((id, i) => {
        let most = 0;
        for (let t = 0; t < tokens; t++) most = Math.max(most, logits.data[t * width + id]);
        worst = Math.max(worst, Math.abs(Math.log1p(most) - weights[i]) / weights[0]);
      });
    }
    assert.ok(worst < 3e-4, `${worst} of the largest weight`);
  }),
);

// BERT, DistilBERT and RoBERTa; the last with a WordLevel tokenizer.
for (const name of ['rampart-pii-ner', 'gector-distilbert-cased', 'sapiens-vh-roberta']) {
  testModel(name, (folder) =>
    withModel(folder, { dtype: 'fp32', threads: 1 }, async (model) => {
      let worst = 0;
      for (const { text, ids, top, logits: values } of expected[name]) {
        assert.deepEqual([...model.tokenizer.encode(text).ids], ids);
        const { logits } = await model.forward(text);
        const width = logits.shape[1];
        const largest = Math.max(...values.map(Math.abs));
        top.forEach((id, i) => {
          const value = logits.data[Math.floor(i / 3) * width + id];
          worst = Math.max(worst, Math.abs(value - values[i]) / largest);
        });
      }
      assert.ok(worst < 3e-4, `${worst} of the largest logit`);
    }),
  );
}

testModel('all-mpnet-base-v2', (folder) =>
  withModel(folder, { dtype: 'fp32', threads: 1 }, async (model) => {
    const cases = expected['all-mpnet-base-v2'];
    const vectors = await model.embed(cases.map(({ text }) => text));
    cases.forEach(({ text, vector }, i) => {
      const largest = Math.max(...vector.map(Math.abs));
      const worst = Math.max(...vector.map((value, k) => Math.abs(value - vectors[i][k])));
      assert.ok(worst < 3e-4 * largest, `${text}: ${worst}`);
    });
  }),
);

testModel('roberta-tokenizer', async (folder) => {
  const hashes = expected['roberta-tokenizer'];
  const lines = makeMixedLines(readFixture('tokenizer-words.json'), hashes.length, 20260101);
  const tokenizer = await loadTokenizer(folder);
  tokenizer.encodeBatch(lines).forEach(({ ids, offsets }, i) => {
    const numbers = [...ids, ...offsets.flat()].join(',');
    const hash = createHash('sha256').update(numbers).digest('hex').slice(0, 8);
    assert.equal(hash, hashes[i], `line ${i}: ${lines[i]}`);
  });
});
