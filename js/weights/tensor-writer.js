// Rows of tensors from a file into the core, through one small staging window: what a model's
// weights and an adapter's have in common.
import { BertletError, badModel, errorOfStatus } from '../shared/errors.js';
import { familyOf } from './families/families.js';
import { showKey } from '../shared/show.js';

/** Bytes of the staging window, unless one row is longer. */
const usualStagingBytes = 1 << 20;

/**
 * Bytes of an element, by the types that a weight may have in a file.
 * @type {Record<string, number>}
 */
export const elementBytes = { F32: 4, F16: 2, BF16: 2, I8: 1 };

/**
 * @typedef {import('../core/memory.js').Memory} Memory
 * @typedef {import('./safetensors.js').Sink} Sink
 * @typedef {import('./safetensors.js').TensorInfo} TensorInfo
 * @typedef {import('./tensor-names.js').Tensor & { isScale: boolean }} FileTensor what a file's
 *   tensor is; `isScale`: it is the scales of that tensor's rows
 * @typedef {{ rows: number, columns: number }} Rows
 */

/**
 * @typedef {ReturnType<typeof createTensorWriter>} TensorWriter
 *
 * @param {Memory} memory
 * @param {number} config address of the bl_config that the tensors must agree with
 */
export function createTensorWriter(memory, config) {
  let staging = 0;
  let stagingBytes = 0;
  /** By role: all layers' are alike. @type {Record<string, number>[]} */
  const shapes = [];

  /** @param {{ role: number, layer: number }} tensor @returns a bl_tensor_shape, where there is one */
  function findShape({ role, layer }) {
    return memory.scratch(() => {
      const shape = memory.writeStruct('bl_tensor_shape');
      const status = memory.tryCall('bl_model_tensor_shape', config, role, layer, shape);
      return status === 'BL_OK' ? memory.readStruct('bl_tensor_shape', shape) : undefined;
    });
  }

  /** @param {{ role: number, layer: number }} tensor one that the model has */
  function shapeOf(tensor) {
    shapes[tensor.role] ??= /** @type {Record<string, number>} */ (findShape(tensor));
    return shapes[tensor.role];
  }

  /**
   * Rows go to an export of the core that ends with (first row, count, address).
   * @param {string} file
   * @param {string} name of the tensor in it
   * @param {number} rows
   * @param {number} rowBytes
   * @param {string} wrong what the tensor does where the core answers BL_BAD_MODEL
   * @param {string} call the export
   * @param {...number} fixed its first arguments
   * @returns {Sink}
   */
  function sinkTo(file, name, rows, rowBytes, wrong, call, ...fixed) {
    const windowBytes = rowBytes * Math.min(Math.floor(stagingBytes / rowBytes), rows);
    return {
      rows,
      window: () => memory.bytes(staging, windowBytes),
      rowsReady: (begin, count) => {
        const status = memory.tryCall(call, ...fixed, begin, count, staging);
        if (status === 'BL_OK') return;
        if (status === 'BL_BAD_MODEL') throw badTensor(file, name, wrong);
        const noRoom = `There is no memory left to read tensor ${showKey(name)} of ${showKey(file)}.`;
        throw errorOfStatus(status, { BL_OUT_OF_MEMORY: noRoom }, call);
      },
    };
  }

  return {
    shapeOf,
    sinkTo,

    /**
     * Whether the model that the configuration describes has a tensor.
     * @param {{ role: number, layer: number }} tensor
     */
    has: (tensor) => findShape(tensor) !== undefined,

    /** Takes the staging window from scratch memory. @param {number} widestRow in bytes */
    openStaging(widestRow) {
      stagingBytes = Math.max(usualStagingBytes, widestRow);
      staging = memory.alloc(stagingBytes);
    },

    /**
     * What a file says of a tensor against what the configuration asks for.
     * @param {string} file
     * @param {string} name
     * @param {FileTensor} tensor
     * @param {TensorInfo} info
     * @returns {Rows | undefined} undefined: not needed
     */
    check(file, name, tensor, { dtype, shape }) {
      const { rows, columns, is_matrix: isMatrix, quantizable } = shapeOf(tensor);
      if (tensor.isScale) {
        if (!quantizable) return undefined;
        const isColumn = shape.length === 1 || (shape.length === 2 && shape[1] === 1);
        if (dtype !== 'F32' || !isColumn || shape[0] !== rows) {
          throw badTensor(file, name, `is ${dtype} [${showKey(shape)}], not F32 [${rows}]`);
        }
      } else {
        checkShape(file, name, shape, isMatrix ? [rows, columns] : [columns]);
        checkType(file, name, dtype, quantizable !== 0);
      }
      return { rows, columns };
    },

    /**
     * Where the rows of a checked tensor go.
     * @param {string} file
     * @param {string} name
     * @param {FileTensor} tensor
     * @param {Rows} rows
     * @param {TensorInfo} info
     * @param {number} model its address
     */
    sink(file, name, { role, layer, isScale }, { rows, columns }, { dtype }, model) {
      const wrong = 'holds NaN, an infinity, or a negative scale';
      if (isScale) {
        return sinkTo(file, name, rows, 4, wrong, 'bl_model_write_scales', model, role, layer);
      }
      const rowBytes = columns * elementBytes[dtype];
      const type = memory.constants[`BL_SOURCE_${dtype}`];
      const target = [model, memory.arena, role, layer, type];
      return sinkTo(file, name, rows, rowBytes, wrong, 'bl_model_write_rows', ...target);
    },
  };
}

/**
 * @param {string} file
 * @param {string} name
 * @param {number[]} shape
 * @param {number[]} wanted
 * @throws BAD_MODEL
 */
export function checkShape(file, name, shape, wanted) {
  if (String(shape) !== String(wanted)) {
    throw badTensor(
      file,
      name,
      `has the shape [${showKey(shape)}], config.json makes it [${wanted}]`,
    );
  }
}

/**
 * @param {string} file
 * @param {string} name
 * @param {string} dtype
 * @param {boolean} quantizable
 * @throws UNSUPPORTED
 */
export function checkType(file, name, dtype, quantizable) {
  if (Object.hasOwn(elementBytes, dtype) && (dtype !== 'I8' || quantizable)) return;
  throw new BertletError(
    'UNSUPPORTED',
    `${placeOf(file, name)} is ${dtype}; supported: F32, F16, BF16, for large matrices also I8.`,
  );
}

/** @param {string} file @param {string} name */
const placeOf = (file, name) => `${showKey(file)}: tensor ${showKey(name)}`;

/**
 * @param {string} file
 * @param {string} name
 * @param {string} what is wrong, as the sentence goes on after the name
 */
export function badTensor(file, name, what) {
  return badModel(placeOf(file, name), what);
}

/**
 * Writes a bl_config.
 * @returns {number} its address
 * @param {Memory} memory
 * @param {import('./config.js').Config} config
 * @param {import('../index.d.ts').Dtype} dtype
 * @param {import('./heads.js').Heads} heads
 */
export function writeConfig(memory, config, dtype, { parts, labels, headActivation }) {
  const { model_type, head, max_length, ...fields } = config;
  const architecture = Object.entries(familyOf(model_type).architecture).map(([field, value]) => [
    `architecture.${field}`,
    memory.constants[`BL_${value}`],
  ]);
  return memory.writeStruct('bl_config', {
    ...fields,
    ...Object.fromEntries(architecture),
    dtype: memory.constants[`BL_DTYPE_${dtype.toUpperCase().replace('-', '_')}`],
    activation: memory.constants[`BL_ACTIVATION_${fields.activation}`],
    head_activation: memory.constants[`BL_ACTIVATION_${headActivation ?? fields.activation}`],
    parts: [...parts].reduce((bits, part) => bits | memory.constants[`BL_PART_${part}`], 0),
    labels,
  });
}
