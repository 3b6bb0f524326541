// embed() and similarity(): MiniLM against sentence-transformers, then every option.
import assert from 'node:assert/strict';
import test from 'node:test';

import {
  findFloatMiniLm,
  floats,
  largestDifference,
  readFixture,
  readFolder,
  sameBits,
  tinyModel,
} from '../helpers/fixtures.js';
import { modulesToTest } from '../helpers/modules.js';
import { cosine, summary } from '../helpers/statistics.js';
import { withModel } from '../helpers/with-model.js';

const bar = 5e-6;
const { folder, missing } = findFloatMiniLm();
const references = readFixture('minilm.json').map(({ text, embedding }) => ({
  text,
  embedding: floats(embedding),
}));
const encode = (value) => new TextEncoder().encode(JSON.stringify(value));
const tiny = readFolder(tinyModel('deep'));
const fp32 = { dtype: 'fp32', simd: 'baseline' };
const withTiny = (body, files = {}) => withModel({ ...tiny, ...files }, fp32, body);
const sea = 'Old wind over the sea, rain under the night!';

for (const simd of modulesToTest(import.meta.url)) {
  test(`${simd}: MiniLM in fp32 as in sentence-transformers`, { skip: missing }, (t) =>
    withModel(folder, { dtype: 'fp32', simd }, async (model) => {
      const together = await model.embed(references.map(({ text }) => text));
      let worst = 0;
      for (const [index, { text, embedding }] of references.entries()) {
        const difference = largestDifference(together[index], embedding);
        assert.ok(difference <= bar, `"${text.slice(0, 60)}" differs by ${difference}`);
        worst = Math.max(worst, difference);
      }
      t.diagnostic(`largest difference of a component: ${worst.toExponential(2)} (bar ${bar})`);
    }),
  );

  test(`${simd}: the embedded model is near sentence-transformers`, (t) =>
    withModel(undefined, { simd }, async (model) => {
      assert.equal(model.info.dtype, 'int8');
      const together = await model.embed(references.map(({ text }) => text));
      const found = summary(together.map((vector, i) => cosine(vector, references[i].embedding)));
      t.diagnostic(`mean cosine ${found.mean.toFixed(5)}, least ${found.least.toFixed(5)}`);
      assert.ok(found.mean >= 0.999 && found.least >= 0.995);
    }));
}

test('pooling and normalize do what they say', () =>
  withTiny(async (model) => {
    const { lastHiddenState } = await model.forward(sea);
    const [tokens, width] = lastHiddenState.shape;
    const column = (k) =>
      Array.from({ length: tokens }, (_, t) => lastHiddenState.data[t * width + k]);
    const perColumn = (reduce) => Array.from({ length: width }, (_, k) => reduce(column(k)));
    const expected = {
      mean: perColumn((values) => values.reduce((sum, value) => sum + value, 0) / tokens),
      cls: perColumn((values) => values[0]),
      max: perColumn((values) => Math.max(...values)),
    };
    for (const [pooling, raw] of Object.entries(expected)) {
      const vector = await model.embed(sea, { pooling, normalize: false });
      assert.ok(vector instanceof Float32Array);
      assert.ok(largestDifference(vector, raw) < 1e-6, pooling);
      const norm = Math.hypot(...raw);
      const unit = await model.embed(sea, { pooling, normalize: true });
      assert.ok(
        largestDifference(
          unit,
          raw.map((value) => value / norm),
        ) < 1e-6,
        pooling,
      );
    }
    assert.deepEqual(await model.embed(sea, { pooling: 'none' }), lastHiddenState);
    // Without a folder that says otherwise: mean, to length 1.
    assert.deepEqual(
      await model.embed(sea),
      await model.embed(sea, { pooling: 'mean', normalize: true }),
    );
  }));

test("the folder's pooling and normalisation are the defaults", async () => {
  const modules = (...types) =>
    encode(
      types.map((type, idx) => ({
        idx,
        path: type === 'Transformer' ? '' : `${idx}_${type}`,
        type: `sentence_transformers.models.${type}`,
      })),
    );
  const pooling = (mode) =>
    encode({ word_embedding_dimension: 12, [`pooling_mode_${mode}`]: true });
  const cases = [
    [{ '1_Pooling/config.json': pooling('cls_token') }, { pooling: 'cls', normalize: true }],
    [
      {
        'modules.json': modules('Transformer', 'Pooling'),
        '1_Pooling/config.json': pooling('max_tokens'),
      },
      { pooling: 'max', normalize: false },
    ],
    [
      {
        'modules.json': modules('Transformer', 'Pooling', 'Normalize'),
        '1_Pooling/config.json': pooling('mean_tokens'),
      },
      { pooling: 'mean', normalize: true },
    ],
  ];
  for (const [files, options] of cases) {
    await withTiny(async (model) => {
      assert.deepEqual(await model.embed(sea), await model.embed(sea, options));
    }, files);
  }
});

test('a pooling that is not supported is refused, unless the call names another', () =>
  withTiny(
    async (model) => {
      await assert.rejects(model.embed(sea), { code: 'UNSUPPORTED' });
      assert.equal((await model.embed(sea, { pooling: 'mean' })).length, 12);
    },
    { '1_Pooling/config.json': encode({ pooling_mode_weightedmean_tokens: true }) },
  ));

test('dimensions cut the vector and restore its length', () =>
  withTiny(async (model) => {
    const raw = await model.embed(sea, { normalize: false });
    const cut = await model.embed(sea, { dimensions: 5 });
    const norm = Math.hypot(...raw.subarray(0, 5));
    assert.ok(
      largestDifference(
        cut,
        raw.subarray(0, 5).map((value) => value / norm),
      ) < 1e-6,
    );
    const plain = await model.embed(sea, { dimensions: 5, normalize: false });
    assert.deepEqual(plain, raw.slice(0, 5));
    await assert.rejects(model.embed(sea, { dimensions: 13 }), { code: 'BAD_ARGUMENT' });
  }));

test('precision int8 and binary', () =>
  withTiny(async (model) => {
    const vector = await model.embed(sea);
    const int8 = await model.embed(sea, { precision: 'int8' });
    assert.ok(int8 instanceof Int8Array);
    assert.ok(
      largestDifference(
        int8,
        vector.map((value) => value * 127),
      ) <=
        0.5 + 1e-4,
    );
    const binary = await model.embed(sea, { precision: 'binary' });
    assert.ok(binary instanceof Uint8Array);
    const bits = [...binary]
      .map((byte) => byte.toString(2).padStart(8, '0'))
      .join('')
      .slice(0, 12);
    assert.equal(bits, [...vector].map((value) => (value > 0 ? '1' : '0')).join(''));
  }));

test('arrays, pairs and one text: shape and order of the result', () =>
  withTiny(async (model) => {
    const pair = { text: 'Who sings?', pair: 'The bird.' };
    const [first, second, third] = await model.embed([sea, pair, 'sun']);
    assert.deepEqual(first, await model.embed(sea));
    assert.deepEqual(second, await model.embed(pair));
    assert.deepEqual([third], await model.embed(['sun']));
    assert.notDeepEqual(second, await model.embed('Who sings? The bird.'));
    assert.deepEqual(await model.embed([]), []);
    assert.deepEqual(await model.forward([]), []);
  }));

test('maxLength and longText decide about long texts, onUsage reports', () =>
  withTiny(async (model) => {
    const seen = [];
    const onUsage = (usage) => seen.push(usage);
    // 13 tokens with the two special ones: "old wind over the sea , rain under the night !"
    const cut = await model.embed(sea, { maxLength: 6, onUsage });
    assert.deepEqual(cut, await model.embed('Old wind over the'));
    await model.embed([sea, 'sun'], { onUsage });
    assert.deepEqual(seen, [
      { tokens: 6, truncated: 7, windows: 1 },
      { tokens: 13, truncated: 0, windows: 1 },
      { tokens: 3, truncated: 0, windows: 1 },
    ]);
    await assert.rejects(model.embed(sea, { maxLength: 12, longText: 'error' }), {
      code: 'TOO_LONG',
    });
    assert.deepEqual(
      await model.embed(sea, { maxLength: 13, longText: 'error' }),
      await model.embed(sea),
    );
  }));

test('truncation picks what is cut of a pair', () =>
  withTiny(async (model) => {
    const pair = { text: 'the sun sea rain', pair: 'boat red old' };
    const ids = async (truncation) => {
      const { tokens } = await model.forward(pair, { maxLength: 8, truncation });
      return tokens.join(' ');
    };
    assert.equal(await ids('only_first'), '[CLS] the sun [SEP] boat red old [SEP]');
    assert.equal(await ids('only_second'), '[CLS] the sun sea rain [SEP] boat [SEP]');
    assert.equal(await ids(undefined), await ids('longest_first'));
  }));

test('truncation true is longest_first, false refuses to cut', () =>
  withTiny(async (model) => {
    const cut = await model.forward(sea, { maxLength: 6, truncation: 'longest_first' });
    assert.deepEqual(await model.forward(sea, { maxLength: 6, truncation: true }), cut);
    const tooLong = { code: 'TOO_LONG' };
    const never = { maxLength: 6, truncation: false };
    await assert.rejects(model.embed(sea, never), tooLong);
    await assert.rejects(model.embed([sea], { ...never, longText: undefined }), tooLong);
    await assert.rejects(model.forward(sea, never), tooLong);
    await assert.rejects(model.rank(sea, ['sun'], never), tooLong);
    await assert.rejects(model.rank('sun', [sea], never), tooLong);
    await assert.rejects(model.zeroShot(sea, ['sun'], never), tooLong);
    await assert.rejects(model.similarity(sea, 'sun', never), tooLong);
    assert.deepEqual(await model.embed(sea, { truncation: false }), await model.embed(sea));
    const windows = { maxLength: 6, longText: 'window' };
    assert.deepEqual(
      await model.embed(sea, { ...windows, truncation: false }),
      await model.embed(sea, windows),
    );
    await assert.rejects(model.embed(sea, { ...never, longText: 'truncate' }), {
      code: 'BAD_ARGUMENT',
    });
    await assert.rejects(model.embed(sea, { truncation: 1 }), { code: 'BAD_ARGUMENT' });
  }));

test("the folder's maximum length is the default, and never above the positions", async () => {
  const usage = (files, options) =>
    withTiny(async (model) => {
      let tokens;
      await model.embed('sun '.repeat(50), { ...options, onUsage: (used) => ({ tokens } = used) });
      return tokens;
    }, files);
  assert.equal(await usage({}), 24);
  assert.equal(await usage({ 'sentence_bert_config.json': encode({ max_seq_length: 10 }) }), 10);
  assert.equal(await usage({ 'tokenizer_config.json': encode({ model_max_length: 9 }) }), 9);
  assert.equal(await usage({ 'tokenizer_config.json': encode({ model_max_length: 512 }) }), 24);
  assert.equal(await usage({ 'tokenizer_config.json': encode({ model_max_length: 1e30 }) }), 24);
});

test('settings of the tokenizer that only some texts need are refused for these', async () => {
  const unsupported = { code: 'UNSUPPORTED' };
  const settings = (json) => ({ 'tokenizer_config.json': encode(json) });
  const long = 'sun '.repeat(50);
  await withTiny(
    async (model) => {
      await model.embed(sea);
      await model.embed(long, { longText: 'window' });
      await assert.rejects(model.embed(long), unsupported);
      await assert.rejects(model.embed(['sun', long]), unsupported);
      await assert.rejects(model.forward(long), unsupported);
      await assert.rejects(model.embed(long, { longText: 'error' }), { code: 'TOO_LONG' });
    },
    settings({ truncation_side: 'left' }),
  );
  const pair = { text: 'Who sings?', pair: 'The bird.' };
  await withTiny(
    async (model) => {
      await model.embed(long);
      await assert.rejects(model.embed(pair), unsupported);
      await assert.rejects(model.embed([sea, pair], { longText: 'window' }), unsupported);
      await assert.rejects(model.forward(pair), unsupported);
    },
    settings({ model_input_names: ['input_ids', 'attention_mask'] }),
  );
  await withTiny(
    (model) => model.embed(pair),
    settings({ model_input_names: ['input_ids', 'token_type_ids', 'attention_mask'] }),
  );
});

test('prompt: words, or the name of a prompt of the folder', () =>
  withTiny(
    async (model) => {
      const expected = await model.embed('old sun');
      assert.deepEqual(await model.embed('sun', { prompt: 'old ' }), expected);
      assert.deepEqual(await model.embed('sun', { prompt: 'query' }), expected);
      assert.notDeepEqual(await model.embed('sun'), expected);
    },
    { 'config_sentence_transformers.json': encode({ prompts: { query: 'old ' } }) },
  ));

test('similarity is the cosine of two embeddings', () =>
  withModel(undefined, { simd: 'baseline' }, async (model) => {
    const [a, b] = await model.embed(['A cat sleeps.', 'A kitten is asleep.']);
    const near = await model.similarity('A cat sleeps.', 'A kitten is asleep.');
    assert.ok(Math.abs(near - cosine(a, b)) < 1e-6);
    assert.ok(near > (await model.similarity('A cat sleeps.', 'Taxes rise in March.')) + 0.2);
    assert.ok(Math.abs((await model.similarity('one', 'one')) - 1) < 1e-6);
  }));

test('odd but valid texts', () =>
  withModel(undefined, { simd: 'baseline' }, async (model) => {
    const embed = (text) => model.embed(text);
    assert.ok(sameBits(await embed('a\ud800b'), await embed('a\ufffdb')), 'lone surrogate');
    assert.ok(sameBits(await embed('zero\0byte'), await embed('zerobyte')), 'NUL is cleaned away');
    let usage;
    const long = 'The sea is wide. '.repeat(62_000);
    assert.ok(long.length > 1e6);
    const vector = await model.embed(long, { onUsage: (used) => (usage = used) });
    assert.deepEqual(usage, { tokens: 256, truncated: 310_000 - 254, windows: 1 });
    assert.ok(sameBits(vector, await embed(long.slice(0, 17 * 60))), 'only the first tokens count');
  }));
