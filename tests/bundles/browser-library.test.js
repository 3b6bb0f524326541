// The library in a page, in Chromium: where the engine runs, where models come from, what is
// fetched, and that a page computes the same bits as Node.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { load } from '../../js/index.js';
import { launchBrowser, noBrowser, openPage } from '../helpers/browser.js';
import { readSentences, tinyModel } from '../helpers/fixtures.js';
import { serve } from '../helpers/server.js';

const model = '/models/all-MiniLM-L6-v2/';
const modelFolder = fileURLToPath(new URL(`../..${model}`, import.meta.url));
const modelFiles = [
  'config.json',
  'tokenizer.json',
  'modules.json',
  '1_Pooling/config.json',
  'model.safetensors',
];

// Runs as the page's own script, so that it is bound by the page's policy, unlike evaluate().
const pageScript = `
import * as bertlet from '/js/index.js';
globalThis.bertlet = bertlet;
globalThis.modelFiles = ${JSON.stringify(modelFiles)};
globalThis.hexOf = (vectors) => [].concat(vectors).map((vector) =>
  [...new Uint32Array(vector.buffer, vector.byteOffset, vector.length)]
    .map((bits) => bits.toString(16).padStart(8, '0')).join(''));
globalThis.evalWorks = false;
try { globalThis.evalWorks = new Function('return true')(); } catch {}
document.documentElement.dataset.ready = '';
`;

const workerScript = `
import { load } from '/js/index.js';
onmessage = async ({ data }) => {
  try {
    const model = await load(undefined, data.options);
    const vector = await model.embed(data.text);
    const info = model.info;
    model.dispose();
    postMessage({ vector, info });
  } catch (error) {
    postMessage({ error: String(error) });
  }
};
`;

describe('the library in a page', { skip: noBrowser }, () => {
  const text = 'The cat naps on the warm windowsill.';
  const texts = [text, '', 'Zürich 漢字 🙂', ...readSentences().slice(0, 60), 'long '.repeat(600)];
  let browser;
  let server;
  let reference;
  let referenceIds;

  before(async () => {
    const node = await load(undefined, { dtype: 'int8', simd: 'baseline' });
    reference = hexOf(await node.embed(texts));
    referenceIds = texts.map((one) => [...node.tokenizer.encode(one).ids]);
    node.dispose();
    server = await serve({
      '/page.html': {
        type: 'text/html; charset=utf-8',
        body: '<!doctype html><title>test</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
      },
      '/page.js': { type: 'text/javascript', body: pageScript },
      '/worker.js': { type: 'text/javascript', body: workerScript },
      ...tinyModelFiles('/tiny/', 'sharded'),
    });
    browser = await launchBrowser();
  });

  after(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Opens an empty page that has the library, and checks at the end that all was well. */
  async function withPage(body) {
    const opened = await openPage(browser);
    server.requests.length = 0;
    try {
      await opened.page.goto(`${server.url}/page.html`);
      await opened.page.waitForSelector('html[data-ready]', { state: 'attached' });
      await body(opened.page, opened);
      assert.deepEqual(opened.problems, []);
      assert.ok(
        opened.requests.every((url) => url.startsWith(`${server.url}/`) || url.startsWith('data:')),
      );
    } finally {
      await opened.close();
    }
  }

  it('keeps the engine off the main thread unless told otherwise', async () => {
    await withPage(async (page) => {
      const embed = (options) =>
        page.evaluate(
          async ([input, loadOptions]) => {
            globalThis.model = await bertlet.load(undefined, loadOptions);
            return hexOf(await globalThis.model.embed(input))[0];
          },
          [text, options],
        );
      const [expected] = reference;
      assert.equal(await embed({}), expected);
      assert.equal(page.workers().length, 1);
      await page.evaluate(() => globalThis.model.dispose());
      await page.waitForFunction(() => true);
      for (let round = 0; page.workers().length > 0 && round < 50; round++)
        await page.waitForTimeout(20);
      assert.equal(page.workers().length, 0, 'dispose ends the worker');
      assert.equal(await embed({ worker: false }), expected);
      assert.equal(page.workers().length, 0);
      await page.evaluate(() => globalThis.model.dispose());
      assert.equal(await embed({ worker: true }), expected);
      assert.equal(page.workers().length, 1);
    });
  });

  it('computes the same in memories of more than 2 GiB', async () => {
    await withPage(async (page) => {
      const { vectors, ids, bytes } = await page.evaluate(async (input) => {
        const { Memory } = await import('/js/core/memory.js');
        const { instantiate } = Memory;
        Memory.instantiate = async (...args) => {
          const memory = await instantiate.apply(Memory, args);
          memory.scratch(() => memory.alloc(2304 * 2 ** 20));
          return memory;
        };
        const model = await bertlet.load(undefined, { worker: false, simd: 'baseline' });
        const vectors = hexOf(await model.embed(input));
        const ids = input.map((one) => [...model.tokenizer.encode(one).ids]);
        const bytes = model.info.memoryBytes;
        model.dispose();
        return { vectors, ids, bytes };
      }, texts);
      assert.ok(bytes > 2 ** 31);
      assert.deepEqual(vectors, reference);
      assert.deepEqual(ids, referenceIds);
    });
  });

  it('leaves the page free to react while it works', async () => {
    await withPage(async (page) => {
      const { busy, longestGap } = await page.evaluate(async () => {
        const model = await bertlet.load();
        const long = Array.from({ length: 24 }, (_, at) => `${at} word`.repeat(120));
        let longestGap = 0;
        let last = performance.now();
        const timer = setInterval(() => {
          const now = performance.now();
          longestGap = Math.max(longestGap, now - last);
          last = now;
        }, 4);
        const begin = performance.now();
        await model.embed(long);
        const busy = performance.now() - begin;
        clearInterval(timer);
        return { busy, longestGap };
      });
      assert.ok(busy > 200, `${busy} ms of work`);
      assert.ok(longestGap < busy / 2, `no gap like ${longestGap} of ${busy} ms`);
    });
  });

  it("works inside a user's own worker", async () => {
    await withPage(async (page) => {
      for (const options of [{}, { worker: false }, { worker: true }]) {
        const result = await page.evaluate(
          ([input, loadOptions]) =>
            new Promise((resolve) => {
              const worker = new Worker('/worker.js', { type: 'module' });
              worker.onmessage = ({ data }) => {
                worker.terminate();
                resolve({ hex: data.vector && hexOf(data.vector)[0], error: data.error });
              };
              worker.postMessage({ text: input, options: loadOptions });
            }),
          [text, options],
        );
        assert.deepEqual(result, { hex: reference[0], error: undefined }, JSON.stringify(options));
      }
    });
  });

  it('computes the bits of Node in int8, with either module, in a batch or alone', async () => {
    await withPage(async (page) => {
      for (const simd of ['baseline', 'relaxed']) {
        for (const worker of [true, false]) {
          const { together, alone, info } = await page.evaluate(
            async ([inputs, options]) => {
              const model = await bertlet.load(undefined, options);
              const together = hexOf(await model.embed(inputs));
              const alone = [];
              for (const input of inputs) alone.push(hexOf(await model.embed(input))[0]);
              const info = model.info;
              model.dispose();
              return { together, alone, info };
            },
            [texts, { dtype: 'int8', simd, worker }],
          );
          assert.deepEqual([info.dtype, info.simd], ['int8', simd]);
          assert.deepEqual(together, reference);
          assert.deepEqual(alone, reference);
        }
      }
    });
  });

  it('fetches exactly one module, and each file of the model once', async () => {
    for (const [simd, name] of [
      ['auto', 'bertlet-relaxed.wasm'],
      ['baseline', 'bertlet-simd.wasm'],
    ]) {
      await withPage(async (page) => {
        await page.evaluate(async (option) => {
          const model = await bertlet.load(undefined, { simd: option });
          await model.embed('text');
          model.tokenizer.encode('text');
          model.dispose();
        }, simd);
        const modules = server.requests.filter((path) => path.endsWith('.wasm'));
        assert.deepEqual(modules, [`/dist/${name}`]);
        const weights = server.requests.filter((path) => path.endsWith('.safetensors'));
        assert.deepEqual(weights, [`${model}model.safetensors`]);
      });
    }
  });

  it('loads from an address, whole or relative, single file or sharded', async () => {
    await withPage(async (page, opened) => {
      for (const source of [model, `${server.url}${model}`, model.slice(1, -1)]) {
        const hex = await page.evaluate(
          async ([input, address]) => {
            const model = await bertlet.load(address);
            const result = hexOf(await model.embed(input))[0];
            model.dispose();
            return result;
          },
          [text, source],
        );
        assert.equal(hex, reference[0], source);
      }
      const [hex, shape] = await page.evaluate(async (input) => {
        const model = await bertlet.load(new URL('/tiny/', location.href), { dtype: 'int8' });
        const result = hexOf(await model.embed(input))[0];
        const { lastHiddenState } = await model.forward(input);
        model.dispose();
        return [result, lastHiddenState.shape];
      }, text);
      const node = await load(tinyModel('sharded'), { dtype: 'int8' });
      assert.equal(hex, hexOf([await node.embed(text)])[0]);
      assert.deepEqual(shape, (await node.forward(text)).lastHiddenState.shape);
      node.dispose();
      // A folder is asked for files that it may or may not have; the console notes each that is missing.
      assert.ok(opened.problems.every((problem) => problem.includes('status of 404')));
      opened.problems.length = 0;
    });
  });

  it('loads from Blobs, buffers, responses and streams', async () => {
    await withPage(async (page) => {
      for (const worker of [true, false]) {
        for (const kind of ['blob', 'buffer', 'bytes', 'response', 'stream', 'slow stream']) {
          const hex = await page.evaluate(
            async ([input, kind, worker, folder]) => {
              const source = {};
              for (const name of modelFiles) {
                const response = await fetch(folder + name);
                if (kind === 'response') source[name] = response;
                else if (kind === 'stream') source[name] = response.body;
                else if (kind === 'slow stream')
                  source[name] = oddPieces(await response.arrayBuffer());
                else if (kind === 'blob') source[name] = await response.blob();
                else if (kind === 'buffer') source[name] = await response.arrayBuffer();
                else source[name] = new Uint8Array(await response.arrayBuffer());
              }
              const model = await bertlet.load(source, { worker });
              const result = hexOf(await model.embed(input))[0];
              model.dispose();
              return result;

              // Pieces of odd sizes cut numbers in two wherever they can.
              function oddPieces(buffer) {
                let at = 0;
                let size = 1;
                return new ReadableStream({
                  pull(controller) {
                    if (at >= buffer.byteLength) return controller.close();
                    size = (size * 3 + 1) % 400_009;
                    controller.enqueue(new Uint8Array(buffer.slice(at, at + size + 1)));
                    at += size + 1;
                  },
                });
              }
            },
            [text, kind, worker, model],
          );
          assert.equal(hex, reference[0], `${kind}, worker ${worker}`);
        }
      }
    });
  });

  it('reports progress that never falls, down to the last byte', async () => {
    await withPage(async (page) => {
      for (const worker of [true, false]) {
        const events = await page.evaluate(async (where) => {
          const events = [];
          const model = await bertlet.load(undefined, {
            worker: where,
            onProgress: (event) => events.push(event),
          });
          model.dispose();
          return events;
        }, worker);
        assert.ok(events.length > 5);
        events.forEach((event, at) => {
          assert.ok(['download', 'prepare', 'ready'].includes(event.phase));
          assert.ok(at === 0 || event.loaded >= events[at - 1].loaded);
          assert.ok(event.total === undefined || event.loaded <= event.total);
          assert.equal(typeof event.fromCache, 'boolean');
        });
        const last = events.at(-1);
        assert.equal(last.phase, 'ready');
        assert.equal(last.loaded, last.total);
        const weights = readFileSync(`${modelFolder}/model.safetensors`).length;
        assert.ok(last.total >= weights && last.total < weights + 2e6);
        assert.ok(events.some(({ file }) => file === 'model.safetensors'));
      }
    });
  });

  it('stops loading when told to, and loads again afterwards', async () => {
    await withPage(async (page) => {
      for (const worker of [true, false]) {
        const result = await page.evaluate(
          async ([input, where]) => {
            const controller = new AbortController();
            let after = 0;
            let error;
            try {
              await bertlet.load(undefined, {
                worker: where,
                signal: controller.signal,
                onProgress: ({ file, loaded }) => {
                  if (controller.signal.aborted) after++;
                  if (file === 'model.safetensors' && loaded > 1e6) controller.abort();
                },
              });
            } catch (caught) {
              error = {
                code: caught.code,
                name: caught.name,
                isOurs: caught instanceof bertlet.BertletError,
              };
            }
            const aborted = AbortSignal.abort();
            const before = await bertlet
              .load(undefined, { worker: where, signal: aborted })
              .catch((e) => e.code);
            const model = await bertlet.load(undefined, { worker: where });
            const hex = hexOf(await model.embed(input))[0];
            model.dispose();
            return { error, before, hex, after };
          },
          [text, worker],
        );
        assert.deepEqual(result.error, { code: 'ABORTED', name: 'AbortError', isOurs: true });
        assert.equal(result.before, 'ABORTED');
        assert.equal(result.hex, reference[0]);
        assert.ok(result.after < 20, 'no reading on after the abort');
        for (let round = 0; page.workers().length > 0 && round < 50; round++)
          await page.waitForTimeout(20);
        assert.equal(page.workers().length, 0, 'no worker is left behind');
      }
    });
  });

  it('gives up one call without touching the others', async () => {
    await withPage(async (page) => {
      for (const worker of [true, false]) {
        const result = await page.evaluate(
          async ([inputs, where]) => {
            const model = await bertlet.load(undefined, { worker: where });
            const controller = new AbortController();
            const first = model.embed(inputs);
            const second = model.embed(inputs, { signal: controller.signal }).catch((e) => e.code);
            const third = model.embed(inputs[0]);
            controller.abort();
            const result = [hexOf(await first), await second, hexOf(await third)[0]];
            model.dispose();
            const late = await model.embed('x').catch((e) => e.code);
            return [...result, late];
          },
          [texts, worker],
        );
        assert.deepEqual(result, [reference, 'ABORTED', reference[0], 'DISPOSED']);
      }
    });
  });

  it('says what is wrong with an address or a file', async () => {
    const opened = await openPage(browser);
    const { page } = opened;
    await page.goto(`${server.url}/page.html`);
    await page.waitForSelector('html[data-ready]', { state: 'attached' });
    const codes = await page.evaluate(async (folder) => {
      const code = (source, options) =>
        bertlet.load(source, options).then(
          () => 'loaded',
          (error) => (error instanceof bertlet.BertletError ? error.code : String(error)),
        );
      const files = {};
      for (const name of modelFiles) files[name] = await (await fetch(folder + name)).blob();
      const cut = { ...files, 'model.safetensors': files['model.safetensors'].slice(0, 5e6) };
      return {
        nothing: await code('/models/nothing/'),
        unreachable: await code('http://127.0.0.1:9/model/'),
        number: await code(5),
        cut: await code(cut),
        json: await code({ ...files, 'config.json': new Blob(['{']) }),
        hash: await code(folder, { integrity: { 'config.json': `sha256-${'A'.repeat(43)}=` } }),
        whole: await code(files),
      };
    }, model);
    assert.deepEqual(codes, {
      nothing: 'NOT_FOUND',
      unreachable: 'NETWORK',
      number: 'BAD_ARGUMENT',
      cut: 'BAD_MODEL',
      json: 'BAD_MODEL',
      hash: 'INTEGRITY',
      whole: 'loaded',
    });
    await opened.close();
  });

  it('needs no eval', async () => {
    await withPage(async (page) => {
      const { evalWorks, dimensions } = await page.evaluate(async () => {
        const model = await bertlet.load();
        const dimensions = (await model.embed('text')).length;
        model.dispose();
        return { evalWorks: globalThis.evalWorks, dimensions };
      });
      assert.deepEqual({ evalWorks, dimensions }, { evalWorks: false, dimensions: 384 });
    });
  });

  it('has a tokenizer at once, beside the engine in its worker', async () => {
    await withPage(async (page) => {
      const ids = await page.evaluate(async (input) => {
        const model = await bertlet.load();
        const result = Array.from(model.tokenizer.encode(input).ids);
        const own = await bertlet.loadTokenizer('/models/all-MiniLM-L6-v2/');
        const same = Array.from(own.encode(input).ids);
        model.dispose();
        return [result, same];
      }, text);
      const node = await load();
      const expected = Array.from(node.tokenizer.encode(text).ids);
      node.dispose();
      assert.deepEqual(ids, [expected, expected]);
    });
  });
});

function hexOf(vectors) {
  return vectors.map((vector) =>
    [...new Uint32Array(vector.buffer, vector.byteOffset, vector.length)]
      .map((bits) => bits.toString(16).padStart(8, '0'))
      .join(''),
  );
}

/** The files of a fixture model as pages of the test server. */
function tinyModelFiles(prefix, name) {
  const folder = tinyModel(name);
  return Object.fromEntries(
    readdirSync(folder).map((file) => [
      prefix + file,
      { type: 'application/octet-stream', body: readFileSync(`${folder}/${file}`) },
    ]),
  );
}
