// The safetensors format against the reference: what it opens, what it writes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { BertletError } from '../../js/shared/errors.js';
import { dtypeBits, parseHeader } from '../../js/weights/safetensors-header.js';
import { readHeader, streamTensors } from '../../js/weights/safetensors.js';
import {
  layoutSafetensors,
  streamSafetensors,
  writeSafetensors,
} from '../../js/weights/safetensors-write.js';
import { readShardIndex } from '../../js/weights/sharded-index.js';
import { readFixture } from '../helpers/fixtures.js';

const reference = readFixture('safetensors.json');
const everyDtype = new Uint8Array(
  readFileSync(new URL('../fixtures/every-dtype.safetensors', import.meta.url)),
);
const fromHex = (hex) => new Uint8Array(Buffer.from(hex, 'hex'));

/** A stream in chunks of `size` bytes that are overwritten once the next one is asked for. */
function streamOf(file, { size = file.length || 1, total = file.length, noTotal } = {}) {
  const state = { total: noTotal ? undefined : total, returned: false, chunks: undefined };
  const chunk = new Uint8Array(size);
  let at = 0;
  state.chunks = {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      chunk.fill(0xee);
      const part = file.subarray(at, at + size);
      at += part.length;
      chunk.set(part);
      return part.length > 0
        ? { done: false, value: chunk.subarray(0, part.length) }
        : { done: true, value: undefined };
    },
    async return() {
      state.returned = true;
      return { done: true, value: undefined };
    },
  };
  return state;
}

/** Walks through a file and puts the tensors together again. */
async function readAll(file, { rowsInWindow = 1, skip = () => false, ...how } = {}) {
  const tensors = new Map();
  const header = await streamTensors(streamOf(file, how), 'test.safetensors', {
    wanted(name, info) {
      const { dtype, shape, begin, end, rows } = info;
      const bytes = new Uint8Array(end - begin);
      tensors.set(name, { dtype, shape, bytes });
      if (skip(name)) return null;
      const rowBytes = bytes.length / rows;
      let window = new Uint8Array(rowBytes * rowsInWindow);
      let next = 0;
      return {
        window() {
          window = window.slice(); // as after memory has grown
          return window;
        },
        rowsReady(rowBegin, rowCount) {
          assert.equal(rowBegin, next);
          next += rowCount;
          assert.ok(rowCount >= 1 && rowCount <= rowsInWindow && next <= rows);
          bytes.set(window.subarray(0, rowCount * rowBytes), rowBegin * rowBytes);
        },
      };
    },
  });
  return { header, tensors };
}

function fileOf(header, dataBytes) {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const file = new Uint8Array(8 + text.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  return file;
}

/** Whether a file is read to its end; anything but BAD_MODEL on the way is a failure. */
async function opens(file, how) {
  try {
    await readAll(file, how);
    return true;
  } catch (error) {
    assert.ok(error instanceof BertletError, `${error?.stack}`);
    assert.equal(error.code, 'BAD_MODEL');
    assert.match(error.message, /^test\.safetensors .*\.$/s);
    return false;
  }
}

const rejects = (file, message, how) =>
  assert.rejects(readAll(file, how), (error) => {
    assert.equal(error.code, 'BAD_MODEL');
    assert.match(error.message, message);
    return true;
  });

const one = (more) => `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}${more ?? ''}}`;

describe('reading', () => {
  it("gives every tensor of the reference's file", async () => {
    const { header, tensors } = await readAll(everyDtype);
    assert.deepEqual(header.metadata, reference.metadata);
    assert.equal(header.byteLength, everyDtype.length);
    const found = [...tensors].map(([name, { dtype, shape, bytes }]) => {
      return { name, dtype, shape, hex: Buffer.from(bytes).toString('hex') };
    });
    found.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
    assert.deepEqual(found, reference.everyDtype);
    for (const { dtype } of found) assert.ok(dtype in dtypeBits);
  });

  it('gives the same whatever the chunks and windows', async () => {
    const whole = await readAll(everyDtype);
    for (const size of [1, 2, 3, 7, 8, 9, 64, 100, 1000, 5000]) {
      for (const rowsInWindow of [1, 2, 1000]) {
        for (const noTotal of [false, true]) {
          const { tensors } = await readAll(everyDtype, { size, rowsInWindow, noTotal });
          assert.deepEqual(tensors, whole.tensors);
        }
      }
    }
  });

  it('skips what is not wanted', async () => {
    const whole = await readAll(everyDtype);
    const { tensors } = await readAll(everyDtype, { size: 5, skip: (name) => name !== 'rows' });
    for (const [name, { bytes }] of tensors) {
      const expected = name === 'rows' ? whole.tensors.get(name).bytes : bytes.slice().fill(0);
      assert.deepEqual(bytes, expected, name);
    }
  });

  it('lets a sink take a vector as rows, and waits for it', async () => {
    const data = Uint8Array.from({ length: 40 }, (_, i) => i);
    const file = writeSafetensors([{ name: 'v', dtype: 'F32', shape: [10], data }]);
    const window = new Uint8Array(12);
    const seen = [];
    let busy = false;
    await streamTensors(streamOf(file, { size: 6 }), 'test.safetensors', {
      onHeader: async ({ tensors }) => {
        assert.deepEqual([...tensors.keys()], ['v']);
        assert.equal(tensors.get('v').rows, 1);
        assert.equal(tensors.get('v').columns, 10);
        await new Promise(setImmediate);
        seen.push('header');
      },
      wanted: async () => ({
        rows: 10,
        window() {
          assert.ok(!busy);
          return window;
        },
        async rowsReady(begin, count) {
          busy = true;
          seen.push([begin, count, ...window.subarray(0, count * 4)]);
          await new Promise(setImmediate);
          busy = false;
        },
      }),
    });
    assert.equal(seen[0], 'header');
    assert.deepEqual(
      seen.slice(1).map(([begin, count]) => [begin, count]),
      [
        [0, 3],
        [3, 3],
        [6, 3],
        [9, 1],
      ],
    );
    assert.deepEqual(
      seen.slice(1).flatMap(([, , ...bytes]) => bytes),
      [...data],
    );
  });

  it('lets go of the stream after the header, the end, and an error', async () => {
    const first = streamOf(everyDtype, { size: 100 });
    const header = await readHeader(first, 'test.safetensors');
    assert.equal(header.tensors.size, reference.everyDtype.length);
    assert.ok(first.returned);

    const thrown = new Error('of the sink');
    const second = streamOf(everyDtype, { size: 100 });
    const wanted = () => ({
      window: () => new Uint8Array(64),
      rowsReady() {
        throw thrown;
      },
    });
    await assert.rejects(streamTensors(second, 'test.safetensors', { wanted }), thrown);
    assert.ok(second.returned);
    const third = streamOf(everyDtype);
    await assert.rejects(
      streamTensors(third, 'test.safetensors', {
        onHeader() {
          throw thrown;
        },
        wanted: () => null,
      }),
      thrown,
    );
    assert.ok(third.returned);
  });

  it('refuses a window that holds no row', async () => {
    const file = writeSafetensors([
      { name: 'a', dtype: 'F32', shape: [2, 2], data: new Uint8Array(16) },
    ]);
    const wanted = () => ({ window: () => new Uint8Array(7), rowsReady() {} });
    await assert.rejects(streamTensors(streamOf(file), 'f', { wanted }), { code: 'INTERNAL' });
  });

  it('gives matrices their rows and columns', async () => {
    const shapes = [[], [4], [2, 2], [2, 1, 2], [4, 1], [1, 4]];
    const infos = shapes.map((shape, i) => {
      const size = shape.reduce((a, b) => a * b, 4);
      return `"${i}":{"dtype":"F32","shape":[${shape}],"data_offsets":[${[0, 4, 20, 36, 52, 68][i]},${[0, 4, 20, 36, 52, 68][i] + size}]}`;
    });
    const header = await parseHeader(new TextEncoder().encode(`{${infos}}`), 'f');
    assert.deepEqual(
      [...header.tensors.values()].map(({ rows, columns }) => [rows, columns]),
      [
        [1, 1],
        [1, 4],
        [2, 2],
        [2, 2],
        [4, 1],
        [1, 4],
      ],
    );
  });
});

describe('what the reference opens, and nothing else', () => {
  it('for headers of every kind', async () => {
    assert.ok(reference.verdicts.length > 80);
    for (const [header, count, expected] of reference.verdicts) {
      for (const noTotal of [false, true]) {
        const file = fileOf(header, count);
        const actual = await opens(file, { noTotal });
        assert.equal(actual, expected, `${header} + ${count} bytes`);
      }
    }
    const notUtf8 = Buffer.concat([
      Buffer.from('{"'),
      Buffer.of(0xff),
      Buffer.from(one().slice(3)),
    ]);
    assert.equal(await opens(fileOf(notUtf8, 8)), reference.notUtf8);
  });

  it('for every flip of one bit', async () => {
    const file = fromHex(reference.flips.hex);
    const expected = fromHex(reference.flips.opens);
    assert.equal(await opens(file), true);
    for (let at = 0; at < file.length; at++) {
      let mask = 0;
      for (let bit = 0; bit < 8; bit++) {
        const changed = file.slice();
        changed[at] ^= 1 << bit;
        if (await opens(changed)) mask |= 1 << bit;
        await opens(changed, { size: 1, noTotal: true });
      }
      assert.equal(mask, expected[at], `byte ${at}`);
    }
  });

  it('but a name twice is refused even where it makes no difference', async () => {
    const twice = `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},${one().slice(1)}`;
    await rejects(fileOf(twice, 8), /has "a" twice/);
    await rejects(fileOf(twice.replace('"a"', '"\\u0061"'), 8), /has "a" twice/);
  });
});

describe('damaged files', () => {
  it('are refused at every length but the right one', async () => {
    const file = fromHex(reference.flips.hex);
    for (let length = 0; length < file.length; length++) {
      const cut = file.slice(0, length);
      await rejects(cut, /^test\.safetensors is cut off: \d+ bytes/);
      await rejects(cut, /^test\.safetensors is cut off: \d+ bytes/, { noTotal: true, size: 10 });
      await rejects(cut, /is cut off|has bytes|ended/, { total: file.length });
    }
    const longer = Uint8Array.of(...file, 0);
    await rejects(longer, /has bytes after its last tensor/);
    await rejects(longer, /has bytes after its last tensor/, { noTotal: true });
  });

  it('are refused for any byte at any place of the header', async () => {
    const file = fromHex(reference.flips.hex);
    for (let at = 0; at < file.length; at++) {
      for (const value of [0, 0x20, 0x22, 0x2c, 0x30, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x80, 0xff]) {
        const changed = file.slice();
        changed[at] = value;
        await opens(changed, { size: 50 });
      }
    }
  });

  it('say what is wrong', async () => {
    const tensor = (dtype, shape, offsets) =>
      `{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${offsets}]}`;
    await rejects(fileOf(one(), 4), /is cut off: 66 bytes of 70/);
    await rejects(
      fileOf(`{"w":${tensor('F32', [3], [0, 8])}}`, 8),
      /shape .* of "w" do not fit: .*"F32","shape":\[3\],"data_offsets":\[0,8\]/,
    );
    await rejects(
      fileOf(`{"w":${tensor('F33', [2], [0, 8])}}`, 8),
      /dtype.* of "w" do not fit: .*"F33"/,
    );
    await rejects(
      fileOf(`{"w":${tensor('F32', [2 ** 30, 2 ** 30], [0, 8])}}`, 8),
      /"w" do not fit: .*\[1073741824,1073741824\]/,
    );
    await rejects(
      fileOf(one(`,"b":${tensor('U8', [4], [4, 8])}`), 8),
      /"b" overlaps or leaves a gap: it is at byte 4, not 8/,
    );
    await rejects(
      fileOf(one(`,"b":${tensor('U8', [4], [9, 13])}`), 13),
      /"b" overlaps or leaves a gap: it is at byte 9, not 8/,
    );
    await rejects(fileOf('[]', 0), /not a JSON object/);
    await rejects(fileOf('{', 0), /no valid header: .*JSON/);
    await rejects(fileOf(`${'{"a":'.repeat(50)}1${'}'.repeat(50)}`, 0), /nested too deeply/);
    await rejects(fileOf(`${'['.repeat(1e6)}`, 0), /nested too deeply/);
    await rejects(fileOf(`{"${'x'.repeat(5000)}":1}`, 0), /"x{99} do not fit: 1\./);
  });

  it('name the usual mistakes', async () => {
    const encode = (text) => new TextEncoder().encode(text);
    await rejects(encode('version https://git-lfs.github.com/spec/v1\noid'), /git lfs pull/);
    await rejects(encode('<!doctype html><title>Not found</title>'), /a web page/);
    await rejects(encode('PK\x03\x04 a zip of pickles '), /not a safetensors file/);
    await rejects(fileOf(one(), 8).fill(255, 0, 8), /not a safetensors file/);
  });

  it('do not take the memory that they announce', async () => {
    const file = new Uint8Array(20);
    new DataView(file.buffer).setBigUint64(0, 100_000_000n, true);
    const before = process.memoryUsage().arrayBuffers;
    await rejects(file, /is cut off: 20 bytes/, { noTotal: true });
    assert.ok(process.memoryUsage().arrayBuffers - before < 1e6);
    new DataView(file.buffer).setBigUint64(0, 100_000_001n, true);
    await rejects(file, /not a safetensors file/, { noTotal: true });
  });
});

describe('writing', () => {
  const specs = reference.everyDtype.map(({ name, dtype, shape, hex }) => {
    return { name, dtype, shape, data: fromHex(hex) };
  });

  it('gives the bytes that the reference gives', () => {
    assert.deepEqual(writeSafetensors(specs, reference.metadata), everyDtype);
    assert.deepEqual(writeSafetensors(specs.toReversed(), reference.metadata), everyDtype);
  });

  it('gives them in pieces as well', async () => {
    const pieces = [];
    const dataOf = (name) => {
      const { data } = specs.find((spec) => spec.name === name);
      return data.length > 4 ? [data.subarray(0, 3), data.subarray(3)] : Promise.resolve(data);
    };
    for await (const piece of streamSafetensors(specs, reference.metadata, dataOf)) {
      pieces.push(piece);
    }
    assert.deepEqual(new Uint8Array(Buffer.concat(pieces)), everyDtype);
  });

  it('says where each tensor goes', () => {
    const { header, tensors, byteLength } = layoutSafetensors(specs, reference.metadata);
    assert.equal(byteLength, everyDtype.length);
    let at = header.length;
    for (const [name, { begin, end }] of tensors) {
      assert.equal(begin, at);
      at = end;
      const { data } = specs.find((spec) => spec.name === name);
      assert.deepEqual(everyDtype.subarray(begin, end), data, name);
    }
    assert.equal(at, byteLength);
  });

  it('comes back the same, also without metadata and without tensors', async () => {
    const { header, tensors } = await readAll(writeSafetensors(specs));
    assert.deepEqual(header.metadata, {});
    for (const { name, data } of specs) assert.deepEqual(tensors.get(name).bytes, data);
    assert.equal((await readAll(writeSafetensors([]))).tensors.size, 0);
    assert.equal(header.dataStart % 8, 0);
  });

  it('refuses what would be no file', async () => {
    const spec = { name: 'a', dtype: 'F32', shape: [2], data: new Uint8Array(8) };
    const refused = (...list) =>
      assert.throws(() => writeSafetensors(list), { code: 'BAD_ARGUMENT' }, JSON.stringify(list));
    refused(spec, spec);
    refused({ ...spec, name: '__metadata__' });
    refused({ ...spec, dtype: 'F33' });
    refused({ ...spec, dtype: 'toString' });
    refused({ ...spec, shape: [-2] });
    refused({ ...spec, shape: [2.5] });
    refused({ ...spec, shape: [2 ** 40, 2 ** 40] });
    refused({ ...spec, dtype: 'F4', shape: [3], data: new Uint8Array(2) });
    refused({ ...spec, data: new Uint8Array(7) });
    const cut = streamSafetensors([spec], undefined, () => [new Uint8Array(4)]);
    await assert.rejects(
      async () => {
        for await (const piece of cut) assert.ok(piece);
      },
      { code: 'BAD_ARGUMENT' },
    );
  });
});

describe('the index of a sharded model', () => {
  it('is turned round', () => {
    const index = {
      metadata: { total_size: 12 },
      weight_map: { a: 'one.safetensors', b: 'two.safetensors', c: 'one.safetensors' },
    };
    assert.deepEqual(
      readShardIndex(index, 'i.json'),
      new Map([
        ['one.safetensors', new Set(['a', 'c'])],
        ['two.safetensors', new Set(['b'])],
      ]),
    );
  });

  it('names only files of the folder', () => {
    for (const file of [
      '../secret',
      'a/../../b',
      '/etc/passwd',
      'https://example.org/x.safetensors',
      'file:x',
      'C:\\x',
      '..\\x',
      'a//b',
      '.',
      '',
      'a\0b',
      7,
      null,
      ['x'],
    ]) {
      assert.throws(
        () => readShardIndex({ weight_map: { 'w"1': file } }),
        (error) => error.code === 'BAD_MODEL' && error.message.includes('"w\\"1"'),
        String(file),
      );
    }
    readShardIndex({ weight_map: { w: 'shards/model-00001-of-00002.safetensors' } });
  });

  it('has a map of something', () => {
    for (const json of [null, undefined, 1, 'x', [], {}, { weight_map: [] }, { weight_map: {} }]) {
      assert.throws(() => readShardIndex(json, 'i.json'), {
        code: 'BAD_MODEL',
        message: /^i\.json /,
      });
    }
    assert.throws(() => readShardIndex({ weight_map: 'x' }), { code: 'BAD_MODEL' });
  });
});
