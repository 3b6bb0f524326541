// The commands and pipelines that need no folder: the embedded model has the heads for them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { pipeline } from 'bertlet';

import { linesOf, refuses } from '../helpers/cli.js';

const cloze = 'Paris is the [MASK] of France.';

describe('with the embedded model', () => {
  it('fill-mask finds the word, as the pipeline does', async () => {
    const lines = await linesOf(['fill-mask', cloze]);
    assert.equal(lines.length, 5);
    const fill = await pipeline('fill-mask');
    const found = await fill(cloze);
    assert.deepEqual(
      lines,
      found.map(({ score, token_str: word, sequence }) =>
        [score.toFixed(6), word, sequence].join('\t'),
      ),
    );
    assert.equal(found[0].token_str, 'capital');
    await fill.dispose();
  });

  it('classify tells liking from dislike, as the pipeline does', async () => {
    const texts = ['I love it', 'I hate it'];
    const lines = await linesOf(['classify', ...texts]);
    const classify = await pipeline('sentiment-analysis');
    const found = await classify(texts);
    assert.deepEqual(
      lines,
      found.map(({ score, label }, i) => [score.toFixed(6), label, texts[i]].join('\t')),
    );
    assert.deepEqual(
      found.map(({ label }) => label),
      ['positive', 'negative'],
    );
    await classify.dispose();
  });

  it('what it has no head for says so', async () => {
    await refuses(['ner', 'Anna lives in Paris.'], /token-classification head/);
    await refuses(['answer', 'Who?', 'Anna lives in Paris.'], /question-answering head/);
  });
});
