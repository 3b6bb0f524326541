// What a page is told where a policy forbids WebAssembly, or files of the package are not there:
// what is wrong, at which address, and what to do. In Chromium.
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createHandler } from '../../web-demo/server.js';
import { launchBrowser, launchExtension, noBrowser, openPage } from '../helpers/browser.js';

const relaxed = '/dist/bertlet-relaxed.wasm';
const model = '/models/all-MiniLM-L6-v2/';

const pageScript = `
import * as bertlet from '/js/index.js';
globalThis.tryLoad = async (call, ...args) => {
  try {
    const loaded = await bertlet[call](undefined, ...args);
    await loaded.dispose();
    return 'resolved';
  } catch ({ name, code, message }) {
    return { name, code, message };
  }
};
document.documentElement.dataset.ready = '';
`;
const html =
  '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';

describe('what a page is told', { skip: noBrowser }, () => {
  let browser;
  let server;
  let origin;
  /** Paths that the server answers otherwise than with its file. */
  let answers = {};
  let policy;

  before(async () => {
    const handler = createHandler();
    server = http.createServer((request, response) => {
      const path = request.url.split('?')[0];
      const end = (type, body) => response.writeHead(200, { 'content-type': type }).end(body);
      if (answers[path]) return answers[path](response);
      if (path === '/page.js') return end('text/javascript', pageScript);
      if (path !== '/page.html') return handler(request, response);
      if (policy) response.setHeader('content-security-policy', policy);
      return end('text/html', html);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${server.address().port}`;
    browser = await launchBrowser();
  });

  after(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  /** What each call is told, in a page of its own. */
  async function tell(calls, more = {}) {
    answers = more.answers ?? {};
    policy = more.policy;
    const { page, close } = await openPage(browser);
    await page.goto(`${origin}/page.html`);
    await page.waitForSelector('html[data-ready]', { state: 'attached' });
    const told = [];
    for (const call of calls) told.push(await page.evaluate((args) => tryLoad(...args), call));
    await close();
    return told;
  }

  const ways = [
    ['load', { worker: true }],
    ['load', { worker: false }],
    ['loadTokenizer', {}],
  ];

  /** @param {{ code: string, message: string }[]} told @param {string} code @param {RegExp[]} patterns */
  function check(told, code, ...patterns) {
    for (const error of told) {
      const what = JSON.stringify(error);
      assert.equal(error.code, code, what);
      assert.equal(error.name, 'BertletError');
      for (const pattern of patterns) assert.match(error.message, pattern);
      assert.doesNotMatch(error.message, /build|files given/, what);
    }
  }

  it('by a policy without wasm-unsafe-eval: which source to add', async () => {
    for (const policy of ["script-src 'self'", "default-src 'self'; img-src data:"]) {
      const told = await tell(ways, { policy });
      check(told, 'UNSUPPORTED', /Content-Security-Policy .*add 'wasm-unsafe-eval'/);
    }
    const allowed = "script-src 'self' 'wasm-unsafe-eval'";
    assert.deepEqual(
      await tell(ways, { policy: allowed }),
      ways.map(() => 'resolved'),
    );
  });

  it('where the module is not there', async () => {
    const page = (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(html);
    const gone = (response) => response.writeHead(404).end('not here');
    const forbidden = (response) => response.writeHead(403).end();
    const address = new RegExp(`^${origin}${relaxed} could not be loaded`);
    const cure = /dist and models/;
    for (const [answer, code] of [
      [page, 'NOT_FOUND'],
      [gone, 'NOT_FOUND'],
      [forbidden, 'NETWORK'],
    ]) {
      const told = await tell(ways, { answers: { [relaxed]: answer } });
      check(told, code, address, cure);
    }
  });

  it('where another file is in the place of the module', async () => {
    for (const type of ['application/wasm', 'application/octet-stream']) {
      const other = (response) => response.writeHead(200, { 'content-type': type }).end('text');
      const told = await tell(ways, { answers: { [relaxed]: other } });
      check(told, 'BAD_MODEL', new RegExp(`${relaxed} is not bertlet's module, or damaged`));
    }
  });

  it('where the network fails, on the way to the module or in its middle', async () => {
    const cut = (response) => {
      response.writeHead(200, { 'content-type': 'application/wasm', 'content-length': 160_000 });
      response.write(Buffer.from([0, 97, 115, 109, 1, 0, 0, 0]), () => response.destroy());
    };
    const broken = (response) => response.writeHead(500).end();
    for (const answer of [(response) => response.destroy(), cut, broken]) {
      const told = await tell(ways, { answers: { [relaxed]: answer } });
      check(told, 'NETWORK', new RegExp(`^${origin}${relaxed} could not be read`));
    }
  });

  it('where files of the embedded model are not there', async () => {
    const gone = (response) => response.writeHead(404).end();
    const files = {
      [`${model}config.json`]: ways.slice(0, 2),
      [`${model}model.safetensors`]: ways.slice(0, 2),
      '/dist/tokenizer.bin': ways,
    };
    for (const [path, calls] of Object.entries(files)) {
      const told = await tell(calls, { answers: { [path]: gone } });
      check(told, 'NOT_FOUND', new RegExp(`is missing at ${origin}${path}: .*dist and models`));
    }
  });
});

describe('what an extension is told', { skip: noBrowser }, () => {
  const policy = "script-src 'self' 'wasm-unsafe-eval'";
  const manifest = {
    manifest_version: 3,
    name: 'test',
    version: '1',
    background: { service_worker: 'background.js' },
  };
  const files = {
    'background.js': '',
    'page.html': html.replace('/page.js', 'page.js'),
    'page.js': pageScript.replace('/js/index.js', './dist/page/bertlet.js'),
  };
  let folder;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bertlet-extension-'));
    for (const part of ['dist', 'models']) {
      await cp(new URL(`../../${part}`, import.meta.url), join(folder, part), { recursive: true });
    }
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** What calls are told in the extension's page. */
  async function tell(more) {
    await writeFile(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, ...more }));
    const profile = await mkdtemp(join(tmpdir(), 'bertlet-profile-'));
    const { context, base } = await launchExtension(folder, profile);
    try {
      const page = await context.newPage();
      await page.goto(`${base}page.html`);
      await page.waitForSelector('html[data-ready]', { state: 'attached' });
      return await page.evaluate(() => globalThis.tryLoad('load'));
    } finally {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    }
  }

  it('by its default policy: what its manifest needs, and with that it works', async () => {
    const { code, message } = await tell({});
    assert.equal(code, 'UNSUPPORTED', message);
    assert.match(message, /manifest\.json/);
    assert.ok(message.includes(`"content_security_policy": { "extension_pages": "${policy}" }`));
    assert.equal(await tell({ content_security_policy: { extension_pages: policy } }), 'resolved');
  });
});
