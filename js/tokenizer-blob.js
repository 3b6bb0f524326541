// Writes the blob that the C tokenizer reads; the format is described in
// src/tokenizer/blob.h, and the numbers here are those of its enums.

export const normalizeOps = {
  nfd: 0,
  nfc: 1,
  nfkd: 2,
  nfkc: 3,
  clean: 4,
  ideographs: 5,
  stripAccents: 6,
  stripMarks: 7,
  lower: 8,
  trimLeft: 9,
  trimRight: 10,
};
export const splitOn = { whitespace: 0, punctuation: 1, numeric: 2, character: 3, words: 4 };
export const splitHow = {
  Removed: 0,
  Isolated: 1,
  Contiguous: 2,
  MergedWithPrevious: 3,
  MergedWithNext: 4,
};
export const decoders = { spaces: 0, wordpiece: 1 };
export const templateKinds = { first: 0, second: 1, token: 2 };
export const templateFlags = { trimOffsets: 1, prefixSpace: 2, overflowType0: 4 };
export const addedFlags = { single_word: 1, lstrip: 2, rstrip: 4, normalized: 8, special: 16 };

/** Bounds of the format. */
export const maxOps = 32;
export const maxTemplate = 256;
export const maxTokens = 2 ** 24;

const magic = 0x4b4f5442;
const version = 1;
const wordPiece = 1;

/**
 * Everything that C has to know, checked by tokenizer-config.js.
 * @typedef {{
 *   normalize: number[],
 *   split: { on: number, how: number, character: number }[],
 *   maxChars: number,
 *   unknown: number,
 *   prefix: string,
 *   decoder: { kind: number, cleanUp: boolean, prefix: string },
 *   surfaces: string[],
 *   templateFlags: number,
 *   templates: { kind: number, typeId: number, id: number, surface: number }[][],
 *   added: { id: number, flags: number, content: string }[],
 *   tokens: string[],
 *   ids: number[],
 * }} TokenizerParts `templates`: of a single text, of a pair; `added`: by ascending id;
 *   `tokens` and `ids`: the vocabulary
 */

/**
 * @param {TokenizerParts} parts
 * @returns {Uint8Array}
 */
export function writeTokenizerBlob(parts) {
  const writer = new Writer();
  writer.u32(magic, version, wordPiece);
  writer.u32(parts.normalize.length, ...parts.normalize);
  writer.u32(parts.split.length);
  for (const { on, how, character } of parts.split) writer.u32(on, how, character);
  writer.u32(parts.maxChars, parts.unknown);
  writer.text(parts.prefix);
  writer.u32(parts.decoder.kind, parts.decoder.cleanUp ? 1 : 0);
  writer.text(parts.decoder.prefix);
  writer.u32(parts.surfaces.length);
  for (const surface of parts.surfaces) writer.text(surface);
  writer.u32(parts.templateFlags);
  for (const template of parts.templates) {
    writer.u32(template.length);
    for (const { kind, typeId, id, surface } of template) writer.u32(kind, typeId, id, surface);
  }
  writer.u32(parts.added.length);
  for (const { id, flags, content } of parts.added) {
    writer.u32(id, flags);
    writer.text(content);
  }
  writer.vocabulary(parts.tokens, parts.ids);
  return writer.finish();
}

const encoder = new TextEncoder();

class Writer {
  constructor() {
    this.bytes = new Uint8Array(1 << 16);
    this.view = new DataView(this.bytes.buffer);
    this.length = 0;
  }

  reserve(extra) {
    if (this.length + extra <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.bytes.length, this.length + extra));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }

  u32(...values) {
    this.reserve(4 * values.length);
    for (const value of values) {
      this.view.setUint32(this.length, value, true);
      this.length += 4;
    }
  }

  /** UTF-8 without its length. @returns {number} bytes */
  raw(text) {
    this.reserve(3 * text.length);
    const { written } = encoder.encodeInto(text, this.bytes.subarray(this.length));
    this.length += written;
    return written;
  }

  text(text) {
    const at = this.length;
    this.u32(0);
    this.view.setUint32(at, this.raw(text), true);
  }

  /** Ids, where each text ends, and all texts end to end. */
  vocabulary(tokens, ids) {
    if (!ids.every((id, i) => i === 0 || ids[i - 1] <= id)) {
      const order = ids.map((_, i) => i).sort((a, b) => ids[a] - ids[b]);
      return this.vocabulary(
        order.map((i) => tokens[i]),
        order.map((i) => ids[i]),
      );
    }
    const count = tokens.length;
    this.u32(count, 0);
    const table = this.length;
    this.reserve(8 * count);
    let end = 0;
    for (let i = 0; i < count; i++) {
      end += utf8Length(tokens[i]);
      this.view.setUint32(table + 4 * i, ids[i], true);
      this.view.setUint32(table + 4 * (count + i), end, true);
    }
    this.view.setUint32(table - 4, end, true);
    this.length += 8 * count;
    this.raw(tokens.join(''));
  }

  finish() {
    return this.bytes.slice(0, this.length);
  }
}

/** Bytes of a string without lone surrogates. */
function utf8Length(text) {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // A surrogate pair has 4 bytes: 2 for each half.
    if (unit >= 0x80) bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return bytes;
}
