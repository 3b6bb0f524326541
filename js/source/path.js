// Files of a folder on disk (Node, Deno, Bun).
import { BertletError } from '../shared/errors.js';
import { builtin } from '../shared/platform.js';

const bufferSize = 1 << 20;

/** Where there is one: only there sources have paths. */
const fileSystem = () =>
  /** @type {typeof import('node:fs').promises} */ (builtin('node:fs')?.promises);

/**
 * @param {string} folder
 * @returns {Promise<import('./source.js').SourceKind>}
 */
export async function openFolder(folder) {
  const fault = await fileSystem()
    .stat(folder)
    .then(
      (stats) => !stats.isDirectory() && 'not a folder',
      (error) => error.message,
    );
  if (fault) {
    throw new BertletError(
      'NOT_FOUND',
      `The folder ${folder} cannot be read (${fault}); names of a model hub are not downloaded.`,
    );
  }
  const base = builtin('node:path')?.resolve(folder); // the working directory may change
  return { description: folder, open: (name) => openPath(`${base}/${name}`) };
}

/**
 * @param {string | URL} path
 * @returns {Promise<import('./checked-stream.js').RawFile | undefined>} undefined: missing
 * @throws what the platform says
 */
export async function openPath(path) {
  try {
    const stats = await fileSystem().stat(path);
    // A pipe or device would wait for ever.
    if (!stats.isFile()) throw new Error('not a file');
    const handle = await fileSystem().open(path);
    const size = Math.min(stats.size + 1, bufferSize);
    // While one buffer is looked at, the next bytes come into the other.
    /** @param {Uint8Array<ArrayBuffer>} buffer */
    const begin = (buffer) => {
      const reading = handle.read(buffer);
      reading.catch(() => {}); // told when asked for
      return reading;
    };
    let next = begin(new Uint8Array(size));
    let free = new Uint8Array(size);
    return {
      total: stats.size,
      async read() {
        const { bytesRead, buffer } = await next;
        if (!bytesRead) return undefined;
        next = begin(free);
        free = buffer;
        return buffer.subarray(0, bytesRead);
      },
      cancel: () => handle.close(),
    };
  } catch (error) {
    const { code = '' } = /** @type {NodeJS.ErrnoException} */ (error);
    if (['ENOENT', 'ENOTDIR'].includes(code)) return undefined;
    throw error;
  }
}
