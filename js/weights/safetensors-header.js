// The header of a safetensors file. Checked as strictly as the reference implementation does
// (https://github.com/huggingface/safetensors, "Format"), and duplicate names on top. A header
// may have a million tensors: it is read one by one, with pauses.
import { decodeText } from '../shared/bytes.js';
import { badModel, isBertletError } from '../shared/errors.js';
import { kindOf } from '../shared/kind.js';
import { createPauses } from '../shared/pauses.js';

const dtypes =
  'BOOL F4 F6_E2M3 F6_E3M2 U8 I8 F8_E5M2 F8_E4M3 F8_E8M0 F8_E4M3FNUZ F8_E5M2FNUZ ' +
  'I16 U16 F16 BF16 I32 U32 F32 C64 F64 I64 U64';

/**
 * Bits of an element, by the format's names, in the reference's order.
 * @type {Record<string, number>}
 */
export const dtypeBits = Object.fromEntries(
  dtypes.split(' ').map((name) => [name, Number(/\d+/.exec(name)?.[0] ?? 8)]),
);

/** More bytes are no header. */
export const largestHeader = 100_000_000;
const metadataName = '__metadata__';
const deepestHeader = 32;
/** Parts of the text between two looks at the clock. */
const partsAtOnce = 256;

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
 */

/**
 * @param {Uint8Array} bytes the header's JSON, without the length before it
 * @param {string} fileName for messages
 * @param {AbortSignal} [signal]
 * @returns {Promise<Header>}
 * @throws BAD_MODEL, ABORTED
 */
export async function parseHeader(bytes, fileName, signal) {
  try {
    return await readTensors(bytes, createPauses(signal));
  } catch (cause) {
    if (isBertletError(cause)) throw cause;
    const { message } = /** @type {Error} */ (cause);
    throw badModel(fileName, `has no valid header: ${message}`, cause);
  }
}

/**
 * @param {Uint8Array} bytes
 * @param {ReturnType<typeof createPauses>} pause
 * @returns {Promise<Header>}
 */
async function readTensors(bytes, pause) {
  /** @type {Header['tensors']} */
  let tensors = new Map();
  /** @type {Header['metadata']} */
  let metadata = {};
  let end = 0;
  let isInOrder = true;
  for (const entry of entriesOf(decodeText(bytes))) {
    if (!entry) {
      await pause();
      continue;
    }
    const [name, value] = entry;
    if (name === metadataName) {
      metadata = readMetadata(value);
      continue;
    }
    const info = readInfo(name, value);
    isInOrder &&= info.begin === end;
    end = info.end;
    tensors.set(name, info);
  }
  if (!isInOrder) [tensors, end] = await putInOrder(tensors, pause);
  const dataStart = 8 + bytes.length;
  return { tensors, dataStart, byteLength: dataStart + end, metadata };
}

/** @param {unknown} value @returns {Header['metadata']} */
function readMetadata(value) {
  const metadata = value ?? {};
  if (kindOf(metadata) !== 'Object') throw new Error('not a JSON object');
  if (Object.values(metadata).every((text) => typeof text === 'string')) {
    return /** @type {Header['metadata']} */ (metadata);
  }
  throw new Error(`${metadataName} is not of strings`);
}

/**
 * In the order of their bytes, which they must fill without a gap.
 * @param {Header['tensors']} tensors
 * @param {ReturnType<typeof createPauses>} pause
 * @returns {Promise<[tensors: Header['tensors'], end: number]>}
 */
async function putInOrder(tensors, pause) {
  /** @type {Map<number, [string, TensorInfo][]>} */
  const byBegin = new Map();
  for (const entry of tensors) {
    const { begin, end } = entry[1];
    const group = byBegin.get(begin);
    if (!group) byBegin.set(begin, [entry]);
    else if (begin === end) group.unshift(entry);
    else group.push(entry);
    if (byBegin.size % partsAtOnce === 0) await pause();
  }
  const ordered = new Map();
  let end = 0;
  for (let group = byBegin.get(end); group; group = byBegin.get(end)) {
    byBegin.delete(end);
    for (const [name, info] of group) {
      if (info.begin !== end) throw misplaced(name, info, end);
      ordered.set(name, info);
      end = info.end;
    }
    if (byBegin.size % partsAtOnce === 0) await pause();
  }
  let first;
  for (const [entry] of byBegin.values()) {
    if (!first || entry[1].begin < first[1].begin) first = entry;
  }
  if (first) throw misplaced(...first, end);
  return [ordered, end];
}

/** @param {string} name @param {TensorInfo} info @param {number} end */
function misplaced(name, { begin }, end) {
  return new Error(`${quoted(name)} overlaps or leaves a gap: it is at byte ${begin}, not ${end}`);
}

/** @param {string} name @param {unknown} info @returns {TensorInfo} */
function readInfo(name, info) {
  const fields = /** @type {Record<string, unknown>} */ (info ?? {});
  const { dtype, shape, data_offsets: offsets } = fields;
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

/**
 * NaN where it cannot be counted, also on the way: as in the reference, no 0 mends that.
 * @param {number[]} shape
 */
function countElements(shape) {
  /** @param {number} a @param {number} b */
  const multiply = (a, b) => (Number.isSafeInteger(a * b) ? a * b : Number.NaN);
  return shape.reduce(multiply, 1);
}

/** @param {unknown} value @returns {value is number[]} */
function isSizes(value) {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

// A string with the colon after a key, a bracket, or a comma. The string's end is optional: none
// is looked for twice.
const jsonParts = /("[^"\\]*(?:\\.[^"\\]*)*"?)(?:[ \t\n\r]*(:))?|[{}[\],]/gs;
const onlySpace = /^[ \t\n\r]*$/;

/**
 * The entries of a JSON object, one by one; undefined now and then, where a pause is possible.
 * Refuses what JSON.parse lets pass: a name given twice, nesting made to exhaust memory, and lone
 * surrogates.
 * @param {string} text
 * @returns {Generator<[name: string, value: unknown] | undefined>}
 */
function* entriesOf(text) {
  /** @type {Set<string>[]} */
  const open = []; // of each open object or array the keys so far
  let isObject = false;
  /** @type {string | undefined} */
  let name; // of the entry under way
  let begin = 0; // of what is not read: before a name, or a value
  let count = 0;
  for (const { 0: token, 1: quotes, 2: colon, index } of text.matchAll(jsonParts)) {
    if (++count % partsAtOnce === 0) yield undefined;
    const isOutside = open.length === 1;
    if (quotes) {
      const string = quotes.includes('\\') ? JSON.parse(quotes) : quotes.slice(1, -1);
      if (/\p{Surrogate}/u.test(string)) throw new Error(`${quoted(string)} is not Unicode`);
      const keys = open.at(-1);
      if (colon && keys?.has(string)) throw new Error(`it has ${quoted(string)} twice`);
      if (colon) keys?.add(string);
      if (isOutside && name === undefined) {
        if (!colon || !onlySpace.test(text.slice(begin, index))) throw notJson(index);
        name = string;
        begin = index + token.length;
      }
    } else if (token === '{' || token === '[') {
      if (open.length === 0) {
        isObject = token === '{';
        if (!onlySpace.test(text.slice(0, index))) throw notJson(0);
        begin = index + 1;
      }
      open.push(new Set());
      if (open.length > deepestHeader) throw new Error('nested too deeply');
    } else if (isOutside) {
      if (!isObject) break;
      const isEnd = token !== ',';
      const isEmpty = isEnd && open[0].size === 0 && onlySpace.test(text.slice(begin, index));
      if (token === ']' || (name === undefined && !isEmpty)) throw notJson(index);
      if (name !== undefined) yield [name, JSON.parse(text.slice(begin, index))];
      name = undefined;
      begin = index + 1;
      if (isEnd) {
        if (onlySpace.test(text.slice(begin))) return;
        throw notJson(begin);
      }
    } else if (token !== ',') open.pop();
  }
  throw isObject ? notJson(text.length) : new Error('not a JSON object');
}

/** @param {number} at */
function notJson(at) {
  return new Error(`not valid JSON at character ${at}`);
}

/** @param {unknown} value */
function quoted(value) {
  return JSON.stringify(value).slice(0, 100);
}
