// The vector index against cosines computed in doubles, its file, and what it refuses.
import assert from 'node:assert/strict';
import test from 'node:test';

import { Index } from 'bertlet';

import { readTensors, withHeader, readHeader, writeTensors } from '../helpers/safetensors.js';

const kinds = { float32: Float32Array, int8: Int8Array, binary: Uint8Array };

let state = 7;
function random() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

function randomVector(precision, dimensions) {
  if (precision === 'float32')
    return Float32Array.from({ length: dimensions }, () => random() - 0.5);
  if (precision === 'int8') {
    return Int8Array.from({ length: dimensions }, () => Math.floor(random() * 256) - 128);
  }
  const bits = Uint8Array.from({ length: Math.ceil(dimensions / 8) }, () => random() * 256);
  bits[bits.length - 1] &= 0xff << (bits.length * 8 - dimensions);
  return bits;
}

/** A vector's components; bits as ±1. */
function components(vector, dimensions) {
  if (!(vector instanceof Uint8Array)) return [...vector];
  return Array.from({ length: dimensions }, (_, i) => (vector[i >> 3] & (128 >> (i & 7)) ? 1 : -1));
}

function cosine(a, b) {
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  const norms = Math.sqrt(dot(a, a) * dot(b, b));
  return norms === 0 ? 0 : dot(a, b) / norms;
}

/** @returns best first, of equal scores the earlier */
function bruteForce(vectors, query, dimensions, k) {
  const wanted = components(query, dimensions);
  return vectors
    .map((vector, id) => ({ id, score: cosine(components(vector, dimensions), wanted) }))
    .sort((a, b) => b.score - a.score || a.id - b.id)
    .slice(0, k);
}

function checkSame(found, expected, bar) {
  assert.equal(found.length, expected.length);
  for (const [i, { id, score }] of found.entries()) {
    assert.ok(
      Math.abs(score - expected[i].score) < bar,
      `${i}: ${score}, not ${expected[i].score}`,
    );
    if (id === expected[i].id) continue;
    const twin = expected.find((other) => other.id === id);
    assert.ok(!twin || Math.abs(twin.score - expected[i].score) < bar, `${i}: ${id}`);
  }
}

for (const precision of Object.keys(kinds)) {
  for (const dimensions of [1, 5, 8, 33, 384]) {
    test(`${precision}, ${dimensions} dimensions: as brute force, in any portions`, async (t) => {
      const index = new Index({ dimensions, precision });
      t.after(() => index.dispose());
      const vectors = Array.from({ length: 300 }, () => randomVector(precision, dimensions));
      vectors[40] = vectors[7];
      if (precision !== 'binary') vectors[12] = new kinds[precision](dimensions);
      await index.add(vectors[0]);
      await index.add(vectors.slice(1, 100));
      const flat = new kinds[precision](200 * vectors[0].length);
      for (let i = 0; i < 200; i++) flat.set(vectors[100 + i], i * vectors[0].length);
      await index.add(flat);
      assert.equal(index.size, 300);
      for (const query of [vectors[7], randomVector(precision, dimensions)]) {
        for (const k of [1, 10, 299, 1000]) {
          checkSame(await index.search(query, k), bruteForce(vectors, query, dimensions, k), 2e-6);
        }
      }
    });
  }
}

test('equal vectors come in the order they were added', async (t) => {
  const index = new Index({ dimensions: 3, precision: 'int8' });
  t.after(() => index.dispose());
  const same = new Int8Array([1, 2, 3]);
  await index.add([same, same, new Int8Array([-1, 0, 0]), same], ['d', 'c', 'b', 'a']);
  const found = await index.search(same, 4);
  assert.deepEqual(
    found.map(({ id }) => id),
    ['d', 'c', 'a', 'b'],
  );
  assert.ok(Math.abs(found[0].score - 1) < 1e-6);
});

for (const precision of ['int8', 'binary']) {
  test(`${precision}: float vectors are converted as embed does it`, async (t) => {
    const index = new Index({ dimensions: 48, precision });
    t.after(() => index.dispose());
    const floats = Array.from({ length: 50 }, () => randomVector('float32', 48));
    await index.add(floats);
    const found = await index.search(floats[3], 5);
    assert.equal(found[0].id, 3);
    const exact = bruteForce(floats, floats[3], 48, 5);
    if (precision === 'int8') checkSame(found, exact, 0.01);
    else assert.equal(found[0].score, 1);
  });
}

test('calls overlap, and keep their order', async (t) => {
  const index = new Index({ dimensions: 2 });
  t.after(() => index.dispose());
  const results = await Promise.all([
    index.add(new Float32Array([1, 0]), ['east']),
    index.search(new Float32Array([0, 1]), 3),
    index.add(new Float32Array([0, 2]), ['north']),
    index.search(new Float32Array([0, 1]), 3),
  ]);
  assert.deepEqual(results[1], [{ id: 'east', score: 0 }]);
  assert.deepEqual(
    results[3].map(({ id }) => id),
    ['north', 'east'],
  );
});

test('an empty index finds nothing', async (t) => {
  const index = new Index({ dimensions: 4 });
  t.after(() => index.dispose());
  assert.deepEqual(await index.search(new Float32Array(4), 3), []);
  const copy = await Index.from(await index.toBytes());
  t.after(() => copy.dispose());
  assert.deepEqual(await copy.search(new Float32Array(4), 3), []);
});

for (const precision of Object.keys(kinds)) {
  test(`${precision}: saved and loaded as a safetensors file`, async (t) => {
    const index = new Index({ dimensions: 13, precision });
    t.after(() => index.dispose());
    const vectors = Array.from({ length: 20 }, () => randomVector(precision, 13));
    await index.add(vectors.slice(0, 5));
    await index.add(
      vectors.slice(5),
      vectors.slice(5).map((_, i) => (i % 2 ? `text ${i}` : 100 + i)),
    );
    const bytes = await index.toBytes();
    const { shape, dtype } = readTensors(bytes).get('vectors');
    assert.deepEqual(shape, [20, precision === 'binary' ? 2 : 13]);
    assert.equal(dtype, { float32: 'F32', int8: 'I8', binary: 'U8' }[precision]);
    const copy = await Index.from(bytes);
    t.after(() => copy.dispose());
    assert.deepEqual([copy.size, copy.dimensions, copy.precision], [20, 13, precision]);
    const query = randomVector(precision, 13);
    assert.deepEqual(await copy.search(query, 20), await index.search(query, 20));
    await assert.rejects(copy.add(vectors[0], ['text 1']), { code: 'BAD_ARGUMENT' });
  });
}

test('damaged files are refused in words', async () => {
  const index = new Index({ dimensions: 4, precision: 'float32' });
  await index.add(new Float32Array([1, 2, 3, 4]), ['a']);
  const bytes = await index.toBytes();
  index.dispose();
  const refused = { code: 'BAD_MODEL', message: /index file/ };
  for (const length of [0, 7, 20, bytes.length - 1]) {
    await assert.rejects(Index.from(bytes.slice(0, length)), refused, `${length} bytes`);
  }
  const { header, dataStart } = readHeader(bytes);
  const change = (metadata) =>
    withHeader({ ...header, __metadata__: { ...header.__metadata__, ...metadata } }, [
      bytes.slice(dataStart),
    ]);
  for (const metadata of [
    { precision: 'int4' },
    { precision: 'int8' },
    { dimensions: '5' },
    { dimensions: '0' },
    { ids: '[' },
    { ids: '["a","b"]' },
    { ids: '[1.5]' },
  ]) {
    await assert.rejects(Index.from(change(metadata)), refused, JSON.stringify(metadata));
  }
  const tensors = readTensors(bytes);
  new DataView(tensors.get('vectors').bytes.buffer).setFloat32(4, Number.POSITIVE_INFINITY, true);
  await assert.rejects(Index.from(writeTensors(tensors)), refused);
  await assert.rejects(Index.from('text'), { code: 'BAD_ARGUMENT' });
});

test('arguments that are wrong', async (t) => {
  const refused = { code: 'BAD_ARGUMENT' };
  for (const options of [
    {},
    { dimensions: 0 },
    { dimensions: 1.5 },
    { dimensions: 3, precision: 'int4' },
  ]) {
    assert.throws(() => new Index(options), refused);
  }
  const index = new Index({ dimensions: 3 });
  t.after(() => index.dispose());
  await index.add(new Float32Array([1, 0, 0]), ['x']);
  for (const [vectors, ids] of [
    [new Float32Array(4)],
    [[new Float32Array(3), new Float32Array(6)]],
    [new Int8Array(3)],
    [[1, 2, 3]],
    [new Float32Array([1, Number.NaN, 0])],
    [new Float32Array(6), ['a']],
    [new Float32Array(6), ['a', 'a']],
    [new Float32Array(3), ['x']],
    [new Float32Array(3), [0.5]],
    [new Float32Array(3), 'a'],
  ]) {
    await assert.rejects(index.add(vectors, ids), refused);
  }
  assert.equal(index.size, 1);
  for (const [query, k] of [
    [new Float32Array(2), 1],
    [new Int8Array(3), 1],
    ['x', 1],
    [new Float32Array([Number.NaN, 0, 0]), 1],
    [new Float32Array(3), 0],
    [new Float32Array(3), 1.5],
  ]) {
    await assert.rejects(index.search(query, k), refused);
  }
  assert.deepEqual(await index.search(new Float32Array([1, 0, 0]), 1), [{ id: 'x', score: 1 }]);
});

test('searches are aborted, memory stays, and after dispose nothing works', async () => {
  const index = new Index({ dimensions: 384, precision: 'int8' });
  await index.add(new Int8Array(384 * 60000).fill(3));
  const query = new Int8Array(384).fill(1);
  await assert.rejects(index.search(query, 1, { signal: AbortSignal.abort() }), {
    code: 'ABORTED',
  });
  const controller = new AbortController();
  const search = index.search(query, 1, { signal: controller.signal });
  setImmediate(() => controller.abort());
  await search.catch(({ code }) => assert.equal(code, 'ABORTED'));
  const { memoryBytes } = index;
  for (let i = 0; i < 50; i++) await index.search(query, 20);
  assert.equal(index.memoryBytes, memoryBytes);
  index.dispose();
  assert.equal(index.memoryBytes, 0);
  await assert.rejects(index.search(query, 1), { code: 'DISPOSED' });
});
