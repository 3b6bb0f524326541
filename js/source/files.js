// Files given one by one: blobs, buffers, answers, streams, text, URLs.
import { fromBytes, fromStream } from './raw-file.js';
import { BertletError } from '../shared/errors.js';
import { isFileName, withoutCommonFolder } from './file-names.js';
import { openServedFile } from './file-port.js';
import { badArgument, reading } from '../shared/inputs.js';
import { kindOf } from '../shared/kind.js';
import { builtin } from '../shared/platform.js';
import { show } from '../shared/show.js';
import { openPath } from './path.js';
import { isAbsent, readAnswer } from './answer.js';
import { openUrl } from './url.js';

const accepted =
  'Blob, File, Uint8Array, ArrayBuffer, SharedArrayBuffer, Response, ReadableStream, URL, String';

/** A folder has fewer, what goes on without an end more. */
const mostFiles = 100_000;

/**
 * @typedef {import('../index.d.ts').FileContent} FileContent
 * @typedef {MessagePort & { locked?: boolean }} ServedFile of another thread; `locked`: being read
 * @typedef {FileContent | ServedFile | { href: string }} Content also as sourceForWorker packs it
 *
 * @param {object} source { fileName: content }, a FileList or an array of Files
 * @returns {Map<string, FileContent>} by name relative to the model's folder
 * @throws BAD_ARGUMENT
 */
export function filesOf(source) {
  const list = /** @type {Partial<Iterable<File>>} */ (source);
  const all = list[Symbol.iterator]
    ? namedFiles(/** @type {Iterable<File>} */ (source))
    : Object.entries(source);
  const entries = all.filter(([, content]) => content !== undefined && content !== null);
  const names = withoutCommonFolder(entries.map(([name]) => name));
  return new Map(
    entries.map(([, content], i) => {
      if (
        isFileName(names[i]) &&
        (ArrayBuffer.isView(content) || accepted.split(', ').includes(kindOf(content)))
      ) {
        return /** @type {[string, FileContent]} */ ([names[i], content]);
      }
      throw badArgument(
        `${show(names[i])} of the source must be a file's name and one of ${accepted}.`,
      );
    }),
  );
}

/** @param {Iterable<File>} files */
function namedFiles(files) {
  /** @type {[name: string, content: unknown][]} */
  const named = [];
  for (const file of files) {
    if (named.length === mostFiles) throw badArgument(`The source has over ${mostFiles} files.`);
    named.push([file?.webkitRelativePath || file?.name || '', file]);
  }
  return named;
}

/**
 * @param {Map<string, Content>} files
 * @param {import('./url.js').UrlOptions} options for contents that are URLs
 * @returns {import('./source.js').SourceKind}
 */
export function openFiles(files, options) {
  return {
    description: `the files given (${[...files.keys()].slice(0, 9).join(', ')})`,
    names: new Set(files.keys()),
    addressOf: (name) => hrefOf(files.get(name)),
    async open(name, how) {
      const content = files.get(name);
      return content === undefined ? undefined : openContent(name, content, { ...options, ...how });
    },
    // Only what is a URL can be in the cache.
    forget: (name) => options.cache?.forget(/** @type {URL} */ (files.get(name))),
  };
}

/** Where a file is that was given as a URL. @param {Content | undefined} content */
export const hrefOf = (content) => /** @type {{ href?: string } | undefined} */ (content)?.href;

/**
 * @param {string} name
 * @param {Content} content
 * @param {Parameters<typeof openUrl>[1]} [options] for contents that are URLs
 * @returns {ReturnType<import('./source.js').SourceKind['open']>}
 */
export async function openContent(name, content, options = {}) {
  const href = hrefOf(content);
  if (href) {
    const url = new URL(href);
    return url.protocol === 'file:' && builtin('node:fs') ? openPath(url) : openUrl(url, options);
  }
  const given = /** @type {Partial<Response & ReadableStream & ServedFile>} */ (content);
  if (given.bodyUsed || given.locked || given.body?.locked) {
    throw badArgument(`${name} is a stream that has been read already; give a Blob.`);
  }
  if (given.postMessage) {
    const port = /** @type {ServedFile} */ (content);
    port.locked = true; // as a stream is
    return openServedFile(port);
  }
  if (kindOf(content) === 'Response') {
    return readAnswer(/** @type {Response} */ (content)).then(
      (raw) => (isAbsent(raw) ? raw : { ...raw, once: true }),
      (cause) => {
        throw new BertletError('NETWORK', `${name} is ${cause.message}, not a file.`, { cause });
      },
    );
  }
  return reading(name, () => openGiven(content));
}

/** @param {Content} content */
function openGiven(content) {
  switch (kindOf(content)) {
    case 'ReadableStream': {
      const stream = /** @type {ReadableStream<Uint8Array>} */ (content);
      return fromStream(stream, { isRemote: true, once: true });
    }
    case 'Blob':
    case 'File': {
      const blob = /** @type {Blob} */ (content);
      return fromStream(blob.stream(), { total: blob.size });
    }
    default:
      return fromBytes(/** @type {ArrayBuffer | ArrayBufferView | string} */ (content));
  }
}
