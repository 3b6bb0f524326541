// rank, zeroShot and multipleChoice against sentence-transformers and transformers
// (fixtures/ranking.py), and what holds for any model.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { load } from 'bertlet';

import { readFixture, readFolder, tinyModel } from '../helpers/fixtures.js';
import { dtypesOf, headModel } from '../helpers/heads.js';
import { modulesToTest } from '../helpers/modules.js';
import { withModel } from '../helpers/with-model.js';

/** Of scores, which are at most 1 but for a cross-encoder's logits. */
const bar = 1e-4;
const { zeroShot, crossEncoders, choices } = readFixture('ranking.json');
const folder = fileURLToPath(new URL('../fixtures/ranking-models/', import.meta.url));
const rankingModel = (name) => join(folder, name);
const crossEncoder = rankingModel('cross-encoder');
const encode = (json) => new TextEncoder().encode(JSON.stringify(json));
const fp32 = { dtype: 'fp32', simd: 'baseline' };

/** The folder of a case of ranking.json. */
function withFiles(files) {
  const entries = Object.entries(files).map(([name, json]) => [name, encode(json)]);
  return { ...readFolder(crossEncoder), ...Object.fromEntries(entries) };
}

/** Best first: the same order but where the reference's scores are equal to a millionth. */
function assertRanked(actual, expected, key) {
  assert.equal(actual.length, expected.length);
  let worst = 0;
  for (const [i, { score }] of expected.entries()) {
    const own = actual[i];
    const same = expected.find((entry) => entry[key] === own[key]);
    assert.ok(Math.abs(same.score - score) < 1e-6, `${i}: ${own[key]}`);
    worst = Math.max(worst, Math.abs(own.score - score));
  }
  assert.ok(worst <= bar, `differs by ${worst}`);
  return worst;
}

const entriesOf = ({ labels, scores }) => labels.map((label, i) => ({ label, score: scores[i] }));

for (const simd of modulesToTest(import.meta.url)) {
  for (const [name, calls] of Object.entries(zeroShot)) {
    test(`${simd}: ${name}: zeroShot as transformers' pipeline`, (t) =>
      withModel(rankingModel(name), { dtype: 'fp32', simd }, async (model) => {
        let worst = 0;
        for (const { text, labels, result, ...options } of calls) {
          const actual = await model.zeroShot(text, labels, options);
          assert.equal(Array.isArray(actual), Array.isArray(result));
          for (const [i, expected] of [result].flat().entries()) {
            const { sequence, method, ...rest } = [actual].flat()[i];
            assert.deepEqual([sequence, method], [expected.sequence, 'nli']);
            const difference = assertRanked(entriesOf(rest), entriesOf(expected), 'label');
            worst = Math.max(worst, difference);
          }
        }
        t.diagnostic(`largest difference of a score: ${worst.toExponential(1)} (bar ${bar})`);
      }));
  }

  for (const { name, files, calls, windows, history } of crossEncoders) {
    if (name === 'tanh') continue;
    test(`${simd}: ${name}: rank as CrossEncoder.rank`, (t) =>
      withModel(withFiles(files), { dtype: 'fp32', simd }, async (model) => {
        let worst = 0;
        for (const { query, documents, result } of calls) {
          const actual = await model.rank(query, documents);
          worst = Math.max(worst, assertRanked(actual, result, 'index'));
          for (const { index, document } of actual) assert.equal(document, documents[index]);
        }
        t.diagnostic(`largest difference of a score: ${worst.toExponential(1)} (bar ${bar})`);
      }));

    if (!windows) continue;
    test(`${simd}: rank takes a document's best window`, () =>
      withModel(withFiles(files), { dtype: 'fp32', simd }, async (model) => {
        const { query, documents, result } = windows;
        const usage = [];
        const onUsage = (event) => usage.push(event);
        const actual = await model.rank(query, documents, { longText: 'window', onUsage });
        assertRanked(actual, result, 'index');
        assert.deepEqual(
          usage.map((event) => event.windows),
          windows.windows,
        );
        assert.ok(usage.every(({ truncated }) => truncated === 0));
      }));

    test(`${simd}: rank with earlier turns, and says what it left out`, () =>
      withModel(withFiles(files), { dtype: 'fp32', simd }, async (model) => {
        const { query } = calls[0];
        for (const { turns, document, truncated, score } of history) {
          const usage = [];
          const onUsage = (event) => usage.push(event);
          const options = { history: turns, onUsage };
          const [first, ...others] = await model.rank(query, [document], options);
          assert.ok(Math.abs(first.score - score) <= bar, `"${document}": ${first.score}`);
          assert.equal(others.length, 0);
          assert.deepEqual(
            usage.map((event) => event.truncated),
            [truncated],
          );
        }
        assert.ok(history.some(({ turns, kept }) => kept > 0 && kept < turns.length));
      }));
  }

  test(`${simd}: multipleChoice as BertForMultipleChoice`, () =>
    withModel(headModel('choices'), { dtype: 'fp32', simd }, async (model) => {
      for (const { prompt, choices: texts, result } of choices) {
        const actual = await model.multipleChoice(prompt, texts);
        assertRanked(actual, result, 'index');
        for (const { index, choice } of actual) assert.equal(choice, texts[index]);
        assert.ok(Math.abs(actual.reduce((sum, { score }) => sum + score, 0) - 1) < 1e-12);
      }
    }));

  for (const dtype of dtypesOf(simd).filter((name) => name !== 'fp32')) {
    test(`${simd}: ${dtype} keeps the scores of fp32 nearly`, () =>
      withModel(crossEncoder, { dtype, simd }, async (model) => {
        const { query, documents, result } = crossEncoders[0].calls[0];
        for (const { index, score } of await model.rank(query, documents)) {
          const expected = result.find((entry) => entry.index === index);
          assert.ok(Math.abs(expected.score - score) < 0.02, `${index}: ${score}`);
        }
      }));
  }
}

describe('rank', () => {
  const { query, documents } = crossEncoders[0].calls[0];
  let model;
  before(async () => {
    model = await load(crossEncoder, fp32);
  });
  after(() => model.dispose());

  test('a document alone has the score that it has among others', async () => {
    for (const { index, score } of await model.rank(query, documents)) {
      const [alone] = await model.rank(query, [documents[index]]);
      assert.equal(alone.score, score);
    }
  });

  test('equal documents keep their order, topK cuts, no document gives nothing', async () => {
    const ranked = await model.rank(query, ['Rain.', 'the SEA', 'the sea', 'rain.', 'Rain.']);
    const rain = ranked.filter(({ document }) => /rain/i.test(document));
    assert.deepEqual(
      rain.map(({ index }) => index),
      [0, 3, 4],
    );
    assert.deepEqual(await model.rank(query, documents, { topK: 3 }), [
      ...(await model.rank(query, documents)).slice(0, 3),
    ]);
    assert.equal((await model.rank(query, documents, { topK: 100 })).length, documents.length);
    assert.deepEqual(await model.rank(query, []), []);
    assert.deepEqual(await model.rank(query, [], { history: ['The sea?'] }), []);
  });

  test('no earlier turns are no history', async () => {
    const plain = await model.rank(query, documents);
    assert.deepEqual(await model.rank(query, documents, { history: [] }), plain);
  });

  test('turns are never left out where a long text is an error', async () => {
    const history = ['The old river was in the north.', 'It rains over the market, is it?'];
    const long = { history, longText: 'error' };
    await assert.rejects(model.rank(query, ['The bird sings over the river.'], long), {
      code: 'TOO_LONG',
    });
    const [{ score }] = await model.rank(query, ['Rain.'], { ...long, history: ['The sea?'] });
    const [joined] = await model.rank(`The sea? ${query}`, ['Rain.']);
    assert.equal(score, joined.score);
  });

  test('with a query that fills the room, says so in words', async () => {
    const options = { longText: 'window' };
    await assert.rejects(model.rank('sea '.repeat(40), ['Rain and wind.'], options), {
      code: 'BAD_ARGUMENT',
      message: /cannot (be cut|reach)/,
    });
  });

  test('progress, usage, a signal', async () => {
    const many = Array.from({ length: 1500 }, (_, i) => `${documents[i % 4]} ${i}`);
    const done = [];
    await model.rank(query, many, { onProgress: (event) => done.push(event) });
    assert.deepEqual(done.at(-1), { done: 1500, total: 1500 });
    assert.ok(done.length > 1);
    const signal = AbortSignal.abort();
    await assert.rejects(model.rank(query, many, { signal }), { code: 'ABORTED' });
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    await assert.rejects(model.rank(query, many, { signal: stop.signal, onProgress }), {
      code: 'ABORTED',
    });
  });

  test('wrong arguments', async () => {
    const bad = (...call) => assert.rejects(model.rank(...call), { code: 'BAD_ARGUMENT' });
    for (const wrong of [undefined, null, 5, ['a'], { text: 'a' }]) await bad(wrong, ['a']);
    for (const wrong of [undefined, null, 'a', [5], [['a']], [{ text: 'a' }], new Set(['a'])]) {
      await bad('a', wrong);
      if (wrong) await bad('a', ['b'], { history: wrong });
    }
    for (const topK of [0, -1, 1.5, '3', NaN]) await bad('a', ['b'], { topK });
    await bad('a', ['b'], { longText: 'crop' });
    await bad('a', ['b'], { maxLength: 99 });
    await bad('a', ['b'], { prompt: 5 });
  });

  test('scores that go through something else are refused', async () => {
    const { files } = crossEncoders.find(({ name }) => name === 'tanh');
    await withModel(withFiles(files), fp32, (other) =>
      assert.rejects(other.rank('a', ['b']), { code: 'UNSUPPORTED', message: /Tanh/ }),
    );
  });

  test('without a classifier of one output: cosines of embeddings', async () => {
    for (const source of [tinyModel('deep'), rankingModel('nli-two')]) {
      await withModel(source, fp32, async (other) => {
        const texts = ['Old wind', 'the red boat', 'the red boat sings'];
        const ranked = await other.rank('the red boat sings', texts);
        for (const { index, score } of ranked) {
          const expected = await other.similarity('the red boat sings', texts[index]);
          assert.equal(score, expected);
        }
        assert.equal(ranked[0].index, 2);
        assert.ok(ranked[0].score > ranked[1].score && ranked[1].score >= ranked[2].score);
        const options = { history: ['the red boat'] };
        const [{ score }] = await other.rank('sings', ['a boat'], options);
        assert.equal(score, await other.similarity('the red boat sings', 'a boat'));
        for (const wrong of [{ pooling: 'none' }, { precision: 'binary' }]) {
          await assert.rejects(other.rank('a', texts, wrong), { code: 'BAD_ARGUMENT' });
        }
      });
    }
  });

  test('embeddings take the prompts that the folder has for queries and documents', async () => {
    const prompts = { query: 'the sun: ', passage: 'the night ' };
    const files = { 'config_sentence_transformers.json': encode({ prompts }) };
    await withModel({ ...readFolder(tinyModel('deep')), ...files }, fp32, async (other) => {
      const [{ score }] = await other.rank('red', ['boat']);
      assert.equal(score, await other.similarity('the sun: red', 'the night boat'));
      const [plain] = await other.rank('red', ['boat'], { prompt: '' });
      assert.equal(plain.score, await other.similarity('red', 'boat'));
    });
  });

  test('of an embedded query the oldest turns go first, and it says so', async () => {
    await withModel(tinyModel('deep'), fp32, async (other) => {
      const turns = ['old wind over the sea', 'rain under the night', 'the red boat'];
      const usage = [];
      const options = { history: turns, maxLength: 10, onUsage: (event) => usage.push(event) };
      const [{ score }] = await other.rank('the bird sings', ['rain'], options);
      assert.equal(score, await other.similarity('the red boat the bird sings', 'rain'));
      assert.deepEqual(
        usage.map(({ truncated }) => truncated),
        [9, 0],
      );
      const whole = { history: turns, longText: 'window', maxLength: 10 };
      const [{ score: all }] = await other.rank('the bird sings', ['rain'], whole);
      const text = [...turns, 'the bird sings'].join(' ');
      assert.equal(
        all,
        await other.similarity(text, 'rain', { longText: 'window', maxLength: 10 }),
      );
      const error = { ...whole, longText: 'error' };
      await assert.rejects(other.rank('the bird sings', ['rain'], error), { code: 'TOO_LONG' });
    });
  });
});

describe('zeroShot', () => {
  const text = 'The old river was in the north, and the wind sings over the water at night.';
  const labels = ['sport', 'music', 'the sea'];
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  let model;
  before(async () => {
    model = await load(rankingModel('nli-last'), fp32);
  });
  after(() => model.dispose());

  test('scores sum to one, but not where several labels may hold', async () => {
    for (const longText of ['truncate', 'window']) {
      const { scores } = await model.zeroShot(text, labels, { longText, maxLength: 20 });
      assert.ok(Math.abs(sum(scores) - 1) < 1e-12);
      const several = await model.zeroShot(text, labels, { longText, multiLabel: true });
      assert.ok(several.scores.every((score) => score > 0 && score < 1));
      assert.ok(Math.abs(sum(several.scores) - 1) > 1e-3);
    }
  });

  test('many texts give what each gives alone; no text gives nothing', async () => {
    const texts = [text, '', 'Rain.', text];
    const together = await model.zeroShot(texts, labels);
    for (const [i, result] of together.entries()) {
      assert.deepEqual(result, await model.zeroShot(texts[i], labels));
    }
    assert.deepEqual(await model.zeroShot([], labels), []);
  });

  test('equal labels keep their order', async () => {
    const { labels: order } = await model.zeroShot(text, ['Sea', 'rain', 'sea', 'SEA']);
    assert.deepEqual(
      order.filter((label) => label !== 'rain'),
      ['Sea', 'sea', 'SEA'],
    );
  });

  test('a text in windows that fits is the text itself', async () => {
    assert.deepEqual(
      await model.zeroShot('Rain over the sea.', labels, { longText: 'window' }),
      await model.zeroShot('Rain over the sea.', labels),
    );
  });

  test('a template may name the label twice, and the label may hold a sign of replacement', async () => {
    const twice = await model.zeroShot(text, ['$&', 'sea'], { hypothesisTemplate: '{} or {}' });
    const plain = await model.zeroShot(text, ['$& or $&', 'sea or sea'], {
      hypothesisTemplate: '{}',
    });
    assert.deepEqual(twice.scores, plain.scores);
  });

  test('usage says for each text and label what was cut', async () => {
    const usage = [];
    const options = { maxLength: 16, onUsage: (event) => usage.push(event) };
    await model.zeroShot([text, 'Rain.'], labels, options);
    assert.deepEqual(
      usage.map(({ tokens, truncated }) => [tokens, truncated > 0]),
      [...Array(3).fill([16, true]), ...usage.slice(3).map(({ tokens }) => [tokens, false])],
    );
    await assert.rejects(model.zeroShot(text, labels, { maxLength: 16, longText: 'error' }), {
      code: 'TOO_LONG',
    });
    await assert.rejects(model.zeroShot(text, labels, { maxLength: 5 }), {
      code: 'BAD_ARGUMENT',
      message: /cannot (be cut|reach)/,
    });
  });

  test('wrong arguments', async () => {
    const bad = (...call) => assert.rejects(model.zeroShot(...call), { code: 'BAD_ARGUMENT' });
    for (const wrong of [undefined, null, 5, {}, [5], { text: 'a', pair: 'b' }]) {
      await bad(wrong, labels);
    }
    for (const wrong of [undefined, null, [], '', ' , ', [5], [''], [['a']]])
      await bad(text, wrong);
    for (const hypothesisTemplate of ['no place', '', 5]) {
      await bad(text, labels, { hypothesisTemplate });
    }
    await bad(text, labels, { multiLabel: 'yes' });
    await bad(text, labels, { longText: 'crop' });
    const signal = AbortSignal.abort();
    await assert.rejects(model.zeroShot(text, labels, { signal }), { code: 'ABORTED' });
  });

  test('a classifier of something else is not asked: cosines decide, and it says so', () =>
    withModel(tinyModel('deep'), fp32, async (other) => {
      const result = await other.zeroShot('the old boat', ['boat', 'wind', 'sun']);
      assert.equal(result.method, 'embedding');
      assert.ok(Math.abs(sum(result.scores) - 1) < 1e-12);
      const several = await other.zeroShot('the old boat', ['boat', 'wind'], {
        multiLabel: true,
        hypothesisTemplate: '{}',
      });
      for (const [i, label] of several.labels.entries()) {
        const cosine = await other.similarity('the old boat', label);
        assert.equal(several.scores[i], Math.max(0, cosine));
      }
      const options = { pooling: 'none' };
      await assert.rejects(other.zeroShot('a', ['b'], options), { code: 'BAD_ARGUMENT' });
    }));
});

describe('multipleChoice', () => {
  let model;
  before(async () => {
    model = await load(headModel('choices'), fp32);
  });
  after(() => model.dispose());

  test('equal choices keep their order; one is certain; none gives nothing', async () => {
    const ranked = await model.multipleChoice('Who?', ['Rain.', 'sea', 'rain.']);
    const rain = ranked.filter(({ choice }) => /rain/i.test(choice));
    assert.deepEqual(
      rain.map(({ index }) => index),
      [0, 2],
    );
    assert.equal((await model.multipleChoice('Who?', ['Rain.']))[0].score, 1);
    assert.deepEqual(await model.multipleChoice('Who?', []), []);
  });

  test('wrong arguments', async () => {
    const bad = (...call) =>
      assert.rejects(model.multipleChoice(...call), { code: 'BAD_ARGUMENT' });
    for (const wrong of [undefined, null, 5, ['a']]) await bad(wrong, ['a']);
    for (const wrong of [undefined, null, 'a', [5]]) await bad('a', wrong);
    await bad('a', ['b'], { longText: 'window' });
    const other = await load(tinyModel('deep'), fp32);
    await assert.rejects(other.multipleChoice('a', ['b']), { code: 'NO_HEAD' });
    other.dispose();
    for (const call of ['multipleChoice', 'rank', 'zeroShot']) {
      await assert.rejects(other[call]('a', ['b']), { code: 'DISPOSED' });
    }
  });
});

describe('MiniLM', () => {
  let model;
  before(async () => {
    model = await load();
  });
  after(() => model.dispose());

  test('ranks by meaning', async () => {
    const documents = [
      'Invoices are due in 30 days.',
      'The kitchen closes at ten in the evening.',
      'Parking is free.',
    ];
    const ranked = await model.rank('When do they stop serving dinner?', documents);
    assert.equal(ranked[0].index, 1);
    const answer = await model.rank('And until when?', documents, {
      history: ['I would like to eat something warm.', 'The restaurant is downstairs.'],
      topK: 1,
    });
    assert.deepEqual(
      answer.map(({ index }) => index),
      [1],
    );
  });

  test('sorts texts into words given with the call', async () => {
    const texts = [
      'The match ended two to one after extra time.',
      'Parliament votes on the new law tomorrow.',
      'Stir the sauce until it thickens.',
    ];
    const results = await model.zeroShot(texts, ['cooking', 'politics', 'sport']);
    assert.deepEqual(
      results.map(({ labels }) => labels[0]),
      ['sport', 'politics', 'cooking'],
    );
    assert.ok(results.every(({ scores, method }) => scores[0] > 0.5 && method === 'embedding'));
  });
});
