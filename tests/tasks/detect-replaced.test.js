// ELECTRA's discriminator against transformers' logits (fixtures/families.py).
import assert from 'node:assert/strict';
import test from 'node:test';

import { familySource, references } from '../helpers/families.js';
import { floats } from '../helpers/fixtures.js';
import { withModel } from '../helpers/with-model.js';

test('detectReplaced: a score for each token of the text', () =>
  withModel(familySource('electra-ForPreTraining'), { dtype: 'fp32' }, async (model) => {
    const [{ input, logits }] = references['electra-ForPreTraining'].inputs;
    const found = await model.detectReplaced(input);
    const expected = floats(logits).slice(1, -1); // without <s> and </s>
    assert.equal(found.length, expected.length);
    for (const [i, { token, score, start, end }] of found.entries()) {
      assert.ok(Math.abs(score - 1 / (1 + Math.exp(-expected[i]))) <= 1e-4);
      if (!token.startsWith('##')) assert.equal(input.slice(start, end).toLowerCase(), token);
    }
    assert.deepEqual(await model.detectReplaced(''), []);
  }));

test('detectReplaced needs its head', () =>
  withModel(familySource('electra-Model'), { dtype: 'fp32' }, (model) =>
    assert.rejects(model.detectReplaced('sun'), { code: 'NO_HEAD' }),
  ));
