// The one file that touches the WASM heap. Struct layouts come from the description
// that C exports (wasm/layout.h); addresses are plain unsigned numbers.
import { BertletError, errorOfStatus, statusNames } from '../shared/errors.js';
import { fromUtf8, toUtf8 } from '../shared/utf8.js';

/**
 * What a DataView calls the kinds of fields.
 * @type {{ u32: 'Uint32', f32: 'Float32', ptr: 'Uint32' }}
 */
const accessors = { u32: 'Uint32', f32: 'Float32', ptr: 'Uint32' };

/**
 * @typedef {{ offset: number, kind: keyof typeof accessors }} StructField
 * @typedef {{ size: number, fields: Record<string, StructField> }} Struct
 *
 * What the module exports: calls, which take and give plain numbers (wasm/exports.txt has their
 * names), and its memory.
 * @typedef {Record<string, (...numbers: number[]) => number> & { memory: WebAssembly.Memory
 *   }} CoreExports
 *
 * All that is permanent in a memory, and how large the memory was: what another instance of the
 * same module needs to become the same.
 * @typedef {{ bytes: ArrayBuffer, byteLength: number }} MemorySnapshot
 */

/** One instance of the module with its linear memory. */
export class Memory {
  /** @type {{ bytes: Uint8Array, int32: Int32Array, uint32: Uint32Array } | undefined} */
  #heap;

  /**
   * @param {WebAssembly.Module} module
   * @param {{ shared?: boolean }} [options] `shared`: for a module with threads
   */
  static async instantiate(module, { shared = false } = {}) {
    const memory = shared ? createSharedMemory() : undefined;
    const instance = await instantiate(module, memory ? { env: { memory } } : {});
    return new Memory(instance.exports, memory);
  }

  /**
   * @param {WebAssembly.Exports} exports
   * @param {WebAssembly.Memory} [shared] the memory of a module that imports it
   */
  constructor(exports, shared) {
    this.exports = /** @type {CoreExports} */ (shared ? { ...exports, memory: shared } : exports);
    this.exports._initialize?.();
    this.arena = this.exports.bl_wasm_arena() >>> 0;
    const layout = readLayout(this.shared.buffer, this.exports.bl_wasm_layout() >>> 0);
    /** @type {Record<string, Struct>} */
    this.structs = layout.structs;
    /** Enum constants of C by name. @type {Record<string, number>} */
    this.constants = layout.constants;
  }

  /** The memory itself, for threads to share. */
  get shared() {
    return this.exports.memory;
  }

  /** Bytes of linear memory held now. */
  get byteLength() {
    return this.shared.buffer.byteLength;
  }

  /**
   * Calls an export that returns a status, and can fail for nothing but want of memory.
   * @param {string} name
   * @param {...number} args as of tryCall
   */
  call(name, ...args) {
    const status = this.tryCall(name, ...args);
    if (status !== 'BL_OK') throw errorOfStatus(status, {}, name);
  }

  /**
   * Calls an export that returns a status and gives that status' name.
   * @param {string} name
   * @param {...number} args addresses, sizes, counts and enum constants
   */
  tryCall(name, ...args) {
    return this.statusName(this.exports[name](...args.map(toSize)));
  }

  /** @param {number} status @returns {string} e.g. "BL_OUT_OF_MEMORY" */
  statusName(status) {
    return statusNames.find((name) => this.constants[name] === status) ?? `status ${status}`;
  }

  /** Allocates from the arena. @param {number} bytes @returns {number} address, 64-byte aligned */
  alloc(bytes) {
    const address = this.exports.bl_arena_alloc(this.arena, toSize(bytes)) >>> 0;
    if (address === 0) throw this.#noRoom();
    return address;
  }

  /** After an allocation that failed: those that are smaller may succeed. */
  #noRoom() {
    this.reset(this.mark());
    return errorOfStatus('BL_OUT_OF_MEMORY');
  }

  /** @param {number} [arena] another one than the memory's */
  mark(arena = this.arena) {
    return this.exports.bl_arena_mark(arena) >>> 0;
  }

  /** Frees everything allocated after the mark. @param {number} mark */
  reset(mark) {
    this.exports.bl_arena_reset(this.arena, mark);
  }

  /** Everything allocated so far becomes permanent. */
  seal() {
    this.exports.bl_arena_seal(this.arena);
  }

  /** What is permanent from the mark on is free again; there is no scratch. @param {number} mark */
  unseal(mark) {
    this.exports.bl_arena_unseal(this.arena, mark);
  }

  /**
   * Permanent bytes that nobody needs, as an arena of their own.
   * @returns {number} its address
   * @param {number} begin
   * @param {number} end
   */
  reuse(begin, end) {
    const arena = this.alloc(this.structs.bl_arena.size);
    this.exports.bl_arena_reuse(this.arena, begin, end, arena);
    return arena;
  }

  /** All that is permanent, when there is no scratch: for restore(). @returns {MemorySnapshot} */
  snapshot() {
    const end = this.scratch(() => this.alloc(0));
    return { bytes: this.shared.buffer.slice(0, end), byteLength: this.byteLength };
  }

  /**
   * Makes a new instance of the same module what another was at its snapshot().
   * @param {MemorySnapshot} snapshot
   */
  restore({ bytes, byteLength }) {
    try {
      this.shared.grow((byteLength - this.byteLength) / 65536);
    } catch {
      throw errorOfStatus('BL_OUT_OF_MEMORY');
    }
    this.bytes(0, bytes.byteLength).set(new Uint8Array(bytes));
  }

  /** Runs `body` and frees what it allocated. @param {() => T} body @returns {T} @template T */
  scratch(body) {
    const mark = this.mark();
    try {
      return body();
    } finally {
      this.reset(mark);
    }
  }

  /**
   * Allocates a C struct and fills it; fields not named are 0.
   * @param {string} name
   * @param {Record<string, number>} [values]
   * @returns {number} address
   */
  writeStruct(name, values = {}) {
    const { size } = this.structs[name];
    const address = this.alloc(size);
    this.bytes(address, size).fill(0);
    this.updateStruct(name, address, values);
    return address;
  }

  /** @param {string} name @param {number} address @param {Record<string, number>} values */
  updateStruct(name, address, values) {
    const { fields } = this.structs[name];
    const view = new DataView(this.shared.buffer);
    for (const [key, value] of Object.entries(values)) {
      const { offset, kind } = fields[key];
      const number = kind === 'f32' ? value : toSize(value);
      view[`set${accessors[kind]}`](address + offset, number, true);
    }
  }

  /**
   * All fields of a C struct as a plain object.
   * @param {string} name
   * @param {number} address
   * @returns {Record<string, number>}
   */
  readStruct(name, address) {
    const view = new DataView(this.shared.buffer);
    const fields = Object.entries(this.structs[name].fields);
    return Object.fromEntries(
      fields.map(([key, { offset, kind }]) => [
        key,
        view[`get${accessors[kind]}`](address + offset, true),
      ]),
    );
  }

  /** A pointer or u32 at an address. @param {number} address */
  readU32(address) {
    return this.uint32(address, 1)[0];
  }

  /**
   * The whole heap as bytes and as numbers, up to `end` at least. These views are kept, for to make
   * some takes longer than to tokenise a word; they last until the next call that may grow the
   * memory: then they lose everything or, if it is shared, end early.
   * @param {number} [end]
   */
  heap(end = 0) {
    if (!(this.#heap && this.#heap.bytes.length > end)) {
      const { byteLength } = this;
      this.#heap = {
        bytes: this.bytes(0, byteLength),
        int32: this.int32(0, byteLength / 4),
        uint32: this.uint32(0, byteLength / 4),
      };
    }
    return this.#heap;
  }

  // Views: valid only until the next call that may grow the memory.
  /** @param {number} address @param {number} length */
  bytes(address, length) {
    return new Uint8Array(this.shared.buffer, address, length);
  }
  /** @param {number} address @param {number} length */
  int32(address, length) {
    return new Int32Array(this.shared.buffer, address, length);
  }
  /** @param {number} address @param {number} length */
  uint32(address, length) {
    return new Uint32Array(this.shared.buffer, address, length);
  }
  /** @param {number} address @param {number} length */
  float32(address, length) {
    return new Float32Array(this.shared.buffer, address, length);
  }

  /** Copies bytes into the arena. @param {Uint8Array} bytes @returns {number} address */
  writeBytes(bytes) {
    const address = this.alloc(bytes.length);
    this.bytes(address, bytes.length).set(bytes);
    return address;
  }

  /** Copies 32-bit numbers into the arena. @param {ArrayLike<number>} numbers @returns {number} address */
  writeNumbers(numbers) {
    const address = this.alloc(4 * numbers.length);
    this.uint32(address, numbers.length).set(numbers);
    return address;
  }

  /** Writes a string as UTF-8 (a lone surrogate becomes U+FFFD). @param {string} text */
  writeText(text) {
    const bytes = toUtf8(text);
    return { address: this.writeBytes(bytes), length: bytes.length };
  }

  /** Reads UTF-8. @param {number} address @param {number} length */
  readText(address, length) {
    return fromUtf8(this.bytes(address, length));
  }
}

/**
 * The one place where a number becomes a size, a count or an address: WebAssembly itself takes
 * any number, modulo 2³².
 * @param {number} number
 * @throws OUT_OF_MEMORY where it is more than there can be
 */
function toSize(number) {
  if (number >>> 0 === number) return number;
  throw badSize(number);
}

/** @param {number} number */
function badSize(number) {
  if (number >= 2 ** 32) return errorOfStatus('BL_OUT_OF_MEMORY');
  return new BertletError('INTERNAL', `${number} is no size.`);
}

/**
 * At once: Node 20 can stop for good while it waits for an instance (see holdProcess). Pages take
 * their time, because some refuse to be kept waiting.
 * @param {WebAssembly.Module} module
 * @param {WebAssembly.Imports} imports
 */
function instantiate(module, imports) {
  if (typeof document !== 'undefined') return WebAssembly.instantiate(module, imports);
  return new WebAssembly.Instance(module, imports);
}

/** Shared memory states its limit beforehand; some engines grant only a smaller one. */
function createSharedMemory() {
  for (const maximum of [65536, 32768, 16384, 8192]) {
    try {
      return new WebAssembly.Memory({ initial: 16, maximum, shared: true });
    } catch {}
  }
  throw errorOfStatus('BL_OUT_OF_MEMORY');
}

/**
 * Reads the table of wasm/layout.h: pairs of (address of a name, value).
 * @param {ArrayBufferLike} buffer @param {number} table its address
 */
function readLayout(buffer, table) {
  const view = new DataView(buffer);
  const bytes = new Uint8Array(buffer);
  /** @type {Record<string, Struct>} */
  const structs = {};
  /** @type {Record<string, number>} */
  const constants = {};
  for (let entry = table; ; entry += 8) {
    const name = view.getUint32(entry, true);
    const value = view.getUint32(entry + 4, true);
    if (name === 0) return { structs, constants };
    const text = fromUtf8(bytes.subarray(name, bytes.indexOf(0, name)));
    const field = /^(\w+)\.([\w.]+):(\w+)$/.exec(text);
    if (field) {
      const kind = /** @type {StructField['kind']} */ (field[3]);
      structs[field[1]].fields[field[2]] = { offset: value, kind };
    } else if (text.startsWith('BL_')) constants[text] = value;
    else structs[text] = { size: value, fields: {} };
  }
}
