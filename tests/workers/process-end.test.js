// A process ends when its last call has: no model, worker, thread, port or timer keeps it alive.
// And not before: nothing but the call may be there to wait for.
import assert from 'node:assert/strict';
import test from 'node:test';

import { runScript } from '../helpers/child.js';
import { tinyModel } from '../helpers/fixtures.js';

const wide = JSON.stringify(tinyModel('wide'));

/** A script that prints "done" when it has got what it wants, and does not dispose of anything. */
async function assertEnds(body) {
  const script = `
    import { Index, load, loadTokenizer, pipeline } from 'bertlet';
    import { readFolder } from './tests/helpers/fixtures.js';
    const texts = Array.from({ length: 300 }, (_, i) => 'text ' + i + ' of some length, says one');
    ${body}
    console.log('done');`;
  const { code, output } = await runScript(script);
  assert.deepEqual({ code, output }, { code: 0, output: 'done\n' });
}

test('300 texts, default options', () =>
  assertEnds('globalThis.kept = await load(); await kept.embed(texts);'));

for (const options of [
  { threads: 1 },
  { threads: 1, worker: true },
  { threads: 2, sharedMemory: true },
  { threads: 2, sharedMemory: true, worker: true },
  { threads: 3, sharedMemory: false },
  { threads: 3, sharedMemory: false, worker: true },
]) {
  const given = JSON.stringify(options);

  test(`a model that was used: ${given}`, () =>
    assertEnds(`
      globalThis.kept = await load(${wide}, ${given});
      for (let round = 0; round < 3; round++) await kept.embed(texts);`));

  test(`a call that was aborted, and one that nobody awaits: ${given}`, () =>
    assertEnds(`
      globalThis.kept = await load(${wide}, ${given});
      const stop = new AbortController();
      const endless = Array.from({ length: 1000 }, () => texts).flat();
      const call = kept.embed(endless, { signal: stop.signal, onProgress: () => stop.abort() });
      await call.catch(({ code }) => code === 'ABORTED' || console.log(code));
      kept.embed('a text');`));

  test(`a load that is aborted: ${given}`, () =>
    assertEnds(`
      for (const wait of [0, 5, 40]) {
        const signal = AbortSignal.timeout(wait);
        const loading = load(undefined, { ...${given}, signal });
        await loading.catch(({ code }) => code === 'ABORTED' || console.log(code));
      }`));

  test(`files that are given one by one, some of them never read: ${given}`, () =>
    assertEnds(`
      const bytes = (files) => Object.fromEntries(
        Object.entries(files).map(([name, content], i) => [
          name, i % 2 ? content : new Response(content).body]));
      const files = { ...bytes(readFolder(${wide})), 'unread.txt': new Uint8Array(9) };
      globalThis.kept = await load(files, ${given});
      await kept.useAdapter(bytes(readFolder('tests/fixtures/adapters/query-value')));
      await kept.embed(texts);`));
}

test('a tokenizer, an index, a pipeline', () =>
  assertEnds(`
    globalThis.kept = [await loadTokenizer(), new Index({ dimensions: 2 })];
    await kept[1].add(new Float32Array([1, 0]));
    await kept[1].search(new Float32Array([1, 0]), 1);
    kept.push(await pipeline('feature-extraction', ${wide}));
    await kept[2]('a text');`));

test('disposing leaves nothing either, amid a call or not', () =>
  assertEnds(`
    for (const worker of [true, false]) {
      const model = await load(${wide}, { worker, threads: 2 });
      const call = model.embed(Array.from({ length: 1000 }, () => texts).flat());
      setTimeout(() => model.dispose(), 20);
      await call.catch(({ code }) => code === 'DISPOSED' || console.log(code));
    }`));

for (const threads of [1, 2, 3]) {
  test(`process.exit() amid a call, ${threads} threads`, async () => {
    for (const sharedMemory of [true, false]) {
      const { code, output } = await runScript(`
        import { load } from 'bertlet';
        const options = { worker: true, threads: ${threads}, sharedMemory: ${sharedMemory} };
        const model = await load(undefined, options);
        model.embed(Array.from({ length: 9999 }, () => 'a text'), {
          onProgress: () => process.exit(7),
        });`);
      assert.deepEqual({ code, output }, { code: 7, output: '' });
    }
  });
}
