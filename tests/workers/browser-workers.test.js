// Workers with a copy of the model each, in a page that is not isolated, and what happens when
// workers of a page end, of which a page hears nothing.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { load } from '../../js/index.js';
import { launchBrowser, noBrowser, openPage } from '../helpers/browser.js';
import { readSentences } from '../helpers/fixtures.js';
import { serve } from '../helpers/server.js';

const texts = readSentences().slice(0, 60);

/** `started`: the workers that nobody has ended, neither the library nor a test. */
const pageScript = `
globalThis.started = [];
globalThis.Worker = class extends Worker {
  constructor(...args) {
    super(...args);
    started.push(this);
  }
  terminate() {
    globalThis.started = started.filter((one) => one !== this);
    super.terminate();
  }
};
globalThis.bertlet = await import('/js/index.js');
globalThis.numbersOf = (vectors) => vectors.map((vector) => Array.from(vector));
document.documentElement.dataset.ready = '';
`;

/** In front of the engine's worker: the test hears of its threads, and can end them. */
const threadsScript = `
const started = [];
const channel = new BroadcastChannel('threads');
globalThis.Worker = class extends Worker {
  constructor(...args) {
    super(...args);
    started.push(this);
    channel.postMessage('started');
  }
};
channel.onmessage = () => started.splice(0).forEach((one) => one.terminate());
`;
const workerFile = readFileSync(new URL('../../js/worker.js', import.meta.url), 'utf8');

const html =
  '<!doctype html><title>test</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';
const pages = {
  '/page.html': { type: 'text/html; charset=utf-8', body: html },
  '/page.js': { type: 'text/javascript', body: pageScript },
  '/js/worker.js': {
    type: 'text/javascript',
    body: "import './before-worker.js';\nimport './same-worker.js';",
  },
  '/js/before-worker.js': { type: 'text/javascript', body: threadsScript },
  '/js/same-worker.js': { type: 'text/javascript', body: workerFile },
};

for (const isolate of [false, true]) {
  describe(`workers of ${isolate ? 'an isolated' : 'a'} page`, { skip: noBrowser }, () => {
    let browser;
    let server;
    let expected;

    before(async () => {
      const node = await load(undefined, { simd: 'baseline', threads: 1 });
      expected = (await node.embed(texts)).map((vector) => Array.from(vector));
      node.dispose();
      server = await serve(pages, { isolate });
      browser = await launchBrowser();
    });

    after(async () => {
      await browser?.close();
      await server?.close();
    });

    /** Runs `body` in a page, whose workers must have ended afterwards. */
    async function inPage(body, ...values) {
      const { page, problems, close } = await openPage(browser);
      await page.goto(`${server.url}/page.html`);
      await page.waitForSelector('html[data-ready]', { state: 'attached' });
      server.requests.length = 0;
      const result = await page.evaluate(body, values);
      for (let round = 0; page.workers().length > 0 && round < 200; round++) {
        await page.waitForTimeout(20);
      }
      assert.equal(page.workers().length, 0, 'no worker is left behind');
      assert.deepEqual(problems, []);
      await close();
      return result;
    }

    it('share an array without shared memory, and give the bits of one', async () => {
      const result = await inPage(
        async ([inputs, sharedMemory]) => {
          const model = await bertlet.load(undefined, { threads: 3, sharedMemory });
          await model.embed('A query.');
          const atFirst = started.length;
          const events = [];
          const onProgress = ({ done }) => events.push(done);
          const vectors = numbersOf(await model.embed(inputs, { onProgress }));
          const { info } = model;
          const count = started.length;
          model.dispose();
          return { atFirst, count, info, vectors, events };
        },
        texts,
        isolate ? false : 'auto',
      );
      assert.deepEqual(result.vectors, expected);
      assert.deepEqual([result.atFirst, result.count], [1, 3]);
      assert.equal(result.info.threads, 3);
      assert.equal(result.info.threading, 'workers');
      assert.match(result.info.threadsReason, isolate ? /sharedMemory: false/ : /not .*isolated/);
      assert.equal(result.events.at(-1), texts.length);
      const fetched = (pattern) => server.requests.filter((path) => pattern.test(path)).length;
      assert.equal(fetched(/\.safetensors$/), 1);
      assert.equal(fetched(/\.wasm$/), 1);
    });

    it('may be terminated: calls under way are refused, the next ones work', async () => {
      const result = await inPage(
        async ([inputs, isIsolated]) => {
          const model = await bertlet.load(undefined, { threads: 2 });
          const endless = Array.from({ length: 20_000 }, (_, i) => inputs[i % inputs.length]);
          const results = [];
          const alone = model.info.memoryBytes;
          // a worker that ends while it is made is none that a call waits for
          const isComplete = () => isIsolated || model.info.memoryBytes > 1.5 * alone;
          for (const which of isIsolated ? [0, 0] : [0, 1, 0]) {
            let call;
            await new Promise((resolve) => {
              call = model.embed(endless, { onProgress: () => isComplete() && resolve() });
              call.catch(resolve);
            });
            started.at(which).terminate();
            results.push(await call.catch(({ code }) => code));
            results.push(numbersOf(await model.embed(inputs)));
          }
          const { threads } = model.info;
          model.dispose();
          return { results, threads };
        },
        texts,
        isolate,
      );
      assert.equal(result.threads, 2);
      for (let i = 0; i < result.results.length; i += 2) {
        assert.equal(result.results[i], 'INTERNAL');
        assert.deepEqual(result.results[i + 1], expected);
      }
    });

    if (!isolate) return;
    it('may lose a thread, which is replaced', async () => {
      const result = await inPage(async ([inputs]) => {
        const channel = new BroadcastChannel('threads');
        let count = 0;
        let heard;
        channel.onmessage = () => {
          count++;
          heard?.();
        };
        const model = await bertlet.load(undefined, { threads: 2 });
        const results = [numbersOf(await model.embed(inputs))];
        const atFirst = count;
        const another = new Promise((resolve) => {
          heard = resolve;
        });
        const embed = () => model.embed(inputs).then(numbersOf, ({ code }) => code);
        const call = embed();
        channel.postMessage('end');
        results.push(await call);
        // As soon as the engine hears of the end, a call starts another thread.
        let isBack = false;
        another.then(() => {
          isBack = true;
        });
        while (!isBack) results.push(await embed());
        const { threads } = model.info;
        model.dispose();
        return { atFirst, count, threads, results };
      }, texts);
      assert.deepEqual([result.atFirst, result.count, result.threads], [1, 2, 2]);
      // The one call that was under way when the thread ended may say so.
      const ended = result.results.indexOf('INTERNAL');
      assert.notEqual(ended, 0);
      for (const [i, vectors] of result.results.entries()) {
        if (i !== ended) assert.deepEqual(vectors, expected);
      }
    });
  });
}
