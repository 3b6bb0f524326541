// Writing safetensors files, byte for byte as Python's `safetensors` writes them.
import { BertletError } from '../shared/errors.js';
import { dtypeBits, largestHeader } from './safetensors-header.js';
import { toUtf8 } from '../shared/utf8.js';

const dtypeOrder = Object.keys(dtypeBits);

/**
 * @typedef {{ header: Uint8Array, tensors: Map<string, { begin: number, end: number }>,
 *   byteLength: number }} Layout
 *
 * @typedef {object} TensorSpec
 * @property {string} name
 * @property {string} dtype a key of dtypeBits
 * @property {number[]} shape
 */

/**
 * Where everything goes in a file, before any tensor's bytes are at hand.
 * @param {TensorSpec[]} specs in any order
 * @param {Record<string, string>} [metadata] e.g. { format: 'pt' }
 * @returns {Layout} `header` begins the file, its length before it included; the
 *   tensors follow in the order of the map, `begin` and `end` being offsets in the file
 * @throws BAD_ARGUMENT
 */
export function layoutSafetensors(specs, metadata) {
  const entries = specs.map((spec) => ({
    ...spec,
    size: byteSize(spec),
    key: toUtf8(spec.name),
  }));
  // Larger elements first, so that each tensor is aligned.
  entries.sort(
    (a, b) => dtypeOrder.indexOf(b.dtype) - dtypeOrder.indexOf(a.dtype) || compare(a.key, b.key),
  );
  // JSON by hand: an object would bring names like "0" to the front.
  const parts = metadata ? [`"__metadata__":${JSON.stringify(metadata)}`] : [];
  /** @type {Map<string, { begin: number, end: number }>} from the end of the header */
  const places = new Map();
  let size = 0;
  for (const { name, dtype, shape, size: bytes } of entries) {
    if (name === '__metadata__' || places.has(name)) throw wrong(name, 'its name is taken');
    const place = { begin: size, end: size + bytes };
    const offsets = [place.begin, place.end];
    parts.push(
      `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: offsets })}`,
    );
    places.set(name, place);
    size += bytes;
  }

  const text = toUtf8(`{${parts.join(',')}}`);
  const length = Math.ceil(text.length / 8) * 8;
  if (length > largestHeader) {
    throw new BertletError(
      'BAD_ARGUMENT',
      `Names and metadata would take ${length} bytes; the format allows ${largestHeader}.`,
    );
  }
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(text, 8);
  const tensors = new Map();
  for (const [name, { begin, end }] of places) {
    tensors.set(name, { begin: header.length + begin, end: header.length + end });
  }
  return { header, tensors, byteLength: header.length + size };
}

/** Where a tensor of the layout is. @param {Layout} layout @param {string} name */
export function placeIn({ tensors }, name) {
  return /** @type {{ begin: number, end: number }} */ (tensors.get(name));
}

/**
 * A whole file in memory.
 * @param {(TensorSpec & { data: Uint8Array })[]} tensors `data` little-endian
 * @param {Record<string, string>} [metadata]
 * @returns {Uint8Array}
 * @throws BAD_ARGUMENT
 */
export function writeSafetensors(tensors, metadata) {
  const layout = layoutSafetensors(tensors, metadata);
  const file = new Uint8Array(layout.byteLength);
  file.set(layout.header);
  for (const { name, data } of tensors) {
    const { begin, end } = placeIn(layout, name);
    checkSize(name, data.length, end - begin);
    file.set(data, begin);
  }
  return file;
}

/**
 * A file in pieces, for one that is never held whole.
 * @param {TensorSpec[]} specs
 * @param {Record<string, string> | undefined} metadata
 * @param {(name: string) => Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>
 *   | Promise<Uint8Array>} dataOf the bytes of a tensor; asked in the file's order
 * @returns {AsyncGenerator<Uint8Array, void>}
 * @throws BAD_ARGUMENT
 */
export async function* streamSafetensors(specs, metadata, dataOf) {
  const layout = layoutSafetensors(specs, metadata);
  yield layout.header;
  for (const [name, { begin, end }] of layout.tensors) {
    const data = await dataOf(name);
    let length = 0;
    for await (const chunk of data instanceof Uint8Array ? [data] : data) {
      length += chunk.length;
      yield chunk;
    }
    checkSize(name, length, end - begin);
  }
}

/** @param {TensorSpec} spec */
function byteSize({ name, dtype, shape }) {
  const bits = dtypeBits[dtype];
  if (bits === undefined) throw wrong(name, `dtype ${dtype} is not known`);
  const size = shape.reduce((a, b) => a * b, bits) / 8;
  if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0) || !Number.isSafeInteger(size)) {
    throw wrong(name, `shape [${shape}] is no shape`);
  }
  return size;
}

/** @param {string} name @param {number} actual @param {number} expected */
function checkSize(name, actual, expected) {
  if (actual !== expected) throw wrong(name, `it has ${actual} bytes, its shape takes ${expected}`);
}

/** @param {string} name @param {string} what */
function wrong(name, what) {
  return new BertletError('BAD_ARGUMENT', `Tensor "${name}" cannot be written: ${what}.`);
}

/** @param {Uint8Array} a @param {Uint8Array} b */
function compare(a, b) {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
