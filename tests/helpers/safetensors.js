// Reads and writes safetensors files in memory, so that tests can change or damage them.
// Format: u64 length of the header, the header as JSON, then the tensors' bytes.

const sizes = { F64: 8, I64: 8, F32: 4, I32: 4, F16: 2, BF16: 2, I8: 1, U8: 1 };

/**
 * @param {Uint8Array} bytes
 * @returns {Map<string, { dtype: string, shape: number[], bytes: Uint8Array }>}
 */
export function readTensors(bytes) {
  const { header, dataStart } = readHeader(bytes);
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  return new Map(
    entries.map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [begin, end],
        },
      ]) => [name, { dtype, shape, bytes: bytes.slice(dataStart + begin, dataStart + end) }],
    ),
  );
}

/** The parsed header and where the data begins. @param {Uint8Array} bytes */
export function readHeader(bytes) {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  return { header, dataStart: 8 + length };
}

/** The inverse of readTensors. @param {Map} tensors @returns {Uint8Array} */
export function writeTensors(tensors) {
  const header = {};
  let offset = 0;
  for (const [name, { dtype, shape, bytes }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
  }
  return withHeader(
    header,
    [...tensors.values()].map(({ bytes }) => bytes),
  );
}

/**
 * A file with this header before these bytes, right or wrong.
 * @param {object | string} header @param {Uint8Array[]} parts
 */
export function withHeader(header, parts) {
  const text = new TextEncoder().encode(
    typeof header === 'string' ? header : JSON.stringify(header),
  );
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  return concatenate([length, text, ...parts]);
}

/** @param {Uint8Array[]} parts */
export function concatenate(parts) {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}

/** A tensor of float32. @param {number[]} shape @param {ArrayLike<number>} values */
export function floatTensor(shape, values) {
  return { dtype: 'F32', shape, bytes: new Uint8Array(Float32Array.from(values).buffer) };
}

/** The values of an F32 tensor. */
export function floatsOf({ dtype, bytes }) {
  if (sizes[dtype] !== 4 || dtype !== 'F32') throw new Error(`not F32: ${dtype}`);
  return new Float32Array(bytes.slice().buffer);
}

/**
 * Our int8 rows by the documented rule: scale = max|w| / 127, q = round-half-even(w / scale),
 * all in float32. Matrices are replaced by I8 tensors with scales beside them.
 * @param {Map} tensors of a float32 model
 */
export function quantiseTensors(tensors) {
  const result = new Map();
  for (const [name, tensor] of tensors) {
    if (tensor.dtype !== 'F32' || tensor.shape.length !== 2 || !name.endsWith('.weight')) {
      result.set(name, tensor);
      continue;
    }
    const [rows, columns] = tensor.shape;
    const { quantised, scales } = quantiseRows(floatsOf(tensor), rows, columns);
    result.set(name, {
      dtype: 'I8',
      shape: [rows, columns],
      bytes: new Uint8Array(quantised.buffer),
    });
    result.set(`${name}_scale`, floatTensor([rows], scales));
  }
  return result;
}

function quantiseRows(values, rows, columns) {
  const quantised = new Int8Array(rows * columns);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const slice = values.subarray(row * columns, (row + 1) * columns);
    scales[row] = slice.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / 127;
    for (let column = 0; column < columns && scales[row] > 0; column += 1) {
      quantised[row * columns + column] = roundHalfEven(Math.fround(slice[column] / scales[row]));
    }
  }
  return { quantised, scales };
}

function roundHalfEven(value) {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
