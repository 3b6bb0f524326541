// The safetensors format: 8 bytes with the header's length, the header as JSON, and the
// tensors' bytes without a gap. Checked as strictly as the reference implementation does
// (https://github.com/huggingface/safetensors, "Format").
import { joinBytes } from '../shared/bytes.js';
import { badModel, BertletError } from '../shared/errors.js';
import { createPauses } from '../shared/pauses.js';
import { largestHeader, parseHeader } from './safetensors-header.js';

/**
 * @typedef {import('./safetensors-header.js').TensorInfo} TensorInfo
 * @typedef {import('./safetensors-header.js').Header} Header
 *
 * @typedef {object} ByteStream what Source.openStream gives
 * @property {number} [total] the file's size, where it is known
 * @property {AsyncIterable<Uint8Array>} chunks
 * @property {AbortSignal} [signal] ends it: heard also where nothing is read
 *
 * @typedef {object} Sink takes the rows of one tensor, in order
 * @property {() => Uint8Array} window where bytes are put: room for at least one row. Asked
 *   for before every copy, so that it may be a fresh view of memory that has grown; its
 *   length may change only after rowsReady.
 * @property {(rowBegin: number, rowCount: number) => unknown} rowsReady whole rows stand at
 *   the window's start; when it returns (a promise is awaited) they are overwritten
 * @property {number} [rows] where it is not the tensor's own number: a long vector can be
 *   taken as many rows of one element
 *
 * @typedef {(limit: number) => Promise<Uint8Array>} Take the next bytes of a stream, at most so many
 *
 * @typedef {{ header: Header, visit: (visitor: Visitor) => Promise<void>,
 *   cancel: () => Promise<unknown> }} OpenTensors a file whose header is read, the stream standing
 *   before its tensors
 *   `visit`: once. A byte of a wanted tensor is copied once, from the chunk that it came in to the
 *   sink's window; the rest is skipped. The stream is read to its end, so that its length and hash
 *   are checked. `cancel`: lets go of the stream, at any time
 */

/**
 * Reads the header alone and lets go of the stream.
 * @param {ByteStream} stream
 * @param {string} fileName for messages
 * @returns {Promise<Header>}
 * @throws BAD_MODEL
 */
export async function readHeader(stream, fileName) {
  const { header, cancel } = await openTensors(stream, fileName);
  await cancel();
  return header;
}

/**
 * Walks through a file once, in its order.
 * @param {ByteStream} stream
 * @param {string} fileName for messages
 * @param {Visitor & { onHeader?: (header: Header) => unknown }} visitor `onHeader`: awaited
 *   before the first tensor
 * @returns {Promise<Header>}
 * @throws BAD_MODEL, what the stream throws, what the visitor throws
 */
export async function streamTensors(stream, fileName, { onHeader, wanted }) {
  const { header, visit, cancel } = await openTensors(stream, fileName);
  try {
    await onHeader?.(header);
    await visit({ wanted });
  } finally {
    await cancel();
  }
  return header;
}

/**
 * Reads the header of a file.
 * @param {ByteStream} stream is cancelled after an error
 * @param {string} fileName for messages
 * @returns {Promise<OpenTensors>}
 * @throws BAD_MODEL, what the stream throws
 *
 * @typedef {{ wanted: (name: string, info: TensorInfo) => Sink | null | undefined
 *   | Promise<Sink | null | undefined> }} Visitor
 *   `wanted`: called for every tensor in file order; null skips it. A tensor without elements is
 *   not fed to its sink
 */
export async function openTensors({ total, chunks, signal }, fileName) {
  const pause = createPauses(signal);
  const iterator = chunks[Symbol.asyncIterator]();
  const cancel = async () => iterator.return?.();
  /** @type {Uint8Array} */
  let chunk = new Uint8Array(0);
  let position = 0;
  /** @type {number | undefined} */
  let expected; // bytes of the whole
  const cutOff = () =>
    badModel(fileName, `is cut off: ${total ?? position} bytes of ${expected ?? 'at least 8'}`);
  /**
   * The next bytes, at most `limit`, as they stand in the chunk; undefined at the end.
   * @param {number} limit
   */
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
  /** @type {Take} */
  const take = async (limit) => {
    const part = await next(limit);
    if (!part) throw cutOff();
    return part;
  };

  async function begin() {
    const start = await takeBytes(take, 8);
    const length = Number(new DataView(start.buffer).getBigUint64(0, true));
    if (length > largestHeader) {
      throw badModel(
        fileName,
        'is not a safetensors file: a web page or a Git LFS pointer (git lfs pull)?',
      );
    }
    const header = await parseHeader(await takeBytes(take, length), fileName, signal);
    expected = header.byteLength;
    if (total !== undefined && total < expected) throw cutOff(); // before memory is taken for it
    return header;
  }

  /** @param {Header} header @param {Visitor['wanted']} wanted */
  async function visit(header, wanted) {
    for (const [name, info] of header.tensors) {
      const pausing = pause();
      if (pausing) await pausing;
      const sink = await wanted(name, info);
      let missing = info.end - info.begin;
      if (sink && missing > 0) await feed(take, info, sink);
      else while (missing > 0) missing -= (await take(missing)).length;
    }
    if (await next(1)) throw badModel(fileName, 'has bytes after its last tensor');
  }

  try {
    const header = await begin();
    return { header, cancel, visit: ({ wanted }) => visit(header, wanted).finally(cancel) };
  } catch (error) {
    await cancel();
    throw error;
  }
}

/** @param {Take} take @param {TensorInfo} info @param {Sink} sink */
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
 * Copies so many bytes; takes memory for what has come, not for what was announced.
 * @param {Take} take
 * @param {number} length
 */
async function takeBytes(take, length) {
  const parts = [];
  for (let missing = length; missing > 0; ) {
    const part = (await take(missing)).slice();
    parts.push(part);
    missing -= part.length;
  }
  return joinBytes(parts);
}
