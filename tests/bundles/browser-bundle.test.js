// dist/page in Chromium: the library as pages without a bundler import it, under the policy that
// it promises to need, with and without the headers that isolate a page.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import * as library from '../../js/index.js';
import { contentSecurityPolicy } from '../../web-demo/server.js';
import { launchBrowser, noBrowser, openPage } from '../helpers/browser.js';
import { requireFreshPage } from '../helpers/page-files.js';
import { serve } from '../helpers/server.js';

const texts = ['The cat naps on the warm windowsill.', '', 'Zürich 漢字 🙂', 'long '.repeat(300)];

const pageScript = `
import * as bertlet from '/dist/page/bertlet.js';
globalThis.bertlet = bertlet;
globalThis.numbersOf = (vectors) => vectors.map((vector) => Array.from(vector));
document.documentElement.dataset.ready = '';
`;
const pages = {
  '/page.html': {
    type: 'text/html; charset=utf-8',
    body: '<!doctype html><title>test</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
  },
  '/page.js': { type: 'text/javascript', body: pageScript },
};

const modelPath = '/models/all-MiniLM-L6-v2';

it('is what bundlers for pages are given', () => {
  const { exports } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url)));
  const conditions = Object.keys(exports['.']);
  assert.deepEqual(conditions.slice(0, 2), ['types', 'browser']);
  assert.equal(exports['.'].browser, './dist/page/bertlet.js');
});

for (const isolate of [false, true]) {
  describe(`the bundle in ${isolate ? 'an isolated' : 'a'} page`, { skip: noBrowser }, () => {
    let browser;
    let server;
    let expected;

    before(async () => {
      requireFreshPage();
      const node = await library.load(undefined, { simd: 'baseline', threads: 1 });
      expected = (await node.embed(texts)).map((vector) => Array.from(vector));
      node.dispose();
      server = await serve(pages, { isolate });
      browser = await launchBrowser();
    });

    after(async () => {
      await browser?.close();
      await server?.close();
    });

    async function visit(context) {
      const page = context ?? (await openPage(browser));
      await page.page.goto(`${server.url}/page.html`);
      await page.page.waitForSelector('html[data-ready]', { state: 'attached' });
      server.requests.length = 0;
      return page;
    }

    it('has all that the library has', async () => {
      const { page, close } = await visit();
      const names = await page.evaluate(() => Object.keys(bertlet).sort());
      assert.deepEqual(names, Object.keys(library).sort());
      await close();
    });

    it('gives the bits of Node, in a worker and on the page’s thread', async () => {
      const { page, problems, close } = await visit();
      for (const options of [{}, { worker: false }, { threads: 2 }]) {
        const result = await page.evaluate(
          async ([inputs, loadOptions]) => {
            const model = await bertlet.load(undefined, loadOptions);
            const vectors = numbersOf(await model.embed(inputs));
            const { tokens } = model.tokenizer.encode('Café 🙂');
            const { threads } = model.info;
            model.dispose();
            return { isolated: crossOriginIsolated, vectors, tokens, threads };
          },
          [texts, options],
        );
        assert.equal(result.isolated, isolate);
        assert.deepEqual(result.vectors, expected);
        assert.deepEqual(result.tokens, ['[CLS]', 'cafe', '[UNK]', '[SEP]']);
        if (isolate && options.threads) assert.equal(result.threads, 2);
      }
      assert.deepEqual(problems, []);
      await close();
    });

    it('fetches its few files once, and no other', async () => {
      assert.match(contentSecurityPolicy, /script-src 'self' 'wasm-unsafe-eval';/);
      const { page, problems, close } = await visit();
      await page.evaluate(async () => {
        const model = await bertlet.load();
        await model.embed('text');
        model.dispose();
      });
      const [modules, others] = [/\.wasm$/, /^(?!.*\.wasm$)/].map((pattern) =>
        server.requests.filter((path) => pattern.test(path)),
      );
      assert.equal(modules.length, 1);
      assert.equal(/-threads\.wasm$/.test(modules[0]), isolate);
      const names = ['config.json', 'model.safetensors', 'sentence_bert_config.json'];
      const files = ['/dist/tokenizer.bin', ...names.map((name) => `${modelPath}/${name}`)];
      const scripts = others.filter((path) => path.startsWith('/dist/page/'));
      assert.ok(scripts.includes('/dist/page/worker.js'));
      for (const path of scripts) assert.match(path, /\/(worker|core|thread)\.js$/);
      const models = others.filter((path) => !scripts.includes(path)).sort();
      assert.deepEqual(models, files.sort());
      assert.deepEqual(problems, []);
      await close();
    });

    it('keeps what it downloaded, even if the model is disposed of at once', async () => {
      const first = await visit();
      await first.page.evaluate(async () => (await bertlet.load()).dispose());
      const weights = `${modelPath}/model.safetensors`;
      const cached = () =>
        first.page.evaluate(async () => {
          const cache = await caches.open('bertlet');
          return (await cache.keys()).map(({ url }) => new URL(url).pathname);
        });
      for (let round = 0; round < 100 && !(await cached()).includes(weights); round++) {
        await first.page.waitForTimeout(20);
      }
      await visit(first);
      const events = await first.page.evaluate(async () => {
        const events = [];
        const onProgress = (event) => events.push(event);
        (await bertlet.load(undefined, { onProgress })).dispose();
        return events.filter(({ phase }) => phase === 'download');
      });
      const paths = server.requests.filter((path) => path.startsWith('/models/'));
      assert.deepEqual(paths, []);
      for (const { fromCache, total } of events.slice(1)) assert.ok(fromCache || !total);
      await first.close();
    });

    it('says what is wrong in errors of its own', async () => {
      const { page, close } = await visit();
      const codes = await page.evaluate(async () => {
        const codeOf = (promise) =>
          promise.then(
            () => 'no error',
            (error) => error instanceof bertlet.BertletError && error.code,
          );
        const path = 'file:///models/none/';
        return [
          await codeOf(bertlet.load('/models/none/')),
          await codeOf(bertlet.load(path)),
          await codeOf(bertlet.load(undefined, { cache: () => {} })),
          await codeOf(bertlet.load({ 'config.json': 5 })),
        ];
      });
      assert.deepEqual(codes, ['NOT_FOUND', 'NETWORK', 'BAD_ARGUMENT', 'BAD_ARGUMENT']);
      await close();
    });
  });
}
