// Weights in several files: no memory is taken for sizes that one of them doesn't have.
import assert from 'node:assert/strict';
import http from 'node:http';
import test from 'node:test';

import { load } from 'bertlet';

import { encode, rejectsLoad, withConfig } from '../helpers/damage.js';
import { readFolder, sameBits, tinyModel } from '../helpers/fixtures.js';
import { headModel } from '../helpers/heads.js';
import { readTensors, writeTensors } from '../helpers/safetensors.js';
import { streamOf } from '../helpers/source-behaviour.js';
import { withModel } from '../helpers/with-model.js';

const sharded = readFolder(tinyModel('sharded'));
const text = 'Old wind over the sea, rain under the night!';
const fp32 = { dtype: 'fp32', simd: 'baseline' };
const embed = (source, options) => withModel(source, options, (model) => model.embed(text));
const isShard = (name) => name.endsWith('.safetensors');

/** A folder with its weights in one file for each group of tensors. */
function split(folder, groupOf) {
  const { 'model.safetensors': whole, ...files } = folder;
  const groups = new Map();
  const map = {};
  for (const [name, tensor] of readTensors(whole)) {
    const file = `model-${groupOf(name)}.safetensors`;
    map[name] = file;
    groups.set(file, (groups.get(file) ?? new Map()).set(name, tensor));
  }
  for (const [file, tensors] of groups) files[file] = writeTensors(tensors);
  files['model.safetensors.index.json'] = encode(JSON.stringify({ weight_map: map }));
  return files;
}

test('a size that a later file does not have is refused before memory is taken', async () => {
  for (const key of ['max_position_embeddings', 'type_vocab_size', 'vocab_size']) {
    // Memory for so many rows there is nowhere.
    for (const value of [25, 200_000_000]) {
      const source = withConfig(sharded, { [key]: value });
      for (const worker of [false, true]) {
        await rejectsLoad(source, 'BAD_MODEL', `${key} ${value}`, { dtype: 'fp32', worker });
      }
    }
  }
  const deep = split(readFolder(tinyModel('deep')), (name) =>
    name.startsWith('embeddings.') ? 2 : 1,
  );
  await rejectsLoad(withConfig(deep, { vocab_size: 200_000_000 }), 'BAD_MODEL', 'vocab_size');
});

test('files that can be read only once are read once', async () => {
  const expected = await embed(sharded, fp32);
  for (const kind of [streamOf, (bytes) => new Response(bytes), (bytes) => new Blob([bytes])]) {
    for (const worker of [false, true]) {
      const entries = Object.entries(sharded).map(([name, bytes]) => [
        name,
        isShard(name) ? kind(bytes) : bytes,
      ]);
      const vector = await embed(Object.fromEntries(entries), { ...fp32, worker });
      assert.ok(sameBits(vector, expected));
    }
  }
});

test('a classifier in another file has as many labels as it says there', async () => {
  const folder = readFolder(headModel('single-label'));
  const whole = withConfig(folder, { id2label: null });
  const parts = split(whole, (name) => (name.startsWith('classifier.') ? 2 : 1));
  const classify = (source) => withModel(source, fp32, (model) => model.classify(text));
  const labels = await classify(whole);
  assert.equal(labels.length, 3);
  assert.deepEqual(await classify(parts), labels);
  await rejectsLoad(withConfig(parts, { num_labels: 4e8 }), 'BAD_MODEL', 'num_labels');
});

test('a server is asked again only for files that tell sizes beside the first', async () => {
  const log = [];
  const server = http.createServer((request, response) => {
    const name = request.url.slice(1);
    if (isShard(name)) log.push(name);
    if (!sharded[name]) return response.writeHead(404).end();
    response.writeHead(200, { 'content-length': sharded[name].length });
    return response.end(sharded[name]);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const events = [];
  try {
    const source = `http://127.0.0.1:${server.address().port}`;
    const onProgress = (event) => events.push(event);
    const expected = await embed(sharded, fp32);
    assert.ok(sameBits(await embed(source, { ...fp32, onProgress }), expected));
  } finally {
    server.close();
    server.closeAllConnections();
  }
  const [first, second, third] = Object.keys(sharded).filter(isShard).sort();
  assert.deepEqual(log, ['model.safetensors', first, second, third, second, third]);
  for (let i = 1; i < events.length; i++) {
    assert.ok(events[i].loaded >= events[i - 1].loaded, 'progress never goes back');
  }
});

test('an abort while headers are read lets go of all files', async () => {
  const controller = new AbortController();
  const cancelled = [];
  const shards = Object.keys(sharded).filter(isShard);
  const entries = shards.map((name) => {
    const isLast = name === shards.at(-1);
    const source = {
      start: (stream) => isLast || stream.enqueue(sharded[name].slice(0, 5000)),
      // Asked for when somebody waits for it.
      pull: () => isLast && setTimeout(() => controller.abort()),
      cancel: () => cancelled.push(name),
    };
    const hanging = new ReadableStream(source, { highWaterMark: 0 });
    return [name, hanging];
  });
  const source = { ...sharded, ...Object.fromEntries(entries) };
  await assert.rejects(load(source, { ...fp32, signal: controller.signal }), { code: 'ABORTED' });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(cancelled.sort(), shards.sort());
});

test('messages quote a line of a name, however long it is', async () => {
  const long = 'x'.repeat(1e5);
  const deep = readFolder(tinyModel('deep'));
  const tensors = readTensors(deep['model.safetensors']);
  const name = 'embeddings.word_embeddings.weight';
  const many = { ...tensors.get(name), shape: Array(1000).fill(1) };
  const sources = [
    { ...deep, 'model.safetensors': writeTensors(new Map([...tensors, [name, many]])) },
    {
      ...sharded,
      'model.safetensors.index.json': encode(JSON.stringify({ weight_map: { [long]: '../x' } })),
    },
  ];
  for (const source of sources) {
    await assert.rejects(load(source), ({ code, message }) => {
      assert.equal(code, 'BAD_MODEL', message);
      return message.length < 260;
    });
  }
});
