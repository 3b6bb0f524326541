// Weights from safetensors streams into the core: each tensor's rows go through one
// small staging window to their place, converted or quantised by the core on the way.
import { checkLimits } from './config.js';
import { errorOfStatus } from '../shared/errors.js';
import { indexFile, weightsFile } from '../source/file-names.js';
import { findHeads, ignoredBias } from './heads.js';
import { createPauses } from '../shared/pauses.js';
import { openTensors } from './safetensors.js';
import { writeShards } from './sharded-index.js';
import { scaleSuffix, TensorNames } from './tensor-names.js';
import { badTensor, createTensorWriter, writeConfig } from './tensor-writer.js';

export { weightsFile };

/**
 * @typedef {import('../core/memory.js').Memory} Memory
 * @typedef {import('./config.js').Config} Config
 * @typedef {import('../index.d.ts').Dtype} Dtype
 * @typedef {import('./heads.js').Heads} Heads
 * @typedef {import('./safetensors.js').Header} Header
 * @typedef {import('./safetensors.js').OpenTensors} OpenTensors
 * @typedef {import('./safetensors.js').TensorInfo} TensorInfo
 *
 * @typedef {Pick<Heads, 'parts' | 'heads' | 'labels'> & { address: number, parameters: number,
 *   present: import('./heads.js').Present, dtype: Dtype }} LoadedModel
 *   where the C model is, and what it has
 */

/**
 * Streams the weights of a folder into the permanent region of `memory`.
 * @param {Memory} memory
 * @param {Config} config
 * @param {Dtype} dtype
 * @param {import('../source/source.js').Source} source
 * @param {{ signal?: AbortSignal }} [control]
 * @returns {Promise<LoadedModel>}
 */
export async function loadWeights(memory, config, dtype, source, { signal } = {}) {
  const pause = createPauses(signal);
  /** @param {string[]} [names] */
  const openWriter = (names) => createWriter(memory, config, dtype, pause, names);
  const single = await source.openStream(weightsFile, { optional: true });
  const writer = single ? openWriter() : await writeShards(source, openWriter, signal);
  if (single) await writer.takeFile(weightsFile, await openTensors(single, weightsFile));
  return writer.finish();
}

/** The tensors that tell the sizes of config.json, of layers the first one's. */
const sizing = [
  'WORD_EMBEDDINGS',
  'POSITION_EMBEDDINGS',
  'TYPE_EMBEDDINGS',
  'PROJECTION_WEIGHT',
  'INTERMEDIATE_WEIGHT',
  'CLASSIFIER_WEIGHT',
];

/**
 * Lays the model out once the headers are known that tell its sizes, then takes rows tensor by
 * tensor.
 * @param {Memory} memory
 * @param {Config} config
 * @param {Dtype} dtype
 * @param {ReturnType<typeof createPauses>} pause there may be a million tensors
 * @param {string[]} [allNames] of all tensors, where the model is sharded
 */
function createWriter(memory, config, dtype, pause, allNames) {
  const layers = config['architecture.shared_sets'] ?? config.layers;
  const tensorNames = new TensorNames(memory, config.model_type);
  const { family } = tensorNames;
  /** @type {import('./heads.js').Present} */
  const present = new Map();
  /** @type {Map<string, Header['tensors']>} what is known, by file */
  const known = new Map();
  /** Tensor or scale by name → its type in the file. @type {Map<string, string>} */
  const seen = new Map();
  /** @type {Heads} */
  let heads;
  /** @type {string | undefined} */
  let ignored;
  /** @type {import('./tensor-writer.js').TensorWriter} */
  let tensorWriter;
  let stagingMark = 0;
  let address = 0;

  /**
   * Names in the files, with shapes where a header tells them.
   * @returns {Generator<[name: string, shape: number[]]>}
   */
  function* listTensors() {
    for (const name of allNames ?? []) yield [name, []];
    for (const tensors of known.values()) {
      for (const [name, { shape }] of tensors) yield [name, shape];
    }
  }

  async function create() {
    const names = new Set();
    for (const [name, shape] of listTensors()) {
      const pausing = pause();
      if (pausing) await pausing;
      names.add(name);
      const tensor = tensorNames.identify(name);
      if (!tensor || tensor.isScale) continue;
      const { roleName, part } = tensor;
      present.set(tensor.name, { roleName, part, shape });
    }
    heads = findHeads(present, family, config.head);
    ignored = ignoredBias(names, family, heads);
    checkLimits(config, memory.constants);
    const configStruct = writeConfig(memory, config, dtype, heads);
    tensorWriter = createTensorWriter(memory, configStruct);
    const { isNeeded } = heads;
    heads.isNeeded = (tensor) =>
      isNeeded(tensor) && (tensor.layer >= layers || tensorWriter.has(tensor));
    for (const { name } of tensorNames.all(layers, heads)) {
      if (!present.has(name)) {
        throw badTensor(allNames ? indexFile : weightsFile, name, 'is missing');
      }
    }
    // Absurd sizes in config.json must fail here, before memory is taken for them.
    for (const [file, tensors] of known) {
      for (const [name, info] of tensors) {
        check(file, name, info);
        const pausing = pause();
        if (pausing) await pausing;
      }
    }

    const pointer = memory.alloc(4);
    const status = memory.tryCall('bl_model_create', memory.arena, configStruct, pointer);
    if (status !== 'BL_OK') throw errorOfStatus(status, noModel(dtype), 'bl_model_create');
    address = memory.readU32(pointer);
    memory.seal();
    stagingMark = memory.mark();
    const columns = [...tensorNames.all(1, heads)].map((one) => tensorWriter.shapeOf(one).columns);
    tensorWriter.openStaging(4 * Math.max(...columns));
  }

  /**
   * What the file says of a tensor against what the configuration asks for.
   * @param {string} file @param {string} name @param {TensorInfo} info
   */
  function check(file, name, info) {
    const tensor = name === ignored ? undefined : tensorNames.identify(name);
    if (!tensor || !heads.isNeeded(tensor)) return undefined;
    if (tensor.layer >= layers) {
      throw badTensor(file, name, `is of a layer beyond the ${layers} of config.json`);
    }
    const shape = tensorWriter.check(file, name, tensor, info);
    return shape && { tensor, shape };
  }

  /**
   * Where the rows of a tensor go; undefined when nothing needs them.
   * @param {string} file @param {string} name @param {TensorInfo} info
   */
  function sinkFor(file, name, info) {
    const checked = check(file, name, info);
    if (!checked) return undefined;
    const { tensor, shape } = checked;
    const key = tensor.isScale ? tensor.name + scaleSuffix : tensor.name;
    if (seen.has(key)) throw badTensor(file, name, 'stands there under two names');
    seen.set(key, info.dtype);
    return tensorWriter.sink(file, name, tensor, shape, info, address);
  }

  return {
    /** @param {Set<string>} names */
    givesSizes: (names) =>
      [...names].some((name) => {
        const tensor = tensorNames.identify(name);
        return tensor?.layer === 0 && sizing.includes(tensor.roleName);
      }),

    /** @param {string} file @param {Header} header */
    takeHeader(file, { tensors }) {
      known.set(file, tensors);
    },

    /** @param {string} file @param {OpenTensors} tensors */
    async takeFile(file, { header, visit, cancel }) {
      try {
        if (!address) {
          known.set(file, header.tensors);
          await create();
        }
        await visit({ wanted: (name, info) => sinkFor(file, name, info) });
      } finally {
        await cancel();
      }
    },

    /** @returns {LoadedModel} */
    finish() {
      let parameters = 0;
      for (const tensor of tensorNames.all(layers, heads)) {
        const { name } = tensor;
        if (!seen.has(name)) throw badTensor(indexFile, name, 'is not in the file that is named');
        if (seen.get(name) === 'I8' && !seen.has(name + scaleSuffix)) {
          throw badTensor(weightsFile, name + scaleSuffix, 'is missing');
        }
        const { rows, columns } = tensorWriter.shapeOf(tensor);
        parameters += rows * columns;
      }
      // It would say where something is missing.
      const where = memory.alloc(8);
      memory.call('bl_model_finish', address, where, where + 4);
      memory.reset(stagingMark);
      const { parts, labels } = heads;
      return { address, parts, heads: heads.heads, labels, parameters, present, dtype };
    },
  };
}

/** Why there is no place for a model. @param {Dtype} dtype */
const noModel = (dtype) => ({
  BL_OUT_OF_MEMORY:
    `There is not enough memory for a model with the sizes of config.json as ${dtype}` +
    `${dtype === 'fp32' ? ': try dtype "int8", which takes a quarter' : ''}.`,
  BL_BAD_MODEL: 'config.json and the tensors make a model of sizes that bertlet does not take.',
});
