// An adapter that is no longer used gives its memory back; calls keep the one they began with.
import assert from 'node:assert/strict';
import test from 'node:test';
import { livingWorkers, untilAllEnded } from '../helpers/node-workers.js';

import { WorkerEngine } from '../../js/workers/client.js';
import { Engine } from '../../js/engine/engine.js';
import { readFolder } from '../../js/folder/folder.js';
import { Memory } from '../../js/core/memory.js';
import { Regions } from '../../js/core/regions.js';
import { openSource } from '../../js/source/source.js';
import { readTokenizerFiles } from '../../js/tokenizer/files.js';
import { chooseModule, loadModule } from '../../js/core/wasm-module.js';
import { Workers } from '../../js/workers/workers.js';
import { adapterFiles, adapterFolder } from '../helpers/adapters.js';
import { sameBits, tinyModel } from '../helpers/fixtures.js';
import { floatTensor } from '../helpers/safetensors.js';
import { withModel } from '../helpers/with-model.js';

const limit = { timeout: 120_000 };
const page = 65536;
const text = 'The red boat sings.';
const module = 'base_model.model.bert.encoder.layer.0.attention.self.query';

function* randomNumbers(seed) {
  for (let state = seed + 1; ; yield state / 2 ** 32) state = (state * 1664525 + 1013904223) >>> 0;
}

/** An adapter of the model "wide": 256 bytes and more for each of its rank. */
function madeAdapter(rank, seed) {
  const random = randomNumbers(seed);
  const values = () => Array.from({ length: rank * 32 }, () => random.next().value - 0.5);
  return adapterFiles('query-value', {
    config: { r: rank, lora_alpha: rank },
    tensors(tensors) {
      for (const name of [...tensors.keys()]) if (/lora/.test(name)) tensors.delete(name);
      tensors.set(`${module}.lora_A.weight`, floatTensor([rank, 32], values()));
      tensors.set(`${module}.lora_B.weight`, floatTensor([32, rank], values()));
    },
  });
}

const vectorOf = (model) => model.embed(text);

/** What each adapter gives in a model that has no other. */
async function expectedOf(adapters) {
  const vectors = [];
  for (const adapter of adapters) {
    vectors.push(await withModel(tinyModel('wide'), { adapter, threads: 1 }, vectorOf));
  }
  return vectors;
}

for (const options of [
  { threads: 1 },
  { threads: 1, worker: true },
  { threads: 2, sharedMemory: true },
  { threads: 2, sharedMemory: false, worker: true },
]) {
  test(`400 switches: ${JSON.stringify(options)}`, limit, async () => {
    const adapters = [madeAdapter(20, 1), madeAdapter(64, 2), madeAdapter(3, 3)];
    const expected = await expectedOf(adapters);
    await withModel(tinyModel('wide'), options, async (model) => {
      const bare = await vectorOf(model);
      let bytes;
      for (let i = 0; i < 400; i++) {
        await model.useAdapter({ ...adapters[i % 3] });
        if (i % 40 < 3) assert.ok(sameBits(await vectorOf(model), expected[i % 3]), `${i}`);
        if (i === 12) bytes = model.info.memoryBytes;
      }
      assert.equal(model.info.memoryBytes, bytes);
      await model.useAdapter(null);
      assert.ok(sameBits(await vectorOf(model), bare));
    });
  });
}

test('adapters of all sizes, one after the other and back again', limit, async () => {
  const random = randomNumbers(7);
  const some = Array.from({ length: 9 }, (_, i) => madeAdapter(1 + ((i * 37) % 200), i));
  const expected = await expectedOf(some);
  await withModel(tinyModel('wide'), { threads: 1 }, async (model) => {
    const peaks = [0, 0];
    for (let i = 0; i < 400; i++) {
      const which = Math.floor(random.next().value * some.length);
      // Some as objects that were seen, others new.
      await model.useAdapter(i % 3 ? { ...some[which] } : some[which]);
      assert.ok(sameBits(await vectorOf(model), expected[which]), `${i}`);
      peaks[Number(i >= 200)] = model.info.memoryBytes;
    }
    assert.ok(peaks[1] <= peaks[0] + page, `${peaks}`);
  });
});

test('what is loaded still is only switched to', async () => {
  await withModel(tinyModel('wide'), { threads: 1 }, async (model) => {
    const files = [0, 1, 2, 3].map((i) => madeAdapter(8, i));
    const reads = files.map(() => 0);
    const sources = files.map((file, i) => ({
      ...file,
      get 'adapter_model.safetensors'() {
        reads[i]++;
        return file['adapter_model.safetensors'];
      },
    }));
    for (let round = 0; round < 5; round++) {
      for (const source of sources) await model.useAdapter(source);
      await model.useAdapter(null);
    }
    const once = [...reads]; // one loading may look more than once
    assert.ok(
      once.every((count) => count <= 3),
      `${reads}`,
    );
    // The one that was used longest ago makes room.
    await model.useAdapter(sources[0]);
    for (let i = 10; i < 14; i++) await model.useAdapter(madeAdapter(8, i));
    await model.useAdapter(sources[0]);
    assert.deepEqual(reads, once);
    await model.useAdapter(sources[1]);
    assert.ok(reads[1] > once[1]);
  });
});

test('large ones are not kept', limit, async () => {
  const large = [0, 1].map((i) => madeAdapter(25_000, i)); // 6.7 MB
  await withModel(tinyModel('wide'), { threads: 1 }, async (model) => {
    const bytes = [];
    for (let i = 0; i < 8; i++) {
      await model.useAdapter({ ...large[i % 2] });
      bytes.push(model.info.memoryBytes);
    }
    // One that is used, one that is kept, and one that comes.
    assert.ok(bytes.at(-1) < 24e6, `${bytes}`);
    await model.useAdapter(madeAdapter(45_000, 2));
    await model.useAdapter(null);
    const before = model.info.memoryBytes;
    for (let i = 0; i < 3; i++) await model.useAdapter(madeAdapter(30_000, i));
    assert.equal(model.info.memoryBytes, before);
  });
});

test('a call goes on with the adapter it began with, whatever comes after it', limit, async () => {
  const adapters = Array.from({ length: 12 }, (_, i) => madeAdapter(16, i));
  const expected = await expectedOf(adapters);
  for (const options of [{ threads: 1 }, { threads: 1, worker: true }]) {
    await withModel(tinyModel('wide'), options, async (model) => {
      const calls = [];
      for (const adapter of adapters) {
        await model.useAdapter(adapter);
        calls.push(model.embed([text, text]), model.embed(text, { longText: 'window' }));
      }
      await model.useAdapter(null);
      for (const [i, call] of calls.entries()) {
        const [vector] = [await call].flat();
        assert.ok(sameBits(vector, expected[i >> 1]), `${i}`);
      }
    });
  }
});

test('what fails or is aborted leaves nothing behind', limit, async () => {
  const good = madeAdapter(40, 1);
  const [expected] = await expectedOf([good]);
  const bad = adapterFiles('query-value', {
    config: { r: 200 },
    tensors(tensors) {
      tensors.set(`${module}.lora_A.weight`, floatTensor([200, 32], new Array(6400).fill(1)));
      tensors.set(`${module}.lora_B.weight`, floatTensor([32, 200], new Array(6400).fill(NaN)));
      tensors.delete(`${module.replace('query', 'value')}.lora_A.weight`);
      tensors.delete(`${module.replace('query', 'value')}.lora_B.weight`);
    },
  });
  for (const options of [{ threads: 1 }, { threads: 1, worker: true }]) {
    await withModel(tinyModel('wide'), options, async (model) => {
      // These leave free places that are not the last ones.
      for (let i = 0; i < 9; i++) await model.useAdapter(madeAdapter(250, i));
      let bytes;
      for (let i = 0; i < 150; i++) {
        if (i === 20) bytes = model.info.memoryBytes;
        await assert.rejects(model.useAdapter({ ...bad }), { code: 'BAD_MODEL', message: /NaN/ });
        const controller = new AbortController();
        const call = model.useAdapter({ ...good }, { signal: controller.signal });
        // Before it has begun, in the middle, or when all is done but told.
        setTimeout(() => controller.abort(), i % 6);
        await call.catch((error) => assert.equal(error.code, 'ABORTED'));
      }
      await model.useAdapter({ ...good });
      assert.ok(sameBits(await vectorOf(model), expected));
      assert.equal(model.info.memoryBytes, bytes);
    });
  }
});

test(
  'an engine that takes the place of another has no adapter that was let go of',
  limit,
  async () => {
    const adapters = Array.from({ length: 40 }, (_, i) => madeAdapter(100, i));
    const [expected] = await expectedOf(adapters.slice(-1));
    for (const threads of [1, 2]) {
      const options = { threads, sharedMemory: false, worker: true };
      await withModel(tinyModel('wide'), options, async (model) => {
        const many = Array.from({ length: 300 }, () => text);
        if (threads === 2) await model.embed(many); // so that there is a copy
        const { memoryBytes } = model.info;
        for (const adapter of adapters) await model.useAdapter(adapter);
        if (threads === 2) await model.embed(many);
        await livingWorkers()[0].terminate();
        assert.ok(sameBits(await vectorOf(model), expected));
        assert.ok(model.info.memoryBytes <= memoryBytes + 10 * page, `${model.info.memoryBytes}`);
      });
    }
    await untilAllEnded();
  },
);

const asked = {
  maxLength: 32,
  truncation: 'longest_first',
  longText: 'truncate',
  pooling: 'mean',
};

test('copies in other workers let go of an adapter, too', async (t) => {
  const closed = [];
  const engine = (name) => ({
    opened: Promise.resolve(),
    info: () => ({ memoryBytes: 1 }),
    openAdapter: async () => {},
    closeAdapter: async (number) => closed.push(`${name} ${number}`),
    run: async ({ inputs }) => ({
      vectors: new Float32Array(inputs.length),
      counts: new Uint32Array(inputs.length).fill(1),
      tokens: new Uint32Array(inputs.length),
      truncated: new Uint32Array(inputs.length),
    }),
    snapshot: async () => ({ memory: { bytes: new ArrayBuffer(0) } }),
    give() {},
    dispose() {},
  });
  t.mock.method(WorkerEngine, 'copy', () => engine('copy'));
  const workers = new Workers(engine('first'), { module: {}, most: 2, mostBytes: 10 });
  for (const number of [1, 2]) await workers.openAdapter(number, {}, {});
  await workers.run({ ...asked, inputs: Array.from({ length: 200 }, () => ({ text })) });
  await workers.closeAdapter(1);
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(closed.sort(), ['copy 1', 'first 1']);
});

test('the copy of an engine uses what was given back before', async () => {
  const source = await openSource(tinyModel('wide'));
  const { config } = await readFolder(source);
  const { pack: packTokenizer } = await readTokenizerFiles(source, false);
  const wasm = await loadModule(chooseModule('baseline'));
  const options = { module: wasm, packTokenizer, config, dtype: 'int8', threads: 1 };
  const engine = await Engine.open(options, source);
  for (const number of [1, 2, 3]) await engine.openAdapter(number, madeAdapter(50, number), {});
  await engine.closeAdapter(2);
  await engine.closeAdapter(2); // which nobody has any more
  assert.equal(engine.regions.free.length, 1);
  const copy = await Engine.restore(wasm, await engine.snapshot());
  assert.deepEqual(copy.regions.free, engine.regions.free);
  for (const one of [engine, copy]) await one.openAdapter(4, madeAdapter(50, 4), {});
  assert.ok(copy.regions.free.every(({ begin, end }) => end - begin < 1000));
  assert.deepEqual([...copy.info().models.keys()], [0, 1, 3, 4]);
  for (const adapter of [0, 1, 3, 4]) {
    const request = { ...asked, inputs: [{ text }], adapter };
    const [a, b] = await Promise.all([engine.run(request), copy.run(request)]);
    assert.ok(sameBits(a.vectors, b.vectors));
  }
  for (const one of [engine, copy]) {
    one.dispose();
    assert.equal(one.memory ?? one.regions, null);
  }
  await source.close();
});

test(
  'the embedded model keeps its companions, however many others come and go',
  limit,
  async () => {
    await withModel(undefined, { threads: 1 }, async (model) => {
      const cloze = 'Paris is the [MASK] of France.';
      const before = await model.fillMask(cloze);
      const sentiment = adapterFolder('../../../models/all-MiniLM-L6-v2-sentiment');
      const { memoryBytes } = model.info;
      for (let i = 0; i < 8; i++) {
        await model.useAdapter(new URL(`file://${sentiment}`));
        assert.equal((await model.classify('I really enjoyed this book.'))[0].label, 'positive');
        await model.useAdapter(null);
        assert.deepEqual(await model.fillMask(cloze), before);
      }
      assert.ok(
        model.info.memoryBytes - memoryBytes < 8e6,
        `${model.info.memoryBytes - memoryBytes}`,
      );
    });
  },
);

test('regions: what was given back is found again, joined with its neighbours', async () => {
  const memory = await Memory.instantiate(await loadModule(chooseModule('baseline')));
  const regions = new Regions(memory);
  const begin = memory.mark();
  const take = (bytes) => {
    const make = (arena) => {
      memory.exports.bl_arena_alloc(arena, bytes);
      return memory.statusName(memory.exports.bl_arena_status(arena));
    };
    const reused = regions.reuse(make);
    if (reused) {
      memory.reset(0);
      return reused;
    }
    const from = memory.mark();
    assert.equal(make(memory.arena), 'BL_OK');
    memory.seal();
    return { begin: from, end: memory.mark() };
  };
  const [a, b, c, d] = [640, 1280, 640, 64].map(take);
  regions.give(b);
  assert.deepEqual(take(64), { begin: b.begin, end: b.begin + 64 });
  regions.give(a);
  assert.deepEqual(take(1216), { begin: b.begin + 64, end: b.end });
  assert.deepEqual(take(640), a);
  for (const region of [a, { begin: b.begin, end: b.begin + 64 }]) regions.give(region);
  regions.give(c);
  assert.equal(regions.free.length, 2);
  regions.give({ begin: b.begin + 64, end: b.end });
  assert.deepEqual(regions.free, [{ begin, end: c.end }]);
  regions.give(d);
  assert.deepEqual(regions.free, []);
  assert.equal(memory.mark(), begin);
});
