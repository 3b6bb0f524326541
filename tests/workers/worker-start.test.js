// Workers that cannot start, as where a policy forbids them or their file is not there; told from
// those that somebody ends before they have begun.
import assert from 'node:assert/strict';
import test, { afterEach } from 'node:test';
import threads from 'node:worker_threads';

let startAs = (Worker, ...given) => new Worker(...given);

// Imported before the library, which then finds this class where it looks for Node's.
threads.Worker = new Proxy(threads.Worker, {
  construct: (Worker, given) => startAs(Worker, ...given),
});
const { load } = await import('bertlet');
const { readSentences, sameBits, tinyModel } = await import('../helpers/fixtures.js');
const { withModel } = await import('../helpers/with-model.js');

const texts = readSentences().slice(0, 80);
const usual = startAs;
const wide = tinyModel('wide');

afterEach(() => {
  startAs = usual;
});

const missing = (Worker, url, options) => new Worker(new URL('not-there.js', url), options);
const forbidden = () => {
  throw new DOMException('not of this origin', 'SecurityError');
};
const endedAtOnce = (...given) => {
  const worker = usual(...given);
  worker.terminate();
  return worker;
};

for (const [name, way] of Object.entries({ missing, forbidden })) {
  test(`a worker that cannot start: ${name}`, async () => {
    startAs = way;
    await assert.rejects(load(wide, { worker: true }), {
      code: 'UNSUPPORTED',
      message: /worker: false/,
    });
  });
}

test('a worker that is ended before it has begun', async () => {
  startAs = endedAtOnce;
  await assert.rejects(load(wide, { worker: true }), { code: 'INTERNAL', message: /try again/ });
  startAs = usual;
  const model = await load(wide, { worker: true });
  assert.equal((await model.embed('a text')).length, model.info.hiddenSize);
  model.dispose();
});

for (const [name, way] of Object.entries({ missing, forbidden, endedAtOnce })) {
  for (const sharedMemory of [true, false]) {
    const what = sharedMemory ? 'threads' : 'copies';
    test(`${what} that do not start: ${name}; the call works alone`, async () => {
      const expected = await withModel(wide, { threads: 1 }, (model) => model.embed(texts));
      startAs = way;
      await withModel(wide, { threads: 2, sharedMemory }, async (model) => {
        // Three failures in a row, each of which takes its time.
        for (let round = 0; round < 6 || (model.info.threads > 1 && round < 500); round++) {
          const vectors = await model.embed(texts);
          for (const [i, vector] of vectors.entries()) assert.ok(sameBits(vector, expected[i]));
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        assert.equal(model.info.threads, 1);
        assert.notEqual(model.info.threadsReason, undefined);
      });
    });
  }
}
