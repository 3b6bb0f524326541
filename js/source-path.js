// Files of a folder on disk (Node, Deno, Bun).
import { BertletError } from './errors.js';

const builtin = (name) => globalThis.process?.getBuiltinModule?.(name);

// Two buffers: the disk fills one while the consumer works on the other.
const bufferSize = 1 << 20;

/** Whether paths can be read here. */
export function hasFileSystem() {
  return builtin('node:fs') !== undefined;
}

/** @param {URL} url a file: URL @returns {string} */
export function pathOfUrl(url) {
  try {
    return builtin('node:url').fileURLToPath(url);
  } catch (cause) {
    throw new BertletError('BAD_ARGUMENT', `${url} does not name a local path.`, { cause });
  }
}

/**
 * @param {string} folder
 * @returns {Promise<import('./source.js').SourceKind>}
 */
export async function openFolder(folder) {
  const stats = await statOf(folder);
  if (!stats) {
    throw new BertletError(
      'NOT_FOUND',
      `The folder ${folder} does not exist. A model is given by its folder's path or URL; ` +
        'names of a model hub are not downloaded.',
    );
  }
  if (!stats.isDirectory()) {
    throw new BertletError('NOT_FOUND', `${folder} is not a folder; pass the folder it stands in.`);
  }
  const { join, resolve } = builtin('node:path');
  const base = resolve(folder); // the working directory may change
  const pathOf = (name) => join(base, ...name.split('/'));
  return {
    description: folder,
    open: (name) => openPath(pathOf(name)),
  };
}

/**
 * @param {string} path
 * @returns {Promise<import('./checked-stream.js').RawFile | undefined>} undefined: missing
 */
export async function openPath(path) {
  const stats = await statOf(path);
  if (!stats) return undefined;
  // A pipe or device would wait for ever.
  if (!stats.isFile()) throw unreadable(path, 'is not a file');
  let handle;
  try {
    handle = await builtin('node:fs').promises.open(path, 'r');
  } catch (cause) {
    throw unreadable(path, `cannot be opened (${cause.message})`, cause);
  }
  const total = stats.size;
  const buffers = [0, 1].map(() => new Uint8Array(Math.min(total, bufferSize)));
  const fill = (turn) => {
    const reading = handle.read(buffers[turn % 2], 0, buffers[turn % 2].length);
    reading.catch(() => {}); // seen by the read() that asks for it, if one comes
    return reading;
  };
  let turn = 0;
  let ahead;
  return {
    total,
    errorCode: 'BAD_MODEL',
    async read() {
      const { bytesRead } = await (ahead ?? fill(turn));
      if (bytesRead === 0) return undefined;
      const chunk = buffers[turn % 2].subarray(0, bytesRead);
      ahead = fill(++turn);
      return chunk;
    },
    cancel: () => handle.close(),
  };
}

/** @returns {Promise<import('node:fs').Stats | undefined>} undefined: nothing is there */
async function statOf(path) {
  try {
    return await builtin('node:fs').promises.stat(path);
  } catch (cause) {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
    throw unreadable(path, `cannot be read (${cause.message})`, cause);
  }
}

function unreadable(path, what, cause) {
  return new BertletError('NOT_FOUND', `${path} ${what}.`, { cause });
}
