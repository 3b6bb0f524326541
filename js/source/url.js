// Files of a folder on a web server.
import { fromBytes } from './raw-file.js';
import { readError } from './checked-stream.js';
import { isMissing } from './file-cache.js';
import { fromResponse, isAbsent, readAnswer } from './answer.js';

/**
 * @param {URL} folder its query, if any, goes with every request
 * @param {UrlOptions} options
 * @returns {import('./source.js').SourceKind}
 *
 * @typedef {object} UrlOptions
 * @property {typeof fetch} [fetch] takes the place of the platform's
 * @property {import('./file-cache.js').FileCache} [cache]
 */
export function openUrlFolder(folder, options) {
  /** @param {string} name */
  const urlOf = (name) => {
    const url = new URL(folder);
    url.pathname = url.pathname.replace(/\/?$/, '/') + name.replaceAll('%', '%25');
    return url;
  };
  return {
    description: shown(urlOf('')),
    open: (name, how) => openUrl(urlOf(name), { ...options, ...how }),
    forget: (name) => options.cache?.forget(urlOf(name)),
  };
}

/**
 * @param {URL} url
 * @param {UrlOptions & { signal?: AbortSignal, integrity?: string }} options
 * @returns {ReturnType<import('./source.js').SourceKind['open']>}
 */
export async function openUrl(url, { fetch = globalThis.fetch, cache, signal, integrity }) {
  if (url.protocol === 'data:') return readDataUrl(url);
  // What was stored unchecked does not count where a hash is pinned.
  const { kept, note } = (await cache?.match(url)) ?? {};
  if (kept && note !== isMissing && (!integrity || note === integrity)) {
    return fromResponse(kept, { fromCache: true });
  }
  try {
    const response = await fetch(url.href, { signal });
    const raw = await readAnswer(response, () => response.body?.cancel());
    if (isAbsent(raw)) {
      cache?.miss(url);
      return raw;
    }
    return { ...raw, ...cache?.entry(url, integrity) };
  } catch (cause) {
    if (note === isMissing) return undefined;
    throw readError(shown(url), cause, true);
  }
}

/**
 * Bundlers turn small files into data: URLs, which a page's policy may forbid to fetch.
 * @param {URL} url
 */
function readDataUrl({ href }) {
  const [, base64, data] = /^.*?(;base64)?,(.*)/.exec(href) ?? [];
  if (data === undefined) throw new Error('a data: URL without a comma');
  const text = decodeURIComponent(data);
  return fromBytes(base64 ? Uint8Array.from(atob(text), (char) => char.charCodeAt(0)) : text);
}

/** A URL without its query and password, which may be secrets. @param {URL} url */
function shown(url) {
  return url.origin + url.pathname;
}
