// Weights from safetensors streams into the core: each tensor's rows go through one
// small staging window to their place, converted or quantised by the core on the way.
import { BertletError, errorOfStatus, throwIfAborted } from './errors.js';
import { findHeads } from './heads.js';
import { streamTensors } from './safetensors.js';
import { readShardIndex } from './shard-index.js';
import { identifyTensor, scaleSuffix, tensorsOf } from './tensor-names.js';
import { badTensor, TensorWriter, writeConfig } from './tensor-writer.js';

export const weightsFile = 'model.safetensors';
const indexFile = 'model.safetensors.index.json';

/**
 * @typedef {{ address: number, parts: Set<string>, heads: Record<string, string>,
 *   labels: number, parameters: number, present: Map<string, number[]>, dtype: string }} LoadedModel
 *   where the C model is, and what it has (heads.js); `present`: its tensors' shapes
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

/** The two names of the masked LM's bias. */
const sharedBias = 'cls.predictions.bias';
const decoderBias = 'cls.predictions.decoder.bias';

/** Lays the model out once the first header is known, then takes rows tensor by tensor. */
class ModelWriter {
  #memory;
  #config;
  #dtype;
  #names;
  /** @type {import('./heads.js').Heads} */
  #heads;
  #present = new Map();
  #ignored;
  /** @type {TensorWriter} */
  #tensors;
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
    const present = this.#present;
    const names = new Set(this.#names ?? tensors.keys());
    for (const name of names) {
      const tensor = identifyTensor(memory, name);
      if (tensor && !tensor.isScale) present.set(tensor.name, tensors.get(name)?.shape ?? []);
    }
    const heads = findHeads(present, config.head);
    this.#heads = heads;
    // Where both stand there, that of a decoder of its own is not the shared one.
    if (names.has(decoderBias) && names.has(sharedBias)) {
      this.#ignored = heads.parts.has('DECODER') ? sharedBias : decoderBias;
    }
    for (const { name } of tensorsOf(memory, config.layers, heads)) {
      if (!present.has(name)) throw badTensor(this.#names ? indexFile : file, name, 'is missing');
    }
    const configStruct = writeConfig(memory, config, this.#dtype, heads);
    this.#tensors = new TensorWriter(memory, configStruct);
    // Absurd sizes in config.json must fail here, before memory is taken for them.
    for (const [name, info] of tensors) this.#check(file, name, info);

    const pointer = memory.alloc(4);
    const status = memory.tryCall('bl_model_create', memory.arena, configStruct, pointer);
    if (status !== 'BL_OK') throw errorOfStatus(status);
    this.#address = memory.readU32(pointer);
    memory.seal();
    this.#stagingMark = memory.mark();
    this.#tensors.openStaging(4 * Math.max(config.hidden_size, config.intermediate_size));
  }

  /** What the file says of a tensor against what the configuration asks for. */
  #check(file, name, info) {
    const { layers } = this.#config;
    const tensor = name === this.#ignored ? undefined : identifyTensor(this.#memory, name);
    if (!tensor || !this.#heads.isNeeded(tensor.name)) return undefined;
    if (tensor.layer >= layers) {
      throw badTensor(file, name, `is of a layer beyond the ${layers} of config.json`);
    }
    const shape = this.#tensors.check(file, name, tensor, info);
    return shape && { tensor, shape };
  }

  /** Where the rows of a tensor go; null when nothing needs them. */
  #sinkFor(file, name, info) {
    const checked = this.#check(file, name, info);
    if (!checked) return null;
    const { tensor, shape } = checked;
    const key = tensor.isScale ? tensor.name + scaleSuffix : tensor.name;
    if (this.#seen.has(key)) throw badTensor(file, name, 'stands there under two names');
    this.#seen.set(key, info.dtype);
    return this.#tensors.sink(file, name, tensor, shape, info, this.#address);
  }

  finish() {
    const memory = this.#memory;
    let parameters = 0;
    for (const tensor of tensorsOf(memory, this.#config.layers, this.#heads)) {
      const { name } = tensor;
      if (!this.#seen.has(name))
        throw badTensor(indexFile, name, 'is not in the file that is named');
      if (this.#seen.get(name) === 'I8' && !this.#seen.has(name + scaleSuffix)) {
        throw badTensor(weightsFile, name + scaleSuffix, 'is missing');
      }
      const { rows, columns } = this.#tensors.shapeOf(tensor);
      parameters += rows * columns;
    }
    // It would say where something is missing.
    const where = memory.alloc(8);
    memory.call('bl_model_finish', this.#address, where, where + 4);
    memory.reset(this.#stagingMark);
    return {
      address: this.#address,
      parts: this.#heads.parts,
      heads: this.#heads.heads,
      labels: this.#heads.labels,
      parameters,
      present: this.#present,
      dtype: this.#dtype,
    };
  }
}
