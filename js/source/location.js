// What the user's `source` argument names.
import { embeddedModel } from './embedded.js';
import { badArgument, reading } from '../shared/inputs.js';
import { kindOf } from '../shared/kind.js';
import { builtin } from '../shared/platform.js';
import { filesOf } from './files.js';

/**
 * A folder on disk, one of a server, or files: the one of them that a source names.
 * @typedef {{ folder: string, url?: undefined, files?: undefined }
 *   | { url: URL, folder?: undefined, files?: undefined }
 *   | { files: Map<string, Content>, folder?: undefined, url?: undefined }} Place
 * @typedef {import('./files.js').Content} Content
 *
 * What a source names, without reading anything.
 * @param {unknown} [source]
 * @returns {Place}
 * @throws BAD_ARGUMENT
 */
export function locate(source = embeddedModel()) {
  return reading('The source', () => placeOf(source));
}

/**
 * The same source without what its giver may still change: a Map of the files, or a text.
 * @param {unknown} source
 * @returns {Map<string, Content> | string | undefined} undefined: the embedded model
 * @throws BAD_ARGUMENT
 */
export function copySource(source) {
  if (source === undefined || source === null) return undefined;
  return reading('The source', () => {
    const given = source instanceof Map ? Object.fromEntries(source) : source;
    const { files, folder, url } = placeOf(given);
    return files ?? folder ?? url?.href;
  });
}

/** @param {unknown} source @returns {Place} */
function placeOf(source) {
  const paths = builtin('node:url');
  if (source instanceof Map) return { files: source }; // of sourceForWorker
  const named = kindOf(source) === 'URL' ? /** @type {URL} */ (source).href : source;
  if (named && typeof named === 'object') {
    const files = filesOf(named);
    if (files.size > 0) return { files };
  }
  if (named && typeof named === 'string') {
    if (paths && !/^([a-z][a-z\d+.-]+:\/\/|data:|blob:)/i.test(named)) return { folder: named };
    try {
      const url = new URL(named, globalThis.document?.baseURI ?? globalThis.location?.href);
      if (paths && url.protocol === 'file:') return { folder: paths.fileURLToPath(url) };
      // These name one file, never a folder.
      if (!/^(data|blob):/.test(url.href)) return { url };
    } catch {
      // no URL, as said below
    }
  }
  throw badArgument(
    'The source must be the path or URL of a model folder, or { fileName: content }.',
  );
}
