// dist/node, which Node's users import: the same library, in a few files (tools/build/node.js).
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import * as library from 'bertlet';

const at = (name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const { exports } = JSON.parse(readFileSync(at('package.json'), 'utf8'));
const entry = exports['.'].node;
const bundle = await import(new URL(`../../${entry}`, import.meta.url));
const texts = ['A text of one sentence.', 'Zwei Sätze. Der zweite 🙂.'];

test('is what Node is given, and younger than what it is made of', () => {
  const conditions = Object.keys(exports['.']);
  assert.deepEqual(conditions, ['types', 'browser', 'source', 'node', 'default']);
  const made = statSync(at(entry)).mtimeMs;
  for (const name of readdirSync(at('js'), { recursive: true })) {
    if (name.startsWith('cli')) continue;
    assert.ok(statSync(at(`js/${name}`)).mtimeMs <= made, `js/${name} is newer: run ./build.sh`);
  }
});

test('exports what the sources do', () => {
  assert.deepEqual(Object.keys(bundle).sort(), Object.keys(library).sort());
});

describe('the bundle computes what the sources do', () => {
  for (const options of [
    { threads: 1 },
    { threads: 2 },
    { threads: 2, sharedMemory: true },
    { worker: true },
  ]) {
    test(JSON.stringify(options), async () => {
      const results = [];
      for (const { load } of [library, bundle]) {
        const model = await load(undefined, options);
        const vectors = await model.embed(texts);
        const labels = await model.classify(texts);
        results.push({ vectors, labels, ids: model.tokenizer.encode(texts[1]).ids });
        assert.equal(model.info.threads, options.threads ?? model.info.threads);
        model.dispose();
      }
      assert.deepEqual(results[1], results[0]);
    });
  }

  test('errors are its own', async () => {
    const missing = bundle.load(at('no-such-folder'));
    await assert.rejects(missing, (error) => error instanceof bundle.BertletError);
  });
});
