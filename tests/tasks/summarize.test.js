// summarize and similarity: what holds for any model, and sense with MiniLM.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { load } from 'bertlet';

import { splitSentences } from '../../js/tasks/sentences.js';
import { tinyModel } from '../helpers/fixtures.js';
import { withModel } from '../helpers/with-model.js';

const text = `Dr. Weber opened the clinic in 1998. It treats about two hundred patients a week.
The building was a school before, and its roof leaks when it rains; nobody has the money to
repair it.

Patients like the clinic because the doctors take their time. J. K. Weber never charged the poor.
\u201cThe clinic treats two hundred patients every week\u201d, she says. \u{1f642} Parking is free!`;

describe('sentences', () => {
  const of = (whole, language) => splitSentences(whole, language).map((sentence) => sentence.text);

  test('are slices of the text, without space around, in order', () => {
    for (const whole of [text, '  One.  Two!\r\n\r\nThree?', '漢字。二つ目の文。', 'no end']) {
      let last = 0;
      for (const { text: sentence, start, end } of splitSentences(whole)) {
        assert.equal(whole.slice(start, end), sentence);
        assert.equal(sentence.trim(), sentence);
        assert.ok(start >= last && end > start);
        last = end;
      }
      assert.ok(last > 0);
    }
  });

  test('end neither at titles and initials nor where a line is wrapped', () => {
    assert.deepEqual(of(text), [
      'Dr. Weber opened the clinic in 1998.',
      'It treats about two hundred patients a week.',
      'The building was a school before, and its roof leaks when it rains; ' +
        'nobody has the money to\nrepair it.',
      'Patients like the clinic because the doctors take their time.',
      'J. K. Weber never charged the poor.',
      '\u201cThe clinic treats two hundred patients every week\u201d, she says.',
      '\u{1f642} Parking is free!',
    ]);
    assert.deepEqual(of('Ask Dr.'), ['Ask Dr.']);
    assert.deepEqual(of('Ask Prof. '), ['Ask Prof.']);
  });

  test('end with a short line, an empty line, and a paragraph', () => {
    assert.deepEqual(of('Milk\nBread\r\nEggs'), ['Milk', 'Bread', 'Eggs']);
    const line = 'A line that is longer than forty characters and has no end';
    assert.deepEqual(of(`${line}\n\nMore`), [line, 'More']);
    assert.deepEqual(of(`${line}\r\nmore`), [`${line}\r\nmore`]);
  });

  test('have a letter or a digit', () => {
    assert.deepEqual(of('...\n\n***\n\n?!\n\n7\n\n\u{1f642}'), ['7']);
    assert.deepEqual(of(''), []);
    assert.deepEqual(of(' \n '), []);
  });

  test('a text of a million characters takes no time', () => {
    const long = 'The rain falls on the roof and nobody hears it. '.repeat(20_000);
    assert.equal(splitSentences(long).length, 20_000);
    assert.equal(splitSentences('x'.repeat(1e6)).length, 1);
  });
});

describe('summarize', () => {
  let model;
  before(async () => {
    model = await load();
  });
  after(() => model.dispose());

  test('takes as many sentences as it is asked for, in their order, with their places', async () => {
    const all = splitSentences(text);
    for (const count of [1, 2, 3, 5, all.length, 100]) {
      const { summary, sentences } = await model.summarize(text, { sentences: count });
      assert.equal(sentences.length, Math.min(count, all.length));
      let last = 0;
      for (const { text: sentence, score, start, end } of sentences) {
        assert.equal(text.slice(start, end), sentence);
        assert.ok(start >= last && score > -1 && score <= 1);
        last = end;
      }
      const words = sentences.map((sentence) => sentence.text.replaceAll('\n', ' '));
      assert.equal(summary, words.join(' '));
    }
    assert.equal((await model.summarize(text)).sentences.length, 3);
  });

  test('takes what the text is about, and nothing twice', async () => {
    const { sentences } = await model.summarize(text);
    const starts = sentences.map(({ text: sentence }) => sentence.slice(0, 12));
    assert.ok(!starts.includes('\u{1f642} Parking i'), starts.join());
    const says = sentences.filter(({ text: sentence }) => /two hundred/.test(sentence));
    assert.equal(says.length, 1);
    const twice = await model.summarize(`${text}\n\n${text}`, { sentences: 4 });
    assert.equal(new Set(twice.sentences.map((sentence) => sentence.text)).size, 4);
  });

  test('a score is the closeness to the middle of all sentences', async () => {
    const sentences = splitSentences(text).map((sentence) => sentence.text);
    const vectors = await model.embed(sentences);
    const middle = vectors[0].map((_, k) => vectors.reduce((sum, vector) => sum + vector[k], 0));
    const length = Math.hypot(...middle);
    const result = await model.summarize(text, { sentences: 100 });
    for (const [i, { score }] of result.sentences.entries()) {
      const cosine = vectors[i].reduce((sum, value, k) => sum + (value * middle[k]) / length, 0);
      assert.ok(Math.abs(score - cosine) < 1e-6);
    }
  });

  test('texts without sentences, with one, and many texts', async () => {
    const empty = { summary: '', sentences: [] };
    assert.deepEqual(await model.summarize(''), empty);
    assert.deepEqual(await model.summarize('...'), empty);
    const one = await model.summarize('  Rain. ');
    assert.equal(one.summary, 'Rain.');
    assert.deepEqual(
      { ...one.sentences[0], score: 1 },
      { text: 'Rain.', start: 2, end: 7, score: 1 },
    );
    assert.ok(Math.abs(one.sentences[0].score - 1) < 1e-6);
    assert.deepEqual(await model.summarize([text, '', ' Rain.']), [
      await model.summarize(text),
      empty,
      await model.summarize(' Rain.'),
    ]);
    assert.deepEqual(await model.summarize([]), []);
  });

  test('says of each sentence how much of it was read', async () => {
    const usage = [];
    const options = { maxLength: 8, onUsage: (event) => usage.push(event) };
    await model.summarize(text, options);
    assert.equal(usage.length, splitSentences(text).length);
    assert.ok(
      usage.every(({ tokens }) => tokens <= 8) && usage.some((event) => event.truncated > 0),
    );
    await assert.rejects(model.summarize(text, { maxLength: 8, longText: 'error' }), {
      code: 'TOO_LONG',
    });
  });

  test('wrong arguments, a signal', async () => {
    const bad = (...call) => assert.rejects(model.summarize(...call), { code: 'BAD_ARGUMENT' });
    for (const wrong of [undefined, null, 5, {}, [5], { text: 'a', pair: 'b' }]) await bad(wrong);
    for (const sentences of [0, -1, 1.5, '3']) await bad(text, { sentences });
    for (const language of ['', 'not a tag', 5]) await bad(text, { language });
    await bad(text, { pooling: 'none' });
    await bad(text, { precision: 'int8' });
    await assert.rejects(model.summarize(text, { signal: AbortSignal.abort() }), {
      code: 'ABORTED',
    });
    const other = await load(tinyModel('deep'), { dtype: 'fp32' });
    other.dispose();
    await assert.rejects(other.summarize(text), { code: 'DISPOSED' });
  });
});

test('similarity compares vectors, not packed bits nor matrices', () =>
  withModel(tinyModel('deep'), { dtype: 'fp32' }, async (model) => {
    for (const wrong of [{ precision: 'binary' }, { precision: 'int8' }, { pooling: 'none' }]) {
      await assert.rejects(model.similarity('a', 'b', wrong), { code: 'BAD_ARGUMENT' });
    }
    const same = await model.similarity('the sea', 'the sea');
    assert.ok(Math.abs(same - 1) < 1e-6 && same <= 1);
    assert.equal(await model.similarity('sea', 'sun'), await model.similarity('sun', 'sea'));
  }));

test('options that are no object are refused by every call', () =>
  withModel(tinyModel('deep'), { dtype: 'fp32' }, async (model) => {
    const calls = {
      embed: ['a'],
      similarity: ['a', 'b'],
      classify: ['a'],
      fillMask: ['[MASK]'],
      tagTokens: ['a'],
      answer: [{ question: 'a', context: 'b' }],
      zeroShot: ['a', ['b']],
      rank: ['a', ['b']],
      multipleChoice: ['a', ['b']],
      summarize: ['a'],
      nextSentence: ['a', 'b'],
      forward: ['a'],
      useAdapter: [null],
    };
    for (const [name, given] of Object.entries(calls)) {
      for (const wrong of [null, 5, 'mean']) {
        await assert.rejects(model[name](...given, wrong), { code: 'BAD_ARGUMENT' }, name);
      }
    }
  }));
