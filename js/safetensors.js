// The safetensors format: 8 bytes with the header's length, the header as JSON, and the
// tensors' bytes without a gap. Checked as strictly as the reference implementation does
// (https://github.com/huggingface/safetensors, "Format"), and duplicate names on top.
import { decodeText, joinBytes } from './bytes.js';
import { badModel, BertletError } from './errors.js';
import { kindOf } from './kind.js';

const dtypes =
  'BOOL F4 F6_E2M3 F6_E3M2 U8 I8 F8_E5M2 F8_E4M3 F8_E8M0 F8_E4M3FNUZ F8_E5M2FNUZ ' +
  'I16 U16 F16 BF16 I32 U32 F32 C64 F64 I64 U64';

/** Bits of an element, by the format's names, in the reference's order. */
export const dtypeBits = Object.fromEntries(
  dtypes.split(' ').map((name) => [name, Number(/\d+/.exec(name) ?? 8)]),
);

/** Bytes: what the reference reads, too. */
export const largestHeader = 100_000_000;
const deepestHeader = 32;

/**
 * @typedef {object} TensorInfo
 * @property {string} dtype a key of dtypeBits
 * @property {number[]} shape
 * @property {number} begin first byte, counted from `dataStart`
 * @property {number} end byte after the last one
 * @property {number} rows the first dimension; 1 for a vector or a single number
 * @property {number} columns elements of a row
 *
 * @typedef {object} Header
 * @property {Map<string, TensorInfo>} tensors in the order of their bytes
 * @property {number} dataStart where the bytes begin in the file
 * @property {number} byteLength of the whole file
 * @property {Record<string, string>} metadata
 *
 * @typedef {object} ByteStream what Source.openStream gives
 * @property {number} [total] the file's size, where it is known
 * @property {AsyncIterable<Uint8Array>} chunks
 *
 * @typedef {object} Sink takes the rows of one tensor, in order
 * @property {() => Uint8Array} window where bytes are put: room for at least one row. Asked
 *   for before every copy, so that it may be a fresh view of memory that has grown; its
 *   length may change only after rowsReady.
 * @property {(rowBegin: number, rowCount: number) => unknown} rowsReady whole rows stand at
 *   the window's start; when it returns (a promise is awaited) they are overwritten
 * @property {number} [rows] where it is not the tensor's own number: a long vector can be
 *   taken as many rows of one element
 */

/**
 * Reads the header alone and lets go of the stream.
 * @param {ByteStream} stream
 * @param {string} fileName for messages
 * @returns {Promise<Header>}
 * @throws BAD_MODEL
 */
export function readHeader(stream, fileName) {
  return walk(stream, fileName, () => {});
}

/**
 * Walks through a file once, in its order. A byte of a wanted tensor is copied once, from
 * the chunk that it came in to the sink's window; the rest is skipped. The stream is read
 * to its end, so that its length and hash are checked; after an error it is cancelled.
 * @param {ByteStream} stream
 * @param {string} fileName for messages
 * @param {object} visitor
 * @param {(header: Header) => unknown} [visitor.onHeader] awaited before the first tensor
 * @param {(name: string, info: TensorInfo) => Sink | null | undefined | Promise<Sink | null>}
 *   visitor.wanted called for every tensor in file order; null skips it. A tensor without
 *   elements is not fed to its sink.
 * @returns {Promise<Header>}
 * @throws BAD_MODEL, what the stream throws, what the visitor throws
 */
export function streamTensors(stream, fileName, { onHeader, wanted }) {
  return walk(stream, fileName, async (header, take, next) => {
    await onHeader?.(header);
    for (const [name, info] of header.tensors) {
      const sink = await wanted(name, info);
      let missing = info.end - info.begin;
      if (sink && missing > 0) await feed(take, info, sink);
      else while (missing > 0) missing -= (await take(missing)).length;
    }
    if (await next(1)) throw badModel(fileName, 'has bytes after its last tensor');
  });
}

async function walk({ total, chunks }, fileName, work) {
  const iterator = chunks[Symbol.asyncIterator]();
  let chunk = new Uint8Array(0);
  let position = 0;
  let expected = 'at least 8';
  const cutOff = () => badModel(fileName, `is cut off: ${total ?? position} bytes of ${expected}`);
  /** The next bytes, at most `limit`, as they stand in the chunk; undefined at the end. */
  const next = async (limit) => {
    while (chunk.length === 0) {
      const { done, value } = await iterator.next();
      if (done) return undefined;
      chunk = value;
    }
    const part = chunk.subarray(0, limit);
    chunk = chunk.subarray(part.length);
    position += part.length;
    return part;
  };
  const take = async (limit) => {
    const part = await next(limit);
    if (!part) throw cutOff();
    return part;
  };

  try {
    const start = await takeBytes(take, 8);
    const length = Number(new DataView(start.buffer).getBigUint64(0, true));
    if (length > largestHeader) {
      throw badModel(
        fileName,
        'is not a safetensors file: a web page or a Git LFS pointer (git lfs pull)?',
      );
    }
    const header = parseHeader(await takeBytes(take, length), fileName);
    expected = header.byteLength;
    if (total < expected) throw cutOff(); // before memory is taken for it
    await work(header, take, next);
    return header;
  } finally {
    await iterator.return?.();
  }
}

async function feed(take, info, sink) {
  const rows = sink.rows ?? info.rows;
  const rowBytes = (info.end - info.begin) / rows;
  for (let row = 0; row < rows; ) {
    const fit = Math.floor(sink.window().length / rowBytes);
    const count = Math.min(fit, rows - row);
    if (count < 1) throw new BertletError('INTERNAL', `No window for rows of ${rowBytes} bytes.`);
    const needed = count * rowBytes;
    for (let filled = 0; filled < needed; ) {
      const bytes = await take(needed - filled);
      sink.window().set(bytes, filled);
      filled += bytes.length;
    }
    await sink.rowsReady(row, count);
    row += count;
  }
}

/**
 * @param {Uint8Array} bytes the header's JSON, without the length before it
 * @param {string} fileName for messages
 * @returns {Header}
 * @throws BAD_MODEL
 */
export function parseHeader(bytes, fileName) {
  try {
    return readTensors(bytes);
  } catch (cause) {
    throw badModel(fileName, `has no valid header: ${cause.message}`, cause);
  }
}

function readTensors(bytes) {
  const text = decodeText(bytes);
  checkKeys(text);
  const json = JSON.parse(text);
  const { __metadata__, ...infos } = json ?? [];
  const metadata = __metadata__ ?? {};
  const isText = (value) => typeof value === 'string';
  if (![json, metadata].every((value) => kindOf(value) === 'Object')) {
    throw new Error('not a JSON object');
  }
  if (!Object.values(metadata).every(isText)) throw new Error('__metadata__ is not of strings');
  const tensors = Object.entries(infos).map(([name, info]) => [name, readInfo(name, info)]);
  tensors.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const [name, info] of tensors) {
    if (info.begin !== end) {
      throw new Error(
        `${quoted(name)} overlaps or leaves a gap: it is at byte ${info.begin}, not ${end}`,
      );
    }
    end = info.end;
  }
  const dataStart = 8 + bytes.length;
  return { tensors: new Map(tensors), dataStart, byteLength: dataStart + end, metadata };
}

/** @returns {TensorInfo} */
function readInfo(name, info) {
  const { dtype, shape, data_offsets: offsets } = info ?? {};
  if (typeof dtype === 'string' && isSizes(shape) && isSizes(offsets)) {
    const [rows, ...others] = shape.length > 1 ? shape : [1, ...shape];
    const columns = others.reduce((a, b) => a * b, 1);
    const [begin, end] = offsets;
    // What is no dtype makes it NaN.
    const size = (countElements(shape) * dtypeBits[dtype]) / 8;
    if (size === end - begin && offsets.length === 2) {
      return { dtype, shape, begin, end, rows, columns };
    }
  }
  throw new Error(`dtype, shape and offsets of ${quoted(name)} do not fit: ${quoted(info)}`);
}

/** NaN where it cannot be counted, also on the way: as in the reference, no 0 mends that. */
function countElements(shape) {
  const multiply = (a, b) => (Number.isSafeInteger(a * b) ? a * b : Number.NaN);
  return shape.reduce(multiply, 1);
}

function isSizes(value) {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

// A string with the colon after a key, or a bracket. The string's end is optional: none is
// looked for twice.
const jsonParts = /("[^"\\]*(?:\\.[^"\\]*)*"?)\s*(:)?|[{}[\]]/gs;

/**
 * What JSON.parse lets pass: a name given twice, nesting made to exhaust memory, and lone
 * surrogates.
 */
function checkKeys(text) {
  const open = []; // of each open object or array the keys so far
  for (const [token, quotes, isKey] of text.matchAll(jsonParts)) {
    const keys = open.at(-1);
    if (quotes) {
      const string = /\\/.test(quotes) ? JSON.parse(quotes) : quotes.slice(1, -1);
      if (/\p{Surrogate}/u.test(string)) throw new Error(`${quoted(string)} is not Unicode`);
      if (isKey && keys?.has(string)) throw new Error(`it has ${quoted(string)} twice`);
      if (isKey) keys?.add(string);
    } else if ('{['.includes(token)) open.push(new Set());
    else open.pop();
    if (open.length > deepestHeader) throw new Error('nested too deeply');
  }
}

function quoted(value) {
  return JSON.stringify(value).slice(0, 100);
}

/** Copies so many bytes; takes memory for what has come, not for what was announced. */
async function takeBytes(take, length) {
  const parts = [];
  for (let missing = length; missing > 0; missing -= parts.at(-1).length) {
    parts.push((await take(missing)).slice());
  }
  return joinBytes(parts);
}
