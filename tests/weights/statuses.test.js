// What the core answers is told in words: which file, which key or tensor, and what to do.
import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from 'bertlet';

import { errorOfStatus } from '../../js/shared/errors.js';
import { Memory } from '../../js/core/memory.js';
import { placeTokenizer } from '../../js/tokenizer/place.js';
import { decode, encode, floatFolder, withConfig, withTensors } from '../helpers/damage.js';
import { readFolder, tinyModel } from '../helpers/fixtures.js';
import { createMemory } from '../helpers/tokenizers.js';
import { withModel } from '../helpers/with-model.js';

const here = { worker: false, threads: 1 };

/** Takes all memory there is, but for less than the arena gives at a time. */
function takeAll(memory) {
  for (let size = 2 ** 31; size >= 64; ) {
    try {
      memory.alloc(size);
    } catch {
      size /= 2;
    }
  }
}

test('sizes in config.json that are too large are named with what is possible', async () => {
  const sharded = readFolder(tinyModel('sharded'));
  for (const [key, limit] of [
    ['vocab_size', 2 ** 28],
    ['max_position_embeddings', 2 ** 28],
    ['type_vocab_size', 2 ** 28],
    ['intermediate_size', 65536],
  ]) {
    for (const folder of [floatFolder, sharded]) {
      for (const value of [limit + 1, 2 ** 31 - 1]) {
        await assert.rejects(load(withConfig(folder, { [key]: value }), here), {
          code: 'BAD_MODEL',
          message: `config.json gives ${key} as ${value}; bertlet takes at most ${limit}.`,
        });
      }
    }
  }
  // In single precision it is 1.
  await assert.rejects(load(withConfig(floatFolder, { layer_norm_eps: 0.99999999 }), here), {
    code: 'BAD_MODEL',
    message: /layer_norm_eps as 0\.99999999/,
  });
});

test('memory that ends while a tensor is written is no NaN', async (t) => {
  for (const dtype of ['fp32', 'int8']) {
    const { tryCall } = Memory.prototype;
    const mock = t.mock.method(Memory.prototype, 'tryCall', function (name, ...args) {
      if (name === 'bl_model_write_rows') takeAll(this);
      return tryCall.call(this, name, ...args);
    });
    await assert.rejects(load(floatFolder, { ...here, dtype }), {
      code: 'OUT_OF_MEMORY',
      message: /memory left to read tensor \S+ of model\.safetensors/,
    });
    mock.mock.restore();
  }
  const withNan = withTensors(floatFolder, (tensors) => {
    const { bytes } = tensors.get('encoder.layer.0.output.dense.weight');
    new DataView(bytes.buffer, bytes.byteOffset).setFloat32(8, Number.NaN, true);
  });
  await assert.rejects(load(withNan, here), {
    code: 'BAD_MODEL',
    message: /^model\.safetensors: tensor encoder\.layer\.0\.output\.dense\.weight holds NaN/,
  });
});

test('a word without a token, where there is no unknown token', async () => {
  const json = decode(floatFolder['tokenizer.json']);
  json.model.unk_token = 'no such token';
  const folder = { ...floatFolder, 'tokenizer.json': encode(JSON.stringify(json)) };
  await withModel(folder, here, (model) =>
    assert.rejects(model.embed(['the sun', '\u4e00']), {
      code: 'BAD_MODEL',
      message: /vocabulary lacks a word of text 1, and an unknown token/,
    }),
  );
});

test('a text of which only the prompt is left, where that does not count', async () => {
  const pooling = { pooling_mode_mean_tokens: true, include_prompt: false };
  const folder = {
    ...readFolder(tinyModel('no-specials')),
    'modules.json': encode(
      JSON.stringify(
        ['Transformer', 'Pooling'].map((type, idx) => ({
          idx,
          name: String(idx),
          path: ['', '1_Pooling'][idx],
          type: `sentence_transformers.models.${type}`,
        })),
      ),
    ),
    '1_Pooling/config.json': encode(JSON.stringify(pooling)),
  };
  await withModel(folder, here, async (model) => {
    const prompt = 'the sun ';
    await model.embed('rain', { prompt });
    await assert.rejects(model.embed(['rain', ''], { prompt }), {
      code: 'BAD_ARGUMENT',
      message: /no token but those of the prompt/,
    });
  });
});

test('tokenizers that are damaged, or for which there is no memory', async () => {
  const blob = new Uint8Array(64).fill(7);
  const memory = await createMemory();
  assert.throws(() => placeTokenizer(memory, blob), {
    code: 'BAD_MODEL',
    message: /tokenizer is damaged, or has more than bertlet takes/,
  });
  const { tryCall } = memory;
  memory.tryCall = (...args) => {
    takeAll(memory);
    return tryCall.apply(memory, args);
  };
  assert.throws(() => placeTokenizer(memory, blob), {
    code: 'OUT_OF_MEMORY',
    message: /memory left for a tokenizer of 64 bytes/,
  });
});

test('what cannot be is a fault of ours, and says where', () => {
  for (const status of ['BL_BAD_ARGUMENT', 'BL_BAD_MODEL', 'status 77']) {
    const { code, message } = errorOfStatus(status, {}, 'bl_pool');
    assert.equal(code, 'INTERNAL');
    assert.ok(message.includes('bl_pool') && message.includes(status), message);
  }
  const { code, message } = errorOfStatus('BL_TOO_LONG', { BL_TOO_LONG: 'Too long.' });
  assert.deepEqual([code, message], ['TOO_LONG', 'Too long.']);
});
