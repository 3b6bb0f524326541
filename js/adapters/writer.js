// An adapter's tensors into the core, in memory of their own.
import { adapterWeightsFile, badSetting, unsupportedAdapter } from './files.js';
import { identifyAdapterTensor, isLinear } from './tensors.js';
import { BertletError, errorOfStatus } from '../shared/errors.js';
import { findHeads } from '../weights/heads.js';
import { scaleSuffix, TensorNames } from '../weights/tensor-names.js';
import {
  badTensor,
  checkShape,
  checkType,
  createTensorWriter,
  elementBytes,
  writeConfig,
} from '../weights/tensor-writer.js';

/** As the core's BL_MAX_INPUTS. */
const largestRank = 131072;

/**
 * @typedef {import('../core/memory.js').Memory} Memory
 * @typedef {import('../core/regions.js').Region} Region
 * @typedef {import('../weights/heads.js').Heads} Heads
 * @typedef {import('../weights/heads.js').Present} Present
 * @typedef {import('../weights/safetensors.js').TensorInfo} TensorInfo
 * @typedef {import('../weights/tensor-writer.js').TensorWriter} TensorWriter
 * @typedef {import('../weights/tensor-writer.js').Rows} Rows
 * @typedef {import('../weights/weights.js').LoadedModel} LoadedModel
 *
 * @typedef {import('./tensors.js').AdapterTensor & { shape?: Rows }} AdapterTensor `shape`: once
 *   what the file says of it is checked
 * @typedef {{ role: number, layer: number, rank: number, scale: number }} Change to the base, as a
 *   bl_adapter_change; `rank` 0: a tensor that is given whole
 */

/** @type {Heads} */
const noHeads = { parts: new Set(), heads: {}, labels: 0, isNeeded: () => false };

export class AdapterWriter {
  #memory;
  #regions;
  #config;
  #base;
  #settings;
  #names;
  /** @type {Heads} */
  #heads = noHeads;
  /** What each tensor of the file is, by its name there. @type {Map<string, AdapterTensor>} */
  #tensors = new Map();
  /** Since create(). @type {TensorWriter | undefined} */
  #created;
  /** @type {Present} */
  #present = new Map();
  #address = 0;
  #begin; // of scratch memory
  /** Where the model is. @type {Region} */
  #region = { begin: 0, end: 0 };
  #isReused = false; // that is among what is permanent already

  /**
   * @param {Memory} memory with nothing in its scratch
   * @param {import('../core/regions.js').Regions} regions of that memory
   * @param {import('../weights/config.js').Config} config the base's with the adapter's head
   * @param {LoadedModel} base
   * @param {import('./config.js').AdapterConfig} settings
   */
  constructor(memory, regions, config, base, settings) {
    this.#memory = memory;
    this.#regions = regions;
    this.#config = config;
    this.#base = base;
    this.#settings = settings;
    this.#names = new TensorNames(memory, config.model_type);
    this.#begin = memory.mark();
  }

  /** Makes the model. @param {Map<string, TensorInfo>} infos of the file */
  create(infos) {
    const memory = this.#memory;
    this.#identify(infos);
    this.#heads = findHeads(this.#present, this.#names.family, this.#config.head);
    const configStruct = writeConfig(memory, this.#config, this.#base.dtype, this.#heads);
    const writer = createTensorWriter(memory, configStruct);
    this.#created = writer;
    this.#createModel(configStruct, this.#listChanges(infos));
    writer.openStaging(this.#widestRow());
  }

  get #writer() {
    return /** @type {TensorWriter} */ (this.#created);
  }

  /**
   * Finds what each tensor is, and what the adapter has then.
   * @param {Map<string, TensorInfo>} infos
   */
  #identify(infos) {
    const leftOut = [];
    this.#present = new Map(this.#base.present);
    for (const [name, info] of infos) {
      const tensor = identifyAdapterTensor(this.#names, name);
      if (!tensor) continue;
      if (tensor.isBeside !== this.#isTarget(tensor.module)) {
        leftOut.push(tensor);
        continue;
      }
      this.#tensors.set(name, tensor);
      if (tensor.half || tensor.isScale) continue;
      const { roleName, part } = tensor;
      this.#present.set(tensor.name, { roleName, part, shape: info.shape });
      if (this.#unties(tensor)) this.#config.head.tied = false;
    }
    this.#leaveLonePoolerBias();
    this.#checkLeftOut(leftOut);
  }

  /** Saved with all biases, though the model that was trained had a pooler that nobody trained. */
  #leaveLonePoolerBias() {
    const tensors = [...this.#present];
    const [name] = tensors.find(([, { roleName }]) => roleName === 'POOLER_BIAS') ?? [];
    const hasWeight = tensors.some(([, { roleName }]) => roleName === 'POOLER_WEIGHT');
    if (name !== undefined && !hasWeight) this.#present.delete(name);
  }

  /**
   * Whether peft puts a path beside a module. What is inside has other names then.
   * @param {string} module
   */
  #isTarget(module) {
    return isLinear(this.#names, module) && this.#settings.isTarget(module);
  }

  /**
   * Whether a tensor that is given whole leaves the masked LM a decoder of its own.
   * @param {AdapterTensor} tensor
   */
  #unties({ roleName, module }) {
    if (roleName === 'DECODER_WEIGHT') return true;
    // What peft saves of a module is a copy: the decoder goes on with the base's table.
    return roleName === 'WORD_EMBEDDINGS' && this.#settings.isSaved(module);
  }

  /**
   * What the settings do not mean is left out, as in peft; but not all paths.
   * @param {AdapterTensor[]} leftOut
   */
  #checkLeftOut(leftOut) {
    const tensors = [...this.#tensors.values()];
    const paths = leftOut.filter(({ half }) => half);
    for (const { name, module } of paths) {
      const isGiven = tensors.some((tensor) => tensor.name === name);
      if (this.#settings.isSaved(module) && !isGiven) {
        throw badSetting(`names ${module} in modules_to_save, but it is not in the file`);
      }
    }
    if (paths.length > 0 && !tensors.some(({ half }) => half)) {
      throw badSetting(
        'means by its target_modules, exclude_modules, layers_to_transform, layers_pattern and ' +
          `modules_to_save none of the modules in the file, such as ${paths[0].module}`,
      );
    }
  }

  /** @param {number} configStruct its address @param {Change[]} changes */
  #createModel(configStruct, changes) {
    const memory = this.#memory;
    const { size } = memory.structs.bl_adapter_change;
    const list = memory.alloc(Math.max(size * changes.length, 1));
    changes.forEach((change, i) => {
      memory.updateStruct('bl_adapter_change', list + i * size, change);
    });
    const place = memory.alloc(4);
    /** @param {number} arena */
    const make = (arena) =>
      memory.tryCall(
        'bl_adapter_create',
        arena,
        this.#base.address,
        configStruct,
        list,
        changes.length,
        place,
      );
    const region = this.#regions.reuse(make);
    this.#isReused = region !== undefined;
    if (region) {
      this.#region = region;
    } else {
      const status = make(memory.arena);
      if (status !== 'BL_OK') throw errorOfStatus(status, this.#sentences(), 'bl_adapter_create');
      this.#region = { begin: this.#begin, end: memory.mark() };
    }
    this.#address = memory.readU32(place);
  }

  #sentences() {
    return {
      BL_OUT_OF_MEMORY: `There is no memory left for the adapter of ${adapterWeightsFile}.`,
      BL_BAD_MODEL: `${adapterWeightsFile} has a classifier of ${this.#heads.labels} labels.`,
    };
  }

  /**
   * One change for each tensor given whole, and one for the two halves of a path.
   * @param {Map<string, TensorInfo>} infos
   */
  #listChanges(infos) {
    /** @type {Map<string, Change>} */
    const changes = new Map();
    const seen = new Set();
    for (const [name, info] of infos) {
      const tensor = this.#tensors.get(name);
      if (!tensor || tensor.isScale || !this.#isNeeded(tensor)) continue;
      const { role, layer, half, module } = tensor;
      if (layer >= (this.#config['architecture.shared_sets'] ?? this.#config.layers)) {
        throw badTensor(adapterWeightsFile, name, 'is of a layer that the base does not have');
      }
      const rank = half ? this.#settings.rankOf(module) : 0;
      if (rank > largestRank) throw unsupportedAdapter(`a rank of ${rank}`);
      const key = `${role} ${layer}`;
      const known = changes.get(key);
      if (known && (known.rank === 0) !== (rank === 0)) {
        throw badTensor(adapterWeightsFile, name, 'is given whole and as a low-rank path');
      }
      if (seen.has(`${key} ${half}`)) {
        // peft writes some biases twice.
        if (!name.endsWith('.bias'))
          throw badTensor(adapterWeightsFile, name, 'stands there under two names');
        this.#tensors.delete(name);
        continue;
      }
      seen.add(`${key} ${half}`);
      const scale = half ? this.#settings.scaleOf(module) : 0;
      changes.set(key, { role, layer, rank, scale });
      tensor.shape = this.#check(name, tensor, rank, info);
    }
    return [...changes.values()];
  }

  /** A path may be beside a decoder that is no tensor of its own. @param {AdapterTensor} tensor */
  #isNeeded(tensor) {
    const isDecoder = tensor.half !== undefined && tensor.roleName === 'DECODER_WEIGHT';
    return this.#heads.isNeeded(isDecoder ? { ...tensor, part: 'MASKED_LM' } : tensor);
  }

  /**
   * @param {string} name
   * @param {AdapterTensor} tensor
   * @param {number} rank
   * @param {TensorInfo} info
   */
  #check(name, tensor, rank, info) {
    const writer = this.#writer;
    if (!tensor.half) return writer.check(adapterWeightsFile, name, tensor, info);
    // A decoder that is the table of word embeddings has its shape.
    const beside = this.#heads.isNeeded(tensor)
      ? tensor
      : { role: this.#memory.constants.BL_ROLE_WORD_EMBEDDINGS, layer: 0 };
    const { rows: outputs, columns: inputs } = writer.shapeOf(beside);
    const [rows, columns] = tensor.half === 'DOWN' ? [rank, inputs] : [outputs, rank];
    checkShape(adapterWeightsFile, name, info.shape, [rows, columns]);
    checkType(adapterWeightsFile, name, info.dtype, false);
    return { rows, columns };
  }

  /**
   * @param {string} name
   * @param {AdapterTensor} tensor
   * @param {TensorInfo} info
   * @returns {Rows | undefined} undefined: its weight isn't given
   */
  #checkScale(name, tensor, info) {
    const isGiven = [...this.#tensors.values()].some(
      (other) => other.shape && !other.half && other.name === tensor.name,
    );
    return isGiven ? this.#writer.check(adapterWeightsFile, name, tensor, info) : undefined;
  }

  /** Bytes. Of what is needed alone: no other shape has been checked. */
  #widestRow() {
    return [...this.#tensors.values()].reduce(
      (widest, { shape }) => Math.max(widest, 4 * (shape?.columns ?? 1)),
      0,
    );
  }

  /**
   * Where the rows of a tensor go; null when nothing needs them.
   * @param {string} name @param {TensorInfo} info
   */
  sinkFor(name, info) {
    const memory = this.#memory;
    const tensor = this.#tensors.get(name);
    if (!tensor || !this.#isNeeded(tensor)) return null;
    if (!tensor.half) {
      const shape = tensor.isScale ? this.#checkScale(name, tensor, info) : tensor.shape;
      return shape
        ? this.#writer.sink(adapterWeightsFile, name, tensor, shape, info, this.#address)
        : null;
    }
    const { rows, columns } = /** @type {Rows} */ (tensor.shape);
    return this.#writer.sinkTo(
      adapterWeightsFile,
      name,
      rows,
      columns * elementBytes[info.dtype],
      'holds NaN or an infinity, or numbers that lora_alpha makes infinite',
      'bl_adapter_write_rows',
      this.#address,
      memory.arena,
      tensor.role,
      tensor.layer,
      memory.constants[`BL_LOW_RANK_${tensor.half}`],
      memory.constants[`BL_SOURCE_${info.dtype}`],
    );
  }

  /** @returns {LoadedModel & { region: Region }} */
  finish() {
    const memory = this.#memory;
    const where = memory.alloc(8);
    const status = memory.tryCall('bl_adapter_finish', this.#address, where, where + 4);
    if (status !== 'BL_OK') throw this.#missing(memory.readU32(where), memory.readU32(where + 4));
    // Above the model are the staging window and this; before one that is among what is permanent,
    // there is only scratch.
    memory.reset(this.#isReused ? this.#begin : this.#region.end);
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
      region: this.#region,
    };
  }

  /** Frees what it took, after an error. */
  abandon() {
    this.#memory.reset(this.#begin);
    if (this.#isReused) this.#regions.give(this.#region);
  }

  /** @param {number} role @param {number} layer */
  #missing(role, layer) {
    const name = this.#names.nameOf(role, layer);
    return new BertletError(
      'BAD_MODEL',
      `${adapterWeightsFile}: ${name} of the adapter is missing or lacks a half (or ${scaleSuffix}).`,
    );
  }
}
