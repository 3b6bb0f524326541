// Every argument and option of every asynchronous call, with values that nobody should pass: it
// resolves, or rejects with a fitting BertletError, and the model is what it was.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { load, loadTokenizer, pipeline } from 'bertlet';

import { readFolder, sameBits } from '../helpers/fixtures.js';
import { headModel } from '../helpers/heads.js';
import { hostileValues, settle } from '../helpers/hostile.js';
import { withModel } from '../helpers/with-model.js';

const common = ['signal', 'maxLength', 'truncation', 'longText', 'stride', 'onUsage', 'onProgress'];
const embedding = ['pooling', 'normalize', 'dimensions', 'precision', 'prompt'];
const question = { question: 'Who?', context: 'Anna.' };

/** Calls by name: the model they need, good arguments, their own options. */
const calls = {
  embed: ['answers', [['The sun.', 'Rain.']], embedding],
  similarity: ['answers', ['The sun.', 'Rain.'], embedding],
  summarize: ['answers', ['The sun. The rain.'], ['sentences', 'language', ...embedding]],
  forward: ['tags', ['The sun.'], ['hiddenStates', 'attentions', 'logits', 'labels']],
  'forward of answers': ['answers', ['The sun.'], ['startPositions', 'endPositions']],
  'forward of labels': ['multi-label', [['The sun.']], ['labels']],
  classify: ['single-label', ['The sun.'], ['topK', 'multiLabel', 'functionToApply']],
  fillMask: ['masked-lm', ['The [MASK].'], ['topK', 'targets']],
  tagTokens: ['tags', ['The sun.'], ['aggregation', 'ignoreLabels']],
  answer: ['answers', [question], ['topK', 'maxAnswerLength', 'allowNone']],
  zeroShot: ['tags', ['The sun.', ['a', 'b']], ['hypothesisTemplate', 'multiLabel']],
  rank: ['one-label', ['The sun.', ['a', 'b']], ['topK', 'history', 'prompt']],
  'rank of vectors': ['tags', ['The sun.', ['a', 'b']], ['topK', 'history', ...embedding]],
  multipleChoice: ['choices', ['The sun.', ['a', 'b']], []],
  nextSentence: ['next-sentence', ['The sun.', 'Rain.'], []],
  embedSparse: ['masked-lm', ['The sun.'], ['topK', 'prompt']],
  useAdapter: ['tags', [null], []],
};

/** A value by itself, and wherever a part of an argument may stand. */
const shapes = {
  '': (value) => value,
  'in an array, ': (value) => [value],
  'after a good one, ': (value) => ['fine', value],
  'as text, ': (value) => ({ text: value, question: value, context: 'a' }),
  'as pair, ': (value) => ({ text: 'a', pair: value, question: 'a', context: value }),
};

for (const worker of [false, true]) {
  describe(worker ? 'in a worker' : 'on this thread', () => {
    for (const [name, call] of Object.entries(calls)) {
      test(name, { timeout: 120_000 }, () => checkCall(name, call, { worker, threads: 1 }));
    }
  });
}

function checkCall(name, [folder, args, own], options) {
  const method = name.split(' ')[0];
  return withModel(headModel(folder), options, async (model) => {
    const before = await model.embed('The sun.');
    assert.equal((await settle(name, () => model[method](...args))).error, undefined);
    for (const [kind, make] of Object.entries(hostileValues)) {
      for (const [shape, wrap] of Object.entries(shapes)) {
        for (const i of args.keys()) {
          const given = args.with(i, wrap(make()));
          await settle(`argument ${i}: ${shape}${kind}`, () => model[method](...given));
        }
      }
      await settle(`options: ${kind}`, () => model[method](...args, make()));
      for (const option of [...common, ...own]) {
        for (const wrap of [shapes[''], shapes['in an array, ']]) {
          const given = { [option]: wrap(make()) };
          await settle(`${option}: ${kind}`, () => model[method](...args, given));
        }
      }
    }
    await model.useAdapter(null);
    assert.ok(sameBits(await model.embed('The sun.'), before));
  });
}

/** Options that cannot be extended stay as they are. */
function addWorker(options = {}) {
  try {
    return Object.assign(options, { worker: true, threads: 1 });
  } catch {
    return options;
  }
}

test('a call that was taken off its model', () =>
  withModel(headModel('tags'), {}, async (model) => {
    for (const name of [...new Set(Object.keys(calls).map((call) => call.split(' ')[0]))]) {
      const { [name]: call } = model;
      for (const owner of [undefined, null, {}, 5, Object.create(model)]) {
        const { error } = await settle(name, () => Reflect.apply(call, owner, ['The sun.']));
        assert.equal(error.code, 'BAD_ARGUMENT');
        assert.match(error.message, /taken off its model/);
      }
    }
  }));

describe('what loads', () => {
  const files = readFolder(headModel('tags'));
  const loading = ['signal', 'onProgress', 'cache', 'integrity'];
  const engine = ['dtype', 'threads', 'sharedMemory', 'simd', 'worker', 'adapter'];

  /** Loads, and lets go of what was loaded. */
  async function settleLoad(what, open) {
    const { result } = await settle(what, open);
    await result?.dispose();
  }

  for (const [name, open, own] of [
    ['load', load, [...loading, ...engine]],
    ['load in a worker', (source, options) => load(source, addWorker(options)), loading],
    ['loadTokenizer', loadTokenizer, loading],
  ]) {
    test(name, { timeout: 120_000 }, async () => {
      for (const [kind, make] of Object.entries(hostileValues)) {
        await settleLoad(`source: ${kind}`, () => open(make()));
        await settleLoad(`options: ${kind}`, () => open(files, make()));
        for (const file of Object.keys(files)) {
          await settleLoad(`${file}: ${kind}`, () => open({ ...files, [file]: make() }));
        }
        for (const option of own) {
          for (const wrap of [(value) => value, (value) => ({ name: value, 'a.json': value })]) {
            await settleLoad(`${option}: ${kind}`, () => open(files, { [option]: wrap(make()) }));
          }
        }
      }
    });
  }

  test('pipeline', { timeout: 120_000 }, async () => {
    for (const [kind, make] of Object.entries(hostileValues)) {
      await settleLoad(`task: ${kind}`, () => pipeline(make(), files));
      await settleLoad(`source: ${kind}`, () => pipeline('ner', make()));
      await settleLoad(`options: ${kind}`, () => pipeline('ner', files, make()));
      for (const option of ['progress_callback', 'dtype', ...loading]) {
        const options = { [option]: make() };
        await settleLoad(`${option}: ${kind}`, () => pipeline('ner', files, options));
      }
    }
  });
});

describe('pipelines', () => {
  const tasks = {
    'feature-extraction': ['tags', ['The sun.'], ['pooling', 'normalize', 'quantize', 'precision']],
    'text-classification': ['single-label', ['The sun.'], ['top_k', 'function_to_apply']],
    'fill-mask': ['masked-lm', ['The [MASK].'], ['top_k', 'targets']],
    'token-classification': ['tags', ['The sun.'], ['aggregation_strategy', 'ignore_labels']],
    'question-answering': ['answers', ['Who?', 'Anna.'], ['top_k', 'doc_stride']],
    'zero-shot-classification': ['tags', ['The sun.', ['a']], ['multi_label']],
  };
  for (const [task, [folder, args, options]] of Object.entries(tasks)) {
    test(task, { timeout: 120_000 }, async () => {
      const pipe = await pipeline(task, headModel(folder));
      const before = await pipe(...args);
      for (const [kind, make] of Object.entries(hostileValues)) {
        for (const [shape, wrap] of Object.entries(shapes)) {
          for (const i of args.keys()) {
            const given = args.with(i, wrap(make()));
            await settle(`argument ${i}: ${shape}${kind}`, () => pipe(...given));
          }
        }
        await settle(`options: ${kind}`, () => pipe(...args, make()));
        for (const option of [...options, 'signal', 'onUsage']) {
          await settle(`${option}: ${kind}`, () => pipe(...args, { [option]: make() }));
        }
      }
      assert.deepEqual(await pipe(...args), before);
      await pipe.dispose();
    });
  }
});
