// The safetensors format: 8 bytes with the header's length, the header as JSON, and the
// tensors' bytes without a gap. Checked as strictly as the reference implementation does
// (https://github.com/huggingface/safetensors, "Format"), and duplicate names on top.
import { joinBytes } from './bytes.js';
import { BertletError } from './errors.js';

/** Bits of an element, by the format's names, in the reference's order. */
export const dtypeBits = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
};

const largestHeader = 100_000_000;
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
export async function readHeader(stream, fileName) {
  const reader = new ChunkReader(stream, fileName);
  try {
    return await takeHeader(reader, fileName);
  } finally {
    await reader.close();
  }
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
export async function streamTensors(stream, fileName, { onHeader, wanted }) {
  const reader = new ChunkReader(stream, fileName);
  try {
    const header = await takeHeader(reader, fileName);
    await onHeader?.(header);
    for (const [name, info] of header.tensors) {
      const sink = await wanted(name, info);
      if (sink) await feed(reader, info, sink);
      const end = header.dataStart + info.end;
      while (reader.position < end) await reader.take(end - reader.position);
    }
    if (await reader.hasMore()) throw bad(fileName, 'has bytes after its last tensor');
    return header;
  } finally {
    await reader.close();
  }
}

async function feed(reader, info, sink) {
  const rows = sink.rows ?? info.rows;
  const rowBytes = (info.end - info.begin) / rows;
  if (info.end === info.begin) return;
  for (let row = 0; row < rows; ) {
    const fit = Math.floor(sink.window().length / rowBytes);
    const count = Math.min(fit, rows - row);
    if (count < 1 || !Number.isInteger(rowBytes)) {
      throw new BertletError('INTERNAL', `No window for rows of ${rowBytes} bytes.`);
    }
    const needed = count * rowBytes;
    for (let filled = 0; filled < needed; ) {
      const bytes = await reader.take(needed - filled);
      sink.window().set(bytes, filled);
      filled += bytes.length;
    }
    await sink.rowsReady(row, count);
    row += count;
  }
}

async function takeHeader(reader, fileName) {
  const start = await takeBytes(reader, 8);
  const view = new DataView(start.buffer);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > largestHeader) throw bad(fileName, `is not a safetensors file: ${guess(start)}`);
  const header = parseHeader(await takeBytes(reader, length), fileName);
  reader.expect(header.byteLength);
  return header;
}

/**
 * @param {Uint8Array} bytes the header's JSON, without the length before it
 * @param {string} fileName for messages
 * @returns {Header}
 * @throws BAD_MODEL
 */
export function parseHeader(bytes, fileName) {
  const json = parseJson(bytes, fileName);
  if (json === null || typeof json !== 'object' || Array.isArray(json)) {
    throw bad(fileName, 'has a header that is not a JSON object');
  }
  const { __metadata__: metadata, ...infos } = json;
  const tensors = Object.entries(infos).map(([name, info]) => [
    name,
    readInfo(info, (what) => bad(fileName, `describes tensor ${quoted(name)} wrongly: ${what}`)),
  ]);
  tensors.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const [name, info] of tensors) {
    if (info.begin !== end) {
      const what = info.begin < end ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw bad(
        fileName,
        `has a tensor ${quoted(name)} that ${what}: byte ${info.begin}, not ${end}`,
      );
    }
    end = info.end;
  }
  const dataStart = 8 + bytes.length;
  return {
    tensors: new Map(tensors),
    dataStart,
    byteLength: dataStart + end,
    metadata: readMetadata(metadata, fileName),
  };
}

function readInfo(info, wrong) {
  if (info === null || typeof info !== 'object') throw wrong('it is not an object');
  const { dtype, shape, data_offsets: offsets } = info;
  const bits = typeof dtype === 'string' && Object.hasOwn(dtypeBits, dtype) && dtypeBits[dtype];
  if (!bits) throw wrong(`dtype ${quoted(dtype)} is not known`);
  if (!isSizes(shape)) throw wrong('shape is not a list of whole numbers');
  if (!isSizes(offsets) || offsets.length !== 2)
    throw wrong('data_offsets are not two whole numbers');
  const [rows, columns] =
    shape.length > 1 ? [shape[0], product(shape.slice(1))] : [1, product(shape)];
  const size = (rows * columns * bits) / 8;
  if (!Number.isSafeInteger(columns) || !Number.isSafeInteger(rows * columns * bits)) {
    throw wrong(`shape [${shape}] is too large`);
  }
  const [begin, end] = offsets;
  if (end - begin !== size) {
    throw wrong(
      `shape [${shape}] of ${dtype} takes ${size} bytes, data_offsets give ${end - begin}`,
    );
  }
  return { dtype, shape, begin, end, rows, columns };
}

function isSizes(value) {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

/** A string without lone surrogates, which UTF-8 cannot hold but JSON can. */
function isText(value) {
  return typeof value === 'string' && !/\p{Surrogate}/u.test(value);
}

function product(sizes) {
  return sizes.reduce((a, b) => a * b, 1);
}

function readMetadata(metadata, fileName) {
  if (metadata === undefined || metadata === null) return {};
  const isRecord = typeof metadata === 'object' && !Array.isArray(metadata);
  if (!isRecord || !Object.values(metadata).every(isText)) {
    throw bad(fileName, 'has __metadata__ that is not an object of strings');
  }
  return metadata;
}

function parseJson(bytes, fileName) {
  let text;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw bad(fileName, 'has a header that is not UTF-8', cause);
  }
  try {
    checkKeys(text, fileName);
    return JSON.parse(text);
  } catch (cause) {
    if (cause instanceof BertletError) throw cause;
    throw bad(fileName, `has a header that is not valid JSON (${cause.message})`, cause);
  }
}

/** What JSON.parse lets pass: a name given twice, and nesting made to exhaust memory. */
function checkKeys(text, fileName) {
  const open = []; // of each open object the keys so far, of each open array nothing
  let string = '""';
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '{' || char === '[') {
      open.push(char === '{' ? new Set() : undefined);
      if (open.length > deepestHeader)
        throw bad(fileName, 'has a header that is nested too deeply');
    } else if (char === '}' || char === ']') {
      open.pop();
    } else if (char === '"') {
      const begin = at++;
      while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
      string = text.slice(begin, at + 1);
    } else if (char === ':') {
      const key = JSON.parse(string);
      if (!isText(key)) throw bad(fileName, `has a name that is not Unicode: ${string}`);
      const seen = open.at(-1);
      if (seen?.has(key)) throw bad(fileName, `gives ${quoted(key)} twice`);
      seen?.add(key);
    }
  }
}

/** What a file is that is no safetensors file, from its first 8 bytes. */
function guess(start) {
  const text = String.fromCharCode(...start);
  if (text === 'version ') {
    return 'it looks like a Git LFS pointer; get the weights themselves with "git lfs pull"';
  }
  if (text.startsWith('<')) return 'it looks like a web page';
  return 'its first 8 bytes are not the length of a header';
}

function quoted(value) {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function bad(fileName, what, cause) {
  return new BertletError('BAD_MODEL', `${fileName} ${what}.`, { cause });
}

/** Copies so many bytes; takes memory for what has come, not for what was announced. */
async function takeBytes(reader, length) {
  const parts = [];
  for (let missing = length; missing > 0; missing -= parts.at(-1).length) {
    parts.push((await reader.take(missing)).slice());
  }
  return joinBytes(parts);
}

class ChunkReader {
  #total;
  #chunks;
  #chunk = new Uint8Array(0);
  #fileName;
  #expected;
  position = 0;

  /** @param {ByteStream} stream */
  constructor({ total, chunks }, fileName) {
    this.#total = total;
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#fileName = fileName;
  }

  /** How long the file says it is: with a known size there is no need to read to the end. */
  expect(byteLength) {
    this.#expected = byteLength;
    if (this.#total < byteLength) throw this.#cutOff();
    if (this.#total > byteLength) throw bad(this.#fileName, 'has bytes after its last tensor');
  }

  /** Whether there is a byte more, waiting for it. */
  async hasMore() {
    while (this.#chunk.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done) return false;
      this.#chunk = value;
    }
    return true;
  }

  /** The next bytes, at least one and at most `limit`, as they stand in the chunk. */
  async take(limit) {
    if (!(await this.hasMore())) throw this.#cutOff();
    const part = this.#chunk.subarray(0, limit);
    this.#chunk = this.#chunk.subarray(part.length);
    this.position += part.length;
    return part;
  }

  close() {
    return this.#chunks.return?.();
  }

  #cutOff() {
    const should = this.#expected ? ` of ${this.#expected}` : ', its header is not whole';
    return bad(this.#fileName, `is cut off: ${this.#total ?? this.position} bytes${should}`);
  }
}
