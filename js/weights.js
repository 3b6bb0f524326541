// Weights from safetensors streams into the core: each tensor's rows go through one
// small staging window to their place, converted or quantised by the core on the way.
import { BertletError, badModel, errorOfStatus, throwIfAborted } from './errors.js';
import { findHeads } from './heads.js';
import { streamTensors } from './safetensors.js';
import { readShardIndex } from './shard-index.js';
import { identifyTensor, scaleSuffix, tensorsOf } from './tensor-names.js';

export const weightsFile = 'model.safetensors';
const indexFile = 'model.safetensors.index.json';

/** Bytes of the staging window, unless one row is longer. */
const stagingBytes = 1 << 20;

/** Bytes of an element, by the types that a weight may have in a file. */
const elementBytes = { F32: 4, F16: 2, BF16: 2, I8: 1 };

/**
 * @typedef {{ address: number, parts: Set<string>, heads: Record<string, string>,
 *   parameters: number, labels: number }} LoadedModel where the C model is, and what it has (heads.js)
 */

/**
 * Streams the weights of a folder into the permanent region of `memory`.
 * @param {import('./memory.js').Memory} memory
 * @param {import('./config.js').Config} config
 * @param {'fp32' | 'int8' | 'int8-fast'} dtype
 * @param {import('./source.js').Source} source
 * @param {{ signal?: AbortSignal }} control
 * @returns {Promise<LoadedModel>}
 */
export async function loadWeights(memory, config, dtype, source, { signal } = {}) {
  const single = await source.openStream(weightsFile, { optional: true });
  if (single) {
    const writer = new ModelWriter(memory, config, dtype);
    await writer.takeFile(weightsFile, single);
    return writer.finish();
  }
  source.announce(weightsFile, 0);
  const shards = await readIndex(source);
  const names = [...shards.values()].flatMap((tensors) => [...tensors]);
  const writer = new ModelWriter(memory, config, dtype, names);
  for (const file of shards.keys()) {
    throwIfAborted(signal);
    await writer.takeFile(file, await source.openStream(file));
  }
  return writer.finish();
}

/**
 * Of a sharded model: which tensors each file holds.
 * @param {import('./source.js').Source} source
 * @returns {Promise<Map<string, Set<string>>>}
 * @throws NOT_FOUND, BAD_MODEL
 */
export async function readIndex(source) {
  const index = await source.readJson(indexFile, { optional: true });
  if (index !== undefined) return readShardIndex(index, indexFile);
  throw new BertletError(
    'NOT_FOUND',
    `${source.description} has neither ${weightsFile} nor ${indexFile}: save it as safetensors.`,
  );
}

/** Lays the model out once the first header is known, then takes rows tensor by tensor. */
class ModelWriter {
  #memory;
  #config;
  #dtype;
  #names;
  /** @type {import('./heads.js').Heads} */
  #heads;
  #configStruct;
  #staging;
  #stagingBytes;
  #stagingMark;
  #address = 0;
  #seen = new Map(); // tensor or scale by name → its type in the file

  /** @param {string[] | undefined} names of all tensors, where the model is sharded */
  constructor(memory, config, dtype, names) {
    this.#memory = memory;
    this.#config = config;
    this.#dtype = dtype;
    this.#names = names;
  }

  async takeFile(file, stream) {
    await streamTensors(stream, file, {
      onHeader: ({ tensors }) => this.#address || this.#create(file, tensors),
      wanted: (name, info) => this.#sinkFor(file, name, info),
    });
  }

  #create(file, tensors) {
    const memory = this.#memory;
    const config = this.#config;
    const present = new Map();
    for (const name of this.#names ?? tensors.keys()) {
      const tensor = identifyTensor(memory, name);
      if (tensor && !tensor.isScale) present.set(tensor.name, tensors.get(name)?.shape ?? []);
    }
    const heads = findHeads(present, config.head);
    this.#heads = heads;
    for (const { name } of tensorsOf(memory, config.layers, heads)) {
      if (!present.has(name)) throw bad(this.#names ? indexFile : file, name, 'is missing');
    }
    const { model_type, head, ...fields } = config;
    this.#configStruct = memory.writeStruct('bl_config', {
      ...fields,
      dtype: memory.constants[`BL_DTYPE_${this.#dtype.toUpperCase().replace('-', '_')}`],
      activation: memory.constants[`BL_ACTIVATION_${config.activation}`],
      parts: [...heads.parts].reduce((bits, part) => bits | memory.constants[`BL_PART_${part}`], 0),
      labels: heads.labels,
    });
    // Absurd sizes in config.json must fail here, before memory is taken for them.
    for (const [name, info] of tensors) this.#check(file, name, info);

    const pointer = memory.alloc(4);
    const status = memory.tryCall('bl_model_create', memory.arena, this.#configStruct, pointer);
    if (status !== 'BL_OK') throw errorOfStatus(status);
    this.#address = memory.readU32(pointer);
    memory.seal();
    this.#stagingMark = memory.mark();
    const widestRow = 4 * Math.max(config.hidden_size, config.intermediate_size);
    this.#stagingBytes = Math.max(stagingBytes, widestRow);
    this.#staging = memory.alloc(this.#stagingBytes);
  }

  /** What the file says of a tensor against what the configuration asks for. */
  #check(file, name, { dtype, shape }) {
    const { layers } = this.#config;
    const tensor = identifyTensor(this.#memory, name);
    if (!tensor || !this.#heads.isNeeded(tensor.name)) return undefined;
    if (tensor.layer >= layers) {
      throw bad(file, name, `is of a layer beyond the ${layers} of config.json`);
    }
    const { rows, columns, is_matrix: isMatrix, quantizable } = this.#shapeOf(tensor);
    if (tensor.isScale) {
      if (!quantizable) return undefined;
      const isColumn = shape.length === 1 || (shape.length === 2 && shape[1] === 1);
      if (dtype !== 'F32' || !isColumn || shape[0] !== rows) {
        throw bad(file, name, `is ${dtype} [${shape}], not F32 [${rows}]`);
      }
    } else {
      const wanted = isMatrix ? [rows, columns] : [columns];
      if (String(shape) !== String(wanted)) {
        throw bad(file, name, `has the shape [${shape}], config.json makes it [${wanted}]`);
      }
      if (!Object.hasOwn(elementBytes, dtype) || (dtype === 'I8' && !quantizable)) {
        throw new BertletError(
          'UNSUPPORTED',
          `${file}: tensor ${name} is ${dtype}; supported: F32, F16, BF16, for large matrices also I8.`,
        );
      }
    }
    return { ...tensor, rows, columns };
  }

  #shapeOf({ role, layer }) {
    const memory = this.#memory;
    return memory.scratch(() => {
      const shape = memory.writeStruct('bl_tensor_shape');
      memory.call('bl_model_tensor_shape', this.#configStruct, role, layer, shape);
      return memory.readStruct('bl_tensor_shape', shape);
    });
  }

  /** Where the rows of a tensor go; null when nothing needs them. */
  #sinkFor(file, name, info) {
    const tensor = this.#check(file, name, info);
    if (!tensor) return null;
    const memory = this.#memory;
    const staging = this.#staging;
    const { role, layer, rows, columns, isScale } = tensor;
    const key = isScale ? tensor.name + scaleSuffix : tensor.name;
    if (this.#seen.has(key)) {
      if (key === 'cls.predictions.bias') return null; // usual: it is the decoder's as well
      throw bad(file, name, 'stands there under two names');
    }
    this.#seen.set(key, info.dtype);

    const rowBytes = isScale ? 4 : columns * elementBytes[info.dtype];
    const windowBytes = rowBytes * Math.min(Math.floor(this.#stagingBytes / rowBytes), rows);
    const [call, ...fixed] = isScale
      ? ['bl_model_write_scales', this.#address, role, layer]
      : ['bl_model_write_rows', this.#address, memory.arena, role, layer];
    if (!isScale) fixed.push(memory.constants[`BL_SOURCE_${info.dtype}`]);
    return {
      rows,
      window: () => memory.bytes(staging, windowBytes),
      rowsReady: (begin, count) => {
        if (memory.tryCall(call, ...fixed, begin, count, staging) !== 'BL_OK') {
          throw bad(file, name, 'holds NaN, an infinity, or a negative scale');
        }
      },
    };
  }

  finish() {
    const memory = this.#memory;
    let parameters = 0;
    for (const tensor of tensorsOf(memory, this.#config.layers, this.#heads)) {
      const { name } = tensor;
      if (!this.#seen.has(name)) throw bad(indexFile, name, 'is not in the file that is named');
      if (this.#seen.get(name) === 'I8' && !this.#seen.has(name + scaleSuffix)) {
        throw bad(weightsFile, name + scaleSuffix, 'is missing');
      }
      const { rows, columns } = this.#shapeOf(tensor);
      parameters += rows * columns;
    }
    // It would say where something is missing.
    const where = memory.alloc(8);
    memory.call('bl_model_finish', this.#address, where, where + 4);
    memory.reset(this.#stagingMark);
    const { parts, heads, labels } = this.#heads;
    return { address: this.#address, parts, heads, labels, parameters };
  }
}

function bad(file, name, what) {
  return badModel(`${file}: tensor ${name}`, what);
}
