// Vectors that are kept and searched.
import type { AsyncDisposer } from './async-disposer.js';
import type { Bytes, VectorPrecision } from './model.js';

export interface IndexOptions {
  /** Of each vector, at most 16,777,216. Bits: before they are packed, eight to a byte. */
  dimensions: number;
  /**
   * How vectors are kept: 4 bytes, 1 byte or 1 bit a dimension. Float vectors are converted as
   * `embed` does it. Default `float32`.
   */
  precision?: VectorPrecision | undefined;
}

export interface SearchOptions {
  signal?: AbortSignal | undefined;
}

export interface Match<Id extends string | number = string | number> {
  id: Id;
  /** The cosine, from -1 to 1; of bits 1 - 2 × the share that differs. */
  score: number;
}

/** One vector or several end to end, floats or as the index keeps them; or an array of vectors. */
export type Vectors =
  | Float32Array
  | Int8Array
  | Uint8Array
  | readonly (Float32Array | Int8Array | Uint8Array)[];

/**
 * Keeps vectors and searches all of them, exactly. Calls may overlap: they are done in order.
 * Only `new`, `dispose` and the properties are synchronous.
 */
export interface Index<Id extends string | number = string | number> extends AsyncDisposer {
  /**
   * @param vectors copied when the call is made
   * @param ids one for each vector, strings or whole numbers. Default: the vectors' numbers, from
   *   0 on
   * @throws BertletError BAD_ARGUMENT: another length, an id that is taken; OUT_OF_MEMORY
   */
  add(vectors: Vectors, ids?: readonly Id[]): Promise<void>;
  /** The nearest, best first. @param k how many at most; default 10 */
  search(
    query: Float32Array | Int8Array | Uint8Array,
    k?: number,
    options?: SearchOptions,
  ): Promise<Match<Id>[]>;
  /** A safetensors file, which {@link Index.from} reads. */
  toBytes(): Promise<Bytes>;
  readonly dimensions: number;
  readonly precision: VectorPrecision;
  /** How many vectors there are. */
  readonly size: number;
  /** Bytes of WebAssembly memory held now. */
  readonly memoryBytes: number;
  /** Gives the memory back; later calls reject with DISPOSED. */
  dispose(): void;
}

export const Index: {
  /** @throws BertletError BAD_ARGUMENT */
  new <Id extends string | number = string | number>(options: IndexOptions): Index<Id>;
  readonly prototype: Index;
  /** What `toBytes` gave. @throws BertletError BAD_MODEL */
  from<Id extends string | number = string | number>(
    content: Uint8Array | ArrayBuffer,
  ): Promise<Index<Id>>;
};
