// `bertlet quantize`: a float model folder to one with int8 weights, by the same code of the
// core that quantises while loading. For Node.
import { mkdir, open, readdir, copyFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { readConfig, readConfigJson } from './config.js';
import { BertletError, throwIfAborted } from '../shared/errors.js';
import { Memory } from '../core/memory.js';
import { weightsFile } from '../source/file-names.js';
import { createProgress } from '../shared/progress.js';
import { readHeader, streamTensors } from './safetensors.js';
import { layoutSafetensors, placeIn } from './safetensors-write.js';
import { readIndex } from './sharded-index.js';
import { showKey } from '../shared/show.js';
import { openSource } from '../source/source.js';
import { scaleSuffix, TensorNames } from './tensor-names.js';
import { chooseModule, loadModule } from '../core/wasm-module.js';

/**
 * @import { LoadProgress } from '../index.d.ts'
 * @import { Config } from './config.js'
 * @import { Source } from '../source/source.js'
 * @import { Sink, TensorInfo } from './safetensors.js'
 * @import { Layout } from './safetensors-write.js'
 * @import { FileTensor } from './tensor-writer.js'
 *
 * @typedef {{ layout: Layout, quantized: Set<string>, sourceBytes: number }} Plan `quantized`: the
 *   tensors that are
 * @typedef {import('node:fs/promises').FileHandle} FileHandle
 */

const stagingBytes = 1 << 20;

/** Of the types that are quantised. @type {Record<string, number>} */
const elementBytes = { F32: 4, F16: 2, BF16: 2 };

/**
 * Writes `target` with everything that `source` has, its linear weights and embedding
 * tables as I8 rows with F32 scales (`NAME` and `NAME_scale`), in one model.safetensors.
 * @param {string} source folder with float weights
 * @param {string} target folder, made where it is missing
 * @param {{ signal?: AbortSignal, onProgress?: (event: LoadProgress) => void }} [options]
 * @returns {Promise<{ sourceBytes: number, bytes: number, tensors: number }>}
 *   `tensors`: how many were quantised
 */
export async function quantizeModel(source, target, { signal, onProgress } = {}) {
  if (path.resolve(source) === path.resolve(target)) {
    throw new BertletError(
      'BAD_ARGUMENT',
      'The output folder must not be the model folder itself.',
    );
  }
  const opened = await openSource(source, { signal, onFileProgress: createProgress(onProgress) });
  try {
    const config = readConfig(await readConfigJson(opened));
    const files = await findFiles(opened);
    const memory = await Memory.instantiate(await loadModule(chooseModule('baseline')));
    const plan = await planTensors(opened, files, memory, config);
    await mkdir(target, { recursive: true });
    await copySmallFiles(source, target);
    await writeWeights(opened, files, plan, path.join(target, weightsFile), memory, signal);
    return {
      sourceBytes: plan.sourceBytes,
      bytes: plan.layout.byteLength,
      tensors: plan.quantized.size,
    };
  } finally {
    await opened.close();
  }
}

/** @param {Source} source */
async function findFiles(source) {
  const single = await source.openStream(weightsFile, { optional: true });
  if (single) {
    await single.cancel();
    return [weightsFile];
  }
  return [...(await readIndex(source)).keys()];
}

/**
 * Reads all headers and decides what becomes of each tensor.
 * @param {Source} source
 * @param {string[]} files
 * @param {Memory} memory
 * @param {Config} config
 * @returns {Promise<Plan>}
 */
async function planTensors(source, files, memory, config) {
  const names = new TensorNames(memory, config.model_type);
  const specs = [];
  const quantized = new Set();
  let sourceBytes = 0;
  let metadata = {};
  for (const file of files) {
    const header = await readHeader(await source.openStream(file), file);
    sourceBytes += header.byteLength;
    metadata = { ...metadata, ...header.metadata };
    for (const [name, { dtype, shape }] of header.tensors) {
      if (isQuantizable(memory, names.identify(name), dtype, shape)) {
        quantized.add(name);
        specs.push({ name, dtype: 'I8', shape });
        specs.push({ name: name + scaleSuffix, dtype: 'F32', shape: [shape[0]] });
      } else {
        specs.push({ name, dtype, shape });
      }
    }
  }
  const layout = layoutSafetensors(specs, Object.keys(metadata).length ? metadata : undefined);
  return { layout, quantized, sourceBytes };
}

/**
 * Matrices that the model computes with: the linear layers and the embedding tables.
 * @param {Memory} memory
 * @param {FileTensor | undefined} tensor
 * @param {string} dtype
 * @param {number[]} shape
 */
function isQuantizable(memory, tensor, dtype, shape) {
  return (
    tensor !== undefined &&
    !tensor.isScale &&
    memory.exports.bl_role_is_quantizable(tensor.role) === 1 &&
    shape.length === 2 &&
    !shape.includes(0) &&
    Object.hasOwn(elementBytes, dtype)
  );
}

/**
 * Everything but weights, at any depth: configuration, vocabulary, pooling, licence.
 * @param {string} source @param {string} target
 */
async function copySmallFiles(source, target) {
  const entries = await readdir(source, { withFileTypes: true, recursive: true });
  for (const entry of entries) {
    if (!entry.isFile() || /\.(safetensors|bin|onnx|h5|ot|msgpack|index\.json)$/.test(entry.name)) {
      continue;
    }
    const from = path.join(entry.parentPath, entry.name);
    const relative = path.relative(source, from);
    if (relative.split(path.sep).some((part) => part.startsWith('.'))) continue;
    const to = path.join(target, relative);
    await mkdir(path.dirname(to), { recursive: true });
    await copyFile(from, to);
  }
}

/**
 * @param {Source} source
 * @param {string[]} files
 * @param {Plan} plan
 * @param {string} targetFile
 * @param {Memory} memory
 * @param {AbortSignal} [signal]
 */
async function writeWeights(source, files, plan, targetFile, memory, signal) {
  const quantizer = new Quantizer(memory);
  const output = await open(targetFile, 'w');
  try {
    await writeAll(output, plan.layout.header, 0);
    for (const file of files) {
      throwIfAborted(signal);
      await streamTensors(await source.openStream(file), file, {
        wanted: (name, info) =>
          plan.quantized.has(name)
            ? quantizedSink(file, name, info, plan.layout, quantizer, output)
            : copiedSink(placeIn(plan.layout, name), info, output),
      });
    }
  } catch (error) {
    await rm(targetFile, { force: true });
    throw error;
  } finally {
    await output.close();
  }
}

/**
 * Rows of one tensor through the core: I8 rows to one place of the file, scales to another.
 * @param {string} file
 * @param {string} name
 * @param {TensorInfo} info
 * @param {Layout} layout
 * @param {Quantizer} quantizer
 * @param {FileHandle} output
 * @returns {Sink}
 */
function quantizedSink(file, name, { dtype, shape }, layout, quantizer, output) {
  const [rows, columns] = shape;
  const rowsAt = placeIn(layout, name).begin;
  const scalesAt = placeIn(layout, name + scaleSuffix).begin;
  const slot = quantizer.prepare(dtype, rows, columns);
  return {
    window: slot.window,
    async rowsReady(begin, count) {
      const result = slot.quantize(count);
      if (!result) {
        throw new BertletError(
          'BAD_MODEL',
          `${file}: tensor ${showKey(name)} holds a value that is not a finite number.`,
        );
      }
      await writeAll(output, result.integers, rowsAt + begin * columns);
      await writeAll(output, result.scales, scalesAt + begin * 4);
    },
  };
}

/**
 * Byte for byte: a vector, which is one row, may be longer than any buffer.
 * @param {{ begin: number }} place in the file
 * @param {TensorInfo} info
 * @param {FileHandle} output
 * @returns {Sink}
 */
function copiedSink({ begin }, info, output) {
  const buffer = new Uint8Array(stagingBytes);
  return {
    rows: info.end - info.begin,
    window: () => buffer,
    rowsReady: (byte, count) => writeAll(output, buffer.subarray(0, count), begin + byte),
  };
}

/**
 * A system may write less than it was given, and says so.
 * @param {FileHandle} output
 * @param {Uint8Array} bytes
 * @param {number} position
 */
async function writeAll(output, bytes, position) {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await output.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Quantises rows in the core's memory. */
class Quantizer {
  /** @param {Memory} memory with nothing else in it */
  constructor(memory) {
    this.memory = memory;
  }

  /**
   * Places for a stretch of rows; they are used again by the next tensor.
   * @param {string} dtype
   * @param {number} rows
   * @param {number} columns
   */
  prepare(dtype, rows, columns) {
    const { memory } = this;
    const rowBytes = columns * elementBytes[dtype];
    const count = Math.min(rows, Math.max(1, Math.floor(stagingBytes / rowBytes)));
    memory.reset(0);
    const staging = memory.alloc(count * rowBytes);
    const floats = dtype === 'F32' ? staging : memory.alloc(count * columns * 4);
    const integers = memory.alloc(count * columns);
    const scales = memory.alloc(count * 4);
    return {
      window: () => memory.bytes(staging, count * rowBytes),
      /**
       * @param {number} filled rows
       * @returns {{ integers: Uint8Array, scales: Uint8Array } | undefined} copies
       */
      quantize: (filled) => {
        const { exports } = memory;
        if (dtype === 'F16') exports.bl_convert_f16(staging, filled * columns, floats);
        if (dtype === 'BF16') exports.bl_convert_bf16(staging, filled * columns, floats);
        if (exports.bl_quantize_rows_i8(floats, filled, columns, integers, scales) !== 0)
          return undefined;
        return {
          integers: memory.bytes(integers, filled * columns).slice(),
          scales: memory.bytes(scales, filled * 4).slice(),
        };
      },
    };
  }
}
