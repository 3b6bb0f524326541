// Models on a web server, and the cache that a page keeps of them.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, beforeEach, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openSource } from '../../js/source/source.js';
import {
  behavesAsASource,
  config,
  contents,
  encode,
  readStream,
  rejects,
  sha256,
  weights,
} from '../helpers/source-behaviour.js';

let server;
let origin;
let log = []; // of requests: method and address
let down = false;
const underWay = new Set(); // answers that are neither sent nor given up

// What the server answers at an address instead of a file.
const special = {
  '/forbidden/config.json': (response) => response.writeHead(403).end('no'),
  '/failing/config.json': (response) => response.writeHead(500).end('{}'),
  '/gone/config.json': (response) => response.writeHead(410).end('{}'),
  '/redirected/config.json': (response) =>
    response.writeHead(302, { location: '/model/config.json' }).end(),
  '/circle/config.json': (response) =>
    response.writeHead(302, { location: '/circle/config.json' }).end(),
  '/packed/config.json': (response) => {
    const packed = gzipSync(config);
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length });
    response.end(packed);
  },
  '/chunked/model.safetensors': (response) => {
    response.writeHead(200);
    for (let at = 0; at < weights.length; at += 100_000) {
      response.write(weights.subarray(at, at + 100_000));
    }
    response.end();
  },
  '/cut/model.safetensors': (response) => {
    response.writeHead(200, { 'content-length': weights.length });
    response.write(weights.subarray(0, 1_000_000), () => response.destroy());
  },
  '/cut-chunked/model.safetensors': (response) => {
    response.writeHead(200);
    response.write(weights.subarray(0, 1_000_000), () => response.destroy());
  },
  '/no-answer/config.json': () => {},
  '/no-body/config.json': (response) => response.writeHead(200).flushHeaders(),
  '/hanging/model.safetensors': (response) => {
    response.writeHead(200, { 'content-length': weights.length });
    response.write(weights.subarray(0, 1_000_000));
  },
};

function answer(request, response) {
  const { pathname, search } = new URL(request.url, origin);
  underWay.add(response);
  response.on('close', () => underWay.delete(response));
  log.push(`${request.method} ${pathname}${search}`);
  if (down) return response.destroy();
  if (special[pathname]) return special[pathname](response);
  const name = decodeURIComponent(pathname).replace(/^\/[^/]*\//, '');
  const bytes = contents[name];
  if (pathname.startsWith('/spa/') && !bytes) {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    return response.end('<!-- app --><!doctype html><html></html>');
  }
  if (pathname.startsWith('/spa-untyped/') && !bytes) {
    return response.end('\n <!DOCTYPE html><html></html>');
  }
  if (!bytes) return response.writeHead(404).end('not found');
  response.writeHead(200, { 'content-length': bytes.length, 'content-type': 'text/html' });
  response.end(bytes);
}

before(async () => {
  server = http.createServer(answer);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${server.address().port}`;
});
after(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  log = [];
  down = false;
});

const until = async (condition) => {
  for (let i = 0; i < 200 && !condition(); i++) await new Promise((done) => setTimeout(done, 10));
  assert.ok(condition());
};
describe('a folder by its URL', () => {
  behavesAsASource(() => new URL(`${origin}/model/`), { pagesAreMissing: true });
});
describe('a folder on a server that does not tell sizes', () => {
  behavesAsASource(
    () => {
      const chunked = Object.keys(contents).map((name) => [
        name,
        new URL(`${origin}/model/${name}`),
      ]);
      const files = Object.fromEntries(chunked);
      return { ...files, 'model.safetensors': new URL(`${origin}/chunked/model.safetensors`) };
    },
    { pagesAreMissing: true },
  );
});

describe('addresses', () => {
  it('may be text, end in a slash or not, and carry a query', async () => {
    for (const source of [`${origin}/model`, `${origin}/model/`, new URL(`${origin}/model#x`)]) {
      assert.equal(await (await openSource(source)).readText('config.json'), config);
      assert.deepEqual(log.splice(0), ['GET /model/config.json']);
    }
    const source = await openSource(`${origin}/model?token=a%20b&v=2`);
    await source.readText('1_Pooling/config.json');
    assert.deepEqual(log, ['GET /model/1_Pooling/config.json?token=a%20b&v=2']);
  });

  it('show no secrets in messages', async () => {
    const { host } = new URL(origin);
    const source = await openSource(`http://user:password@${host}/model/?token=secret`, {
      fetch: async () => new Response('', { status: 404 }),
    });
    await rejects(source.readText('config.json'), 'NOT_FOUND', /^(?!.*(secret|password))/);
    const failing = await openSource(`${origin}/failing/?token=secret`);
    await rejects(failing.readText('config.json'), 'NETWORK', /^(?!.*secret).*HTTP 500/);
  });

  it('quote names', async () => {
    const source = await openSource(`${origin}/model/`);
    await source.readText('a b#c?d%.json', { optional: true });
    assert.deepEqual(log, ['GET /model/a%20b%23c%3Fd%25.json']);
  });

  it('are fetched with the function given', async () => {
    const asked = [];
    const fetch = async (url, options) => {
      asked.push(url);
      assert.ok(options.signal instanceof AbortSignal);
      return new Response(config);
    };
    const source = await openSource('https://models.invalid/m', { fetch });
    assert.equal(await source.readText('config.json'), config);
    assert.deepEqual(asked, ['https://models.invalid/m/config.json']);
  });
});

describe('answers', () => {
  const read = async (path, options) =>
    (await openSource(`${origin}/${path}`)).readText('config.json', options);

  it('other than 200 are errors, or say that a file is missing', async () => {
    await rejects(read('forbidden'), 'NETWORK', /HTTP 403/);
    await rejects(read('failing'), 'NETWORK', /HTTP 500/);
    await rejects(read('failing', { optional: true }), 'NETWORK', /HTTP 500/);
    await rejects(read('gone'), 'NOT_FOUND', /^config\.json is missing in http:\/\/127/);
    assert.equal(await read('gone', { optional: true }), undefined);
    assert.equal(await read('redirected'), config);
    await rejects(read('circle'), 'NETWORK');
  });

  it('that never come are a NETWORK error', async () => {
    down = true;
    await assert.rejects(read('model'), (error) => {
      assert.equal(error.code, 'NETWORK');
      assert.ok(error.cause instanceof TypeError);
      return true;
    });
    await rejects((await openSource('http://127.0.0.1:1/')).readText('a'), 'NETWORK');
    await rejects((await openSource('foo://bar/')).readText('a'), 'NETWORK');
  });

  it('that are a page stand for a missing file', async () => {
    for (const server of ['spa', 'spa-untyped']) {
      const source = await openSource(`${origin}/${server}`);
      await rejects(source.readJson('vocab.json'), 'NOT_FOUND', /^vocab\.json is missing/);
      assert.equal(await source.readJson('modules.json', { optional: true }), undefined);
      assert.equal(await source.readText('config.json'), config);
      assert.deepEqual(await readStream(source, 'model.safetensors'), weights);
    }
  });

  it('may be packed', async () => {
    const events = [];
    const source = await openSource(`${origin}/packed`, { onProgress: (e) => events.push(e) });
    const stream = await source.openStream('config.json');
    assert.equal(stream.total, undefined, 'Content-Length is that of the packed bytes');
    for await (const chunk of stream.chunks) assert.ok(chunk.length);
    assert.equal(events[0].total, undefined);
    assert.equal(events.at(-1).total, encode(config).length);
    assert.equal(events.at(-1).loaded, encode(config).length);
  });

  it('from another origin give their size for the progress bar alone', async () => {
    const length = { headers: { 'content-length': '10' } };
    const fetch = async () =>
      Object.defineProperty(new Response(config, length), 'type', { value: 'cors' });
    const events = [];
    const onProgress = (event) => events.push(event);
    const source = await openSource('https://models.invalid/', { fetch, onProgress });
    const stream = await source.openStream('config.json');
    assert.equal(stream.total, undefined);
    assert.equal(events[0].total, 10);
    await stream.cancel();
    assert.equal(await source.readText('config.json'), config);
    assert.equal(events.at(-1).total, encode(config).length);
    for (const { loaded, total } of events) assert.ok(total >= loaded);
  });

  it('that break off are a NETWORK error, with what was read before', async () => {
    for (const path of ['cut', 'cut-chunked']) {
      const source = await openSource(`${origin}/${path}/`);
      const stream = await source.openStream('model.safetensors');
      let bytes = 0;
      const reading = (async () => {
        for await (const chunk of stream.chunks) bytes += chunk.length;
      })();
      await rejects(reading, 'NETWORK', /^model\.safetensors could not be read \(/);
      assert.ok(bytes > 0 && bytes <= 1_000_000);
    }
  });

  it('whose length is not the one announced are a NETWORK error', async () => {
    for (const length of [config.length - 3, 10 * config.length]) {
      const fetch = async () =>
        new Response(config, { headers: { 'content-length': `${length}` } });
      const source = await openSource('https://models.invalid/', { fetch });
      await rejects(source.readText('config.json'), 'NETWORK', /bytes came/);
    }
  });
});

describe('the signal', () => {
  it('stops waiting for an answer, for its body, and in its midst', async () => {
    for (const [path, name] of [
      ['no-answer', 'config.json'],
      ['no-body', 'config.json'],
      ['hanging', 'model.safetensors'],
    ]) {
      const controller = new AbortController();
      const source = await openSource(`${origin}/${path}`, { signal: controller.signal });
      const reading = source.readBytes(name);
      setTimeout(() => controller.abort(new Error('why')), 30);
      const start = performance.now();
      await assert.rejects(reading, (error) => {
        assert.equal(error.code, 'ABORTED');
        assert.equal(error.cause.message, 'why');
        return true;
      });
      assert.ok(performance.now() - start < 500);
    }
    await until(() => underWay.size === 0);
  });

  it('works where fetch does not know it', async () => {
    const controller = new AbortController();
    const fetch = () => new Promise(() => {});
    const options = { fetch, signal: controller.signal };
    const source = await openSource('https://models.invalid/', options);
    const reading = source.readText('config.json');
    controller.abort();
    await rejects(reading, 'ABORTED');
  });
});

/** As a page's, with just what bertlet may rely on: an entry is whole or not there. */
class TestCaches {
  stores = new Map();
  failing = '';

  async open(name) {
    if (this.failing === 'open') throw new DOMException('no', 'SecurityError');
    if (!this.stores.has(name)) this.stores.set(name, new Map());
    const store = this.stores.get(name);
    const check = (what) => {
      if (this.failing === what) throw new DOMException('full', 'QuotaExceededError');
    };
    return {
      match: async (url) => {
        check('match');
        const kept = store.get(url);
        return kept && new Response(kept.body, { headers: kept.headers });
      },
      put: async (url, response) => {
        check('put');
        if (this.failing === 'put midway') {
          const reader = response.body.getReader();
          await reader.read();
          await reader.cancel();
          check('put midway');
        }
        const body = await response.arrayBuffer();
        store.set(url, { body, headers: [...response.headers] });
      },
      delete: async (url) => {
        check('delete');
        return store.delete(url);
      },
    };
  }

  entries(name = 'bertlet') {
    return [...(this.stores.get(name)?.keys() ?? [])].map((url) => new URL(url).pathname);
  }
}

describe('the cache of a page', () => {
  let caches;
  beforeEach(() => {
    caches = new TestCaches();
    globalThis.caches = caches;
  });
  after(() => {
    delete globalThis.caches;
  });
  const open = (path, options) => openSource(`${origin}/${path}/`, { cache: true, ...options });
  /** What is downloaded is kept when the source is closed. */
  const using = async (path, options, body) => {
    const source = await open(path, options);
    try {
      return await body(source);
    } finally {
      await source.close();
    }
  };
  const readConfig = (options) =>
    using('model', options, (source) => source.readText('config.json'));

  it('serves what was loaded before', async () => {
    for (const round of [1, 2]) {
      const events = [];
      const source = await open('model', { onProgress: (event) => events.push(event) });
      assert.equal(await source.readText('config.json'), config);
      assert.deepEqual(await readStream(source, 'model.safetensors'), weights);
      assert.ok(events.every(({ fromCache }) => fromCache === (round === 2)));
      assert.equal(events.at(-1).loaded, encode(config).length + weights.length);
      assert.equal(events.at(-1).total, events.at(-1).loaded);
      assert.equal(caches.entries().length, round === 1 ? 0 : 2, 'nothing is written meanwhile');
      await source.close();
    }
    assert.deepEqual(log, ['GET /model/config.json', 'GET /model/model.safetensors']);
    assert.deepEqual(caches.entries(), ['/model/config.json', '/model/model.safetensors']);
  });

  it('has the name asked for', async () => {
    await readConfig({ cache: { name: 'mine' } });
    assert.deepEqual(caches.entries('mine'), ['/model/config.json']);
    await readConfig({ cache: {} });
    assert.deepEqual(caches.entries(), ['/model/config.json']);
  });

  it('is off when asked, and in Node by default', async () => {
    for (const options of [{ cache: false }, { cache: undefined }]) {
      await readConfig(options);
    }
    assert.equal(caches.stores.size, 0);
    assert.equal(log.length, 2);
  });

  it('works without a network, also for what the server did not have', async () => {
    const read = () =>
      using('model', {}, async (source) => {
        assert.equal(await source.readJson('modules.json', { optional: true }), undefined);
        return source.readText('config.json');
      });
    assert.equal(await read(), config);
    down = true;
    assert.equal(await read(), config);
    const source = await open('model');
    await rejects(source.readText('modules.json'), 'NOT_FOUND');
    await rejects(source.readText('other.json', { optional: true }), 'NETWORK');
    down = false;
    log = [];
    await read();
    assert.deepEqual(log, ['GET /model/modules.json'], 'it may be there by now');
  });

  it('keeps nothing of a download that failed', async () => {
    const readWeights = (source) => readStream(source, 'model.safetensors');
    await rejects(using('cut', {}, readWeights), 'NETWORK');
    await rejects(using('cut-chunked', {}, readWeights), 'NETWORK');
    await rejects(
      using('failing', {}, (source) => source.readText('config.json')),
      'NETWORK',
    );
    await rejects(readConfig({ integrity: { 'config.json': sha256('x') } }), 'INTEGRITY');
    await using('model', {}, async (source) => {
      const cancelled = await source.openStream('model.safetensors');
      await cancelled.chunks.next();
      await cancelled.cancel();
    });
    const controller = new AbortController();
    const source = await open('hanging', { signal: controller.signal });
    const stream = await source.openStream('model.safetensors');
    await stream.chunks.next();
    controller.abort();
    await rejects(stream.chunks.next(), 'ABORTED');
    await source.close();
    assert.deepEqual(caches.entries(), []);
  });

  it('keeps nothing that turns out to be bad', async () => {
    const source = await open('model');
    await rejects(source.readJson('broken.json'), 'BAD_MODEL');
    await rejects(source.readJson('latin1.txt'), 'BAD_MODEL');
    await source.readText('config.json');
    await source.forget('config.json');
    await source.close();
    assert.deepEqual(caches.entries(), []);
    const file = await openSource(
      { 'a.json': new URL(`${origin}/model/broken.json`) },
      { cache: true },
    );
    await rejects(file.readJson('a.json'), 'BAD_MODEL');
    await file.close();
    assert.deepEqual(caches.entries(), []);
  });

  it('keeps whole entries with their hashes, and fetches anew when another is pinned', async () => {
    const right = { integrity: { 'config.json': sha256(config) } };
    await readConfig();
    await readConfig(right);
    assert.equal(log.length, 2, 'what was stored unchecked is not trusted');
    await readConfig(right);
    await readConfig();
    assert.equal(log.length, 2);
    const newer = { integrity: { 'config.json': sha256('newer') } };
    await rejects(readConfig(newer), 'INTEGRITY');
    assert.equal(log.length, 3);
  });

  it('drops an entry that was damaged', async () => {
    const right = { integrity: { 'config.json': sha256(config) } };
    await readConfig(right);
    const [entry] = caches.stores.get('bertlet').values();
    new Uint8Array(entry.body)[3] ^= 1;
    await rejects(readConfig(right), 'INTEGRITY');
    assert.equal(await readConfig(right), config);
    assert.equal(log.length, 2);

    const [again] = caches.stores.get('bertlet').values();
    again.body = again.body.slice(0, 10);
    await rejects(readConfig(), 'NETWORK', /bytes came/);
    assert.equal(await readConfig(), config);
  });

  it('that fails does not stop loading', async () => {
    for (const failing of ['open', 'match', 'put', 'put midway', 'delete']) {
      caches.failing = failing;
      const source = await open('model');
      assert.equal(await source.readText('config.json'), config);
      assert.deepEqual(await readStream(source, 'model.safetensors'), weights);
      await rejects(source.readJson('broken.json'), 'BAD_MODEL');
      assert.equal(await source.readText('none', { optional: true }), undefined);
      await source.close();
    }
  });

  it('keeps what is larger than a heap should hold', async () => {
    const pieces = 75;
    let taken = 0;
    const pull = (controller) => {
      taken += 1;
      if (taken > pieces) controller.close();
      else controller.enqueue(new Uint8Array(1_000_000).fill(taken));
    };
    const fetch = async () => new Response(new ReadableStream({ pull }));
    for (const round of [1, 2]) {
      const source = await openSource('https://models.invalid/', { fetch, cache: true });
      const bytes = await source.readBytes('a.bin');
      assert.equal(bytes.length, pieces * 1e6);
      for (let i = 0; i < pieces; i++) assert.equal(bytes[i * 1e6 + 999_999], i + 1);
      await source.close();
      assert.equal(taken, pieces + 1, `loaded again in round ${round}`);
    }
  });
});

describe('at the end', () => {
  it('no connection is left waiting', () => until(() => underWay.size === 0));
});
