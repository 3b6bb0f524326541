// The embedded masked LM against PyTorch's float32 over the same weights
// (tests/fixtures/embedded_mlm.py).
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import test from 'node:test';

import { readFixture } from '../helpers/fixtures.js';
import { dtypesOf } from '../helpers/heads.js';
import { modulesToTest } from '../helpers/modules.js';
import { withModel } from '../helpers/with-model.js';

const rows = readFixture('embedded-mlm.json');
const lines = readFileSync(
  new URL('../../tools/train/sentiment.tsv', import.meta.url),
  'utf8',
).split('\n');
const texts = rows.map(([line, word]) => {
  const words = lines[line].split('\t')[0].split(' ');
  words[word] = '[MASK]';
  return words.join(' ');
});
/** Shares of texts with the same most likely word. */
const least = { fp32: 0.998, int8: 0.99, 'int8-fast': 0.95 };

for (const simd of modulesToTest(import.meta.url)) {
  for (const dtype of dtypesOf(simd)) {
    test(`${simd}, ${dtype}: the word that PyTorch finds most likely`, (t) =>
      withModel(undefined, { simd, dtype }, async (model) => {
        const found = await model.fillMask(texts, { topK: 1 });
        const other = rows.filter(([, , id], i) => found[i][0].tokenId !== id);
        const share = 1 - other.length / rows.length;
        const gaps = other.map(([, , , gap]) => gap).sort((a, b) => b - a);
        t.diagnostic(`${(share * 100).toFixed(1)} %; how close the others were: ${gaps.join(' ')}`);
        assert.ok(share >= least[dtype], `${share}`);
      }));
  }
}

test('the adapters together are no larger than they may be', () => {
  const sizes = ['mlm', 'sentiment'].map((name) => {
    const file = `../../models/all-MiniLM-L6-v2-${name}/adapter_model.safetensors`;
    return statSync(new URL(file, import.meta.url)).size;
  });
  assert.ok(sizes[0] + sizes[1] <= 8e6, `${sizes}`);
});
