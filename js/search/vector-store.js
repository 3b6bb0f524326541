// Where an index keeps its vectors: rows in blocks of WebAssembly memory, and their norms.
import { BertletError } from '../shared/errors.js';
import { badArgument } from '../shared/inputs.js';
import { clearBeyond } from './vector-arguments.js';

/** What a block holds at least, unless one row is longer: so many rows, or so many bytes. */
const blockRows = 4096;
const blockBytes = 1 << 22;
/** Bytes that are searched before other events get their turn. */
const bytesPerTurn = 1 << 24;

/**
 * @import { Rows, VectorForm } from './vector-arguments.js'
 *
 * @typedef {{ rows: number, norms: number, count: number, capacity: number }} Block
 *   the addresses of its rows and norms, and how many vectors it holds and has room for
 */

export class VectorStore {
  #memory;
  #form;
  /** @type {Block[]} */
  #blocks = [];

  /**
   * @param {import('../core/memory.js').Memory} memory of its own
   * @param {VectorForm} form
   */
  constructor(memory, form) {
    this.#memory = memory;
    this.#form = form;
  }

  get memoryBytes() {
    return this.#memory.byteLength;
  }

  /**
   * All or nothing: of what fails nothing is left.
   * @param {Rows} rows
   */
  append(rows) {
    const { width } = this.#form;
    const count = rows.length / width;
    const last = this.#blocks.at(-1);
    const inLast = Math.min(last ? last.capacity - last.count : 0, count);
    const mark = this.#memory.mark();
    try {
      const block = count > inLast ? this.#createBlock(count - inLast) : undefined;
      if (last && inLast > 0) this.#write(last, rows.subarray(0, inLast * width), inLast);
      if (block) this.#write(block, rows.subarray(inLast * width), count - inLast);
      if (last && inLast > 0) last.count += inLast;
      if (!block) return;
      block.count = count - inLast;
      this.#blocks.push(block);
    } catch (error) {
      this.#memory.reset(mark);
      throw error;
    }
  }

  /** @param {number} count of vectors, at least @returns {Block} */
  #createBlock(count) {
    const { rowBytes } = this.#form;
    const capacity = Math.max(count, Math.min(blockRows, Math.floor(blockBytes / rowBytes)));
    try {
      const rows = this.#memory.alloc(capacity * rowBytes);
      return { rows, norms: this.#memory.alloc(capacity * 4), count: 0, capacity };
    } catch {
      throw new BertletError(
        'OUT_OF_MEMORY',
        `There is not enough memory for ${capacity} more vectors of ${rowBytes} bytes: ` +
          'the precisions "int8" and "binary" take a quarter and a 32nd of "float32".',
      );
    }
  }

  /** @param {Block} block @param {Rows} rows @param {number} count of vectors */
  #write(block, rows, count) {
    const memory = this.#memory;
    const form = this.#form;
    const to = block.rows + block.count * form.rowBytes;
    const target = memory.bytes(to, rows.byteLength);
    target.set(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
    if (form.precision === 'binary') {
      clearBeyond(target, form);
      return;
    }
    const { dimensions } = form;
    const norms = block.norms + block.count * 4;
    const status = memory.tryCall('bl_search_norms', this.#constant, dimensions, to, count, norms);
    if (status !== 'BL_OK') throw badArgument('A vector has a component that is no number.');
  }

  get #constant() {
    return this.#memory.constants[this.#form.constant];
  }

  /** Copies all rows. @param {Uint8Array} target @param {number} at where they begin there */
  copyTo(target, at) {
    let next = at;
    for (const { rows, count } of this.#blocks) {
      const bytes = count * this.#form.rowBytes;
      target.set(this.#memory.bytes(rows, bytes), next);
      next += bytes;
    }
  }

  /**
   * @param {ArrayBufferView} query as vector-arguments.js makes it
   * @param {number} limit at least 1
   * @param {() => Promise<void>} giveWay lets other events have their turn
   * @returns {Promise<{ position: number, score: number }[]>} the nearest, best first
   */
  async search(query, limit, giveWay) {
    const mark = this.#memory.mark();
    try {
      const search = this.#begin(query, limit);
      await this.#scan(search, giveWay);
      return this.#finish(search);
    } finally {
      this.#memory.reset(mark);
    }
  }

  /** @param {ArrayBufferView} query @param {number} limit @returns {number} address of the search */
  #begin(query, limit) {
    const memory = this.#memory;
    const place = memory.alloc(4);
    const bytes = new Uint8Array(query.buffer, query.byteOffset, query.byteLength);
    memory.call(
      'bl_search_create',
      memory.arena,
      this.#constant,
      this.#form.dimensions,
      memory.writeBytes(bytes),
      limit,
      place,
    );
    return memory.readU32(place);
  }

  /** @param {number} search @param {() => Promise<void>} giveWay */
  async #scan(search, giveWay) {
    const { rowBytes } = this.#form;
    const rowsPerTurn = Math.max(1, Math.floor(bytesPerTurn / rowBytes));
    let first = 0;
    let scanned = 0; // since other events had their turn
    for (const { rows, norms, count } of this.#blocks) {
      for (let done = 0; done < count; done += rowsPerTurn) {
        const length = Math.min(count - done, rowsPerTurn);
        const from = rows + done * rowBytes;
        this.#memory.exports.bl_search_scan(search, from, norms + done * 4, length, first + done);
        scanned += length;
        if (scanned < rowsPerTurn) continue;
        scanned = 0;
        await giveWay();
      }
      first += count;
    }
  }

  /** @param {number} search @returns {{ position: number, score: number }[]} */
  #finish(search) {
    const memory = this.#memory;
    memory.exports.bl_search_finish(search);
    const { count, matches } = memory.readStruct('bl_search', search);
    const { size } = memory.structs.bl_match;
    return Array.from({ length: count }, (_, i) => {
      const { position, score } = memory.readStruct('bl_match', matches + i * size);
      return { position, score };
    });
  }
}
