// The vector index at its limits: long rows, large and tiny numbers, memory that ends, files that
// lie, and arguments that are not what they seem.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import vm from 'node:vm';

import { BertletError, Index } from 'bertlet';

import { Memory } from '../../js/core/memory.js';
import { mostDimensions } from '../../js/search/vector-arguments.js';
import { readHeader, withHeader } from '../helpers/safetensors.js';
import { createMemory } from '../helpers/tokenizers.js';

/** An index that the test's end disposes of. */
function openIndex(t, options) {
  const index = new Index(options);
  t.after(() => index.dispose());
  return index;
}

const wave = (length, step) => Float32Array.from({ length }, (_, i) => Math.sin(step * i * i));

function cosine(a, b) {
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

for (const dimensions of [200_000, 262_144]) {
  test(`${dimensions} dimensions: right scores, and memory for what there is`, async (t) => {
    const vectors = [1, 2, 3, 1.5].map((step) => wave(dimensions, step));
    const signs = vectors.map((vector) => vector.map((value) => (value > 0 ? 1 : -1)));
    const bytes = vectors.map((vector) => Int8Array.from(vector, (value) => value * 127));
    for (const [precision, rows, exact, bar] of [
      ['float32', vectors, vectors, 2e-6],
      ['int8', bytes, bytes, 2e-6],
      ['int8', vectors, vectors, 0.01], // floats become numbers of 8 bits
      ['binary', vectors, signs, 2e-6],
    ]) {
      const index = openIndex(t, { dimensions, precision });
      await index.add(rows[0]);
      assert.ok(index.memoryBytes < 20e6, `${index.memoryBytes} bytes for one vector`);
      await index.add(rows.slice(1));
      const found = await index.search(rows[0], 4);
      assert.equal(found[0].id, 0);
      for (const { id, score } of found) {
        const expected = cosine([...exact[id]], [...exact[0]]);
        assert.ok(Math.abs(score - expected) < bar, `${precision} ${id}`);
      }
      const copy = await Index.from(await index.toBytes());
      assert.deepEqual(await copy.search(rows[0], 4), found);
      copy.dispose();
    }
  });
}

test('int8 vectors at their largest: the sum does not leave 32 bits', async (t) => {
  const index = openIndex(t, { dimensions: 150_000, precision: 'int8' });
  const [up, down] = [127, -128].map((value) => new Int8Array(150_000).fill(value));
  await index.add([up, down]);
  const found = await index.search(up, 2);
  assert.deepEqual(
    found.map(({ id }) => id),
    [0, 1],
  );
  assert.ok(Math.abs(found[0].score - 1) < 1e-6 && Math.abs(found[1].score + 1) < 1e-6);
});

test('vectors of any length have an angle', async (t) => {
  const index = openIndex(t, { dimensions: 2 });
  await index.add(Float32Array.of(1e30, 0, 1e-30, 1e-30, 0, 1, -1e38, 0));
  for (const length of [1e-38, 1e-20, 1, 1e20, 1e38]) {
    const found = await index.search(Float32Array.of(length, 0), 4);
    const scores = found.map(({ id, score }) => [id, Math.round(score * 100) / 100]);
    assert.deepEqual(scores, [
      [0, 1],
      [1, 0.71],
      [2, 0],
      [3, -1],
    ]);
  }
});

test('more dimensions than an index takes', async () => {
  const { constants } = await createMemory();
  assert.equal(constants.BL_MAX_DIMENSIONS, mostDimensions);
  for (const dimensions of [mostDimensions + 1, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 40]) {
    for (const precision of ['float32', 'int8', 'binary']) {
      assert.throws(() => new Index({ dimensions, precision }), {
        name: 'BertletError',
        code: 'BAD_ARGUMENT',
        message: new RegExp(`dimensions is ${dimensions}`),
      });
    }
  }
  new Index({ dimensions: mostDimensions }).dispose();
});

test('where memory ends, what was there stays', async (t) => {
  const index = openIndex(t, { dimensions: 8 });
  const { instantiate } = Memory;
  let memory;
  t.mock.method(Memory, 'instantiate', async (...args) => {
    memory = await instantiate.apply(Memory, args);
    memory.alloc(2 ** 32 - 2 ** 26);
    return memory;
  });
  await index.add(wave(8 * 5, 1));
  const query = wave(8, 1);
  const found = await index.search(query, 5);
  const mark = memory.mark();
  // Its rows would find room, but not their norms with them.
  const left = 2 ** 32 - 2 ** 16 - mark;
  for (const count of [Math.floor(left / 34), Math.ceil(left / 32)]) {
    await assert.rejects(index.add(new Float32Array(8 * count)), {
      code: 'OUT_OF_MEMORY',
      message: /not enough memory for \d+ more vectors of 32 bytes/,
    });
    assert.equal(memory.mark(), mark, 'nothing is left of what failed');
  }
  assert.equal(index.size, 5);
  assert.deepEqual(await index.search(query, 5), found);
  await index.add(wave(8 * 3, 2));
  assert.equal(index.size, 8);
});

test("bytes of Node's buffers, wherever they stand in theirs", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bertlet-'));
  t.after(() => rm(folder, { recursive: true }));
  const index = openIndex(t, { dimensions: 4 });
  await index.add(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  const query = Float32Array.of(1, 2, 3, 4);
  const expected = await index.search(query, 9);
  const bytes = await index.toBytes();
  writeFileSync(join(folder, 'index'), bytes);
  const larger = new Uint8Array(bytes.length + 11);
  larger.set(bytes, 3);
  for (const content of [
    readFileSync(join(folder, 'index')),
    Buffer.from(bytes),
    Buffer.from(larger.buffer, 3, bytes.length),
    larger.subarray(3, 3 + bytes.length),
    bytes.buffer.slice(0),
    vm.runInNewContext('(bytes) => Uint8Array.from(bytes)')(bytes),
  ]) {
    const copy = await Index.from(content);
    assert.deepEqual([copy.size, await copy.search(query, 9)], [2, expected]);
    copy.dispose();
  }

  const bits = openIndex(t, { dimensions: 10, precision: 'binary' });
  const mine = Buffer.from([255, 255]);
  await bits.add(mine);
  assert.deepEqual(await bits.search(mine, 1), [{ id: 0, score: 1 }]);
  assert.deepEqual([...mine], [255, 255]);
});

test('arrays that are changed after a call do not change it', async (t) => {
  const index = openIndex(t, { dimensions: 2 });
  const vector = Float32Array.of(1, 0);
  const ids = ['east'];
  const first = index.add(vector, ids);
  vector.set([0, 1]);
  ids[0] = 'north';
  const second = index.add([vector], ids);
  vector.set([1, 0]);
  const search = index.search(vector, 1);
  vector.fill(-1);
  await Promise.all([first, second]);
  assert.deepEqual(await search, [{ id: 'east', score: 1 }]);
  assert.deepEqual(await index.search(Float32Array.of(0, 1), 1), [{ id: 'north', score: 1 }]);
});

test('arguments in the wrong order, of the wrong kind, or that throw', async (t) => {
  for (const options of [null, 5, 'x', [], new Map(), () => 1, Symbol('x'), revoked({})]) {
    assert.throws(() => new Index(options), { name: 'BertletError', code: 'BAD_ARGUMENT' });
  }
  for (const name of ['dimensions', 'precision']) {
    const getter = Object.getOwnPropertyDescriptors(throwing(name));
    const options = Object.defineProperties({ dimensions: 2 }, getter);
    assert.throws(() => new Index(options), { name: 'BertletError', code: 'BAD_ARGUMENT' });
    const odd = { dimensions: 2, [name]: Object.create(null) };
    assert.throws(() => new Index(odd), { name: 'BertletError', code: 'BAD_ARGUMENT' });
  }

  const index = openIndex(t, { dimensions: 2 });
  const vector = Float32Array.of(1, 0);
  await index.add(vector, ['x']);
  const detached = Float32Array.of(1, 0);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const sparse = [vector];
  sparse[2] = vector;
  for (const [args, message] of [
    [[['a'], vector], /vectors come first: add\(vectors, ids\)/],
    [['a', vector], /vectors come first/],
    [
      [
        [1, 2],
        [vector, vector],
      ],
      /vectors come first/,
    ],
    [[[0.1, 0.2]], /vectors\[0\] is 0\.1, not a Float32Array/],
    [[[vector, new Float64Array(2)]], /vectors\[1\] is Float64Array, not a Float32Array/],
    [[sparse], /vectors has nothing at its place 1/],
    [[new Proxy(vector, {})], /vectors is an object/],
    [[new Proxy([vector], throwing())], /cannot be read/],
    [[revoked([])], /vectors is an object|cannot be read/],
    [[detached, ['d']], /vectors cannot be read: .*detached/],
    [[[detached]], /vectors\[0\] cannot be read: .*detached/],
    [[vector, new Proxy(['b'], throwing())], /ids cannot be read/],
    [[vector, new Array(1)], /ids has nothing at its place 0/],
    [[vector, ['x']], /The id "x" is taken/],
    [[vector, ['y'.repeat(1e5), 'z']], /ids has 2, but there are 1/],
    [
      [
        {
          get length() {
            throw new Error('mine');
          },
        },
      ],
      /vectors is an object/,
    ],
    [[{ [Symbol.toStringTag]: 'Float32Array', length: 2 }], /vectors is an object/],
    [[undefined], /vectors is undefined/],
  ]) {
    await assert.rejects(index.add(...args), {
      name: 'BertletError',
      code: 'BAD_ARGUMENT',
      message,
    });
  }
  for (const [args, message] of [
    [[vector, { topK: 3 }], /number: search\(query, 3, \{ signal \}\)/],
    [[3, vector], /number: search\(query, 3/],
    [[vector, '3'], /k is "3"/],
    [[vector, 2 ** 40], /k is 1099511627776/],
    [[[1, 0]], /query is an array, not a Float32Array/],
    [[new Proxy(vector, {})], /query is an object/],
    [[revoked(vector)], /query/],
    [[detached], /query cannot be read: .*detached/],
    [[vector, 1, { topK: 3 }], /search has no option "topK"/],
    [[vector, 1, null], /options of search/],
    [[vector, 1, throwing('signal')], /cannot be read/],
    [[undefined], /query is undefined/],
  ]) {
    await assert.rejects(index.search(...args), {
      name: 'BertletError',
      code: 'BAD_ARGUMENT',
      message,
    });
  }
  for (const content of [undefined, null, [], 'x', {}, new Int8Array(8), revoked({})]) {
    await assert.rejects(Index.from(content), { name: 'BertletError', code: 'BAD_ARGUMENT' });
  }
  assert.equal(index.size, 1);
  assert.deepEqual(await index.search(vector, null), [{ id: 'x', score: 1 }]);
  const foreign = vm.runInNewContext('Float32Array.of(0, 1)');
  await index.add(foreign, ['foreign']);
  assert.equal((await index.search(foreign, 1))[0].id, 'foreign');
});

function throwing(name = 'get') {
  return {
    get [name]() {
      throw new Error('mine');
    },
  };
}

function revoked(target) {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

test('files that lie', async () => {
  const index = new Index({ dimensions: 4 });
  await index.add(Float32Array.of(1, 2, 3, 4), ['a']);
  const bytes = await index.toBytes();
  index.dispose();
  const { header, dataStart } = readHeader(bytes);
  const { __metadata__: metadata, vectors } = header;
  const change = (more, tensor = vectors) =>
    withHeader({ __metadata__: { ...metadata, ...more }, vectors: tensor }, [
      bytes.slice(dataStart),
    ]);
  for (const content of [
    change({ dimensions: '999999999' }),
    change({ dimensions: String(mostDimensions + 4) }),
    change({ precision: 'constructor' }),
    change({ ids: `${'['.repeat(20_000)}${']'.repeat(20_000)}` }),
    change({ ids: '{"length":1,"0":"a"}' }),
    change({ ids: '[null]' }),
    change({ ids: '"a"' }),
    change({}, { ...vectors, shape: [2 ** 50, 0] }),
    change({}, { ...vectors, shape: [4] }),
    change({}, { ...vectors, shape: [1, 4, 1] }),
    change({}, { ...vectors, dtype: 'I32' }),
    withHeader(
      {
        __metadata__: metadata,
        vectors: { dtype: 'F32', shape: [2 ** 50, 0], data_offsets: [0, 0] },
      },
      [],
    ),
    withHeader({ vectors }, [bytes.slice(dataStart)]),
  ]) {
    const error = await Index.from(content).then(assert.fail, (cause) => cause);
    assert.ok(error instanceof BertletError, String(error));
    assert.equal(error.code, 'BAD_MODEL', error.message);
    assert.match(error.message, /index file/);
    assert.ok(error.message.length < 500);
  }
});
