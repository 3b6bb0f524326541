// A signal that fires while something is read that keeps the thread for long: it is heard when
// that is done, at the latest, and a long header lets it in sooner.
import assert from 'node:assert/strict';
import test from 'node:test';

import { load, loadTokenizer } from 'bertlet';

import { Memory } from '../../js/core/memory.js';
import { readHeader, streamTensors } from '../../js/weights/safetensors.js';
import { openSource } from '../../js/source/source.js';
import { readFolder, tinyModel } from '../helpers/fixtures.js';
import { readHeader as headerOf, withHeader } from '../helpers/safetensors.js';

const aborted = { code: 'ABORTED', name: 'AbortError' };

/** Makes a method do something more; gives what undoes it. */
function patch(object, method, also) {
  const own = object[method];
  object[method] = function (...values) {
    also(...values);
    return own.apply(this, values);
  };
  return () => {
    object[method] = own;
  };
}

/** When it is called the first time, the signal fires by a timer that is due before the call ends. */
function fireAmid(controller) {
  let isOver = false;
  return () => {
    if (isOver) return;
    isOver = true;
    setTimeout(() => controller.abort(), 1);
    const begin = performance.now();
    while (performance.now() - begin < 4);
  };
}

const when = (condition, then) => (value) => condition(value) && then();

/** Stages that can't be cut up, as ways to do something amid one. */
const stages = {
  'the JSON of config.json': (then) =>
    patch(
      JSON,
      'parse',
      when((text) => /"hidden_size"/.test(text), then),
    ),
  'the JSON of tokenizer.json': (then) =>
    patch(
      JSON,
      'parse',
      when((text) => /"added_tokens"/.test(text), then),
    ),
  'the JSON of an index of weights': (then) =>
    patch(
      JSON,
      'parse',
      when((text) => /"weight_map"/.test(text), then),
    ),
  'packing the vocabulary': (then) =>
    patch(
      TextEncoder.prototype,
      'encode',
      when((text) => text.includes('[UNK]'), then),
    ),
  'placing the vocabulary': (then) =>
    patch(
      Memory.prototype,
      'tryCall',
      when((name) => name === 'bl_tokenizer_create', then),
    ),
  'placing the model': (then) =>
    patch(
      Memory.prototype,
      'tryCall',
      when((name) => name === 'bl_model_create', then),
    ),
  'the end of the weights': (then) =>
    patch(
      Memory.prototype,
      'call',
      when((name) => name === 'bl_model_finish', then),
    ),
};

const calls = {
  loadTokenizer: (options) => loadTokenizer(tinyModel('sharded'), options),
  load: (options) => load(tinyModel('sharded'), { ...options, worker: false, threads: 1 }),
};

for (const [stage, amid] of Object.entries(stages)) {
  for (const [name, call] of Object.entries(calls)) {
    if (name === 'loadTokenizer' && !/vocabulary|tokenizer/.test(stage)) continue;
    test(`${name}: a signal that fires during ${stage}`, async () => {
      const controller = new AbortController();
      const fire = fireAmid(controller);
      let seen = 0;
      const undo = amid(() => {
        seen++;
        fire();
      });
      try {
        await assert.rejects(call({ signal: controller.signal }), aborted);
      } finally {
        undo();
      }
      assert.ok(seen > 0, 'the stage was there');
    });
  }
}

test('a signal that fires when all is told to be ready', async () => {
  const controller = new AbortController();
  const onProgress = ({ phase }) => phase === 'ready' && controller.abort();
  await assert.rejects(calls.load({ signal: controller.signal, onProgress }), aborted);
});

/** A file that has very many tensors without elements after those of a model. */
function withManyTensors(count) {
  const file = readFolder(tinyModel('wide'))['model.safetensors'];
  const { header, dataStart } = headerOf(file);
  const end = file.length - dataStart;
  for (let i = 0; i < count; i++) {
    header[`encoder.layer.0.nobody.needs.this.${i}`] = {
      dtype: 'F32',
      shape: [0],
      data_offsets: [end, end],
    };
  }
  return withHeader(header, [file.subarray(dataStart)]);
}

/** Counts the turns that other events get until a promise is settled. */
async function countTurns(promise, onTurn) {
  let turns = 0;
  let isOver = false;
  const count = () => {
    if (isOver) return;
    turns++;
    onTurn?.(turns);
    setImmediate(count);
  };
  setImmediate(count);
  try {
    await promise;
  } finally {
    isOver = true;
  }
  return turns;
}

test('a header of many tensors lets events in', async () => {
  const file = withManyTensors(120_000);
  const open = async (signal) => {
    const source = await openSource({ 'model.safetensors': file }, { signal });
    return source.openStream('model.safetensors');
  };
  const least = await countTurns(readHeader(await open(), 'f'));
  // Some 16 ms each; on a slow machine there are more.
  assert.ok(least >= 5, `${least} turns`);
  const all = await countTurns(streamTensors(await open(), 'f', { wanted: () => null }));
  assert.ok(all >= least / 2, `${all} turns`);
  for (const work of [readHeader, (stream) => streamTensors(stream, 'f', { wanted: () => null })]) {
    const controller = new AbortController();
    const stream = await open(controller.signal);
    let after = 0;
    const onTurn = (turn) => {
      if (turn === 3) controller.abort();
      if (turn > 3) after++;
    };
    await assert.rejects(countTurns(work(stream, 'f'), onTurn), aborted);
    assert.ok(after <= 3, `${after} turns after the abort`);
  }
});

test('a model with a header of many tensors is loaded, or given up soon', async () => {
  const files = { ...readFolder(tinyModel('wide')), 'model.safetensors': withManyTensors(60_000) };
  const options = { worker: false, threads: 1 };
  const model = await load(files, options);
  const usual = await load(tinyModel('wide'), options);
  assert.deepEqual(await model.embed('text'), await usual.embed('text'));
  model.dispose();
  usual.dispose();
  for (const turns of [1, 4, 9]) {
    const controller = new AbortController();
    const { signal } = controller;
    let after = 0;
    const onTurn = (turn) => {
      if (turn === turns) controller.abort();
      if (turn > turns) after++;
    };
    await assert.rejects(countTurns(load(files, { ...options, signal }), onTurn), aborted);
    assert.ok(after <= 5, `${after} turns after the abort`);
  }
});
