// `bertlet info` on folders that load though their calls refuse them: it says so, with exit code 2.
import assert from 'node:assert/strict';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';

import { load } from 'bertlet';

import { bertlet } from '../helpers/cli.js';
import { tinyModel } from '../helpers/fixtures.js';
import { headModel } from '../helpers/heads.js';

const folder = mkdtempSync(join(tmpdir(), 'bertlet-info-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of a model with JSON files changed, or written where there are none. */
function copyModel(from, change = {}) {
  const copy = mkdtempSync(join(folder, 'm-'));
  cpSync(from, copy, { recursive: true });
  for (const [file, edit] of Object.entries(change)) {
    const path = join(copy, file);
    mkdirSync(dirname(path), { recursive: true });
    const json = typeof edit === 'function' ? JSON.parse(readFileSync(path, 'utf8')) : edit;
    if (typeof edit === 'function') edit(json);
    writeFileSync(path, JSON.stringify(json));
  }
  return copy;
}

/** Exit code, what is told in words, and the facts. */
async function info(model) {
  const words = await bertlet(['info', model]);
  const json = await bertlet(['info', '--json', model]);
  assert.equal(json.code, words.code);
  return { ...words, facts: JSON.parse(json.out) };
}

/** info tells of one problem with these calls, whose message matches. */
async function findsProblem(model, calls, code, pattern) {
  const { code: exit, out, err, facts } = await info(model);
  assert.equal(facts.problems.length, 1, JSON.stringify(facts.problems));
  const [problem] = facts.problems;
  assert.deepEqual([problem.calls, problem.code], [calls, code]);
  assert.match(problem.message, pattern);
  assert.ok(out.includes(`\nproblems       ${calls.join(', ')}: `), out);
  assert.match(err, /^bertlet: not everything works with [^\n]+\n$/);
  assert.equal(exit, 2);
  return facts;
}

describe('bertlet info on what loads', () => {
  it('is content with folders whose calls work', async () => {
    for (const [model, calls] of [
      [tinyModel('relu'), []],
      [headModel('masked-lm'), ['fillMask']],
      [headModel('tags'), ['tagTokens']],
      [headModel('answers'), ['answer']],
      [headModel('choices'), ['multipleChoice']],
      [headModel('next-sentence'), ['nextSentence']],
      [headModel('single-label'), ['classify']],
    ]) {
      const { code, err, facts } = await info(model);
      assert.deepEqual([code, err, facts.problems], [0, '', []]);
      assert.deepEqual(facts.works, ['embed', 'embed a pair', 'rank', ...calls]);
    }
  });

  it('finds a pooling that embed refuses', async () => {
    const pooling = { '1_Pooling/config.json': { pooling_mode_mean_sqrt_len_tokens: true } };
    const model = copyModel(tinyModel('relu'), pooling);
    const loaded = await load(model);
    await assert.rejects(loaded.embed('sun'), { code: 'UNSUPPORTED' });
    await loaded.dispose();
    const facts = await findsProblem(model, ['embed', 'rank'], 'UNSUPPORTED', /sqrt_len/);
    assert.deepEqual(facts.works, ['embed a pair']);
  });

  it("finds a tokenizer with more tokens than the weights, by ids that texts don't need", async () => {
    const model = copyModel(tinyModel('relu'), {
      'tokenizer.json': (json) => {
        const { vocab } = json.model;
        const most = Math.max(...Object.values(vocab));
        vocab.quaint = most + 7;
        vocab.strange = most + 9;
      },
    });
    const size = JSON.parse(readFileSync(join(model, 'config.json'), 'utf8')).vocab_size;
    const pattern = new RegExp(
      `has 2 beyond the ${size} of the weights, .* id ${size + 6}: "quaint"`,
    );
    await findsProblem(model, ['texts with some tokens'], 'BAD_MODEL', pattern);
  });

  it('finds a masked LM whose tokenizer has no mask', async () => {
    const model = copyModel(headModel('masked-lm'), {
      'tokenizer_config.json': (json) => {
        json.mask_token = '[GAP]'; // which the vocabulary lacks
      },
    });
    await findsProblem(model, ['fillMask'], 'BAD_ARGUMENT', /no mask token/);
  });

  it('finds a score function that rank refuses', async () => {
    const ranker = join(dirname(headModel('')), 'ranking-models', 'cross-encoder');
    const model = copyModel(ranker, {
      'config.json': (json) => {
        json.sentence_transformers = { activation_fn: 'torch.nn.modules.activation.Tanh' };
      },
    });
    await findsProblem(model, ['rank'], 'UNSUPPORTED', /Tanh/);
  });

  it('finds a vocabulary that lacks the unknown token', async () => {
    const model = copyModel(tinyModel('relu'), {
      'tokenizer.json': (json) => {
        json.model.unk_token = '[nothing]';
      },
    });
    const { facts, code } = await info(model);
    assert.equal(code, 2);
    assert.ok(
      facts.problems.some(({ message }) => /unknown token/.test(message)),
      JSON.stringify(facts),
    );
  });

  it('takes what config.json leaves out, a byte order mark, and files that are not its own', async () => {
    const model = copyModel(tinyModel('relu'));
    const config = join(model, 'config.json');
    writeFileSync(config, `\ufeff${readFileSync(config, 'utf8')}`);
    writeFileSync(join(model, 'other.safetensors'), 'damaged, but nobody reads it');
    symlinkSync('nowhere', join(model, 'link'));
    const { code, facts } = await info(model);
    assert.equal(code, 0);
    assert.ok(facts.files.some(({ name }) => name === 'other.safetensors'));
  });
});
