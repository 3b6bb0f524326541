// What the user's `source` argument names.
import { embeddedModel } from './embedded.js';
import { BertletError } from './errors.js';
import { filesOf } from './source-files.js';
import { hasFileSystem, pathOfUrl } from './source-path.js';

/**
 * What a source names, without reading anything.
 * @returns {{ folder: string } | { url: URL } | { files: Map<string, unknown> }}
 * @throws BAD_ARGUMENT
 */
export function locate(source) {
  if (source instanceof Map) return { files: unpack(source) };
  if (source === undefined) return { files: new Map(Object.entries(embeddedModel())) };
  if (source instanceof URL) return locateUrl(source);
  if (typeof source === 'string' && source !== '') {
    if (/^([a-z][a-z0-9+.-]+:\/\/|(data|blob):)/i.test(source)) return locateUrl(parseUrl(source));
    if (hasFileSystem()) return { folder: source };
    return locateUrl(parseUrl(source, globalThis.document?.baseURI ?? globalThis.location?.href));
  }
  if (source !== null && typeof source === 'object') return { files: filesOf(source) };
  throw new BertletError(
    'BAD_ARGUMENT',
    'The source must be the path or URL of a model folder, or an object { fileName: content }.',
  );
}

/** @param {Map<string, unknown>} files as sourceForWorker packs them */
function unpack(files) {
  return new Map(
    Array.from(files, ([name, content]) => [name, content.url ? new URL(content.url) : content]),
  );
}

function locateUrl(url) {
  if (url.protocol === 'file:' && hasFileSystem()) return { folder: pathOfUrl(url) };
  if (url.protocol === 'data:' || url.protocol === 'blob:') {
    throw new BertletError(
      'BAD_ARGUMENT',
      `A ${url.protocol} URL names one file; pass a folder's, or an object { fileName: content }.`,
    );
  }
  return { url };
}

function parseUrl(text, base) {
  try {
    return new URL(text, base);
  } catch (cause) {
    throw new BertletError('BAD_ARGUMENT', `"${text}" is not a URL.`, { cause });
  }
}
