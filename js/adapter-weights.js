// An adapter's folder into the core, beside the base model whose memory it shares.
import {
  adapterConfigFile,
  adapterWeightsFile,
  identifyAdapterTensor,
  readAdapterConfig,
} from './adapter-config.js';
import { BertletError, errorOfStatus, throwIfAborted } from './errors.js';
import { findHeads, readHeadConfig } from './heads.js';
import { streamTensors } from './safetensors.js';
import { openSource } from './source.js';
import { scaleSuffix } from './tensor-names.js';
import {
  badTensor,
  checkShape,
  checkType,
  createTensorWriter,
  elementBytes,
  writeConfig,
} from './tensor-writer.js';

/**
 * @typedef {import('./weights.js').LoadedModel & { head: import('./heads.js').HeadConfig }} LoadedAdapter
 *
 * @param {{ memory: import('./memory.js').Memory, config: import('./config.js').Config }} engine
 *   with nothing in its scratch memory
 * @param {import('./weights.js').LoadedModel} base
 * @param {unknown} given as openSource takes it
 * @param {import('./source.js').SourceOptions & { report?: import('./progress.js').FileProgress }}
 *   options
 * @returns {Promise<LoadedAdapter>}
 */
export async function openAdapter({ memory, config }, base, given, { report, ...options }) {
  const source = await openSource(given, { ...options, onFileProgress: report });
  try {
    return await loadAdapter(memory, config, base, source, options);
  } finally {
    await source.close();
  }
}

/**
 * @param {import('./memory.js').Memory} memory with nothing in its scratch
 * @param {import('./config.js').Config} config the base's
 * @param {import('./weights.js').LoadedModel} base
 * @param {import('./source.js').Source} source the adapter's folder
 * @param {{ signal?: AbortSignal }} [control]
 * @returns {Promise<LoadedAdapter>}
 */
async function loadAdapter(memory, config, base, source, { signal } = {}) {
  const settings = readAdapterConfig(await source.readJson(adapterConfigFile));
  const json = await source.readJson('config.json', { optional: true });
  const head = {
    ...(json ? readHeadConfig(json, { file: 'the adapter’s config.json' }) : config.head),
    tied: config.head.tied,
  };
  head.classifier ??= settings.classifier;
  const mark = memory.mark();
  try {
    const writer = new AdapterWriter(memory, { ...config, head }, base, settings);
    const stream = await source.openStream(adapterWeightsFile);
    await streamTensors(stream, adapterWeightsFile, {
      onHeader: ({ tensors }) => writer.create(tensors),
      wanted: (name, info) => writer.sinkFor(name, info),
    });
    throwIfAborted(signal);
    return { ...writer.finish(), head };
  } catch (error) {
    memory.reset(mark);
    throw error;
  }
}

class AdapterWriter {
  #memory;
  #config;
  #base;
  #settings;
  #heads;
  #tensors; // what each tensor of the file is, by its name there
  #writer;
  #present;
  #address = 0;
  #top = 0;

  constructor(memory, config, base, settings) {
    this.#memory = memory;
    this.#config = config;
    this.#base = base;
    this.#settings = settings;
  }

  create(infos) {
    const memory = this.#memory;
    this.#tensors = new Map();
    this.#present = new Map(this.#base.present);
    for (const [name, info] of infos) {
      const tensor = identifyAdapterTensor(memory, name);
      if (!tensor) continue;
      this.#tensors.set(name, tensor);
      if (!tensor.half && !tensor.isScale) this.#present.set(tensor.name, info.shape);
      if (tensor.name === 'cls.predictions.decoder.weight' && !tensor.half) {
        this.#config.head.tied = false;
      }
    }
    this.#heads = findHeads(this.#present, this.#config.head);
    const place = memory.alloc(4);
    const configStruct = writeConfig(memory, this.#config, this.#base.dtype, this.#heads);
    this.#writer = createTensorWriter(memory, configStruct);
    const changes = this.#listChanges(infos);
    this.#createModel(configStruct, changes, place);
    // What the model takes stays; the staging window above it goes when all is written.
    this.#top = memory.mark();
    this.#writer.openStaging(this.#widestRow());
  }

  #createModel(configStruct, changes, place) {
    const memory = this.#memory;
    const { size } = memory.structs.bl_adapter_change;
    const list = memory.alloc(Math.max(size * changes.length, 1));
    changes.forEach((change, i) => {
      memory.updateStruct('bl_adapter_change', list + i * size, change);
    });
    const status = memory.tryCall(
      'bl_adapter_create',
      memory.arena,
      this.#base.address,
      configStruct,
      list,
      changes.length,
      place,
    );
    if (status !== 'BL_OK') {
      const noRoom = `There is no memory left for the adapter of ${adapterWeightsFile}.`;
      throw errorOfStatus(status, { BL_OUT_OF_MEMORY: noRoom }, 'bl_adapter_create');
    }
    this.#address = memory.readU32(place);
  }

  /** One change for each tensor given whole, and one for the two halves of a path. */
  #listChanges(infos) {
    const changes = new Map();
    for (const [name, info] of infos) {
      const tensor = this.#tensors.get(name);
      if (!tensor || tensor.isScale || !this.#isNeeded(tensor)) continue;
      const { role, layer, half, module } = tensor;
      if (layer >= this.#config.layers) {
        throw badTensor(adapterWeightsFile, name, 'is of a layer that the base does not have');
      }
      const rank = half ? this.#settings.rankOf(module) : 0;
      const key = `${role} ${layer}`;
      const known = changes.get(key);
      if (known && known.rank === 0 && rank === 0) {
        this.#tensors.delete(name); // peft writes some biases twice
        continue;
      }
      if (known && (known.rank === 0 || rank === 0)) {
        throw badTensor(adapterWeightsFile, name, 'is given whole and as a low-rank path');
      }
      const scale = half ? this.#settings.scaleOf(module, rank) : 0;
      changes.set(key, { role, layer, rank, scale });
      tensor.shape = this.#check(name, tensor, rank, info);
    }
    return [...changes.values()];
  }

  /** A path may be beside a decoder that is no tensor of its own. */
  #isNeeded({ name, half }) {
    const isDecoder = half !== undefined && name === 'cls.predictions.decoder.weight';
    return this.#heads.isNeeded(isDecoder ? 'cls.predictions.bias' : name);
  }

  #check(name, tensor, rank, info) {
    const writer = this.#writer;
    if (!tensor.half) return writer.check(adapterWeightsFile, name, tensor, info);
    // A decoder that is the table of word embeddings has its shape.
    const beside = this.#heads.isNeeded(tensor.name)
      ? tensor
      : { role: this.#memory.roles.get('embeddings.word_embeddings.weight'), layer: 0 };
    const { rows: outputs, columns: inputs } = writer.shapeOf(beside);
    const [rows, columns] = tensor.half === 'DOWN' ? [rank, inputs] : [outputs, rank];
    checkShape(adapterWeightsFile, name, info.shape, [rows, columns]);
    checkType(adapterWeightsFile, name, info.dtype, false);
    return { rows, columns };
  }

  /** Bytes. Of what is needed alone: no other shape has been checked. */
  #widestRow() {
    return [...this.#tensors.values()].reduce(
      (widest, { shape }) => Math.max(widest, 4 * (shape?.columns ?? 1)),
      0,
    );
  }

  sinkFor(name, info) {
    const memory = this.#memory;
    const tensor = this.#tensors.get(name);
    if (!tensor || !this.#isNeeded(tensor)) return null;
    if (!tensor.half) {
      const shape = tensor.shape ?? this.#writer.check(adapterWeightsFile, name, tensor, info);
      if (!shape) return null;
      return this.#writer.sink(adapterWeightsFile, name, tensor, shape, info, this.#address);
    }
    const { rows, columns } = tensor.shape;
    return this.#writer.sinkTo(
      adapterWeightsFile,
      name,
      rows,
      columns * elementBytes[info.dtype],
      'bl_adapter_write_rows',
      this.#address,
      memory.arena,
      tensor.role,
      tensor.layer,
      memory.constants[`BL_LOW_RANK_${tensor.half}`],
      memory.constants[`BL_SOURCE_${info.dtype}`],
    );
  }

  finish() {
    const memory = this.#memory;
    const where = memory.alloc(8);
    const status = memory.tryCall('bl_adapter_finish', this.#address, where, where + 4);
    if (status !== 'BL_OK') throw this.#missing(memory.readU32(where), memory.readU32(where + 4));
    memory.reset(this.#top);
    memory.seal();
    const { parts, heads, labels } = this.#heads;
    const { parameters, dtype } = this.#base;
    return {
      address: this.#address,
      parts,
      heads,
      labels,
      parameters,
      present: this.#present,
      dtype,
    };
  }

  #missing(role, layer) {
    const [name] = [...this.#memory.roles].find(([, number]) => number === role) ?? ['a tensor'];
    return new BertletError(
      'BAD_MODEL',
      `${adapterWeightsFile}: ${name.replace('*', layer)} of the adapter is missing or lacks a half (or ${scaleSuffix}).`,
    );
  }
}
