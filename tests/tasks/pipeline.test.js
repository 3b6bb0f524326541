// pipeline(): what transformers' pipelines give for the tiny models, under their names.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { describe } from 'node:test';
import { fileURLToPath } from 'node:url';

import { BertletError, pipeline } from 'bertlet';

import { floats, largestDifference, readFixture, tinyModel } from '../helpers/fixtures.js';
import { compareResults, headModel, references } from '../helpers/heads.js';

const bar = 1e-4;
const fp32 = { dtype: 'fp32', simd: 'baseline' };
const rankingModel = (name) =>
  join(fileURLToPath(new URL('../fixtures/ranking-models/', import.meta.url)), name);

async function withPipeline(task, source, body, options = fp32) {
  const pipe = await pipeline(task, source, options);
  try {
    return await body(pipe);
  } finally {
    await pipe.dispose();
  }
}

/** Entries without what was not given, so that a default stays one. */
const given = (options) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

describe('text-classification', () => {
  const names = Object.keys(references).filter((name) => /label|regression/.test(name));
  const theirs = (input) =>
    typeof input === 'string' ? input : { text: input.text, text_pair: input.pair };

  for (const name of names) {
    test(`${name} as transformers has it`, () =>
      withPipeline('text-classification', headModel(name), async (pipe) => {
        for (const { input, topK, functionToApply, result } of references[name].pipeline) {
          const options = { top_k: topK, function_to_apply: functionToApply };
          const what = JSON.stringify({ input, ...options });
          compareResults(await pipe(theirs(input), options), result, bar, what);
          const lists = await pipe([theirs(input), theirs(input)], options);
          // One label each is a flat list.
          const several = topK === 1 ? [...result, ...result] : [result, result];
          compareResults(lists, several, bar, what);
        }
      }));
  }

  test('one label is the default, with and without an array', () =>
    withPipeline('sentiment-analysis', headModel('single-label'), async (pipe) => {
      const [best, ...others] = await pipe('The red boat sings.');
      assert.deepEqual(Object.keys(best), ['label', 'score']);
      assert.deepEqual(others, []);
      assert.deepEqual(await pipe(['The red boat sings.', 'Rain.']), [
        best,
        ...(await pipe('Rain.', {})),
      ]);
      assert.deepEqual(await pipe([]), []);
      assert.equal(pipe.task, 'sentiment-analysis');
    }));
});

describe('fill-mask', () => {
  const theirs = ({ tokenId, token, score, sequence }) => ({
    score,
    token: tokenId,
    token_str: token,
    sequence,
  });

  for (const name of ['masked-lm', 'masked-lm-untied', 'no-architecture']) {
    test(`${name} as transformers has it`, () =>
      withPipeline('fill-mask', headModel(name), async (pipe) => {
        for (const { input, topK, targets, result } of references[name].pipeline) {
          const options = given({ top_k: topK, targets });
          const what = JSON.stringify({ input, ...options });
          const expected = result.map((entry) =>
            Array.isArray(entry) ? entry.map(theirs) : theirs(entry),
          );
          compareResults(await pipe(input, options), expected, bar, what);
          compareResults(await pipe([input], options), [expected], bar, what);
        }
      }));
  }

  test('a text without a mask is refused', () =>
    withPipeline('fill-mask', headModel('masked-lm'), (pipe) =>
      assert.rejects(pipe('The sun.'), { code: 'BAD_ARGUMENT', message: /has no mask/ }),
    ));
});

describe('token-classification', () => {
  for (const name of ['tags', 'plain-tags']) {
    test(`${name} as transformers has it`, () =>
      withPipeline('token-classification', headModel(name), async (pipe) => {
        for (const call of references[name].pipeline) {
          const { input, result, aggregation, ignoreLabels, maxLength, stride } = call;
          const options = given({
            aggregation_strategy: aggregation,
            ignore_labels: ignoreLabels,
            maxLength,
            stride,
          });
          const expected = result.map(({ entity, ...rest }) =>
            aggregation === 'none' ? { entity, ...rest } : { entity_group: entity, ...rest },
          );
          const what = JSON.stringify({ input, ...options });
          compareResults(await pipe(input, options), expected, bar, what);
          compareResults(await pipe([input], options), [expected], bar, what);
        }
      }));
  }

  test('no aggregation is the default', () =>
    withPipeline('ner', headModel('tags'), async (pipe) => {
      const [first] = await pipe('Anna lives in Paris.', { ignore_labels: [] });
      const names = ['entity', 'score', 'index', 'word', 'start', 'end'];
      assert.deepEqual(Object.keys(first), names);
    }));
});

describe('question-answering', () => {
  const cases = readFixture('answers.json');
  const theirs = ({ topK, stride, maxAnswerLength, maxLength, allowNone }) =>
    given({
      top_k: topK,
      doc_stride: stride,
      max_answer_len: maxAnswerLength,
      max_seq_len: maxLength,
      handle_impossible_answer: allowNone,
    });

  test('as transformers has it, called either way', () =>
    withPipeline('question-answering', headModel('answers'), async (pipe) => {
      for (const { question, context, options, answers } of cases) {
        const named = theirs(options);
        const expected = options.topK > 1 ? answers : answers[0];
        const what = `${question} ${context.length} ${JSON.stringify(named)}`;
        compareResults(await pipe(question, context, named), expected, bar, what);
        compareResults(await pipe({ question, context }, named), expected, bar, what);
      }
    }));

  test('arrays of questions, with a context each or one for all', () =>
    withPipeline('question-answering', headModel('answers'), async (pipe) => {
      const [{ question, context }, { context: second }] = cases;
      const one = await pipe(question, context);
      const other = await pipe('Who?', second);
      assert.deepEqual(Object.keys(one), ['score', 'start', 'end', 'answer']);
      assert.deepEqual(await pipe([question, 'Who?'], [context, second]), [one, other]);
      assert.deepEqual(await pipe([question, question], context), [one, one]);
      assert.deepEqual(await pipe([{ question, context }]), [one]);
      const two = await pipe(question, context, { top_k: 2 });
      assert.deepEqual(await pipe([question], context, { top_k: 2 }), [two]);
      assert.deepEqual(await pipe([], []), []);
      const uneven = pipe([question, 'Who?'], [context]);
      await assert.rejects(uneven, { code: 'BAD_ARGUMENT', message: /2 questions and 1 con/ });
      await assert.rejects(pipe(question), { code: 'BAD_ARGUMENT' });
    }));

  test('a context without words has the empty answer', () =>
    withPipeline('question-answering', headModel('answers'), async (pipe) => {
      const none = { score: 0, start: 0, end: 0, answer: '' };
      assert.deepEqual(await pipe('Who?', ' \n '), none);
      assert.deepEqual(await pipe('Who?', ' \n ', { top_k: 3 }), []);
    }));
});

describe('zero-shot-classification', () => {
  const { zeroShot } = readFixture('ranking.json');

  for (const [name, calls] of Object.entries(zeroShot)) {
    test(`${name} as transformers has it`, () =>
      withPipeline('zero-shot-classification', rankingModel(name), async (pipe) => {
        for (const call of calls) {
          const { text, labels, result, hypothesisTemplate, multiLabel, ...others } = call;
          const options = given({
            hypothesis_template: hypothesisTemplate,
            multi_label: multiLabel,
            ...others,
          });
          const actual = await pipe(text, labels, options);
          assert.equal(Array.isArray(actual), Array.isArray(result));
          for (const [i, expected] of [result].flat().entries()) {
            const found = [actual].flat()[i];
            assert.deepEqual(Object.keys(found), ['sequence', 'labels', 'scores']);
            assert.equal(found.sequence, expected.sequence);
            assert.ok(largestDifference(found.scores, expected.scores) <= bar);
            for (const [k, label] of found.labels.entries()) {
              const score = expected.scores[expected.labels.indexOf(label)];
              assert.ok(Math.abs(found.scores[k] - score) <= bar, `${label}: ${score}`);
            }
          }
        }
      }));
  }

  test('without a head for it says by what it went', () =>
    withPipeline('zero-shot-classification', tinyModel('deep'), async (pipe) => {
      const { labels, method } = await pipe('The sea.', ['sun', 'sea']);
      assert.deepEqual([labels.length, method], [2, 'embedding']);
    }));
});

describe('feature-extraction', () => {
  test('the encoder of transformers, mean pooling, a tensor for all texts', () =>
    withPipeline('feature-extraction', tinyModel('head-size-5'), async (pipe) => {
      const { inputs } = readFixture('encoder.json').models['head-size-5'];
      const texts = inputs.map(({ input }) => input).filter((input) => typeof input === 'string');
      const rows = await pipe(texts);
      const [count, longest, width] = rows.dims;
      assert.deepEqual([count, rows.type, rows.size], [texts.length, 'float32', rows.data.length]);
      const means = await pipe(texts, { pooling: 'mean' });
      assert.deepEqual(means.dims, [count, width]);
      const units = await pipe(texts, { normalize: true });
      for (const [i, part] of [...rows].entries()) {
        assert.deepEqual(part.dims, [longest, width]);
        const found = inputs.find(({ input }) => input === texts[i]);
        const expected = floats(found.lastHiddenState);
        const tokens = expected.length / width;
        const own = part.data.subarray(0, expected.length);
        assert.ok(largestDifference(own, expected) <= bar);
        assert.ok(part.data.subarray(expected.length).every((value) => value === 0));
        const [mean] = [...means].slice(i);
        const sums = Array.from({ length: width }, (_, k) =>
          expected.reduce((sum, value, at) => (at % width === k ? sum + value : sum), 0),
        );
        const exact = sums.map((sum) => sum / tokens);
        assert.ok(largestDifference(mean.data, exact) <= bar);
        const [unit] = [...units].slice(i);
        for (const [row, values] of unit.tolist().entries()) {
          assert.ok(Math.abs(Math.hypot(...values) - (row < tokens ? 1 : 0)) < 1e-6);
        }
      }
      const cls = await pipe(texts[0], { pooling: 'first_token' });
      assert.deepEqual(cls.tolist(), [rows.tolist()[0][0]]);
      await assert.rejects(pipe(texts, { pooling: 'last_token' }), { code: 'BAD_ARGUMENT' });
    }));

  test('bits, as signed and as unsigned bytes', () =>
    withPipeline('embeddings', tinyModel('wide'), async (pipe) => {
      const how = { pooling: 'mean', normalize: true };
      const { data } = await pipe('The sea.', how);
      const unsigned = await pipe('The sea.', { ...how, quantize: true, precision: 'ubinary' });
      const signed = await pipe('The sea.', { ...how, quantize: true });
      assert.deepEqual([unsigned.type, signed.type], ['uint8', 'int8']);
      const bits = [...unsigned.data].map((byte) => byte.toString(2).padStart(8, '0')).join('');
      data.forEach((value, i) => assert.equal(bits[i], value > 0 ? '1' : '0'));
      assert.deepEqual(
        [...signed.data],
        [...unsigned.data].map((byte) => byte - 128),
      );
    }));
});

describe('any pipeline', () => {
  test('an unknown task, an option that is none, a folder without the head', async () => {
    for (const task of ['text-generation', 'toString', undefined, null, {}]) {
      await assert.rejects(pipeline(task, headModel('tags')), (error) => {
        assert.ok(error instanceof BertletError);
        assert.equal(error.code, 'UNSUPPORTED');
        for (const known of ['fill-mask', 'zero-shot-classification', 'ner']) {
          assert.ok(error.message.includes(known), error.message);
        }
        return true;
      });
    }
    const bad = { code: 'BAD_ARGUMENT' };
    await assert.rejects(pipeline('ner', headModel('tags'), 5), bad);
    await assert.rejects(pipeline('ner', headModel('tags'), { dtype: 'q4' }), bad);
    await withPipeline('ner', headModel('masked-lm'), (pipe) =>
      assert.rejects(pipe('Anna'), { code: 'NO_HEAD', message: /masked-lm/ }),
    );
    await withPipeline('ner', headModel('tags'), async (pipe) => {
      await assert.rejects(pipe('Anna', 5), bad);
      await assert.rejects(pipe(undefined), bad);
      await assert.rejects(pipe('Anna', { aggregation_strategy: 'mean' }), bad);
      assert.deepEqual(await pipe('Anna', null), await pipe('Anna'));
    });
  });

  test('says how loading goes, q8 is int8, and gives everything back', async () => {
    const events = [];
    const pipe = await pipeline('fill-mask', headModel('masked-lm'), {
      dtype: 'q8',
      progress_callback: (event) => events.push(event),
    });
    const last = events.at(-1);
    assert.deepEqual([last.status, last.progress], ['ready', 100]);
    assert.ok(events.some(({ status }) => status === 'progress'));
    assert.equal(pipe.model.info.dtype, 'int8');
    assert.equal(pipe.tokenizer.maskToken, '[MASK]');
    await assert.rejects(pipe('[MASK]', { signal: AbortSignal.abort() }), { code: 'ABORTED' });
    await pipe.dispose();
    assert.equal(pipe.model.info.memoryBytes, 0);
    await assert.rejects(pipe('[MASK]'), { code: 'DISPOSED' });
  });
});
