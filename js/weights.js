// Weights from safetensors streams into the core: each tensor's rows go through one
// small staging window to their place, converted or quantised by the core on the way.
import { BertletError, throwIfAborted } from './errors.js';
import { streamTensors } from './safetensors.js';
import { readShardIndex } from './shard-index.js';
import { identifyTensor, requiredTensors, scaleSuffix } from './tensor-names.js';

export const weightsFile = 'model.safetensors';
const indexFile = 'model.safetensors.index.json';

/** Bytes of the staging window, unless one row is longer. */
const stagingBytes = 1 << 20;

const dtypes = {
  fp32: 'BL_DTYPE_FP32',
  int8: 'BL_DTYPE_INT8',
  'int8-fast': 'BL_DTYPE_INT8_FAST',
};

const sourceTypes = {
  F32: { constant: 'BL_SOURCE_F32', bytes: 4 },
  F16: { constant: 'BL_SOURCE_F16', bytes: 2 },
  BF16: { constant: 'BL_SOURCE_BF16', bytes: 2 },
  I8: { constant: 'BL_SOURCE_I8', bytes: 1 },
};

/**
 * Streams the weights of a folder into the permanent region of `memory`.
 * @param {import('./memory.js').Memory} memory
 * @param {ReturnType<typeof import('./config.js').readConfig>} config
 * @param {'fp32' | 'int8' | 'int8-fast'} dtype
 * @param {import('./source.js').Source} source
 * @param {{ signal?: AbortSignal }} control
 * @returns {Promise<{ address: number, hasPooler: boolean, parameters: number }>}
 */
export async function loadWeights(memory, config, dtype, source, { signal } = {}) {
  const single = await source.openStream(weightsFile, { optional: true });
  if (single) {
    const writer = new ModelWriter(memory, config, dtype);
    await writeFile(writer, weightsFile, single);
    return writer.finish();
  }
  source.announce(weightsFile, 0);
  const shards = await readIndex(source);
  const names = [...shards.values()].flatMap((tensors) => [...tensors]);
  const writer = new ModelWriter(memory, config, dtype, names);
  for (const file of shards.keys()) {
    throwIfAborted(signal);
    await writeFile(writer, file, await source.openStream(file));
  }
  return writer.finish();
}

async function writeFile(writer, file, stream) {
  await streamTensors(stream, file, {
    onHeader: (header) => writer.readHeader(file, header),
    wanted: (name, info) => writer.sinkFor(file, name, info),
  });
}

/** Of a sharded model: which tensors each file holds. */
async function readIndex(source) {
  const index = await source.readJson(indexFile, { optional: true });
  if (index !== undefined) return readShardIndex(index, indexFile);
  throw new BertletError(
    'NOT_FOUND',
    `${source.description} has neither ${weightsFile} nor ${indexFile}. Weights in another ` +
      'format (pytorch_model.bin, ONNX) must be saved as safetensors first: ' +
      'model.save_pretrained(dir) in transformers.',
  );
}

/** Lays the model out once the first header is known, then takes rows tensor by tensor. */
class ModelWriter {
  /** @param {string[] | undefined} names of all tensors, where the model is sharded */
  constructor(memory, config, dtype, names) {
    this.memory = memory;
    this.config = config;
    this.dtype = dtype;
    this.names = names;
    this.address = 0;
    this.seen = new Set();
  }

  readHeader(file, { tensors }) {
    if (this.address === 0) this.createModel(file, this.names ?? [...tensors.keys()], tensors);
  }

  createModel(file, names, tensors) {
    const { memory, config } = this;
    const present = new Set();
    for (const name of names) {
      const tensor = identifyTensor(name);
      if (tensor) present.add(keyOf(tensor));
    }
    this.hasPooler = present.has('BL_ROLE_POOLER_WEIGHT 0 ');
    for (const { name, role, layer } of requiredTensors({ ...config, hasPooler: this.hasPooler })) {
      if (!present.has(`${role} ${layer} `)) {
        throw bad(this.names ? indexFile : file, name, 'is missing');
      }
    }
    this.configStruct = this.writeConfig();
    // Absurd sizes in config.json must fail here, before memory is taken for them.
    for (const [name, info] of tensors) this.checkTensor(file, name, info);

    const pointer = memory.alloc(4);
    const status = memory.tryCall('bl_model_create', memory.arena, this.configStruct, pointer);
    if (status !== 'BL_OK') throw this.errorOfCreate(status);
    this.address = memory.readU32(pointer);
    memory.seal();
    this.makeStaging();
  }

  writeConfig() {
    const { memory, config } = this;
    return memory.writeStruct('bl_config', {
      dtype: memory.constants[dtypes[this.dtype]],
      layers: config.layers,
      heads: config.heads,
      hidden_size: config.hiddenSize,
      intermediate_size: config.intermediateSize,
      vocab_size: config.vocabSize,
      max_positions: config.maxPositions,
      type_vocab_size: config.typeVocabSize,
      activation: memory.constants[config.activation],
      has_pooler: this.hasPooler ? 1 : 0,
      layer_norm_epsilon: config.layerNormEpsilon,
    });
  }

  errorOfCreate(status) {
    if (status === 'BL_OUT_OF_MEMORY') {
      return new BertletError(
        'OUT_OF_MEMORY',
        'The memory for the weights could not be had: use dtype "int8", or a smaller model.',
      );
    }
    return new BertletError('BAD_MODEL', 'config.json describes sizes that no model can have.');
  }

  makeStaging() {
    const { memory, config } = this;
    const widest = Math.max(config.hiddenSize, config.intermediateSize);
    this.stagingMark = memory.mark();
    this.stagingBytes = Math.max(stagingBytes, widest * 4);
    this.staging = memory.alloc(this.stagingBytes);
  }

  /**
   * What the file says of a tensor against what the configuration asks for.
   * @returns {{ role: string, layer: number, isScale: boolean } | undefined}
   */
  checkTensor(file, name, { dtype, shape }) {
    const tensor = identifyTensor(name);
    if (!tensor) return undefined;
    if (tensor.layer >= this.config.layers) {
      throw bad(file, name, `belongs to a layer that config.json (${this.config.layers}) does not have`);
    }
    if (!this.hasPooler && tensor.role.startsWith('BL_ROLE_POOLER')) return undefined;
    const expected = this.shapeOf(tensor);
    if (tensor.isScale) {
      if (!expected.quantizable) return undefined;
      const isColumn = shape.length === 1 || (shape.length === 2 && shape[1] === 1);
      if (dtype !== 'F32' || !isColumn || shape[0] !== expected.rows) {
        throw bad(file, name, `is ${dtype} ${show(shape)}, expected F32 [${expected.rows}]`);
      }
      return tensor;
    }
    const wanted = expected.isVector ? [expected.columns] : [expected.rows, expected.columns];
    if (show(shape) !== show(wanted)) {
      throw bad(file, name, `has the shape ${show(shape)}, config.json makes it ${show(wanted)}`);
    }
    const known = Object.hasOwn(sourceTypes, dtype) && (dtype !== 'I8' || expected.quantizable);
    if (!known) {
      throw new BertletError(
        'UNSUPPORTED',
        `${file}: tensor ${name} is ${dtype}; supported are F32, F16, BF16, and I8 matrices ` +
          `with F32 row scales.`,
      );
    }
    return tensor;
  }

  shapeOf({ role, layer }) {
    const { memory } = this;
    return memory.scratch(() => {
      const shape = memory.writeStruct('bl_tensor_shape');
      memory.call('bl_model_tensor_shape', this.configStruct, memory.constants[role], layer, shape);
      const { rows, columns, quantizable } = memory.readStruct('bl_tensor_shape', shape);
      return { rows, columns, quantizable: quantizable === 1, isVector: quantizable === 0 };
    });
  }

  /** Where the rows of a tensor go; null when nothing needs them. */
  sinkFor(file, name, info) {
    const tensor = this.checkTensor(file, name, info);
    if (!tensor) return null;
    if (this.seen.has(keyOf(tensor))) throw bad(file, name, 'stands twice under different names');
    this.seen.add(keyOf(tensor));

    const { memory, staging } = this;
    const role = memory.constants[tensor.role];
    const { rows, columns } = this.shapeOf(tensor);
    const rowBytes = tensor.isScale ? 4 : columns * sourceTypes[info.dtype].bytes;
    const windowRows = Math.min(Math.floor(this.stagingBytes / rowBytes), rows);
    const write = tensor.isScale
      ? (begin, count) =>
          memory.tryCall('bl_model_write_scales', this.address, role, tensor.layer, begin, count, staging)
      : (begin, count) =>
          memory.tryCall(
            'bl_model_write_rows',
            this.address,
            memory.arena,
            role,
            tensor.layer,
            memory.constants[sourceTypes[info.dtype].constant],
            begin,
            count,
            staging,
          );
    return {
      rows,
      window: () => memory.bytes(staging, windowRows * rowBytes),
      rowsReady: (begin, count) => {
        const status = write(begin, count);
        if (status === 'BL_OK') return;
        throw bad(
          file,
          name,
          status === 'BL_BAD_MODEL'
            ? 'holds a value that is not a finite number (or a negative scale)'
            : `could not be written (${status})`,
        );
      },
    };
  }

  finish() {
    const { memory } = this;
    memory.scratch(() => {
      const role = memory.alloc(4);
      const layer = memory.alloc(4);
      if (memory.tryCall('bl_model_finish', this.address, role, layer) === 'BL_OK') return;
      const missing = { role: memory.readU32(role), layer: memory.readU32(layer) };
      throw this.errorOfMissing(missing);
    });
    memory.reset(this.stagingMark);
    return { address: this.address, hasPooler: this.hasPooler, parameters: this.countParameters() };
  }

  errorOfMissing({ role, layer }) {
    for (const tensor of requiredTensors({ ...this.config, hasPooler: this.hasPooler })) {
      if (this.memory.constants[tensor.role] !== role || tensor.layer !== layer) continue;
      const isThere = this.seen.has(keyOf({ ...tensor, isScale: false }));
      const name = isThere ? tensor.name + scaleSuffix : tensor.name;
      return bad(weightsFile, name, isThere ? 'is missing: an I8 tensor needs its scales' : 'is missing');
    }
    return new BertletError('INTERNAL', `The core misses the tensor of role ${role}.`);
  }

  countParameters() {
    let count = 0;
    for (const tensor of requiredTensors({ ...this.config, hasPooler: this.hasPooler })) {
      const { rows, columns } = this.shapeOf(tensor);
      count += rows * columns;
    }
    return count;
  }
}

function keyOf({ role, layer, isScale }) {
  return `${role} ${layer} ${isScale ? 'scale' : ''}`;
}

function show(shape) {
  return `[${shape.join(', ')}]`;
}

function bad(file, name, what) {
  return new BertletError('BAD_MODEL', `${file}: tensor ${name} ${what}.`);
}
