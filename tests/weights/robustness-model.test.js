// Bad models: the right error, and a model that is loaded already stays usable.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { load } from 'bertlet';

import {
  decode,
  encode,
  floatFolder,
  int8Folder,
  loadHealthy,
  rejectsLoad,
  sentence,
  weights,
  weightsName,
  withChangedHeader,
  withConfig,
  withTensors,
  withWeights,
} from '../helpers/damage.js';
import { readFolder, tinyModel } from '../helpers/fixtures.js';
import {
  floatTensor,
  readHeader,
  readTensors,
  withHeader,
  writeTensors,
} from '../helpers/safetensors.js';
import { withModel } from '../helpers/with-model.js';

const shardedFolder = readFolder(tinyModel('sharded'));
let healthy;
before(async () => {
  healthy = await loadHealthy();
});
after(() => healthy.model.dispose());

test('a source of no known kind', async () => {
  for (const source of [42, true, '', {}, [], { 'config.json': 7 }, () => 1]) {
    await rejectsLoad(source, 'BAD_ARGUMENT', `source ${String(source)}`);
  }
  await healthy.check();
});

test('missing folders and files', async () => {
  await rejectsLoad('tests/fixtures/models/no-such-model', 'NOT_FOUND', 'no folder');
  await rejectsLoad(new URL('../fixtures/models/none/', import.meta.url), 'NOT_FOUND', 'no folder');
  for (const name of ['config.json', 'tokenizer.json', weightsName]) {
    const { [name]: _, ...rest } = floatFolder;
    await rejectsLoad(rest, 'NOT_FOUND', `no ${name}`);
  }
  const shard = 'model-00002-of-00003.safetensors';
  const { [shard]: _, ...rest } = shardedFolder;
  await rejectsLoad(rest, 'NOT_FOUND', `no ${shard}`);
  await healthy.check();
});

test('files that are not JSON, or JSON of another kind', async () => {
  const cases = [
    '',
    '{',
    'null',
    '[]',
    '"text"',
    '12',
    '{"a":1,}',
    '<!doctype html>',
    '\u0000',
    '{}x',
  ];
  for (const name of ['config.json', 'tokenizer.json']) {
    for (const text of cases) {
      await rejectsLoad({ ...floatFolder, [name]: encode(text) }, 'BAD_MODEL', `${name}: ${text}`);
    }
    const notUtf8 = { ...floatFolder, [name]: Uint8Array.of(0x7b, 0xff, 0x7d) };
    await rejectsLoad(notUtf8, 'BAD_MODEL', `${name} is not UTF-8`);
  }
  for (const name of ['modules.json', 'sentence_bert_config.json', '1_Pooling/config.json']) {
    await rejectsLoad({ ...floatFolder, [name]: encode('{') }, 'BAD_MODEL', name);
  }
  for (const text of ['{', '[]', '{"weight_map":5}', '{"weight_map":{"a":"../b"}}', '{}']) {
    const source = { ...shardedFolder, 'model.safetensors.index.json': encode(text) };
    await rejectsLoad(source, 'BAD_MODEL', `index: ${text}`);
  }
  await healthy.check();
});

test('weights that are cut off, or too long', async () => {
  const { dataStart } = readHeader(weights);
  const lengths = [0, 1, 7, 8, 9, 200, dataStart - 1, dataStart, dataStart + 1];
  for (let length = dataStart + 50; length < weights.length; length += 1777) lengths.push(length);
  for (const length of [...lengths, weights.length - 4, weights.length - 1]) {
    await rejectsLoad(withWeights(weights.slice(0, length)), 'BAD_MODEL', `${length} bytes`);
    // A stream doesn't say its length before.
    const stream = { ...floatFolder, [weightsName]: new Blob([weights.slice(0, length)]).stream() };
    await rejectsLoad(stream, 'BAD_MODEL', `stream of ${length} bytes`, { dtype: 'int8' });
  }
  await rejectsLoad(withWeights(new Uint8Array([...weights, 0])), 'BAD_MODEL', 'a byte more');
  await healthy.check();
});

test('headers that lie', async () => {
  const name = 'encoder.layer.1.output.dense.weight';
  const change = (entry) => withChangedHeader((header) => void Object.assign(header[name], entry));
  const { header } = readHeader(weights);
  const [begin, end] = header[name].data_offsets;
  const [rows, columns] = header[name].shape;
  const cases = {
    'offsets into the tensor before': change({ data_offsets: [begin - 4, end - 4] }),
    'offsets that overlap all': change({ data_offsets: [0, end - begin] }),
    'offsets outside': change({ data_offsets: [begin + 1e9, end + 1e9] }),
    'offsets beyond 2^53': change({ data_offsets: [2 ** 60, 2 ** 60 + end - begin] }),
    'offsets the wrong way round': change({ data_offsets: [end, begin] }),
    'offsets below zero': change({ data_offsets: [-4, end - begin - 4] }),
    'offsets that are text': change({ data_offsets: [String(begin), String(end)] }),
    'one offset': change({ data_offsets: [begin] }),
    'no offsets': change({ data_offsets: undefined }),
    'offsets that are fractions': change({ data_offsets: [begin + 0.5, end + 0.5] }),
    'fewer bytes than the shape': change({ data_offsets: [begin, end - 4] }),
    'a product beyond 2^32': change({ shape: [2 ** 30, 2 ** 30] }),
    'a product that is 0 modulo 2^64': change({
      shape: [2 ** 32, 2 ** 32],
      data_offsets: [begin, begin],
    }),
    'a product beyond all floats': change({ shape: Array(40).fill(2 ** 50) }),
    'a shape below zero': change({ shape: [-rows, -columns] }),
    'a shape of fractions': change({ shape: [rows / 2, columns * 2 + 0.5] }),
    'a shape of text': change({ shape: [String(rows), String(columns)] }),
    'a shape that is null': change({ shape: null }),
    'a shape that is flat': change({ shape: [rows * columns] }),
    'a shape with another dimension': change({ shape: [rows, columns, 1] }),
    'a shape turned over': change({ shape: [columns, rows] }),
    'no rows': change({ shape: [0, columns], data_offsets: [begin, begin] }),
    'no dtype': change({ dtype: undefined }),
    'a dtype that is unheard of': change({ dtype: 'Q4_K' }),
    'a dtype of another size': change({ dtype: 'F16' }),
    'an entry that is text': withChangedHeader((all) => ({ ...all, [name]: 'F32' })),
    'an entry that is null': withChangedHeader((all) => ({ ...all, [name]: null })),
    'a list': withChangedHeader(() => []),
    'no JSON': withWeights(withHeader('{"a":', [])),
    'nothing at all': withWeights(withHeader('', [])),
    'no tensors': withWeights(withHeader({}, [])),
    'a length of 2^64 - 1': withWeights(
      new Uint8Array(weights.map((byte, i) => (i < 8 ? 255 : byte))),
    ),
    'a length of 2^32': withWeights(weights.map((byte, i) => (i < 8 ? Number(i === 4) : byte))),
    'a web page': withWeights(encode('<!doctype html><title>Not found</title>')),
    'a pointer to a large file': withWeights(
      encode('version https://git-lfs.github.com/spec/v1\n'),
    ),
  };
  for (const [what, source] of Object.entries(cases)) await rejectsLoad(source, 'BAD_MODEL', what);
  // A matrix of doubles is a sound file that is not supported.
  const doubles = withTensors(floatFolder, (tensors) => {
    tensors.set(name, {
      dtype: 'F64',
      shape: [rows, columns],
      bytes: new Uint8Array(rows * columns * 8),
    });
  });
  await rejectsLoad(doubles, 'UNSUPPORTED', 'F64');
  await healthy.check();
});

test('tensors that are missing or have a shape against config.json', async () => {
  for (const [name, { dtype, shape }] of readTensors(weights)) {
    // A model without pooler.dense.weight is a model without pooler.
    if (name !== 'pooler.dense.weight') {
      const missing = withTensors(floatFolder, (tensors) => tensors.delete(name));
      await rejectsLoad(missing, 'BAD_MODEL', `no ${name}`);
    }
    for (const [index, by] of [
      [0, 1],
      [shape.length - 1, -1],
      [0, 8],
    ]) {
      const other = shape.map((size, i) => (i === index ? size + by : size));
      const source = withTensors(floatFolder, (tensors) => {
        const length = other.reduce((product, size) => product * size, 4);
        tensors.set(name, { dtype, shape: other, bytes: new Uint8Array(length) });
      });
      await rejectsLoad(source, 'BAD_MODEL', `${name} ${other}`, { dtype: 'int8' });
    }
  }
  await healthy.check();
});

test('the same tensor under two names', async () => {
  const twice = withTensors(floatFolder, (tensors) => {
    tensors.set('bert.embeddings.LayerNorm.gamma', tensors.get('embeddings.LayerNorm.weight'));
  });
  await rejectsLoad(twice, 'BAD_MODEL', 'twice');
});

test('shards that contradict their index or each other', async () => {
  const [first, second] = ['model-00001-of-00003.safetensors', 'model-00002-of-00003.safetensors'];
  const swapped = { ...shardedFolder, [second]: shardedFolder[first] };
  await rejectsLoad(swapped, 'BAD_MODEL', 'the first shard twice');
  const empty = { ...shardedFolder, [second]: writeTensors(new Map()) };
  await rejectsLoad(empty, 'BAD_MODEL', 'an empty shard');
  const cut = { ...shardedFolder, [second]: shardedFolder[second].slice(0, -5) };
  await rejectsLoad(cut, 'BAD_MODEL', 'a shard cut off');
  await healthy.check();
});

test('sizes in config.json that are no sizes, or disagree with the tensors', async () => {
  const sizes = [
    'hidden_size',
    'num_hidden_layers',
    'num_attention_heads',
    'intermediate_size',
    'vocab_size',
    'max_position_embeddings',
    'type_vocab_size',
  ];
  const right = decode(floatFolder['config.json']);
  const values = [
    0,
    -1,
    1.5,
    '12',
    null,
    true,
    [12],
    {},
    1e300,
    2 ** 31 - 1,
    2 ** 32,
    2 ** 53,
    2 ** 63,
  ];
  for (const key of sizes) {
    // 12 may be cut into more or fewer heads: no tensor shows how many there are.
    const others = key === 'num_attention_heads' ? [5, 24] : [right[key] + 1, right[key] - 1];
    for (const value of [...values, ...others]) {
      const source = withConfig(floatFolder, { [key]: value });
      await rejectsLoad(source, 'BAD_MODEL', `${key}: ${JSON.stringify(value)}`);
    }
  }
  for (const epsilon of ['1e-12', -1, {}, [1e-12], true]) {
    const source = withConfig(floatFolder, { layer_norm_eps: epsilon });
    await rejectsLoad(source, 'BAD_MODEL', `layer_norm_eps ${JSON.stringify(epsilon)}`);
  }
  await healthy.check();
});

test('sizes so large that memory cannot hold them', async () => {
  // Header, config and file agree; only the bytes are not there.
  const vocab = 2 ** 30;
  const { header } = readHeader(weights);
  const huge = Object.fromEntries(
    Object.entries(header).sort(
      ([, a], [, b]) => (a.data_offsets?.[0] ?? -1) - (b.data_offsets?.[0] ?? -1),
    ),
  );
  let offset = 0;
  for (const [name, entry] of Object.entries(huge)) {
    if (name === '__metadata__') continue;
    if (name === 'embeddings.word_embeddings.weight') entry.shape = [vocab, 12];
    const bytes = entry.shape.reduce((product, size) => product * size, 4);
    entry.data_offsets = [offset, offset + bytes];
    offset += bytes;
  }
  const source = withConfig(withWeights(withHeader(huge, [new Uint8Array(64)])), {
    vocab_size: vocab,
  });
  await rejectsLoad(source, ['BAD_MODEL', 'OUT_OF_MEMORY'], 'bytes');
  const stream = () => ({ ...source, [weightsName]: new Blob([source[weightsName]]).stream() });
  await rejectsLoad(stream(), ['BAD_MODEL', 'OUT_OF_MEMORY'], 'stream', { dtype: 'fp32' });
  await rejectsLoad(stream(), ['BAD_MODEL', 'OUT_OF_MEMORY'], 'stream', { dtype: 'int8' });
  await healthy.check();
});

test('models of another kind', async () => {
  for (const model_type of ['deberta', 't5', 'bart', 'BERT', '']) {
    const source = withConfig(floatFolder, { model_type });
    await rejectsLoad(source, 'UNSUPPORTED', `model_type "${model_type}"`);
  }
  for (const model_type of [5, {}, ['bert']]) {
    await rejectsLoad(withConfig(floatFolder, { model_type }), 'BAD_MODEL', String(model_type));
  }
  for (const hidden_act of ['mish', '', 'toString']) {
    await rejectsLoad(withConfig(floatFolder, { hidden_act }), 'UNSUPPORTED', hidden_act);
  }
  await rejectsLoad(
    withConfig(floatFolder, { position_embedding_type: 'relative_key' }),
    'UNSUPPORTED',
    'relative positions',
  );
  const { [weightsName]: _, ...rest } = floatFolder;
  await rejectsLoad({ ...rest, 'pytorch_model.bin': weights }, 'NOT_FOUND', 'only a .bin');
  await healthy.check();
});

test('weights that are not finite numbers', async () => {
  for (const [name, tensor] of readTensors(weights)) {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const source = withTensors(floatFolder, (tensors) => {
        const bytes = tensor.bytes.slice();
        new Float32Array(bytes.buffer)[bytes.length / 4 - 1] = bad;
        tensors.set(name, { ...tensor, bytes });
      });
      await rejectsLoad(source, 'BAD_MODEL', `${name} ${bad}`);
    }
  }
  for (const [folder, infinity] of [
    ['float16', 0x7c00],
    ['bfloat16', 0x7f80],
  ]) {
    const source = readFolder(tinyModel(folder));
    for (const bits of [infinity, infinity | 0x8000, infinity | 1, 0xffff]) {
      const changed = withTensors(source, (tensors) => {
        new Uint16Array(tensors.get('encoder.layer.0.output.dense.weight').bytes.buffer)[3] = bits;
      });
      await rejectsLoad(changed, 'BAD_MODEL', `${folder} ${bits.toString(16)}`);
    }
  }
  await healthy.check();
});

test('int8 rows with scales that are missing or wrong', async () => {
  const name = 'encoder.layer.1.attention.self.key.weight';
  const scaleName = `${name}_scale`;
  const { shape, bytes } = readTensors(int8Folder[weightsName]).get(scaleName);
  const scales = new Float32Array(bytes.slice().buffer);
  const set = (key, tensor) => withTensors(int8Folder, (tensors) => tensors.set(key, tensor));
  const changed = (value) => scales.map((scale, i) => (i === 2 ? value : scale));
  const cases = {
    'no scale': withTensors(int8Folder, (tensors) => tensors.delete(scaleName)),
    'a scale less': set(scaleName, floatTensor([shape[0] - 1], scales.slice(1))),
    'a scale more': set(scaleName, floatTensor([shape[0] + 1], [...scales, 1])),
    'one scale': set(scaleName, floatTensor([1], [0.5])),
    'scales in a square': set(scaleName, floatTensor([3, 5], scales)),
    'no scales': set(scaleName, floatTensor([0], [])),
    'scales of another type': set(scaleName, {
      dtype: 'F16',
      shape,
      bytes: new Uint8Array(2 * shape[0]),
    }),
    'scales of int8': set(scaleName, { dtype: 'I8', shape, bytes: new Uint8Array(shape[0]) }),
    'a scale that is NaN': set(scaleName, floatTensor(shape, changed(NaN))),
    'a scale without end': set(scaleName, floatTensor(shape, changed(Infinity))),
    'a scale below zero': set(scaleName, floatTensor(shape, changed(-0.5))),
    'no scale of the words': withTensors(int8Folder, (tensors) =>
      tensors.delete('embeddings.word_embeddings.weight_scale'),
    ),
    'words without rows': withTensors(int8Folder, (tensors) =>
      tensors.delete('embeddings.word_embeddings.weight'),
    ),
  };
  for (const [what, source] of Object.entries(cases)) await rejectsLoad(source, 'BAD_MODEL', what);
  const vector = set('embeddings.LayerNorm.weight', {
    dtype: 'I8',
    shape: [15],
    bytes: new Uint8Array(15),
  });
  await rejectsLoad(vector, ['UNSUPPORTED', 'BAD_MODEL'], 'a norm of int8');
  await healthy.check();
});

test('a row of zeros with scale 0, and rows at the ends of int8, are sound', async () => {
  const name = 'encoder.layer.0.intermediate.dense.weight';
  const source = withTensors(int8Folder, (tensors) => {
    const { bytes, shape } = tensors.get(name);
    const rows = new Int8Array(bytes.buffer);
    const width = shape[1];
    rows.fill(0, 0, width);
    new Float32Array(tensors.get(`${name}_scale`).bytes.buffer)[0] = 0;
    rows.fill(127, width, 2 * width);
    rows.fill(-128, 2 * width, 3 * width);
  });
  await checkInt8NearFloat(source);
});

test('rows of zeros and of the smallest numbers can be quantised', async () => {
  const source = withTensors(floatFolder, (tensors) => {
    const { bytes, shape } = tensors.get('encoder.layer.0.intermediate.dense.weight');
    const rows = new Float32Array(bytes.buffer);
    const width = shape[1];
    rows.fill(0, 0, width);
    rows.fill(1e-45, width, 2 * width);
    rows.fill(-1e-41, 2 * width, 3 * width);
    rows.fill(2e-38, 3 * width, 4 * width);
  });
  await checkInt8NearFloat(source);
});

async function checkInt8NearFloat(source) {
  const vectors = [];
  for (const dtype of ['fp32', 'int8']) {
    await withModel(source, { dtype }, async (model) => vectors.push(await model.embed(sentence)));
  }
  assert.ok(vectors.flatMap((vector) => [...vector]).every(Number.isFinite));
  assert.ok(vectors[0].every((value, i) => Math.abs(value - vectors[1][i]) < 0.02));
}

test('options of load() that are wrong', async () => {
  const cases = [
    { dtype: 'fp16' },
    { dtype: 8 },
    { dtype: 'INT8' },
    { simd: 'avx' },
    { threads: 0 },
    { threads: 'many' },
    { threads: 1.5 },
    { worker: 'yes' },
    { signal: {} },
    { signal: 'now' },
    { cache: 5 },
    { integrity: { 'config.json': 'md5-abc' } },
  ];
  for (const options of cases) {
    await assert.rejects(
      load(floatFolder, options),
      { code: 'BAD_ARGUMENT' },
      JSON.stringify(options),
    );
  }
  await assert.rejects(load(floatFolder, null), { code: 'BAD_ARGUMENT' });
  await healthy.check();
});
