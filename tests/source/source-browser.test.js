// Sources in Chromium: its Cache API, its workers, its fetch across origins.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { after, before, beforeEach, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { launchBrowser, noBrowser, openPage } from '../helpers/browser.js';
import { config, encode, sha256, weights } from '../helpers/source-behaviour.js';

const pageScript = `
import { openSource, sourceForWorker } from '/js/source/source.js';
import { Sha256 } from '/js/source/sha256.js';
Object.assign(globalThis, { openSource, sourceForWorker, Sha256 });
globalThis.outcome = (promise) => promise.then((value) => value, (error) => error.code);
globalThis.hashOf = (bytes) =>
  'sha256-' + btoa(String.fromCharCode(...new Sha256().update(bytes).digest()));
globalThis.streamHash = async (source, name) => {
  const hash = new Sha256();
  const { chunks } = await source.openStream(name);
  for await (const chunk of chunks) hash.update(chunk);
  return 'sha256-' + btoa(String.fromCharCode(...hash.digest()));
};
globalThis.cached = async (name = 'bertlet') =>
  (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname).sort();
document.documentElement.dataset.ready = '';
`;
const workerScript = `
import { openSource } from '/js/source/source.js';
import { Sha256 } from '/js/source/sha256.js';
onmessage = async ({ data }) => {
  const source = await openSource(data.source, data.options);
  const result = {};
  for (const name of data.names) {
    try {
      const bytes = await source.readBytes(name);
      result[name] = 'sha256-' + btoa(String.fromCharCode(...new Sha256().update(bytes).digest()));
    } catch (error) {
      result[name] = error.code;
    }
  }
  postMessage(result);
};
`;

const html = '<!doctype html><title>test</title><link rel="icon" href="data:,">';
const text = (type, body) => (response) => response.setHeader('content-type', type).end(body);
const pages = {
  '/folder/page.html': text('text/html', `${html}<script type="module" src="/page.js"></script>`),
  '/page.js': text('text/javascript', pageScript),
  '/worker.js': text('text/javascript', workerScript),
  '/model/config.json': text('application/json', config),
  '/model/model.safetensors': (response) =>
    response.setHeader('content-length', weights.length).end(weights),
  '/packed/config.json': (response) => {
    const packed = gzipSync(config.repeat(100));
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length });
    response.end(packed);
  },
  '/cut/model.safetensors': (response) => {
    response.setHeader('content-length', weights.length);
    response.write(weights.subarray(0, 1_000_000), () => response.destroy());
  },
  '/slow/model.safetensors': (response) => {
    response.setHeader('content-length', weights.length);
    response.write(weights.subarray(0, 1_000_000));
  },
  '/page-instead/config.json': text('text/html', html),
};

describe('sources in a page', { skip: noBrowser }, () => {
  let browser;
  let server;
  let other;
  let opened;
  let page;
  const log = [];
  const underWay = new Set();

  const answer = (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    log.push(pathname);
    underWay.add(response);
    response.on('close', () => underWay.delete(response));
    response.setHeader('cache-control', 'no-store');
    if (request.headers.host !== server.host)
      response.setHeader('access-control-allow-origin', '*');
    if (pages[pathname]) return pages[pathname](response);
    if (/^\/js\/[\w/-]+\.js$/.test(pathname)) {
      const script = readFileSync(new URL(`../..${pathname}`, import.meta.url));
      return text('text/javascript', script)(response);
    }
    response.writeHead(404).end();
  };
  const listen = async () => {
    const one = http.createServer(answer);
    await new Promise((resolve) => one.listen(0, '127.0.0.1', resolve));
    one.host = `127.0.0.1:${one.address().port}`;
    return one;
  };

  before(async () => {
    [server, other] = await Promise.all([listen(), listen()]);
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    for (const one of [server, other]) {
      one?.close();
      one?.closeAllConnections();
    }
  });
  beforeEach(async () => {
    await opened?.close();
    opened = await openPage(browser);
    page = opened.page;
    await page.goto(`http://${server.host}/folder/page.html`);
    await page.waitForSelector('html[data-ready]');
    log.length = 0;
  });

  it('hash as Node does', async () => {
    const hash = await page.evaluate(async () =>
      hashOf(new Uint8Array(await (await fetch('/model/model.safetensors')).arrayBuffer())),
    );
    assert.equal(hash, sha256(weights));
  });

  it('are addressed from the page, and cached by default', async () => {
    const run = () =>
      page.evaluate(async () => {
        const events = [];
        const source = await openSource('../model', { onProgress: (event) => events.push(event) });
        const config = await source.readText('config.json');
        const hash = await streamHash(source, 'model.safetensors');
        const missing = await source.readText('modules.json', { optional: true });
        await source.close();
        return { config, hash, missing, cached: await cached(), last: events.at(-1) };
      });
    const loaded = encode(config).length + weights.length;
    for (const fromCache of [false, true]) {
      const result = await run();
      assert.equal(result.config, config);
      assert.equal(result.hash, sha256(weights));
      assert.equal(result.missing, undefined);
      const last = { phase: 'download', file: 'model.safetensors', loaded, total: loaded };
      assert.deepEqual(result.last, { ...last, fromCache });
      assert.deepEqual(result.cached, [
        '/model/config.json',
        '/model/model.safetensors',
        '/model/modules.json',
      ]);
    }
    assert.equal(log.filter((path) => path.endsWith('.safetensors')).length, 1);
    await opened.page.context().setOffline(true);
    assert.equal((await run()).hash, sha256(weights));
  });

  it('leave nothing in the cache that is not whole and right', async () => {
    const wrong = { 'config.json': sha256('x'), 'model.safetensors': sha256('y') };
    const result = await page.evaluate(async (integrity) => {
      const outcomes = [];
      const read = async (folder, name, options) => {
        const source = await openSource(folder, options);
        outcomes.push(await outcome(source.readBytes(name)));
        await source.close();
      };
      await read('/model', 'config.json', { integrity });
      await read('/model', 'model.safetensors', { integrity });
      await read('/cut', 'model.safetensors');
      await read('/page-instead', 'config.json', { cache: true });
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 200);
      await read('/slow', 'model.safetensors', { signal: controller.signal });
      const stopped = await openSource('/model', { cache: { name: 'mine' } });
      const stream = await stopped.openStream('model.safetensors');
      await stream.chunks.next();
      await stopped.close();
      return { outcomes, cached: await cached(), mine: await cached('mine') };
    }, wrong);
    const outcomes = ['INTEGRITY', 'INTEGRITY', 'NETWORK', 'NOT_FOUND', 'ABORTED'];
    assert.deepEqual(result, { outcomes, cached: ['/page-instead/config.json'], mine: [] });
    for (let i = 0; i < 100 && underWay.size > 0; i++) {
      await new Promise((done) => setTimeout(done, 20));
    }
    assert.equal(underWay.size, 0);
  });

  it('load without room in the cache', async () => {
    const session = await page.context().newCDPSession(page);
    const origin = `http://${server.host}`;
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 2_000_000 });
    const result = await page.evaluate(async () => {
      const source = await openSource('/model');
      const hash = await streamHash(source, 'model.safetensors');
      await source.close();
      return { hash, cached: await cached() };
    });
    assert.deepEqual(result, { hash: sha256(weights), cached: [] });
  });

  it('come packed, and from another origin', async () => {
    for (const host of [server.host, other.host]) {
      const result = await page.evaluate(async (url) => {
        const events = [];
        const source = await openSource(url, { onProgress: (event) => events.push(event) });
        const text = await source.readText('config.json');
        return { text, events };
      }, `http://${host}/packed/`);
      assert.equal(result.text, config.repeat(100));
      assert.equal(result.events.at(-1).total, encode(result.text).length);
      for (const { loaded, total } of result.events)
        assert.ok(total === undefined || total >= loaded);
    }
  });

  it('go to a worker, whatever they are', async () => {
    const result = await page.evaluate(
      async (integrity) => {
        const bytes = new Uint8Array(await (await fetch('/model/model.safetensors')).arrayBuffer());
        const files = {
          'response.bin': await fetch('/model/model.safetensors'),
          'stream.bin': new Blob([bytes]).stream(),
          'buffer.bin': bytes.buffer,
          'blob.bin': new Blob([bytes]),
          'url.bin': new URL('/model/model.safetensors', location),
          'bad.bin': await fetch('/model/none'),
        };
        const folder = '../model';
        const ask = ({ source, transfer }, names, options) =>
          new Promise((resolve, reject) => {
            const worker = new Worker('/worker.js', { type: 'module' });
            worker.onmessage = ({ data }) => resolve(data);
            worker.onerror = reject;
            worker.postMessage({ source, names, options }, transfer);
          });
        return {
          files: await ask(sourceForWorker(files), Object.keys(files)),
          folder: await ask(sourceForWorker(folder), ['model.safetensors'], { integrity }),
          left: bytes.length,
        };
      },
      { 'model.safetensors': sha256(weights) },
    );
    const hash = sha256(weights);
    assert.deepEqual(result, {
      files: {
        'response.bin': hash,
        'stream.bin': hash,
        'buffer.bin': hash,
        'blob.bin': hash,
        'url.bin': hash,
        'bad.bin': 'NOT_FOUND',
      },
      folder: { 'model.safetensors': hash },
      left: weights.length,
    });
  });

  it('are folders that a user picks', async () => {
    await page.evaluate(() => {
      document.body.innerHTML = '<input type="file" webkitdirectory>';
    });
    const folder = new URL('../fixtures/models/bfloat16', import.meta.url).pathname;
    await page.setInputFiles('input', folder);
    const hiddenSize = await page.evaluate(async () => {
      const source = await openSource(document.querySelector('input').files);
      return (await source.readJson('config.json')).hidden_size;
    });
    assert.equal(typeof hiddenSize, 'number');
  });
});
