// An index as a safetensors file: the tensor "vectors", and in the metadata what it is.
import { BertletError, badModel, isBertletError } from '../shared/errors.js';
import { badArgument, reading } from '../shared/inputs.js';
import { kindOf, typedArrayKind } from '../shared/kind.js';
import { streamTensors } from '../weights/safetensors.js';
import { layoutSafetensors, placeIn } from '../weights/safetensors-write.js';
import { formOf, mostDimensions, precisions, readIds } from './vector-arguments.js';

const fileName = 'The index file';

/**
 * @param {import('./vector-arguments.js').VectorForm} form
 * @param {(string | number)[]} ids of all vectors
 * @param {(target: Uint8Array, at: number) => void} copyRows
 * @returns {import('../index.d.ts').Bytes}
 */
export function writeIndexFile(form, ids, copyRows) {
  const { dtype, width, precision, dimensions } = form;
  const isPlain = ids.every((id, i) => id === i);
  const layout = layoutSafetensors([{ name: 'vectors', dtype, shape: [ids.length, width] }], {
    format: 'bertlet-index',
    precision,
    dimensions: String(dimensions),
    ...(!isPlain && { ids: JSON.stringify(ids) }),
  });
  const file = new Uint8Array(layout.byteLength);
  file.set(layout.header);
  copyRows(file, placeIn(layout, 'vectors').begin);
  return file;
}

/**
 * @param {unknown} content
 * @returns {Promise<{ form: import('./vector-arguments.js').VectorForm,
 *   rows: import('./vector-arguments.js').Rows, ids: (string | number)[] | undefined }>}
 * @throws BAD_ARGUMENT, BAD_MODEL
 */
export async function readIndexFile(content) {
  const bytes = reading('content', () => viewOf(content));
  const { tensors, metadata, dataStart } = await readWholeHeader(bytes);
  const fields = new Map(Object.entries(metadata));
  const precision = precisions.find((one) => one === fields.get('precision'));
  const dimensions = fields.get('dimensions') ?? '';
  const ids = fields.get('ids');
  const info = tensors.get('vectors');
  if (
    !info ||
    !precision ||
    !/^[1-9]\d{0,8}$/.test(dimensions) ||
    Number(dimensions) > mostDimensions
  ) {
    throw badModel(fileName, 'is not one: it lacks vectors, a precision or dimensions');
  }
  const form = formOf(precision, Number(dimensions));
  const [count, width, ...others] = info.shape;
  if (info.dtype !== form.dtype || width !== form.width || others.length > 0) {
    throw badModel(
      fileName,
      `holds ${info.dtype} [${info.shape}] as vectors of ${dimensions} dimensions`,
    );
  }
  const data = bytes.slice(dataStart + info.begin, dataStart + info.end);
  try {
    const names = ids === undefined ? undefined : readIds(JSON.parse(ids), count);
    return { form, rows: new form.Kind(data.buffer), ids: names };
  } catch (cause) {
    throw badContent(cause);
  }
}

/** What is wrong with the vectors or ids of a file. @param {unknown} cause */
export function badContent(cause) {
  if (isBertletError(cause) && cause.code === 'OUT_OF_MEMORY') return cause;
  const { message } = /** @type {Error} */ (cause);
  const sentence = `${fileName} holds bad vectors or ids: ${message}`;
  return new BertletError('BAD_MODEL', sentence, { cause });
}

/** Whatever class the bytes have: the slices of Node's Buffer are no copies. @param {unknown} content */
function viewOf(content) {
  if (kindOf(content) === 'ArrayBuffer')
    return new Uint8Array(/** @type {ArrayBuffer} */ (content));
  if (typedArrayKind(content) === 'Uint8Array') {
    const { buffer, byteOffset, byteLength } = /** @type {Uint8Array} */ (content);
    return new Uint8Array(buffer, byteOffset, byteLength);
  }
  throw badArgument('Index.from takes the bytes that toBytes gave.');
}

/** The header of a file whose length and tensors agree with it. @param {Uint8Array} bytes */
async function readWholeHeader(bytes) {
  async function* chunks() {
    yield bytes;
  }
  const stream = { total: bytes.length, chunks: chunks() };
  return streamTensors(stream, fileName, { wanted: () => null });
}
