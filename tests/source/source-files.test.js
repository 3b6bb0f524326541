// Models given file by file, here and to a worker.
import assert from 'node:assert/strict';
import { openAsBlob, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { openSource, sourceForWorker } from '../../js/source/source.js';
import {
  behavesAsASource,
  config,
  contents,
  encode,
  makeFolder,
  mapContents,
  readStream,
  rejects,
  sha256,
  streamOf,
  weights,
} from '../helpers/source-behaviour.js';

const { folder, remove } = makeFolder();
after(remove);

describe('files as Uint8Arrays', () => behavesAsASource(() => mapContents((bytes) => bytes)));
describe('files as ArrayBuffers', () => {
  behavesAsASource(() => mapContents((bytes) => bytes.slice().buffer));
});
describe('files as Blobs', () => behavesAsASource(() => mapContents((bytes) => new Blob([bytes]))));
describe('files as Blobs on disk', () => {
  behavesAsASource(async () => {
    const blobs = Object.keys(contents).map(async (name) => [
      name,
      await openAsBlob(join(folder, name)),
    ]);
    return Object.fromEntries(await Promise.all(blobs));
  });
});
describe('files as answers', () => {
  behavesAsASource(() => mapContents((bytes) => new Response(bytes)), { pagesAreMissing: true });
});
describe('files as streams', () => behavesAsASource(() => mapContents(streamOf)));
describe('files as streams of Buffers that are filled again and again', () => {
  const refill = (bytes) => {
    const buffer = Buffer.alloc(1000);
    let at = 0;
    return new ReadableStream(
      {
        pull(controller) {
          const length = Math.min(bytes.length - at, 900);
          buffer.set(bytes.subarray(at, at + length), 100);
          at += length;
          if (length > 0) controller.enqueue(buffer.subarray(100, 100 + length));
          else controller.close();
        },
      },
      { highWaterMark: 0 },
    );
  };
  behavesAsASource(() => mapContents(refill));
});
describe('files as URLs', () => {
  behavesAsASource(() => mapContents((_, name) => pathToFileURL(join(folder, name))));
});
describe('files as data: URLs', () => {
  behavesAsASource(() =>
    mapContents((bytes, name) =>
      name === 'config.json'
        ? new URL(`data:application/json,${encodeURIComponent(config)}`)
        : new URL(`data:;base64,${Buffer.from(bytes).toString('base64')}`),
    ),
  );
});
describe('a folder picked in a page', () => {
  behavesAsASource(() =>
    Object.entries(contents).map(([name, bytes]) => {
      const file = new File([bytes], name.split('/').at(-1));
      return Object.defineProperty(file, 'webkitRelativePath', {
        value: `Models/My model/${name}`,
      });
    }),
  );
});
describe('files sent to a worker', () => {
  for (const [kind, make] of Object.entries({
    bytes: (bytes) => bytes,
    streams: streamOf,
    URLs: (_, name) => pathToFileURL(join(folder, name)),
  })) {
    describe(`as ${kind}`, () => {
      behavesAsASource(() => {
        const { source, transfer } = sourceForWorker(mapContents(make));
        return structuredClone(source, { transfer });
      });
    });
  }
});

describe('files given one by one', () => {
  it('may be text', async () => {
    const source = await openSource({ 'config.json': config });
    assert.deepEqual(await source.readJson('config.json'), JSON.parse(config));
  });

  it('may share a folder, in any spelling', async () => {
    for (const prefix of ['My Model/', './', '/a/b/', 'C\\d\\', 'a//b/./']) {
      const files = Object.entries(contents).map(([name, bytes]) => [`${prefix}${name}`, bytes]);
      const source = await openSource(Object.fromEntries(files));
      assert.deepEqual(await source.readJson('1_Pooling/config.json'), { mean: true });
      assert.deepEqual(await source.readJson('config.json'), JSON.parse(config));
    }
    const source = await openSource({ 'a/config.json': config, 'b/x.json': '1' });
    assert.equal(await source.readText('a/config.json'), config);
  });

  it('need not be there', async () => {
    const source = await openSource({ 'config.json': config, 'a.json': undefined, 'b.json': null });
    assert.equal(await source.readText('a.json', { optional: true }), undefined);
    assert.equal(await source.readText('b.json', { optional: true }), undefined);
    await rejects(source.readText('toString'), 'NOT_FOUND', /the files given \(config\.json\)/);
  });

  it('are views of buffers, whatever their kind', async () => {
    const buffer = encode(`xx${config}xx`).buffer;
    const length = buffer.byteLength - 4;
    for (const content of [
      new Uint8Array(buffer, 2, length),
      new DataView(buffer, 2, length),
      Buffer.from(buffer, 2, length),
      new Int8Array(buffer, 2, length),
    ]) {
      const source = await openSource({ 'config.json': content });
      assert.equal(await source.readText('config.json'), config);
    }
    const shared = new SharedArrayBuffer(2);
    new Uint8Array(shared).set([0x31, 0x32]);
    const source = await openSource({ 'a.bin': shared });
    assert.deepEqual([...(await source.readBytes('a.bin'))], [0x31, 0x32]);
  });

  it('that are streams can be read once', async () => {
    const response = new Response(config);
    const source = await openSource({
      'config.json': response,
      'model.safetensors': streamOf(weights),
    });
    assert.equal(await source.readText('config.json'), config);
    assert.deepEqual(await readStream(source, 'model.safetensors'), weights);
    const twice = /^model\.safetensors is a stream that has been read already/;
    await rejects(source.openStream('model.safetensors'), 'BAD_ARGUMENT', twice);
    // By another source, too.
    await rejects(
      (await openSource({ 'config.json': response })).readText('config.json'),
      'BAD_ARGUMENT',
      /read already/,
    );
    const used = new Response(config);
    await used.text();
    const locked = streamOf(weights);
    locked.getReader();
    for (const content of [used, locked]) {
      const other = await openSource({ 'config.json': content });
      await rejects(other.readText('config.json'), 'BAD_ARGUMENT', /read already/);
    }
  });

  it('that are bad answers say so', async () => {
    const source = await openSource({
      'a.json': new Response('no', { status: 404 }),
      'b.json': new Response('no', { status: 503 }),
      'c.json': new Response(null),
    });
    assert.equal(await source.readText('a.json', { optional: true }), undefined);
    await rejects(source.readText('a.json'), 'NOT_FOUND');
    await rejects(source.readText('b.json'), 'NETWORK', /b\.json is HTTP 503/);
    assert.equal(await source.readText('c.json'), '');
  });

  it('that are streams may fail or give what is no bytes', async () => {
    const failing = new ReadableStream({
      start(controller) {
        controller.enqueue(encode('{'));
      },
      pull(controller) {
        controller.error(new Error('the cable'));
      },
    });
    const texts = new ReadableStream({
      start(controller) {
        controller.enqueue('text');
        controller.close();
      },
    });
    const source = await openSource({ 'a.json': failing, 'b.json': texts });
    await rejects(source.readText('a.json'), 'NETWORK', /^a\.json .*the cable/);
    await rejects(source.readText('b.json'), 'BAD_ARGUMENT', /must give Uint8Arrays/);
  });

  it('stop a stream that hangs, and tell it', async () => {
    for (const wrap of [
      (files) => files,
      (files) => {
        const { source, transfer } = sourceForWorker(files);
        return structuredClone(source, { transfer });
      },
    ]) {
      const controller = new AbortController();
      let cancelled;
      const hanging = new ReadableStream({
        cancel() {
          cancelled = true;
        },
      });
      const source = await openSource(wrap({ 'a.bin': hanging }), { signal: controller.signal });
      const reading = source.readBytes('a.bin');
      setTimeout(() => controller.abort(), 20);
      const start = performance.now();
      await rejects(reading, 'ABORTED');
      assert.ok(performance.now() - start < 1000);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.ok(cancelled);
    }
  });

  it('that shrink on disk are an error', async () => {
    const path = join(folder, 'shrinking.bin');
    writeFileSync(path, weights);
    const source = await openSource({ 'a.bin': await openAsBlob(path) });
    writeFileSync(path, 'x');
    await rejects(source.readBytes('a.bin'), 'NOT_FOUND', /^a\.bin could not be read/);
    rmSync(path);
  });
});

describe('a source in a worker', () => {
  it('reads what only the other thread has, and detaches nothing', async () => {
    const files = {
      'config.json': new Response(config),
      'stream.bin': streamOf(weights),
      'large.bin': weights,
      'view.bin': weights.subarray(5, 10),
      'blob.bin': new Blob([weights]),
      'text.txt': 'text',
      'missing.json': new Response('', { status: 404 }),
      'bad.json': new Response('', { status: 500 }),
      'never-read.bin': streamOf(weights),
    };
    const opened = await openSource(files);
    await opened.readText('config.json');
    const { source, transfer } = sourceForWorker(files);
    const worker = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
       const { createHash } = require('node:crypto');
       import(workerData).then(({ openSource }) => {
         parentPort.on('message', async (source) => {
           const opened = await openSource(source);
           const result = {};
           for (const name of source.keys()) {
             if (name === 'never-read.bin') continue;
             try {
               const bytes = await opened.readBytes(name, { optional: true });
               result[name] = bytes && createHash('sha256').update(bytes).digest('base64');
             } catch (error) {
               result[name] = error.code;
             }
           }
           parentPort.postMessage(result);
         });
       });`,
      { eval: true, workerData: new URL('../../js/source/source.js', import.meta.url).href },
    );
    const result = await new Promise((resolve, reject) => {
      worker.on('message', resolve);
      worker.on('error', reject);
      worker.postMessage(source, transfer);
    });
    await worker.terminate();
    const hash = sha256(weights).slice(7);
    assert.deepEqual(result, {
      'config.json': 'BAD_ARGUMENT', // read already
      'stream.bin': hash,
      'large.bin': hash,
      'view.bin': sha256(weights.subarray(5, 10)).slice(7),
      'blob.bin': hash,
      'text.txt': sha256('text').slice(7),
      'missing.json': undefined,
      'bad.json': 'NETWORK',
    });
    assert.equal(weights.length, 3_500_000);
    assert.equal(files['never-read.bin'].locked, false);
  });

  it('is a path or URL where that is enough', () => {
    assert.deepEqual(sourceForWorker(folder), { source: folder, transfer: [] });
    assert.deepEqual(sourceForWorker(pathToFileURL(folder)), { source: folder, transfer: [] });
    assert.deepEqual(sourceForWorker(new URL('http://localhost/a?b=c')), {
      source: 'http://localhost/a?b=c',
      transfer: [],
    });
    assert.throws(() => sourceForWorker(7), { code: 'BAD_ARGUMENT' });
  });
});
