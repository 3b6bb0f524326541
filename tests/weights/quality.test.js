// What quantisation costs: MiniLM over 1,000 sentences, integer modes against float32.
import assert from 'node:assert/strict';
import test from 'node:test';

import { findFloatMiniLm, readSentences } from '../helpers/fixtures.js';
import { modulesToTest } from '../helpers/modules.js';
import { cosine, pairSimilarities, spearman, summary } from '../helpers/statistics.js';
import { withModel } from '../helpers/with-model.js';

const { folder, missing } = findFloatMiniLm();
const sentences = readSentences();

const embedAll = (source, options) => withModel(source, options, (model) => model.embed(sentences));

const bars = {
  int8: { mean: 0.999, least: 0.995, rank: 0.999 },
  'int8-fast': { mean: 0.995, least: 0.98, rank: 0.994 },
};

const describe = ({ mean, least, rank }) =>
  `mean cosine ${mean.toFixed(5)}, least ${least.toFixed(5)}, Spearman of pairs ${rank.toFixed(5)}`;

for (const simd of modulesToTest(import.meta.url)) {
  let reference;
  const referenceOf = async () => {
    reference ??= await embedAll(folder, { dtype: 'fp32', simd });
    return reference;
  };

  // int8 gives the same bits in both modules (determinism.test.js): once is enough.
  const cases =
    simd === 'baseline'
      ? [
          ['int8', 'quantised while loading', folder],
          ['int8', 'the embedded model', undefined],
        ]
      : [
          ['int8-fast', 'quantised while loading', folder],
          ['int8-fast', 'the embedded model', undefined],
        ];

  for (const [dtype, what, source] of cases) {
    test(`${simd}: ${dtype}, ${what}`, { skip: missing }, async (t) => {
      const expected = await referenceOf();
      assert.equal(expected.length, sentences.length);
      const actual = await embedAll(source, { dtype, simd });
      const found = summary(actual.map((vector, i) => cosine(vector, expected[i])));
      found.rank = spearman(pairSimilarities(actual), pairSimilarities(expected));
      t.diagnostic(`${dtype}, ${what}: ${describe(found)}`);
      t.diagnostic(`${dtype}, bar: ${describe(bars[dtype])}`);
      for (const figure of ['mean', 'least', 'rank']) {
        assert.ok(found[figure] >= bars[dtype][figure], `${figure} is ${found[figure]}`);
      }
    });
  }
}

test('the sentences are 1,000 different ones', () => {
  assert.equal(new Set(sentences).size, 1000);
});
