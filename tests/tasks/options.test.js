// Options that bertlet doesn't know are refused by name, in every call.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Index, load, loadTokenizer, pipeline } from 'bertlet';

import { optionNames } from '../../js/shared/option-names.js';
import { tinyModel } from '../helpers/fixtures.js';
import { familySource } from '../helpers/families.js';
import { headModel } from '../helpers/heads.js';
import { withModel } from '../helpers/with-model.js';

const folder = tinyModel('masked-lm');
const rankingModel = (name) =>
  fileURLToPath(new URL(`../fixtures/ranking-models/${name}`, import.meta.url));
const question = { question: 'Who sings?', context: 'The sun sings.' };

/** Models of the calls that need another head than a masked LM. */
const headOf = {
  classify: 'single-label',
  tagTokens: 'tags',
  answer: 'answers',
  multipleChoice: 'choices',
  nextSentence: 'next-sentence',
  'text-classification': 'single-label',
  'token-classification': 'tags',
  'question-answering': 'answers',
};

/** Every call that takes options, as a function of these; `model` is what it needs. */
const calls = {
  load: (options) => load(folder, options),
  loadTokenizer: (options) => loadTokenizer(folder, options),
  useAdapter: (options) => model.useAdapter(null, options),
  cache: (cache) => load(folder, { cache }),
  embed: (options) => model.embed('sun', options),
  similarity: (options) => model.similarity('sun', 'sea', options),
  classify: (options) => models.classify.classify('sun', options),
  fillMask: (options) => model.fillMask('The [MASK] sings.', options),
  tagTokens: (options) => models.tagTokens.tagTokens('sun', options),
  answer: (options) => models.answer.answer(question, options),
  zeroShot: (options) => model.zeroShot('sun', ['warm', 'cold'], options),
  rank: (options) => model.rank('sun', ['sea', 'wind'], options),
  multipleChoice: (options) =>
    models.multipleChoice.multipleChoice('sun', ['sea', 'wind'], options),
  summarize: (options) => model.summarize('The sun sings. The sea sleeps.', options),
  nextSentence: (options) => models.nextSentence.nextSentence('sun', 'sea', options),
  embedSparse: (options) => model.embedSparse('sun', options),
  detectReplaced: (options) => models.detectReplaced.detectReplaced('sun', options),
  forward: (options) => model.forward('sun', options),
  encode: async (options) => model.tokenizer.encode('sun', options),
  encodeBatch: async (options) => model.tokenizer.encodeBatch(['sun'], options),
  decode: async (options) => model.tokenizer.decode([5], options),
  'new Index': async (options) => new Index(options),
  search: (options) => index.search(new Float32Array(2), 1, options),
  pipeline: (options) => pipeline('fill-mask', folder, options),
  'feature-extraction': pipe((call, options) => call('sun', options)),
  'text-classification': pipe((call, options) => call('sun', options)),
  'fill-mask': pipe((call, options) => call('The [MASK] sings.', options)),
  'token-classification': pipe((call, options) => call('sun', options)),
  'question-answering': pipe((call, options) => call('Who?', 'The sun.', options)),
  'zero-shot-classification': pipe((call, options) => call('sun', 'warm, cold', options)),
};

function pipe(use) {
  return async function opened(options) {
    const task = Object.keys(calls).find((name) => calls[name] === opened);
    const call = await pipeline(task, task in headOf ? headModel(headOf[task]) : folder);
    try {
      return await use(call, options);
    } finally {
      await call.dispose();
    }
  };
}

const pipelines = Object.fromEntries(
  Object.keys(optionNames)
    .filter((name) => name.includes('-') || name === 'pipeline')
    .map((name) => [name, true]),
);

let model;
let index;
const models = {};
before(async () => {
  model = await load(folder);
  for (const [call, name] of Object.entries(headOf)) models[call] = await load(headModel(name));
  models.detectReplaced = await load(familySource('electra-ForPreTraining'));
  index = new Index({ dimensions: 2 });
});
after(() => {
  for (const one of [model, ...Object.values(models)]) one.dispose();
  index.dispose();
});

const refused = (message = /./) => ({ name: 'BertletError', code: 'BAD_ARGUMENT', message });

test('each call with options is tried here', () => {
  assert.deepEqual(Object.keys(calls).sort(), Object.keys(optionNames).sort());
});

for (const [name, call] of Object.entries(calls)) {
  test(`${name}: an unknown option is refused, and what it has is named`, async () => {
    const [known] = optionNames[name];
    await assert.rejects(
      call({ unheardOf: 1 }),
      refused(new RegExp(`^${name} has no option "unheardOf"; it has .*\\b${known}\\b`)),
    );
    const slip = known.slice(0, -1);
    await assert.rejects(
      call({ [slip]: undefined, [`${known}x`]: 1 }),
      refused(new RegExp(`^${name} has no option "${known}x": did you mean "${known}"`)),
    );
    for (const options of [null, 'mean', 5, [], new Map(), AbortSignal.abort(), () => ({})]) {
      if (options === null && name in pipelines) continue; // as transformers.js has it
      if (name === 'cache' && !Array.isArray(options)) continue; // a value of its own
      await assert.rejects(call(options), refused());
    }
  });
}

for (const [name, call] of Object.entries(calls)) {
  test(`${name}: every option that it has is read, and nonsense refused`, async () => {
    for (const option of optionNames[name]) {
      await assert.rejects(call({ [option]: Symbol('nonsense') }), (error) => {
        assert.ok(['BAD_ARGUMENT', 'UNSUPPORTED'].includes(error.code), `${option}: ${error}`);
        assert.doesNotMatch(error.message, /has no option/);
        return true;
      });
    }
  });
}

test('the nearest option is named', async () => {
  const slips = {
    poolin: 'pooling',
    Pooling: 'pooling',
    max_length: 'maxLength',
    'max-length': 'maxLength',
    maxlen: 'maxLength',
    normalise: 'normalize',
    norm: 'normalize',
    normalize_embeddings: 'normalize',
    max_seq_len: 'maxLength',
    doc_stride: 'stride',
    onprogress: 'onProgress',
  };
  for (const [slip, meant] of Object.entries(slips)) {
    await assert.rejects(
      model.embed('sun', { [slip]: 1 }),
      refused(`embed has no option "${slip}": did you mean "${meant}"?`),
    );
  }
  await assert.rejects(model.classify('sun', { top_k: 1 }), refused(/did you mean "topK"/));
  await assert.rejects(
    model.answer(question, { handle_impossible_answer: true }),
    refused(/did you mean "allowNone"/),
  );
  await assert.rejects(load(folder, { progress_callback() {} }), refused(/"onProgress"/));
});

test('options that are not there yet are refused, not ignored', async () => {
  for (const name of ['hub', 'offline', 'assets', 'wasmUrl', 'wasmModule', 'cacheTexts']) {
    await assert.rejects(load(folder, { [name]: true }), refused(new RegExp(`"${name}"`)));
  }
  await assert.rejects(load(folder, { worker: 'shared' }), refused(/worker .*"shared"/));
});

test('null as the source is the embedded model, as nothing is', async () => {
  await withModel(null, {}, async (embedded) => {
    assert.equal(embedded.info.hiddenSize, 384);
    assert.ok(embedded.info.heads.includes('masked-lm'));
  });
  const tokenizer = await loadTokenizer(null);
  assert.equal(tokenizer.vocabSize, 30522);
  tokenizer.dispose();
});

test('options in the place of the source, or a pair by another name, are told so', async () => {
  const first = refused('The source comes before the options: load(null, { dtype, signal }).');
  await assert.rejects(load({ dtype: 'fp32', signal: undefined }), first);
  await assert.rejects(loadTokenizer({ onProgress() {} }), refused(/^The source comes before/));
  await assert.rejects(pipeline('fill-mask', { dtype: 'q8' }), refused(/^The source comes before/));
  const pair = { text: 'sun', text_pair: 'sea' };
  await assert.rejects(
    model.embed(['sun', pair]),
    refused(/^Input 1 has text_pair.*\{ text, pair/),
  );
});

describe('what counts as given', () => {
  test('undefined is nothing, whatever its name', async () => {
    const vector = await model.embed('sun', { poolin: undefined, pooling: undefined });
    assert.deepEqual(vector, await model.embed('sun'));
    const extract = await pipeline('feature-extraction', folder);
    const how = { pooling: 'mean', normalize: undefined };
    assert.deepEqual(await extract('sun', how), await extract('sun', { pooling: 'mean' }));
    await extract.dispose();
  });

  test('what an object inherits counts, but not what a page put on every object', async () => {
    const cls = await model.embed('sun', Object.create({ pooling: 'cls' }));
    assert.deepEqual(cls, await model.embed('sun', { pooling: 'cls' }));
    await assert.rejects(model.embed('sun', Object.create({ poolin: 'cls' })), refused(/poolin/));
    Object.prototype.extension = () => {};
    try {
      await model.embed('sun', {});
    } finally {
      delete Object.prototype.extension;
    }
    await assert.rejects(model.embed('sun', { constructor: 1 }), refused(/"constructor"/));
  });

  test('an option that cannot be read', async () => {
    const throwing = {
      get pooling() {
        throw null;
      },
    };
    const proxy = new Proxy({}, { ownKeys: () => assert.fail() });
    for (const options of [throwing, proxy]) {
      await assert.rejects(model.embed('sun', options), refused());
    }
  });

  test('it is read when the call is made', async () => {
    const options = { pooling: 'cls' };
    const call = model.embed('sun', options);
    options.pooling = 'max';
    assert.deepEqual(await call, await model.embed('sun', { pooling: 'cls' }));
  });
});

describe('options that would change nothing are refused', () => {
  test('of vectors, where a head scores texts together', async () => {
    const ofVectors = { pooling: 'cls', normalize: true, dimensions: 4, precision: 'float32' };
    await withModel(rankingModel('cross-encoder'), {}, async (ranker) => {
      await ranker.rank('sun', ['sea'], { prompt: 'query: ' });
      for (const [name, value] of Object.entries(ofVectors)) {
        const call = ranker.rank('sun', ['sea'], { [name]: value });
        await assert.rejects(call, refused(new RegExp(`^${name} .*head`)));
      }
    });
    await withModel(rankingModel('nli-first'), {}, async (nli) => {
      for (const [name, value] of Object.entries({ ...ofVectors, prompt: 'query: ' })) {
        const call = nli.zeroShot('sun', ['warm'], { [name]: value });
        await assert.rejects(call, refused(new RegExp(`^${name} .*head`)));
      }
    });
    await model.rank('sun', ['sea'], ofVectors);
    await model.zeroShot('sun', ['warm'], { ...ofVectors, prompt: 'query: ' });
  });

  test('of vectors, where each token has its own', async () => {
    for (const options of [{ dimensions: 4 }, { precision: 'int8' }, { longText: 'window' }]) {
      await assert.rejects(model.embed('sun', { pooling: 'none', ...options }), refused(/"none"/));
    }
    await model.embed('sun', { pooling: 'none', precision: 'float32' });
  });

  test('of what is cut, where a question never is', async () => {
    const cut = models.answer.answer(question, { truncation: 'only_first' });
    await assert.rejects(cut, refused(/never the question/));
    await models.answer.answer(question, { truncation: true });
  });

  test('quantize without a pooling', async () => {
    const extract = await pipeline('feature-extraction', folder);
    await assert.rejects(extract('sun', { quantize: true }), refused(/^quantize/));
    await assert.rejects(extract('sun', { precision: 'int8' }), refused(/^precision/));
    await extract.dispose();
  });
});

test('normalize with the pooling none: each row to length 1', async () => {
  const rows = await model.embed('The sun sings.', { pooling: 'none', normalize: true });
  const plain = await model.embed('The sun sings.', { pooling: 'none' });
  const [tokens, width] = rows.shape;
  for (let at = 0; at < tokens * width; at += width) {
    const length = Math.hypot(...plain.data.subarray(at, at + width));
    assert.ok(Math.abs(length - 1) > 0.01);
    for (let i = at; i < at + width; i++) {
      assert.ok(Math.abs(rows.data[i] - plain.data[i] / length) < 1e-6);
    }
  }
});

describe('pipelines', () => {
  test('options of transformers.js that change nothing here are taken, others refused', async () => {
    const harmless = {
      config: null,
      cache_dir: null,
      local_files_only: true,
      revision: 'main',
      device: 'wasm',
      dtype: 'q8',
      subfolder: 'onnx',
      model_file_name: 'model',
      use_external_data_format: false,
      session_options: null,
    };
    const call = await pipeline('fill-mask', folder, harmless);
    await call.dispose();
    const others = {
      config: { hidden_size: 4 },
      cache_dir: '/tmp',
      local_files_only: 'yes',
      revision: 'v2',
      device: 'webgpu',
      subfolder: 'int8',
      model_file_name: 'decoder',
      use_external_data_format: true,
      session_options: { intraOpNumThreads: 2 },
    };
    for (const [name, value] of Object.entries(others)) {
      await assert.rejects(pipeline('fill-mask', folder, { [name]: value }), {
        code: 'UNSUPPORTED',
        message: new RegExp(`^pipeline: ${name} `),
      });
    }
    for (const dtype of ['q4', 'fp16', 'uint8', { model: 'q8' }]) {
      await assert.rejects(pipeline('fill-mask', folder, { dtype }), refused(/^dtype is/));
    }
  });

  test('an option under both its names is refused', async () => {
    const call = await pipeline('question-answering', headModel('answers'));
    const { question: asked, context } = question;
    await assert.rejects(
      call(asked, context, { max_seq_len: 20, maxLength: 20 }),
      refused(/^max_seq_len and maxLength are one option/),
    );
    await assert.rejects(call(asked, context, { topK: 1 }), refused(/did you mean "top_k"/));
    await call.dispose();
  });

  test('both ways to hear of progress', async () => {
    const heard = [];
    const call = await pipeline('fill-mask', folder, {
      progress_callback: ({ status }) => heard.push(status),
      onProgress: ({ phase }) => heard.push(phase),
    });
    await call.dispose();
    assert.deepEqual(heard.slice(-2), ['ready', 'ready']);
    const wrong = pipeline('fill-mask', folder, { progress_callback: 'log' });
    await assert.rejects(wrong, refused(/^progress_callback/));
  });
});

test('an index is told what comes first', async () => {
  const vector = new Float32Array(2);
  const first = refused('The vectors come first: add(vectors, ids).');
  await assert.rejects(index.add(['a'], [vector]), first);
  await assert.rejects(index.add([1], vector), first);
  await assert.rejects(index.add('a', vector), first);
  await assert.rejects(index.search(vector, { topK: 3 }), refused(/search\(query, 3, /));
});
