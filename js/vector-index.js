// Exhaustive search over vectors by cosine, in a WASM instance of its own.
import { BertletError, badModel, disposedError, throwIfAborted } from './errors.js';
import { badArgument, readChoice, readCount } from './inputs.js';
import { kindOf } from './kind.js';
import { Memory } from './memory.js';
import { readOptions } from './options.js';
import { streamTensors } from './safetensors.js';
import { writeSafetensors } from './safetensors-write.js';
import { toPrecision } from './vectors.js';
import { chooseModule, loadModule } from './wasm-module.js';
import { yieldToEvents } from './yield.js';

/** For each precision: the arrays that hold its vectors, and what the file calls an element. */
const forms = {
  float32: { Kind: Float32Array, dtype: 'F32', constant: 'BL_PRECISION_FLOAT32' },
  int8: { Kind: Int8Array, dtype: 'I8', constant: 'BL_PRECISION_INT8' },
  binary: { Kind: Uint8Array, dtype: 'U8', constant: 'BL_PRECISION_BINARY' },
};

/** Rows that a block of memory holds at least. */
const blockRows = 4096;
/** Bytes that are searched before other events get their turn. */
const bytesPerTurn = 1 << 24;
const fileName = 'The index file';

/** See index.d.ts. */
export class Index {
  #dimensions;
  #precision;
  #form;
  /** Numbers of a row: dimensions, or bytes of bits. */
  #width;
  #memory;
  /** @type {{ rows: number, norms: number, count: number, capacity: number }[]} addresses */
  #blocks = [];
  /** @type {(string | number)[]} */
  #ids = [];
  #positions = new Map(); // id → position
  #tail = Promise.resolve();
  #disposed = false;

  /** @param {{ dimensions: number, precision?: 'float32' | 'int8' | 'binary' }} options */
  constructor(options) {
    const { dimensions, precision = 'float32' } = readOptions(options, 'new Index');
    this.#dimensions = readCount('dimensions', dimensions, undefined);
    if (dimensions === undefined) throw badArgument('dimensions is missing.');
    this.#precision = readChoice('precision', precision, Object.keys(forms));
    this.#form = forms[precision];
    this.#width = precision === 'binary' ? Math.ceil(dimensions / 8) : dimensions;
  }

  get dimensions() {
    return this.#dimensions;
  }

  get precision() {
    return this.#precision;
  }

  /** How many vectors there are. */
  get size() {
    return this.#ids.length;
  }

  get memoryBytes() {
    return this.#memory?.byteLength ?? 0;
  }

  async add(vectors, ids) {
    if (isIds(vectors) && ids !== undefined && !isIds(ids)) {
      throw badArgument('The vectors come first: add(vectors, ids).');
    }
    return this.#queue(async (memory) => {
      const rows = this.#readVectors(vectors);
      const names = this.#readIds(ids, rows.length / this.#width);
      this.#append(memory, rows);
      for (const id of names) {
        this.#positions.set(id, this.#ids.length);
        this.#ids.push(id);
      }
    });
  }

  async search(query, k = 10, options) {
    const { signal } = readOptions(options, 'search');
    if (typeof k === 'object' && k !== null) {
      throw badArgument('How many are wanted is a number: search(query, 3, { signal }).');
    }
    return this.#queue(async (memory) => {
      const limit = Math.min(readCount('k', k, undefined), Math.max(1, this.size));
      const numbers = this.#readQuery(query);
      throwIfAborted(signal);
      const mark = memory.mark();
      try {
        return await this.#scan(memory, numbers, limit, signal);
      } finally {
        this.#memory?.reset(mark);
      }
    });
  }

  toBytes() {
    return this.#queue(async (memory) => {
      const { dtype } = this.#form;
      const data = new Uint8Array(this.size * this.#rowBytes);
      let at = 0;
      for (const { rows, count } of this.#blocks) {
        data.set(memory.bytes(rows, count * this.#rowBytes), at);
        at += count * this.#rowBytes;
      }
      const isPlain = this.#ids.every((id, i) => id === i);
      const tensors = [{ name: 'vectors', dtype, shape: [this.size, this.#width], data }];
      return writeSafetensors(tensors, {
        format: 'bertlet-index',
        precision: this.#precision,
        dimensions: String(this.#dimensions),
        ...(!isPlain && { ids: JSON.stringify(this.#ids) }),
      });
    });
  }

  /** @param {Uint8Array | ArrayBuffer} content what toBytes gave @returns {Promise<Index>} */
  static async from(content) {
    const bytes = content instanceof Uint8Array ? content : readBuffer(content);
    const { tensors, metadata, dataStart } = await readWholeHeader(bytes);
    const { precision, dimensions, ids } = metadata;
    const info = tensors.get('vectors');
    if (!info || !Object.hasOwn(forms, precision) || !/^[1-9]\d{0,8}$/.test(dimensions)) {
      throw badModel(fileName, 'is not one: it lacks vectors, a precision or dimensions');
    }
    const index = new Index({ precision, dimensions: Number(dimensions) });
    if (
      info.dtype !== index.#form.dtype ||
      info.shape.length !== 2 ||
      info.shape[1] !== index.#width
    ) {
      throw badModel(
        fileName,
        `holds ${info.dtype} [${info.shape}] as vectors of ${dimensions} dimensions`,
      );
    }
    const data = bytes.slice(dataStart + info.begin, dataStart + info.end);
    try {
      await index.add(new index.#form.Kind(data.buffer), ids && JSON.parse(ids));
      return index;
    } catch (cause) {
      index.dispose();
      if (cause instanceof BertletError && cause.code === 'OUT_OF_MEMORY') throw cause;
      throw new BertletError(
        'BAD_MODEL',
        `${fileName} holds bad vectors or ids: ${cause.message}`,
        {
          cause,
        },
      );
    }
  }

  /** Gives the memory back. */
  dispose() {
    this.#disposed = true;
    this.#memory = undefined;
    this.#blocks = [];
  }

  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    this.dispose();
  }

  get #rowBytes() {
    return this.#width * this.#form.Kind.BYTES_PER_ELEMENT;
  }

  get #constant() {
    return this.#memory.constants[this.#form.constant];
  }

  /** Calls run one after the other: what one takes of the memory is above the last one's. */
  #queue(body) {
    const result = this.#tail.then(async () => {
      if (this.#disposed) throw disposedError();
      this.#memory ??= await Memory.instantiate(await loadModule(chooseModule()));
      if (this.#disposed) throw disposedError();
      return body(this.#memory);
    });
    this.#tail = result.catch(() => {});
    return result;
  }

  /** Vectors in any of the forms that add takes, as one array of the index's kind. */
  #readVectors(vectors) {
    const list = Array.isArray(vectors) ? vectors : [vectors];
    const wanted = `Float32Array${this.#precision === 'float32' ? '' : ` or ${this.#form.Kind.name}`}`;
    const parts = list.map((vector) => {
      if (vector instanceof this.#form.Kind) return vector;
      if (!(vector instanceof Float32Array)) throw badArgument(`vectors are no ${wanted}.`);
      return this.#convert(vector);
    });
    const total = parts.reduce((sum, part) => sum + part.length, 0);
    const isWhole = (part) => part.length % this.#width === 0;
    if (
      !parts.every(isWhole) ||
      (Array.isArray(vectors) && !parts.every(({ length }) => length === this.#width))
    ) {
      throw badArgument(
        `Each vector must have ${this.#dimensions} dimensions (${this.#width} numbers).`,
      );
    }
    if (parts.length === 1) return parts[0];
    const rows = new this.#form.Kind(total);
    let at = 0;
    for (const part of parts) {
      rows.set(part, at);
      at += part.length;
    }
    return rows;
  }

  /** Float vectors, end to end, in the index's precision. */
  #convert(floats) {
    const { length } = floats;
    if (length % this.#dimensions !== 0) {
      throw badArgument(`Each vector must have ${this.#dimensions} dimensions.`);
    }
    if (!floats.every(Number.isFinite))
      throw badArgument('A vector has a component that is no number.');
    const rows = new this.#form.Kind((length / this.#dimensions) * this.#width);
    for (let i = 0; i * this.#dimensions < length; i++) {
      const vector = floats.subarray(i * this.#dimensions, (i + 1) * this.#dimensions);
      rows.set(toPrecision(vector, this.#precision), i * this.#width);
    }
    return rows;
  }

  #readIds(ids, count) {
    const names = ids ?? Array.from({ length: count }, (_, i) => this.size + i);
    if (!Array.isArray(names) || names.length !== count) {
      throw badArgument(`ids is not an array of ${count}, one for each vector.`);
    }
    const seen = new Set();
    for (const id of names) {
      if (typeof id !== 'string' && !Number.isSafeInteger(id)) {
        throw badArgument('An id is neither a string nor a whole number.');
      }
      if (seen.has(id) || this.#positions.has(id)) throw badArgument(`The id ${id} is taken.`);
      seen.add(id);
    }
    return names;
  }

  /** All or nothing: what a failure leaves behind is not counted. */
  #append(memory, rows) {
    const count = rows.length / this.#width;
    const last = this.#blocks.at(-1);
    const room = last ? last.capacity - last.count : 0;
    const inLast = Math.min(room, count);
    const pieces = inLast > 0 ? [[last, 0, inLast]] : [];
    const mark = memory.mark();
    if (count > inLast) {
      const capacity = Math.max(blockRows, count - inLast);
      const block = {
        rows: memory.alloc(capacity * this.#rowBytes),
        norms: memory.alloc(capacity * 4),
        count: 0,
        capacity,
      };
      pieces.push([block, inLast, count - inLast]);
    }
    try {
      for (const [block, begin, length] of pieces) this.#write(memory, block, rows, begin, length);
    } catch (error) {
      memory.reset(mark);
      throw error;
    }
    for (const [block, , length] of pieces) {
      block.count += length;
      if (block !== last) this.#blocks.push(block);
    }
  }

  #write(memory, block, rows, begin, length) {
    const to = block.rows + block.count * this.#rowBytes;
    const part = rows.subarray(begin * this.#width, (begin + length) * this.#width);
    const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    memory.bytes(to, bytes.length).set(bytes);
    if (this.#precision === 'binary') {
      this.#clearBeyond(memory, to, length);
      return;
    }
    const norms = block.norms + block.count * 4;
    if (
      memory.tryCall('bl_search_norms', this.#constant, this.#dimensions, to, length, norms) !==
      'BL_OK'
    ) {
      throw badArgument('A vector has a component that is no number.');
    }
  }

  /** Bits of the last byte that stand for no dimension differ from nothing. */
  #clearBeyond(memory, address, length) {
    const spare = this.#width * 8 - this.#dimensions;
    if (spare === 0) return;
    const bytes = memory.bytes(address, length * this.#width);
    for (let at = this.#width - 1; at < bytes.length; at += this.#width) bytes[at] &= 0xff << spare;
  }

  /** The query as the core takes it: int8 rows are compared with 16-bit numbers. */
  #readQuery(query) {
    const { Kind } = this.#form;
    const isOwn = query instanceof Kind;
    if (!isOwn && !(query instanceof Float32Array)) {
      throw badArgument(`query is neither a Float32Array nor a ${Kind.name}.`);
    }
    const width = isOwn ? this.#width : this.#dimensions;
    if (query.length !== width) {
      throw badArgument(`query has ${query.length} numbers; a vector here has ${width}.`);
    }
    if (!isOwn || Kind === Float32Array) {
      if (!query.every(Number.isFinite))
        throw badArgument('query has a component that is no number.');
    }
    if (this.#precision === 'int8') {
      return isOwn ? Int16Array.from(query) : inSteps(query);
    }
    if (isOwn && this.#precision === 'float32') return query;
    const bits = isOwn ? query.slice() : toPrecision(query, 'binary');
    bits[bits.length - 1] &= 0xff << (this.#width * 8 - this.#dimensions);
    return bits;
  }

  async #scan(memory, query, limit, signal) {
    const place = memory.alloc(4);
    const bytes = new Uint8Array(query.buffer, query.byteOffset, query.byteLength);
    const address = memory.writeBytes(bytes);
    memory.call(
      'bl_search_create',
      memory.arena,
      this.#constant,
      this.#dimensions,
      address,
      limit,
      place,
    );
    const search = memory.readU32(place);
    const rowsPerTurn = Math.max(1, Math.floor(bytesPerTurn / this.#rowBytes));
    let first = 0;
    for (const { rows, norms, count } of this.#blocks) {
      for (let done = 0; done < count; done += rowsPerTurn) {
        const length = Math.min(count - done, rowsPerTurn);
        const from = rows + done * this.#rowBytes;
        memory.exports.bl_search_scan(search, from, norms + done * 4, length, first + done);
        if (length < rowsPerTurn) continue;
        await yieldToEvents();
        throwIfAborted(signal);
        if (this.#disposed) throw disposedError();
      }
      first += count;
    }
    memory.exports.bl_search_finish(search);
    const { count, matches } = memory.readStruct('bl_search', search);
    const { size, fields } = memory.structs.bl_match;
    return Array.from({ length: count }, (_, i) => {
      const match = matches + i * size;
      const position = memory.readU32(match + fields.position.offset);
      return { id: this.#ids[position], score: memory.float32(match + fields.score.offset, 1)[0] };
    });
  }
}

/** One id or an array of them: no vectors. */
const isIds = (value) =>
  ['string', 'number'].includes(typeof (Array.isArray(value) ? value[0] : value));

/** Floats as whole numbers, the largest of them 4095: 128 times their sum fits 32 bits. */
function inSteps(query) {
  const largest = query.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const steps = Math.min(4095, Math.floor((2 ** 31 - 1) / 128 / query.length));
  return Int16Array.from(query, (value) =>
    largest === 0 ? 0 : Math.round((value / largest) * steps),
  );
}

/** The header of a file whose length and tensors agree with it. */
async function readWholeHeader(bytes) {
  async function* chunks() {
    yield bytes;
  }
  let found;
  await streamTensors({ total: bytes.length, chunks: chunks() }, fileName, {
    onHeader: (header) => {
      found = header;
    },
    wanted: () => null,
  });
  return found;
}

function readBuffer(content) {
  if (kindOf(content) === 'ArrayBuffer') return new Uint8Array(content);
  throw badArgument('Index.from takes the bytes that toBytes gave.');
}
