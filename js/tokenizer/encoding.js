// What a text became: views of one block of numbers, made when they are first read.

/** @import * as contract from '../tokenizer.d.ts' */

/**
 * Windows of one or many texts as C laid them out: `numbers` has the ids, type ids, special
 * mask (`total` numbers each) and offsets (twice as many) end to end.
 * @typedef {{
 *   numbers: Int32Array,
 *   at: number,
 *   total: number,
 *   surfaces?: (string | undefined)[],
 * }} EncodedBlock `at`: where they begin in `numbers`; `surfaces`: texts of tokens that differ from their ids' own
 */

/**
 * An encoding with padding up to `length` tokens, as another one.
 * @type {(encoding: Encoding, length: number, padding: { id: number, side: 'left' | 'right' },
 *   overflow?: () => Encoding[]) => Encoding} `overflow` makes its windows that overflowed
 */
export let padEncoding;

/** @implements {contract.Encoding} */
export class Encoding {
  #texts;
  #block;
  #begin;
  #end;
  #pads;
  #overflow;
  /** @type {Int32Array | undefined} */
  #ids;
  /** @type {Int32Array | undefined} */
  #typeIds;
  /** @type {Int32Array | undefined} */
  #attentionMask;
  /** @type {Int32Array | undefined} */
  #specialTokensMask;
  /** @type {string[] | undefined} */
  #tokens;
  /** @type {contract.Encoding['offsets'] | undefined} */
  #offsets;
  /** @type {Encoding[] | undefined} */
  #overflowing;

  /**
   * @param {(id: number) => string} texts
   * @param {EncodedBlock} block
   * @param {number} begin the window's tokens in the block
   * @param {number} end
   * @param {() => Encoding[]} [overflow] makes the windows that overflowed
   * @param {{ left: number, right: number }} [pads] how many of the tokens are padding
   */
  constructor(texts, block, begin, end, overflow, pads) {
    this.#texts = texts;
    this.#block = block;
    this.#begin = begin;
    this.#end = end;
    this.#overflow = overflow;
    this.#pads = pads;
  }

  /** Number of tokens. */
  get length() {
    return this.#end - this.#begin;
  }

  get ids() {
    this.#ids ??= this.#row(0);
    return this.#ids;
  }

  get typeIds() {
    this.#typeIds ??= this.#row(1);
    return this.#typeIds;
  }

  /** 0 for padding, else 1. */
  get attentionMask() {
    if (!this.#attentionMask) {
      this.#attentionMask = new Int32Array(this.length);
      const { left = 0, right = 0 } = this.#pads ?? {};
      this.#attentionMask.fill(1, left, this.length - right);
    }
    return this.#attentionMask;
  }

  /** 1 for tokens that the post-processor or padding added. */
  get specialTokensMask() {
    this.#specialTokensMask ??= this.#row(2);
    return this.#specialTokensMask;
  }

  get tokens() {
    this.#tokens ??= Array.from(
      this.ids,
      (id, i) => this.#block.surfaces?.[this.#begin + i] ?? this.#texts(id),
    );
    return this.#tokens;
  }

  /** UTF-16 indices into the text; [0, 0] for tokens that were added. */
  get offsets() {
    if (!this.#offsets) {
      const flat = this.#flatOffsets();
      this.#offsets = Array.from({ length: this.length }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
    }
    return this.#offsets;
  }

  /** What truncation cut off, as further windows; undefined where nothing may be cut. */
  get overflowing() {
    this.#overflowing ??= this.#overflow?.();
    return this.#overflowing;
  }

  /**
   * See padEncoding.
   * @param {number} length
   * @param {{ id: number, side: 'left' | 'right' }} padding
   * @param {() => Encoding[]} [overflow]
   */
  #padded(length, { id, side }, overflow) {
    const own = this.length;
    const missing = Math.max(0, length - own);
    const left = side === 'left' ? missing : 0;
    const total = own + missing;
    const { surfaces } = this.#block;
    const numbers = new Int32Array(5 * total);
    numbers.fill(id, 0, total).fill(1, 2 * total, 3 * total);
    for (const row of [0, 1, 2]) numbers.set(this.#row(row), row * total + left);
    numbers.set(this.#flatOffsets(), 3 * total + 2 * left);
    const ownSurfaces = surfaces && [
      ...Array(left),
      ...surfaces.slice(this.#begin, this.#end),
      ...Array(missing - left),
    ];
    const padded = { numbers, at: 0, total, surfaces: ownSurfaces };
    const pads = { left, right: missing - left };
    return new Encoding(this.#texts, padded, 0, total, overflow, pads);
  }

  /** A view of ids, type ids or special mask. @param {number} row 0, 1 or 2 */
  #row(row) {
    const { numbers, at, total } = this.#block;
    const begin = at + row * total;
    return numbers.subarray(begin + this.#begin, begin + this.#end);
  }

  #flatOffsets() {
    const { numbers, at, total } = this.#block;
    const begin = at + 3 * total;
    return numbers.subarray(begin + 2 * this.#begin, begin + 2 * this.#end);
  }

  static {
    padEncoding = (encoding, ...how) => encoding.#padded(...how);
  }
}
