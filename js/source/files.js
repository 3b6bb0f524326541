// Files given one by one: blobs, buffers, answers, streams, text, URLs.
import { fromBytes, fromStream } from '../shared/bytes.js';
import { BertletError } from '../shared/errors.js';
import { isFileName, withoutCommonFolder } from './file-names.js';
import { openServedFile } from './file-port.js';
import { badArgument, reading } from '../shared/inputs.js';
import { kindOf } from '../shared/kind.js';
import { builtin } from '../shared/platform.js';
import { show } from '../shared/show.js';
import { openPath } from './path.js';
import { readAnswer } from './answer.js';
import { openUrl } from './url.js';

const accepted =
  'Blob, File, Uint8Array, ArrayBuffer, SharedArrayBuffer, Response, ReadableStream, URL, String';

/** A folder has fewer, what goes on without an end more. */
const mostFiles = 100_000;

/**
 * @param {object} source { fileName: content }, a FileList or an array of Files
 * @returns {Map<string, FileContent>} by name relative to the model's folder
 * @throws BAD_ARGUMENT
 *
 * @typedef {Blob | ArrayBuffer | ArrayBufferView | Response | ReadableStream<Uint8Array>
 *   | URL | string} FileContent
 */
export function filesOf(source) {
  const all = source[Symbol.iterator] ? namedFiles(source) : Object.entries(source);
  const entries = all.filter(([, content]) => content !== undefined && content !== null);
  const names = withoutCommonFolder(entries.map(([name]) => name));
  return new Map(
    entries.map(([, content], i) => {
      if (
        isFileName(names[i]) &&
        (ArrayBuffer.isView(content) || accepted.split(', ').includes(kindOf(content)))
      ) {
        return [names[i], content];
      }
      throw badArgument(
        `${show(names[i])} of the source must be a file's name and one of ${accepted}.`,
      );
    }),
  );
}

/** @param {Iterable<File>} files */
function namedFiles(files) {
  const named = [];
  for (const file of files) {
    if (named.length === mostFiles) throw badArgument(`The source has over ${mostFiles} files.`);
    named.push([file?.webkitRelativePath || file?.name || '', file]);
  }
  return named;
}

/**
 * @param {Map<string, FileContent>} files
 * @param {import('./url.js').UrlOptions} options for contents that are URLs
 * @returns {import('./source.js').SourceKind}
 */
export function openFiles(files, options) {
  return {
    description: `the files given (${[...files.keys()].slice(0, 9).join(', ')})`,
    names: new Set(files.keys()),
    addressOf: (name) => files.get(name)?.href,
    open: async (name, how) =>
      files.has(name) ? openContent(name, files.get(name), { ...options, ...how }) : undefined,
    // Only what is a URL can be in the cache.
    forget: (name) => options.cache?.forget(files.get(name)),
  };
}

/**
 * @param {string} name
 * @param {FileContent | MessagePort | { href: string }} content also as sourceForWorker packs it
 * @returns {ReturnType<import('./source.js').SourceKind['open']>}
 */
export async function openContent(name, content, options) {
  if (content.href) {
    const url = new URL(content.href);
    return url.protocol === 'file:' && builtin('node:fs') ? openPath(url) : openUrl(url, options);
  }
  if (content.bodyUsed || content.locked || content.body?.locked) {
    throw badArgument(`${name} is a stream that has been read already; give a Blob.`);
  }
  if (content.postMessage) {
    content.locked = true; // as a stream is
    return openServedFile(content);
  }
  if (kindOf(content) === 'Response') {
    return readAnswer(content).then(
      (raw) => (raw.absent ? raw : { ...raw, once: true }),
      (cause) => {
        throw new BertletError('NETWORK', `${name} is ${cause.message}, not a file.`, { cause });
      },
    );
  }
  return reading(name, () => openGiven(content));
}

function openGiven(content) {
  switch (kindOf(content)) {
    case 'ReadableStream':
      return fromStream(content, { isRemote: true, once: true });
    case 'Blob':
    case 'File':
      return fromStream(content.stream(), { total: content.size });
    default:
      return fromBytes(content);
  }
}
