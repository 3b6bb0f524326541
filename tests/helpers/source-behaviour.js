// What every kind of source must do, and a small model folder to do it with.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { openSource } from '../../js/source/source.js';

export const encode = (text) => new TextEncoder().encode(text);
export const sha256 = (bytes) => `sha256-${createHash('sha256').update(bytes).digest('base64')}`;
export const rejects = (promise, code, message) =>
  assert.rejects(promise, (error) => {
    assert.equal(error.code, code, error.stack);
    if (message) assert.match(error.message, message);
    assert.equal(error.name, code === 'ABORTED' ? 'AbortError' : 'BertletError');
    return true;
  });

export const config = '{"hidden_size": 4, "name": "größe"}';
export const weights = Uint8Array.from({ length: 3_500_000 }, (_, i) => (i * 2654435761) >>> 24);
export const contents = {
  'config.json': encode(config),
  '1_Pooling/config.json': encode('\ufeff{"mean": true}'),
  'model.safetensors': weights,
  'empty.txt': new Uint8Array(0),
  'broken.json': encode('{"a": '),
  'page.json': encode('\n<!DOCTYPE html><html></html>'),
  'latin1.txt': Uint8Array.of(0x67, 0x72, 0xf6),
};

/** A folder with these contents. @returns {{ folder: string, remove: () => void }} */
export function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'bertlet-source-'));
  mkdirSync(join(folder, '1_Pooling'));
  for (const [name, bytes] of Object.entries(contents)) writeFileSync(join(folder, name), bytes);
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

export async function readStream(source, name, options) {
  const stream = await source.openStream(name, options);
  const parts = [];
  for await (const chunk of stream.chunks) parts.push(chunk.slice());
  return new Uint8Array(Buffer.concat(parts));
}

export const mapContents = (map) =>
  Object.fromEntries(Object.entries(contents).map(([name, bytes]) => [name, map(bytes, name)]));
export const streamOf = (bytes) =>
  new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 70_000) {
        controller.enqueue(bytes.subarray(at, at + 70_000));
      }
      controller.close();
    },
  });

/** What every kind of source does. */
export function behavesAsASource(open, { pagesAreMissing = false } = {}) {
  it('reads text, JSON and bytes', async () => {
    const source = await openSource(await open());
    assert.deepEqual(await source.readJson('config.json'), JSON.parse(config));
    assert.deepEqual(await source.readJson('1_Pooling/config.json'), { mean: true });
    assert.deepEqual(await source.readBytes('model.safetensors'), weights);
    assert.equal(await source.readText('empty.txt'), '');
    await source.close();
  });

  it('streams', async () => {
    const source = await openSource(await open());
    assert.deepEqual(await readStream(source, 'model.safetensors'), weights);
    assert.deepEqual(await readStream(source, 'empty.txt'), new Uint8Array(0));
  });

  it('says what is missing', async () => {
    const source = await openSource(await open());
    const missing = /^vocab\.txt is missing in /;
    for (const read of ['readText', 'readJson', 'readBytes', 'openStream']) {
      await rejects(source[read]('vocab.txt'), 'NOT_FOUND', missing);
      assert.equal(await source[read]('vocab.txt', { optional: true }), undefined);
    }
    await rejects(source.readJson('none/config.json'), 'NOT_FOUND');
    assert.equal(await source.readText('config.json/x', { optional: true }), undefined);
  });

  it('refuses names that leave the folder', async () => {
    const source = await openSource(await open());
    for (const name of ['../x', '/etc/hosts', 'a/../../x', 'http://x/y', 'a\\b', '']) {
      await rejects(source.readText(name), 'BAD_MODEL');
      await rejects(source.readText(name, { optional: true }), 'BAD_MODEL');
    }
  });

  it('says what is wrong with a file', async () => {
    const source = await openSource(await open());
    await rejects(source.readJson('broken.json'), 'BAD_MODEL', /^broken\.json is not valid JSON: /);
    const page = pagesAreMissing
      ? ['NOT_FOUND', /^page\.json is missing (in|at) /]
      : ['BAD_MODEL', /^page\.json is not valid JSON: .*</s];
    await rejects(source.readJson('page.json'), ...page);
    await rejects(source.readText('latin1.txt'), 'BAD_MODEL', /^latin1\.txt is not UTF-8/);
    const optional = source.readJson('empty.txt', { optional: true });
    await rejects(optional, 'BAD_MODEL', /not valid JSON/);
  });

  it('checks hashes', async () => {
    const integrity = { 'config.json': sha256(config), 'model.safetensors': sha256(weights) };
    const source = await openSource(await open(), { integrity });
    assert.equal(await source.readText('config.json'), config);
    assert.deepEqual(await readStream(source, 'model.safetensors'), weights);

    const wrong = { 'config.json': sha256('x'), 'model.safetensors': sha256('y') };
    const other = await openSource(await open(), {
      integrity: { ...wrong, 'none.json': sha256('') },
    });
    await rejects(other.readJson('config.json'), 'INTEGRITY', /^config\.json/);
    let bytes = 0;
    const stream = await other.openStream('model.safetensors');
    await rejects(
      (async () => {
        for await (const chunk of stream.chunks) bytes += chunk.length;
      })(),
      'INTEGRITY',
      /^model\.safetensors/,
    );
    assert.equal(bytes, weights.length, 'only the end can tell');
    // What is pinned may not be missing.
    await rejects(other.readJson('none.json', { optional: true }), 'NOT_FOUND');
  });

  it('reports progress over all files', async () => {
    const events = [];
    const source = await openSource(await open(), { onProgress: (event) => events.push(event) });
    await source.readJson('config.json');
    await readStream(source, 'model.safetensors');
    const sum = contents['config.json'].length + weights.length;
    const last = { phase: 'download', file: 'model.safetensors', loaded: sum, total: sum };
    assert.deepEqual(events.at(-1), { ...last, fromCache: false });
    assert.ok(events.length > 4);
    for (let i = 1; i < events.length; i++) {
      assert.ok(events[i].loaded >= events[i - 1].loaded);
      assert.ok(events[i].total === undefined || events[i].total >= events[i].loaded);
    }
  });

  it('stops when the signal fires', async () => {
    const controller = new AbortController();
    const source = await openSource(await open(), { signal: controller.signal });
    const stream = await source.openStream('model.safetensors');
    const reads = stream.chunks[Symbol.asyncIterator]();
    await reads.next();
    controller.abort();
    await rejects(reads.next(), 'ABORTED');
    await rejects(source.readText('config.json'), 'ABORTED');
    await rejects(openSource(await open(), { signal: controller.signal }), 'ABORTED');
  });

  it('stops a read under way', async () => {
    const controller = new AbortController();
    const source = await openSource(await open(), { signal: controller.signal });
    const reading = source.readBytes('model.safetensors');
    controller.abort();
    await rejects(reading, 'ABORTED');
  });

  it('lets go of a stream, and does not take that for its end', async () => {
    const source = await openSource(await open());
    const stream = await source.openStream('model.safetensors');
    await stream.chunks.next();
    await stream.cancel();
    await stream.cancel();
    await rejects(stream.chunks.next(), 'ABORTED');
    const other = await openSource(await open());
    const reading = await other.openStream('model.safetensors');
    await reading.chunks.next();
    const opening = other.openStream('config.json');
    await Promise.all([rejects(opening, 'ABORTED'), other.close()]);
    await rejects(reading.chunks.next(), 'ABORTED');
    await rejects(other.readText('config.json'), 'ABORTED');
  });
}
