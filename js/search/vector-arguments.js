// What users give to an index, read at once: what they do with their arrays afterwards changes
// nothing.
import { badArgument, readList, reading } from '../shared/inputs.js';
import { typedArrayKind } from '../shared/kind.js';
import { isList, show } from '../shared/show.js';
import { toPrecision } from '../shared/vectors.js';

/**
 * @import { Bytes, Floats, SignedBytes, VectorPrecision } from '../index.d.ts'
 *
 * @typedef {Floats | SignedBytes | Bytes} Rows vectors end to end, as an index keeps them
 *
 * @typedef {new (length: number | ArrayBuffer) => Rows} RowsKind
 *
 * @typedef {Float32Array | Int8Array | Uint8Array} GivenVector
 */

/** For each precision: the arrays that hold its vectors, and what the file calls an element. */
const kinds = {
  float32: { Kind: Float32Array, dtype: 'F32', constant: 'BL_PRECISION_FLOAT32' },
  int8: { Kind: Int8Array, dtype: 'I8', constant: 'BL_PRECISION_INT8' },
  binary: { Kind: Uint8Array, dtype: 'U8', constant: 'BL_PRECISION_BINARY' },
};

export const precisions = /** @type {VectorPrecision[]} */ (Object.keys(kinds));
/** The core's BL_MAX_DIMENSIONS. */
export const mostDimensions = 2 ** 24;

/**
 * How an index keeps its vectors.
 * @typedef {{ precision: VectorPrecision, dimensions: number, width: number, rowBytes: number,
 *   dtype: string, constant: string, Kind: RowsKind }} VectorForm
 *   `width`: numbers of a row, which are the dimensions, or bytes of bits
 *
 * @param {VectorPrecision} precision
 * @param {number} dimensions
 * @returns {VectorForm}
 */
export function formOf(precision, dimensions) {
  const kind = kinds[precision];
  const width = precision === 'binary' ? Math.ceil(dimensions / 8) : dimensions;
  return { ...kind, precision, dimensions, width, rowBytes: width * kind.Kind.BYTES_PER_ELEMENT };
}

/**
 * Vectors in any of the forms that add takes, as rows of the index's kind.
 * @param {unknown} vectors
 * @param {VectorForm} form
 */
export function readVectors(vectors, form) {
  const isMany = isList(vectors);
  const list = isMany ? readList('vectors', vectors, (vector) => vector) : [vectors];
  const counts = list.map((vector, i) => {
    const name = isMany ? `vectors[${i}]` : 'vectors';
    return reading(name, () => countRows(name, vector, form, isMany));
  });
  const rows = new form.Kind(counts.reduce((sum, count) => sum + count, 0) * form.width);
  let at = 0;
  list.forEach((vector, i) => {
    rows.set(isOwn(vector, form) ? vector : convertFloats(vector, counts[i], form), at);
    at += counts[i] * form.width;
  });
  return rows;
}

/**
 * @param {unknown} vector
 * @param {VectorForm} form
 * @returns {vector is GivenVector} of the index's own kind
 */
const isOwn = (vector, { Kind }) => typedArrayKind(vector) === Kind.name;

/**
 * @param {string} name for messages
 * @param {unknown} vector
 * @param {VectorForm} form
 * @param {boolean} isOne whether it must be a single one
 */
function countRows(name, vector, form, isOne) {
  const { length } = checkKind(name, vector, form);
  const unit = isOwn(vector, form) ? form.width : form.dimensions;
  if (isOne ? length === unit : length % unit === 0) return length / unit;
  throw badArgument(
    `Each vector must have ${form.dimensions} dimensions (${unit} numbers); ${name} has ${length}.`,
  );
}

/**
 * @param {string} name for messages
 * @param {unknown} vector
 * @param {VectorForm} form
 * @returns {GivenVector} floats, or of the index's own kind
 */
function checkKind(name, vector, form) {
  if (isOwn(vector, form) || isFloats(vector)) {
    new Uint8Array(vector.buffer, 0, 0); // throws where it was given away: it is not empty
    return vector;
  }
  const { Kind } = form;
  const wanted = Kind === Float32Array ? 'a Float32Array' : `a Float32Array or ${Kind.name}`;
  throw badArgument(`${name} is ${typedArrayKind(vector) ?? show(vector)}, not ${wanted}.`);
}

/** @param {unknown} vector @returns {vector is Floats} */
const isFloats = (vector) => typedArrayKind(vector) === 'Float32Array';

/**
 * Float vectors, end to end, in the index's precision.
 * @param {unknown} given which checkKind has let through as floats
 * @param {number} count
 * @param {VectorForm} form
 */
function convertFloats(given, count, { Kind, precision, dimensions, width }) {
  const floats = /** @type {Floats} */ (given);
  checkFinite('A vector', floats);
  const rows = new Kind(count * width);
  for (let i = 0; i < count; i++) {
    const vector = floats.subarray(i * dimensions, (i + 1) * dimensions);
    rows.set(toPrecision(vector, precision), i * width);
  }
  return rows;
}

/** @param {string} name @param {Float32Array} numbers */
function checkFinite(name, numbers) {
  if (numbers.every(Number.isFinite)) return;
  throw badArgument(`${name} has a component that is no number.`);
}

/**
 * @param {unknown} ids
 * @param {number} count of vectors
 * @returns {(string | number)[] | undefined} undefined: numbers from the index's size on
 */
export function readIds(ids, count) {
  if (ids === undefined || ids === null) return undefined;
  const names = readList('ids', ids, (id) => {
    if (typeof id === 'string' || isWhole(id)) return id;
    throw badArgument(`ids has ${show(id)}; an id is a string or a whole number.`);
  });
  if (names.length === count) return names;
  throw badArgument(`ids has ${names.length}, but there are ${count} vectors.`);
}

/** @param {unknown} id @returns {id is number} */
const isWhole = (id) => Number.isSafeInteger(id);

/** Whether a first argument is one id, or an array of them: no vectors. @param {unknown} value */
export function isIds(value) {
  const first = isList(value) ? reading('vectors', () => value[0]) : value;
  return typeof first === 'string' || typeof first === 'number';
}

/**
 * The query as the core takes it: int8 rows are compared with 16-bit numbers.
 * @param {unknown} query
 * @param {VectorForm} form
 */
export function readQuery(query, form) {
  return reading('query', () => {
    const numbers = checkKind('query', query, form);
    const own = isOwn(query, form);
    const wanted = own ? form.width : form.dimensions;
    if (numbers.length !== wanted) {
      throw badArgument(`query has ${numbers.length} numbers; a vector here has ${wanted}.`);
    }
    if (form.precision === 'int8' && own) return new Int16Array(numbers);
    if (form.precision === 'binary' && own) return clearBeyond(new Uint8Array(numbers), form);
    const floats = /** @type {Floats} */ (numbers);
    checkFinite('query', floats);
    if (form.precision === 'int8') return inSteps(floats);
    return form.precision === 'binary' ? toPrecision(floats, 'binary') : new Float32Array(floats);
  });
}

/**
 * Bits of a row's last byte that stand for no dimension are no difference.
 * @param {Uint8Array} rows changed
 * @param {VectorForm} form
 */
export function clearBeyond(rows, { dimensions, width }) {
  const spare = width * 8 - dimensions;
  for (let at = width - 1; spare > 0 && at < rows.length; at += width) rows[at] &= 0xff << spare;
  return rows;
}

/**
 * Floats as whole numbers, the largest of them 4095: what the core takes for int8 rows.
 * @param {Floats} query
 */
function inSteps(query) {
  const largest = query.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return Int16Array.from(query, (value) =>
    largest === 0 ? 0 : Math.round((value / largest) * 4095),
  );
}
