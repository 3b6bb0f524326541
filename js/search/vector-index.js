// Exhaustive search over vectors by cosine, in a WASM instance of its own.
import { disposedError, guarded, throwIfAborted } from '../shared/errors.js';
import { badContent, readIndexFile, writeIndexFile } from './index-file.js';
import { badArgument, readChoice, readCount } from '../shared/inputs.js';
import { Memory } from '../core/memory.js';
import { readOptions } from '../shared/options.js';
import { asyncDispose } from '../shared/platform.js';
import { show } from '../shared/show.js';
import {
  formOf,
  isIds,
  mostDimensions,
  precisions,
  readIds,
  readQuery,
  readVectors,
} from './vector-arguments.js';
import { VectorStore } from './vector-store.js';
import { chooseModule, loadModule } from '../core/wasm-module.js';
import { yieldToEvents } from '../shared/yield.js';

/**
 * @import { Index as Declared, Match } from '../index.d.ts'
 * @import { Rows, VectorForm } from './vector-arguments.js'
 */

/** @implements {Declared} */
export class Index {
  /** @type {VectorForm} */
  #form;
  /** @type {VectorStore | undefined} there from the first call on */
  #store;
  /** @type {(string | number)[]} */
  #ids = [];
  /** The same ids. @type {Set<string | number>} */
  #known = new Set();
  /** @type {Promise<unknown>} */
  #tail = Promise.resolve();
  #disposed = false;

  /** @param {import('../index.d.ts').IndexOptions} options */
  constructor(options) {
    const { dimensions, precision = 'float32' } = readOptions(options, 'new Index');
    const count = readCount('dimensions', dimensions, undefined);
    if (count === undefined) throw badArgument('dimensions is missing.');
    if (count > mostDimensions) {
      throw badArgument(`dimensions is ${count}; an index takes at most ${mostDimensions}.`);
    }
    this.#form = formOf(readChoice('precision', precision, precisions), count);
  }

  get dimensions() {
    return this.#form.dimensions;
  }

  get precision() {
    return this.#form.precision;
  }

  /** How many vectors there are. */
  get size() {
    return this.#ids.length;
  }

  get memoryBytes() {
    return this.#store?.memoryBytes ?? 0;
  }

  /** @type {Declared['add']} */
  async add(vectors, ids) {
    return guarded(() => {
      if (isIds(vectors) && ids !== undefined && !isIds(ids)) {
        throw badArgument('The vectors come first: add(vectors, ids).');
      }
      const rows = readVectors(vectors, this.#form);
      const names = readIds(ids, rows.length / this.#form.width);
      return this.#queue((store) => this.#append(store, rows, names));
    });
  }

  /** @type {Declared['search']} */
  async search(query, k, options) {
    return guarded(() => {
      const { signal } = readOptions(options, 'search');
      if (typeof k === 'object' && k !== null) {
        throw badArgument('How many are wanted is a number: search(query, 3, { signal }).');
      }
      const most = readCount('k', k, 10);
      const numbers = readQuery(query, this.#form);
      const check = () => {
        throwIfAborted(signal);
        if (this.#disposed) throw disposedError();
      };
      return this.#queue(async (store) => {
        check();
        const limit = Math.max(1, Math.min(most, this.size));
        const matches = await store.search(numbers, limit, () => yieldToEvents().then(check));
        return matches.map(({ position, score }) => ({ id: this.#ids[position], score }));
      });
    });
  }

  /** @type {Declared['toBytes']} */
  async toBytes() {
    return guarded(() =>
      this.#queue((store) =>
        writeIndexFile(this.#form, this.#ids, (target, at) => store.copyTo(target, at)),
      ),
    );
  }

  /** @param {Uint8Array | ArrayBuffer} content what toBytes gave @returns {Promise<Index>} */
  static async from(content) {
    return guarded(async () => {
      const { form, rows, ids } = await readIndexFile(content);
      const { precision, dimensions } = form;
      const index = new Index({ precision, dimensions });
      try {
        await index.#queue((store) => index.#append(store, rows, ids));
        return index;
      } catch (cause) {
        index.dispose();
        throw badContent(cause);
      }
    });
  }

  /** Gives the memory back. */
  dispose() {
    this.#disposed = true;
    this.#store = undefined;
  }

  async [asyncDispose]() {
    this.dispose();
  }

  /**
   * Calls run one after the other: what one takes of the memory is above the last one's.
   * @param {(store: VectorStore) => T | Promise<T>} body
   * @returns {Promise<T>}
   * @template T
   */
  #queue(body) {
    const result = this.#tail.then(async () => {
      if (this.#disposed) throw disposedError();
      this.#store ??= await openStore(this.#form);
      if (this.#disposed) throw disposedError();
      return body(this.#store);
    });
    this.#tail = result.catch(() => {});
    return result;
  }

  /** @param {VectorStore} store @param {Rows} rows @param {(string | number)[]} [ids] */
  #append(store, rows, ids) {
    const count = rows.length / this.#form.width;
    const names = ids ?? Array.from({ length: count }, (_, i) => this.size + i);
    const added = new Set();
    for (const id of names) {
      if (added.has(id) || this.#known.has(id)) throw badArgument(`The id ${show(id)} is taken.`);
      added.add(id);
    }
    store.append(rows);
    for (const id of names) {
      this.#known.add(id);
      this.#ids.push(id);
    }
  }
}

/** @param {VectorForm} form */
async function openStore(form) {
  return new VectorStore(await Memory.instantiate(await loadModule(chooseModule())), form);
}
