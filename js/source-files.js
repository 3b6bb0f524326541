// Files given one by one: blobs, buffers, answers, streams, text, URLs.
import { readInPieces, viewOf } from './bytes.js';
import { BertletError } from './errors.js';
import { isFileName, withoutCommonFolder } from './file-names.js';
import { openServedFile } from './file-port.js';
import { hasFileSystem, openPath, pathOfUrl } from './source-path.js';
import { fromResponse, openUrl } from './source-url.js';

// What was read of a stream once, by whatever source; asking its state does not tell all.
const spent = new WeakSet();

// What came as a stream and is read whole is kept up to this size, to be read again.
const keptSize = 16 << 20;

const accepted =
  'a Blob, ArrayBuffer, Uint8Array, Response, ReadableStream, URL, or the text of the file';

/**
 * @param {object} source { fileName: content }, a FileList or an array of Files
 * @returns {Map<string, FileContent>} by name relative to the model's folder
 *
 * @typedef {Blob | ArrayBuffer | ArrayBufferView | Response | ReadableStream<Uint8Array>
 *   | AsyncIterable<Uint8Array> | URL | string} FileContent
 */
export function filesOf(source) {
  const isList = typeof source[Symbol.iterator] === 'function';
  const entries = isList
    ? Array.from(source, (file) => [file?.webkitRelativePath || file?.name, file])
    : Object.entries(source);
  const present = entries.filter(([, content]) => content !== undefined && content !== null);
  for (const [name, content] of present) {
    if (typeof name !== 'string' || (isList && !isBlob(content))) {
      throw new BertletError('BAD_ARGUMENT', 'A list of files may hold only File objects.');
    }
    if (!kindOf(content)) {
      throw new BertletError('BAD_ARGUMENT', `"${name}" of the source must be ${accepted}.`);
    }
  }
  if (present.length === 0) {
    throw new BertletError(
      'BAD_ARGUMENT',
      'The source holds no files. Pass the path or URL of a model folder, or an object ' +
        '{ fileName: content }.',
    );
  }
  const files = withoutCommonFolder(present);
  for (const name of files.keys()) {
    if (!isFileName(name)) {
      throw new BertletError('BAD_ARGUMENT', `"${name}" is not the name of a file in a folder.`);
    }
  }
  return files;
}

/**
 * @param {Map<string, FileContent>} files
 * @param {import('./source-url.js').UrlOptions} options for contents that are URLs
 * @returns {import('./source.js').SourceKind}
 */
export function openFiles(files, options) {
  const kept = new Map();
  const shown = [...files.keys()].slice(0, 8);
  if (files.size > shown.length) shown.push('…');
  return {
    description: `the files given (${shown.join(', ')})`,
    async open(name, how) {
      const content = kept.get(name) ?? files.get(name);
      if (content === undefined) return undefined;
      return openContent(name, content, { ...options, ...how });
    },
    keep(name, bytes) {
      if (isOneShot(files.get(name)) && bytes.length <= keptSize) kept.set(name, bytes);
    },
    forget(name) {
      if (files.get(name) instanceof URL) options.cache?.forget(files.get(name));
    },
  };
}

/** Whether a content can be read only once. @param {FileContent} content */
export function isOneShot(content) {
  return ['response', 'stream', 'port'].includes(kindOf(content));
}

/**
 * @param {string} name
 * @param {FileContent} content
 * @returns {ReturnType<import('./source.js').SourceKind['open']>}
 */
export async function openContent(name, content, options) {
  if (content.status === 404) return undefined;
  if (isOneShot(content)) {
    if (spent.has(content) || content.bodyUsed || content.locked) {
      throw new BertletError(
        'BAD_ARGUMENT',
        `${name} was given as a stream that has been read already: pass a Blob or its bytes.`,
      );
    }
    spent.add(content);
  }
  switch (kindOf(content)) {
    case 'url':
      if (content.protocol === 'file:' && hasFileSystem()) return openPath(pathOfUrl(content));
      return openUrl(content, options);
    case 'blob':
      return readInPieces(content.size, async (begin, end) => {
        return new Uint8Array(await content.slice(begin, end).arrayBuffer());
      });
    case 'port':
      return openServedFile(content);
    case 'response':
      if (!content.ok) {
        throw new BertletError('NETWORK', `The answer given as ${name} is HTTP ${content.status}.`);
      }
      return fromResponse(content);
    case 'stream': {
      const reader = content.getReader?.() ?? content[Symbol.asyncIterator]();
      return {
        errorCode: 'NETWORK',
        async read() {
          const { value } = await (reader.read?.() ?? reader.next());
          return value === undefined ? undefined : bytesOf(name, value);
        },
        cancel: () => (reader.cancel ? reader.cancel() : reader.return?.()),
      };
    }
    default: {
      const bytes =
        typeof content === 'string' ? new TextEncoder().encode(content) : viewOf(content);
      return readInPieces(bytes.length, (begin, end) => bytes.subarray(begin, end));
    }
  }
}

/** The kinds go by what a value can do: it may come from another realm. */
function kindOf(content) {
  if (typeof content === 'string') return 'text';
  if (typeof content !== 'object') return undefined;
  if (ArrayBuffer.isView(content) || isBuffer(content)) return 'bytes';
  if (content instanceof URL) return 'url';
  if (typeof content.postMessage === 'function') return 'port'; // of serveFile
  if (typeof content.status === 'number' && 'body' in content) return 'response';
  if (isBlob(content)) return 'blob';
  if (typeof (content.getReader ?? content[Symbol.asyncIterator]) === 'function') return 'stream';
  return undefined;
}

function isBuffer(content) {
  return /^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(content));
}

function isBlob(content) {
  return typeof content?.size === 'number' && typeof content.slice === 'function';
}

function bytesOf(name, chunk) {
  if (ArrayBuffer.isView(chunk) || isBuffer(chunk)) return viewOf(chunk);
  throw new BertletError('BAD_ARGUMENT', `The stream given as ${name} must give Uint8Arrays.`);
}
