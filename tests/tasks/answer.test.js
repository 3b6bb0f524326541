// answer() against the question-answering pipeline of transformers 4 (fixtures/heads_answers.py).
import assert from 'node:assert/strict';
import test from 'node:test';

import { readFixture } from '../helpers/fixtures.js';
import { compareResults, dtypesOf, headModel } from '../helpers/heads.js';
import { modulesToTest } from '../helpers/modules.js';
import { withModel } from '../helpers/with-model.js';

const bar = 1e-4;
const cases = readFixture('answers.json');
const fp32 = { dtype: 'fp32', simd: 'baseline' };
const withAnswers = (body) => withModel(headModel('answers'), fp32, body);
const inputs = cases.map(({ question, context }) => ({ question, context }));
const long = inputs.find(({ context }) => context.length > 3000);
const [short] = inputs;

for (const simd of modulesToTest(import.meta.url)) {
  test(`${simd}: as the pipeline has it`, (t) =>
    withModel(headModel('answers'), { dtype: 'fp32', simd }, async (model) => {
      let worst = 0;
      for (const { question, context, options, answers } of cases) {
        const found = await model.answer({ question, context }, options);
        const what = `${question} ${context.length} ${JSON.stringify(options)}`;
        worst = Math.max(worst, compareResults(found, answers, bar, what));
      }
      t.diagnostic(`largest difference of a score: ${worst.toExponential(1)}`);
    }));

  for (const dtype of dtypesOf(simd)) {
    test(`${simd}: ${dtype}: answers are stretches of the context, apart; alone as in an array`, () =>
      withModel(headModel('answers'), { dtype, simd }, async (model) => {
        for (const options of [{}, { topK: 4, allowNone: true, maxAnswerLength: 5 }]) {
          const together = await model.answer(inputs, options);
          assert.equal(together.length, inputs.length);
          for (const [i, input] of inputs.entries()) {
            assert.deepEqual(together[i], await model.answer(input, options));
            checkAnswers(together[i], input.context, options);
          }
        }
      }));
  }
}

function checkAnswers(answers, context, { topK = 1 }) {
  assert.ok(answers.length > 0 && answers.length <= topK);
  answers.forEach(({ answer, start, end, score }, i) => {
    assert.equal(context.slice(start, end), answer);
    assert.ok(score > 0 && score <= (answers[i - 1]?.score ?? Infinity));
    for (const other of answers.slice(0, i)) assert.ok(other.end <= start || end <= other.start);
  });
}

test('windows of 384 tokens that share 128, as is said', () =>
  withAnswers(async (model) => {
    const usages = [];
    const onUsage = (usage) => usages.push(usage);
    const whole = model.tokenizer.encode(long.question, { pair: long.context }).length;
    const { length: question } = model.tokenizer.encode(long.question);
    const room = 384 - question - 1;
    await model.answer(long, { onUsage });
    const windows = 1 + Math.ceil((whole - question - 1 - room) / (room - 128));
    assert.ok(windows > 2);
    assert.deepEqual([usages[0].windows, usages[0].truncated], [windows, 0]);
    await model.answer(long, { onUsage, stride: 0 });
    assert.deepEqual(usages[1].windows, Math.ceil((whole - question - 1) / room));
    // Other ways with long texts, on request.
    await model.answer(long, { onUsage, longText: 'truncate' });
    assert.deepEqual(usages[2], { tokens: 384, truncated: whole - 384, windows: 1 });
    await assert.rejects(model.answer(long, { longText: 'error' }), { code: 'TOO_LONG' });
    await model.answer(short, { onUsage });
    assert.deepEqual(usages[3].windows, 1);
  }));

test('a default stride fits windows of any length', () =>
  withAnswers(async (model) => {
    const { length } = model.tokenizer.encode(short.question);
    for (let maxLength = length + 2; maxLength < 40; maxLength++) {
      checkAnswers(await model.answer(short, { maxLength }), short.context, {});
    }
    await assert.rejects(model.answer(short, { maxLength: length }), { code: 'BAD_ARGUMENT' });
    await assert.rejects(model.answer(short, { maxLength: length + 3, stride: 2 }), {
      code: 'BAD_ARGUMENT',
    });
  }));

test('a question that leaves no room for the context is refused in words', () =>
  withAnswers(async (model) => {
    for (const count of [381, 382, 450]) {
      const question = 'who '.repeat(count);
      await assert.rejects(model.answer({ question, context: 'Anna lives in Paris.' }), {
        code: 'BAD_ARGUMENT',
        message: /has \d+ tokens: it leaves no room/,
      });
    }
  }));

test('maxAnswerLength counts tokens; answers are whole words', () =>
  withAnswers(async (model) => {
    const context = 'Berlinburg Karlson Annaville';
    const question = 'Who?';
    for (const maxAnswerLength of [1, 2, 3, 6]) {
      const found = await model.answer({ question, context }, { maxAnswerLength, topK: 9 });
      for (const { answer } of found) {
        assert.match(` ${answer} `, /^( (Berlinburg|Karlson|Annaville))+ $/);
        assert.ok(answer.split(' ').length <= 1 + maxAnswerLength / 2);
      }
    }
  }));

test('a context without a word: no answer', () =>
  withAnswers(async (model) => {
    const blank = { question: 'Who?', context: ' \n ' };
    assert.deepEqual(await model.answer(blank), []);
    const [none, ...others] = await model.answer(blank, { allowNone: true, topK: 3 });
    assert.deepEqual(others, []);
    assert.deepEqual({ ...none, score: 0 }, { answer: '', score: 0, start: 0, end: 0 });
    assert.ok(Math.abs(none.score - 1) < 1e-12);
  }));

test('wrong arguments', () =>
  withAnswers(async (model) => {
    const wrong = [
      undefined,
      null,
      'Who?',
      {},
      { question: 'Who?' },
      { question: '', context: 'Anna' },
      { question: 'Who?', context: '' },
      { question: 'Who?', context: 5 },
      [short, { question: 'Who?' }],
    ];
    for (const input of wrong) {
      await assert.rejects(model.answer(input), { code: 'BAD_ARGUMENT' });
    }
    for (const options of [
      { topK: 0 },
      { maxAnswerLength: 0 },
      { maxAnswerLength: 'x' },
      { stride: -1 },
      { allowNone: 'yes' },
      { maxLength: 401 },
      { longText: 'x' },
    ]) {
      for (const input of [short, []]) {
        await assert.rejects(model.answer(input, options), { code: 'BAD_ARGUMENT' });
      }
    }
    assert.deepEqual(await model.answer([]), []);
  }));
