// Threads on shared memory, in a page that is cross-origin isolated.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { load } from '../../js/index.js';
import { launchBrowser, noBrowser, openPage } from '../helpers/browser.js';
import { serve } from '../helpers/server.js';

const text = 'A day at the sea, with gulls, ropes and 🙂 on the quay. '.repeat(12);

const pageScript = `
import * as bertlet from '/js/index.js';
globalThis.bertlet = bertlet;
document.documentElement.dataset.ready = '';
`;

describe('threads in an isolated page', { skip: noBrowser }, () => {
  let browser;
  let server;

  before(async () => {
    const pages = {
      '/page.html': {
        type: 'text/html; charset=utf-8',
        body: '<!doctype html><title>test</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
      },
      '/page.js': { type: 'text/javascript', body: pageScript },
    };
    server = await serve(pages, { isolate: true });
    browser = await launchBrowser();
  });

  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it('share the work, and give the bits that one thread gives', async () => {
    const node = await load(undefined, { threads: 1, simd: 'baseline' });
    const expected = Array.from(await node.embed(text));
    node.dispose();
    const { page, problems, close } = await openPage(browser);
    try {
      await page.goto(`${server.url}/page.html`);
      await page.waitForSelector('html[data-ready]', { state: 'attached' });
      const result = await page.evaluate(async (input) => {
        const model = await bertlet.load(undefined, { threads: 3 });
        const vectors = [];
        for (let i = 0; i < 5; i++) vectors.push(Array.from(await model.embed(input)));
        const { threads } = model.info;
        const tokens = model.tokenizer.encode('Café 🙂').tokens;
        model.dispose();
        return { isolated: crossOriginIsolated, threads, vectors, tokens };
      }, text);
      assert.ok(result.isolated);
      assert.equal(result.threads, 3);
      for (const vector of result.vectors) assert.deepEqual(vector, expected);
      assert.deepEqual(result.tokens, ['[CLS]', 'cafe', '[UNK]', '[SEP]']);
      const modules = server.requests.filter((path) => path.endsWith('.wasm'));
      assert.equal(modules.length, 1);
      assert.match(modules[0], /-threads\.wasm$/);
      assert.deepEqual(problems, []);
    } finally {
      await close();
    }
  });
});
