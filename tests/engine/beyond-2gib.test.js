// Memory beyond 2 GiB: addresses and lengths of more than 31 bits change no result. The first
// 2.25 GiB are taken and never touched, so that they cost nothing.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { Index, load, loadTokenizer } from 'bertlet';

import { Memory } from '../../js/core/memory.js';
import { quantizeModel } from '../../js/weights/quantize.js';
import { readSentences, tinyModel } from '../helpers/fixtures.js';
import { headModel } from '../helpers/heads.js';
import { openFiles, plainOf, readConfig } from '../helpers/tokenizers.js';
import { withModel } from '../helpers/with-model.js';

const taken = 2304 * 2 ** 20;

/** How a memory comes to be that large, by what is said of it. */
const ways = {
  // As one very long text leaves it: views that reach to its end are too long.
  'it has been needed once': (memory) => memory.scratch(() => memory.alloc(taken)),
  // As a large model leaves it: all that follows is at addresses beyond.
  'it is in use': (memory) => {
    memory.alloc(taken);
    memory.seal();
  },
};

const sentences = readSentences().slice(0, 40);
const texts = [
  ...sentences,
  'Grüße aus Köln',
  'ﬁne 日本語 e\u0301 \ud800 𝒳 [MASK] ##a',
  sentences.join(' é '),
];

/** What `body` gives with usual memories and with large ones. */
async function compare(enlarge, body) {
  const expected = await body();
  const { instantiate } = Memory;
  let count = 0;
  Memory.instantiate = async (...args) => {
    const memory = await instantiate.apply(Memory, args);
    enlarge(memory);
    assert.ok(memory.byteLength > 2 ** 31);
    count++;
    return memory;
  };
  try {
    assert.deepStrictEqual(await body(), expected);
    assert.ok(count > 0);
  } finally {
    Memory.instantiate = instantiate;
  }
  return expected;
}

/** Calls of all kinds on a tokenizer. */
function askTokenizer(tokenizer) {
  const pairs = texts.map((text, i) => ({ text, pair: texts.at(-i) }));
  const cut = { truncation: true, maxLength: 20, stride: 3, padding: true };
  return {
    single: texts.map((text) => plainOf(tokenizer.encode(text))),
    together: tokenizer.encodeBatch(texts).map(plainOf),
    pairs: tokenizer.encodeBatch(pairs).map(plainOf),
    cut: tokenizer.encodeBatch(pairs, cut).map(plainOf),
    decoded: texts.map((text) => tokenizer.decode(tokenizer.encode(text).ids)),
    joined: tokenizer.joinTokens(['grün', '##e', 'ö']),
    ids: ['the', 'ö', 'no such token'].map((token) => tokenizer.tokenToId(token)),
    size: tokenizer.vocabSize,
  };
}

async function askModel(source, options, more = async () => {}) {
  return withModel(source, { worker: false, ...options }, async (model) => [
    await model.embed(texts),
    await model.forward(sentences.slice(0, 3), { hiddenStates: true, attentions: true }),
    await more(model),
  ]);
}

async function askIndex(precision) {
  const index = new Index({ dimensions: 24, precision });
  const vectors = Float32Array.from({ length: 500 * 24 }, (_, i) => Math.sin(i * i));
  await index.add(vectors.subarray(0, 24 * 3), ['a', 'b', 'c']);
  await index.add(vectors.subarray(24 * 3));
  const query = vectors.slice(24 * 7, 24 * 8);
  const found = await index.search(query, 20);
  const bytes = await index.toBytes();
  const copy = await Index.from(bytes);
  const again = await copy.search(query, 20);
  for (const one of [index, copy]) one.dispose();
  return { found, again, bytes };
}

for (const [way, enlarge] of Object.entries(ways)) {
  test(`tokenizers, when ${way}`, async () => {
    const { single } = await compare(enlarge, async () => askTokenizer(await loadTokenizer()));
    const words = single[texts.indexOf('Grüße aus Köln')].tokens;
    assert.deepEqual(words, ['[CLS]', 'gr', '##u', '##ße', 'aus', 'koln', '[SEP]']);
    // One that has to take everything the exact way, and shows texts that are not its tokens'.
    const config = { ...readConfig('uncased'), normalizer: { type: 'NFC' } };
    const [like] = config.added_tokens;
    config.added_tokens.push({
      ...like,
      id: 31000,
      content: 'sun',
      lstrip: true,
      normalized: true,
    });
    await compare(enlarge, async () => askTokenizer(await openFiles({ 'tokenizer.json': config })));
  });

  test(`models of each dtype, when ${way}`, async () => {
    for (const dtype of ['fp32', 'int8', 'int8-fast']) {
      await compare(enlarge, () => askModel(tinyModel('head-size-5'), { dtype, threads: 1 }));
    }
    for (const name of ['rows-int8', 'sharded', 'vocab-txt']) {
      await compare(enlarge, () => askModel(tinyModel(name), { threads: 1 }));
    }
    await compare(enlarge, () =>
      askModel(undefined, { threads: 1 }, async (model) => [
        await model.fillMask('the [MASK] sings over the river'),
        await model.classify('what a lovely day'),
      ]),
    );
  });

  test(`threads on a shared memory, when ${way}`, () =>
    compare(enlarge, () => askModel(tinyModel('deep'), { threads: 2 })));

  test(`heads and adapters, when ${way}`, async () => {
    const adapter = fileURLToPath(new URL('../fixtures/adapters/query-value', import.meta.url));
    await compare(enlarge, () => askModel(tinyModel('wide'), { adapter, threads: 1 }));
    await compare(enlarge, () =>
      askModel(headModel('tags'), { threads: 1 }, (model) => model.tagTokens(sentences)),
    );
  });

  test(`the index in each precision, when ${way}`, async () => {
    for (const precision of ['float32', 'int8', 'binary']) {
      const { found, again } = await compare(enlarge, () => askIndex(precision));
      assert.equal(found[0].id, 7);
      assert.deepEqual(again, found);
    }
  });

  test(`quantising a folder, when ${way}`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'bertlet-'));
    t.after(() => rm(folder, { recursive: true }));
    await compare(enlarge, async () => {
      await quantizeModel(tinyModel('relu'), folder);
      return readFile(join(folder, 'model.safetensors'));
    });
  });
}

test('memory that ends before the model does is told in words', async () => {
  const { instantiate } = Memory;
  Memory.instantiate = async (...args) => {
    const memory = await instantiate.apply(Memory, args);
    memory.alloc(2 ** 32 - 2 ** 17 - memory.mark() - 2 ** 22);
    memory.seal();
    return memory;
  };
  try {
    await assert.rejects(load(undefined, { worker: false, threads: 1 }), {
      code: 'OUT_OF_MEMORY',
      message: /not enough memory for a model/,
    });
  } finally {
    Memory.instantiate = instantiate;
  }
});
