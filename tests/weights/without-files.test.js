// The library without files that come with it, as a bundler leaves them out: which one was looked
// for where, and what to do.
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const modules = ['bertlet-simd.wasm', 'bertlet-relaxed.wasm'];
const withModules = modules.map((name) => `dist/${name}`);
const folders = [];
const model = 'models/all-MiniLM-L6-v2';

after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** The library in a folder of its own, with some of its other files. @param {string[]} files */
async function copyWith(files) {
  const folder = await mkdtemp(join(tmpdir(), 'bertlet-'));
  folders.push(folder);
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  for (const name of ['js', ...files]) {
    await cp(join(root, name), join(folder, name), { recursive: true });
  }
  const library = await import(pathToFileURL(join(folder, 'js/index.js')));
  return { folder, library };
}

const calls = {
  load: ({ load }) => load(undefined, { threads: 1 }),
  'load in a worker': ({ load }) => load(undefined, { threads: 1, worker: true }),
  loadTokenizer: ({ loadTokenizer }) => loadTokenizer(),
};

/** Each call is told that a file is missing. */
async function check({ folder, library }, names, code, file, cure) {
  for (const name of names) {
    await assert.rejects(calls[name](library), (error) => {
      const what = `${name}: ${error.message}`;
      assert.equal(error.code, code, what);
      assert.ok(error.message.includes(join(folder, file)), what);
      assert.match(error.message, cure);
      assert.doesNotMatch(error.message, /build|files given/, what);
      return true;
    });
  }
}

test('without the module', async () => {
  const copy = await copyWith(['dist/tokenizer.bin', model]);
  await check(copy, Object.keys(calls), 'NOT_FOUND', 'dist/bertlet-', /ENOENT.*dist and models/);
});

test('with another file in its place', async () => {
  const copy = await copyWith(['dist/tokenizer.bin', model]);
  for (const name of modules) await writeFile(join(copy.folder, 'dist', name), 'text');
  await check(
    copy,
    Object.keys(calls),
    'BAD_MODEL',
    'dist/bertlet-',
    /not bertlet's module, or damaged/,
  );
});

test('without the embedded model', async () => {
  const cure = /missing at .*dist and models/;
  const copy = await copyWith(withModules);
  await check(copy, ['load', 'load in a worker'], 'NOT_FOUND', `${model}/config.json`, cure);
  await check(copy, ['loadTokenizer'], 'NOT_FOUND', 'dist/tokenizer.bin', cure);
  await mkdir(join(copy.folder, model), { recursive: true });
  await cp(join(root, model, 'config.json'), join(copy.folder, model, 'config.json'));
  await cp(join(root, 'dist/tokenizer.bin'), join(copy.folder, 'dist/tokenizer.bin'));
  const weights = `${model}/model.safetensors`;
  await check(copy, ['load', 'load in a worker'], 'NOT_FOUND', weights, cure);
});

test('without the adapter of a head', async () => {
  const { folder, library } = await copyWith([...withModules, 'dist/tokenizer.bin', model]);
  const loaded = await library.load(undefined, { threads: 1 });
  await assert.rejects(loaded.classify('Good.'), (error) => {
    assert.equal(error.code, 'NOT_FOUND', error.message);
    assert.ok(error.message.includes(join(folder, `${model}-sentiment/`)), error.message);
    assert.match(error.message, /dist and models/);
    return true;
  });
  assert.equal((await loaded.embed('Good.')).length, 384);
  await loaded.dispose();
});
