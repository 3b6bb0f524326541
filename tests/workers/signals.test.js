// One signal for many calls, many signals for one call: a signal has one listener of the
// library's while calls are under way, and none when they are over.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { Index, load, loadTokenizer } from 'bertlet';

import { onAbort, withSignals } from '../../js/shared/abort.js';
import { readFolder, readSentences, tinyModel } from '../helpers/fixtures.js';

const warnings = [];
process.on('warning', (warning) => warnings.push(warning));

// What it makes stays alive as long as the signals that it was made of.
AbortSignal.any = () => {
  throw new Error('AbortSignal.any was used');
};

const adapter = fileURLToPath(new URL('../fixtures/adapters/query-value', import.meta.url));
const texts = readSentences().slice(0, 200);
const listeners = (signal) => getEventListeners(signal, 'abort').length;

/** A signal that knows how many listeners it had at most, beside those that only try whether it is one. */
function countingSignal() {
  const { signal } = new AbortController();
  signal.addEventListener = function addEventListener(...given) {
    AbortSignal.prototype.addEventListener.apply(this, given);
    if (given[1].name === 'ignore') return;
    this.most = Math.max(this.most ?? 0, listeners(this));
  };
  return signal;
}

async function assertNoWarning() {
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(warnings, []);
}

for (const options of [
  { threads: 1 },
  { threads: 2, sharedMemory: true, worker: true },
  { threads: 3, sharedMemory: false },
  { threads: 3, sharedMemory: false, worker: true },
]) {
  test(`many calls on one signal: ${JSON.stringify(options)}`, async () => {
    const [ofLoading, ofCalls] = [countingSignal(), countingSignal()];
    const model = await load(tinyModel('sharded'), { ...options, signal: ofLoading });
    assert.deepEqual([listeners(ofLoading), ofLoading.most], [0, 1]);
    const calls = Array.from({ length: 40 }, (_, i) =>
      model.embed(i % 8 ? 'a text' : texts, { signal: ofCalls }),
    );
    await Promise.all(calls);
    assert.deepEqual([listeners(ofCalls), listeners(ofLoading)], [0, 0]);
    assert.deepEqual([ofCalls.most, ofLoading.most], [1, 1]);
    await assert.rejects(model.embed('a text', { signal: ofCalls, pooling: 'no' }));
    await assert.rejects(model.embed(['a text', 'x '.repeat(999)], { longText: 'error' }));
    assert.deepEqual([listeners(ofCalls), listeners(ofLoading)], [0, 0]);
    model.dispose();
    await assertNoWarning();
  });

  test(`a signal that fires ends all its calls, no other: ${JSON.stringify(options)}`, async () => {
    const [ofLoading, ofSome] = [new AbortController(), new AbortController()];
    const model = await load(tinyModel('wide'), { ...options, signal: ofLoading.signal });
    const some = Array.from({ length: 20 }, () => model.embed(texts, { signal: ofSome.signal }));
    const other = model.embed('a text', { signal: new AbortController().signal });
    ofSome.abort(new Error('enough'));
    for (const call of some) {
      const error = await call.catch((reason) => reason);
      assert.deepEqual([error.code, error.cause?.message], ['ABORTED', 'enough']);
    }
    assert.equal((await other).length, model.info.hiddenSize);
    assert.equal(listeners(ofSome.signal), 0);
    const last = model.embed(texts);
    ofLoading.abort();
    await assert.rejects(last, { code: 'ABORTED' });
    assert.equal(listeners(ofLoading.signal), 0);
    model.dispose();
    await assertNoWarning();
  });
}

for (const worker of [true, false]) {
  test(`an abort leaves an adapter to others who wait for it: worker ${worker}`, async () => {
    const model = await load(tinyModel('wide'), { threads: 1, worker });
    const folder = readFolder(adapter);
    const begin = () => {
      const state = { isCancelled: false };
      const opened = new Promise((resolve) => {
        state.open = resolve;
      });
      let body;
      state.isRead = new Promise((resolve) => {
        const source = {
          async pull(controller) {
            resolve();
            await opened;
            controller.enqueue(folder['adapter_model.safetensors']);
            controller.close();
          },
          cancel() {
            state.isCancelled = true;
          },
        };
        body = new ReadableStream(source, { highWaterMark: 0 });
      });
      const files = { ...folder, 'adapter_model.safetensors': body };
      const stops = [new AbortController(), new AbortController()];
      const calls = stops.map(({ signal }) => model.useAdapter(files, { signal }));
      for (const call of calls) call.catch(() => {});
      return Object.assign(state, { stops, calls });
    };
    const one = begin();
    one.stops[0].abort();
    await assert.rejects(one.calls[0], { code: 'ABORTED' });
    one.open();
    await one.calls[1];

    // When all are aborted nobody waits for it: its files are let go.
    const other = begin();
    await other.isRead;
    for (const [i, call] of other.calls.entries()) {
      assert.equal(other.isCancelled, false);
      other.stops[i].abort();
      await assert.rejects(call, { code: 'ABORTED' });
    }
    while (!other.isCancelled) await new Promise((resolve) => setTimeout(resolve, 5));
    await model.useAdapter(adapter);
    model.dispose();
  });
}

test('disposing takes the listeners away', async () => {
  for (const worker of [true, false]) {
    const signal = countingSignal();
    const model = await load(tinyModel('wide'), { threads: 1, worker });
    const call = model.embed(Array.from({ length: 50 }, () => texts).flat(), { signal });
    model.dispose();
    await assert.rejects(call, { code: 'DISPOSED' });
    assert.equal(listeners(signal), 0);
  }
});

test('loads that fail, tokenizers and searches', async () => {
  const { signal } = new AbortController();
  const files = readFolder(tinyModel('wide'));
  for (const worker of [true, false]) {
    const damaged = { ...files, 'model.safetensors': new Uint8Array(100) };
    await assert.rejects(load(damaged, { worker, signal }), { code: 'BAD_MODEL' });
    assert.equal(listeners(signal), 0);
  }
  await Promise.all(Array.from({ length: 20 }, () => loadTokenizer(files, { signal })));
  const index = new Index({ dimensions: 1 });
  await index.add(new Float32Array([1]));
  const query = new Float32Array([1]);
  await Promise.all(Array.from({ length: 20 }, () => index.search(query, 1, { signal })));
  index.dispose();
  assert.equal(listeners(signal), 0);
  await assertNoWarning();
});

test('a callback is called once, at once where the signal has fired, and not when released', () => {
  const stop = new AbortController();
  const calls = [];
  const releases = ['a', 'b', 'c'].map((name) =>
    onAbort(stop.signal, () => {
      calls.push(name);
      releases[2](); // by another callback
    }),
  );
  releases[1]();
  releases[1]();
  assert.equal(listeners(stop.signal), 1);
  stop.abort();
  stop.signal.dispatchEvent(new Event('abort'));
  assert.deepEqual(calls, ['a']);
  onAbort(stop.signal, () => calls.push('late'))();
  assert.deepEqual(calls, ['a', 'late']);
  onAbort(undefined, assert.fail)();
});

test('signals are joined as long as a call takes', async () => {
  const [one, other] = [new AbortController(), new AbortController()];
  const both = [one.signal, undefined, other.signal];
  assert.equal(await withSignals([], async (signal) => signal), undefined);
  assert.equal(await withSignals([undefined, one.signal], async (signal) => signal), one.signal);
  assert.equal(await withSignals([one.signal, one.signal], async (signal) => signal), one.signal);
  let kept;
  await withSignals(both, async (signal) => {
    kept = signal;
    assert.deepEqual([listeners(one.signal), listeners(other.signal)], [1, 1]);
  });
  await assert.rejects(
    withSignals(both, () => Promise.reject(new Error('no'))),
    /no/,
  );
  assert.deepEqual([listeners(one.signal), listeners(other.signal)], [0, 0]);
  await withSignals(both, async (signal) => {
    assert.equal(signal.aborted, false);
    other.abort('why');
    assert.equal(signal.reason, 'why');
    assert.equal(listeners(one.signal), 1);
  });
  assert.equal(kept.aborted, false);
  await withSignals(both, async (signal) => assert.equal(signal.reason, 'why'));
});
