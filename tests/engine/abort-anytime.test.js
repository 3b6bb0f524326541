// Aborts and disposals at any moment: whoever waits is told so in time, nobody else is disturbed,
// and no rejection is left that nobody hears.
import assert from 'node:assert/strict';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { untilAllEnded } from '../helpers/node-workers.js';

import { BertletError, Index, load, loadTokenizer } from 'bertlet';

import { readFolder, readSentences, sameBits, tinyModel } from '../helpers/fixtures.js';

const texts = readSentences().slice(0, 400);
const adapter = fileURLToPath(new URL('../fixtures/adapters/query-value', import.meta.url));
const limit = { timeout: 240_000 };

const unheard = [];
process.on('unhandledRejection', (reason) => unheard.push(reason));

/** Numbers in [0, 1) that look like chance and are the same each time. */
function createRandom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Lets a few microtasks, a turn of the event loop or some milliseconds pass. */
async function pause(random, most) {
  const chance = random();
  if (chance < 0.3) for (let left = Math.floor(random() * 40); left > 0; left--) await null;
  else if (chance < 0.5) await new Promise((resolve) => setImmediate(resolve));
  else await new Promise((resolve) => setTimeout(resolve, random() * most));
}

/** What is given up may fail in two ways, or have been quicker. */
async function assertGivenUp(promise) {
  try {
    return await promise;
  } catch (error) {
    assert.ok(error instanceof BertletError, String(error?.stack));
    assert.ok(['ABORTED', 'DISPOSED'].includes(error.code), `${error.code}: ${error.message}`);
    return undefined;
  }
}

async function assertNothingUnheard() {
  await untilAllEnded();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(unheard, []);
}

const ways = [
  { threads: 1 },
  { threads: 1, worker: true },
  { threads: 2, sharedMemory: true },
  { threads: 2, sharedMemory: true, worker: true },
  { threads: 3, sharedMemory: false },
  { threads: 3, sharedMemory: false, worker: true },
];

for (const [seed, options] of ways.entries()) {
  test(`while it loads: ${JSON.stringify(options)}`, limit, async () => {
    const random = createRandom(seed);
    const inPieces = () => {
      const files = readFolder(tinyModel('wide'));
      return { ...files, 'model.safetensors': new Response(files['model.safetensors']).body };
    };
    const sources = [() => tinyModel('wide'), () => tinyModel('sharded'), inPieces];
    for (let round = 0; round < 24; round++) {
      const stop = new AbortController();
      const withAdapter = round % 4 === 3 ? { adapter } : {};
      const given = { ...options, ...withAdapter, signal: stop.signal };
      const source = sources[withAdapter.adapter ? 0 : round % sources.length]();
      const loading = load(source, given);
      await pause(random, 60);
      stop.abort();
      const model = await assertGivenUp(loading);
      if (!model) continue;
      // The signal of load() counts for all calls.
      await assert.rejects(model.embed('text'), { code: 'ABORTED' });
      model.dispose();
    }
    await assertNothingUnheard();
  });

  test(`while calls are under way: ${JSON.stringify(options)}`, limit, async () => {
    const random = createRandom(100 + seed);
    const model = await load(tinyModel('wide'), options);
    const expected = await model.embed(texts);
    for (let round = 0; round < 30; round++) {
      const stop = new AbortController();
      const { signal } = stop;
      const undisturbed = model.embed(texts);
      const calls = [
        model.embed(texts, { signal }),
        model.forward(texts.slice(0, 20), { signal, hiddenStates: true }),
        model.useAdapter(round % 2 ? null : adapter, { signal }),
        model.embed('one text', { signal }),
        model.embed(texts, { signal, longText: 'window' }),
      ];
      for (const call of calls) call.catch(() => {});
      await pause(random, 30);
      stop.abort();
      for (const call of calls) await assertGivenUp(call);
      for (const [i, vector] of (await undisturbed).entries()) {
        assert.ok(sameBits(vector, expected[i]), `round ${round}, text ${i}`);
      }
      await model.useAdapter(null);
    }
    model.dispose();
    await assertNothingUnheard();
  });

  test(`disposing while calls are under way: ${JSON.stringify(options)}`, limit, async () => {
    const random = createRandom(200 + seed);
    for (let round = 0; round < 12; round++) {
      const model = await load(tinyModel('wide'), options);
      const amid = round % 3 === 0 ? () => model.dispose() : undefined;
      const many = Array.from({ length: 20 }, () => texts).flat();
      const calls = [
        model.embed(many, { onProgress: amid }),
        model.useAdapter(adapter),
        model.forward(texts.slice(0, 20)),
        model.embed('one text'),
      ];
      for (const call of calls) call.catch(() => {});
      await pause(random, 60);
      model.dispose();
      for (const call of calls) await assertGivenUp(call);
      await assert.rejects(model.embed('text'), { code: 'DISPOSED' });
    }
    await assertNothingUnheard();
  });
}

test('tokenizers and indexes', limit, async () => {
  const random = createRandom(300);
  for (let round = 0; round < 40; round++) {
    const stop = new AbortController();
    const loading = loadTokenizer(readFolder(tinyModel('wide')), { signal: stop.signal });
    const index = new Index({ dimensions: 3 });
    const calls = [
      index.add(new Float32Array(300_000).fill(1)),
      index.search(new Float32Array([1, 2, 3]), 5, { signal: stop.signal }),
      index.toBytes(),
    ];
    for (const call of [loading, ...calls]) call.catch(() => {});
    await pause(random, 10);
    stop.abort();
    if (round % 2) index.dispose();
    for (const call of [loading, ...calls]) await assertGivenUp(call);
    index.dispose();
  }
  await assertNothingUnheard();
});
