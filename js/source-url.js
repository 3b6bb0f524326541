// Files of a folder on a web server.
import { readInPieces } from './bytes.js';
import { BertletError } from './errors.js';

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
  const base = new URL(folder);
  base.hash = '';
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  const urlOf = (name) => {
    const url = new URL(base);
    url.pathname += name.split('/').map(encodeURIComponent).join('/');
    return url;
  };
  return {
    description: shown(base),
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
  const kept = await cache?.match(url, integrity);
  if (kept) return fromResponse(kept, { fromCache: true, forget: () => cache.forget(url) });

  const controller = new AbortController();
  const stop = () => controller.abort(signal.reason);
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const response = await fetch(url.href, { signal: controller.signal });
    const raw = fromResponse(response);
    const first = response.ok ? await peek(raw) : undefined;
    const page = isPage(response, first);
    if (response.status === 404 || response.status === 410 || page) {
      controller.abort();
      await cache?.noteMissing(url);
      return page ? { missing: 'the server answers with a page instead' } : undefined;
    }
    if (!response.ok) {
      controller.abort();
      throw new BertletError('NETWORK', `${shown(url)} could not be had: ${statusOf(response)}.`);
    }
    return {
      ...raw,
      store: cache?.entry(url, raw.total, integrity),
      forget: cache && (() => cache.forget(url)),
      cancel() {
        const cancelled = raw.cancel();
        controller.abort();
        return cancelled;
      },
    };
  } catch (cause) {
    if (cause instanceof BertletError) throw cause;
    if (!signal?.aborted && (await cache?.wasMissing(url))) return undefined;
    throw new BertletError('NETWORK', `${shown(url)} could not be fetched (${reasonOf(cause)}).`, {
      cause,
    });
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/**
 * The body of an answer that has come.
 * @param {Response} response
 * @returns {import('./checked-stream.js').RawFile}
 */
export function fromResponse(response, more) {
  const reader = response.body?.getReader();
  // Behind a Content-Encoding the length is that of the packed bytes; another origin's
  // Content-Encoding is not even shown.
  const length = response.headers.get('content-length');
  const size = length !== null && /^\d+$/.test(length) ? Number(length) : undefined;
  const packed = (response.headers.get('content-encoding') ?? 'identity') !== 'identity';
  const exact = !packed && response.type !== 'cors';
  return {
    total: exact ? size : undefined,
    estimate: packed ? undefined : size,
    errorCode: 'NETWORK',
    read: async () => (await reader?.read())?.value,
    cancel: () => reader?.cancel(),
    ...more,
  };
}

/** Waits for the first bytes and gives them again by the next read(). */
async function peek(raw) {
  const first = raw.read();
  const { read } = raw;
  let given = false;
  raw.read = () => {
    if (given) return read();
    given = true;
    return first;
  };
  return first.catch(() => undefined);
}

/** Development servers answer a page instead of 404 for what they do not have. */
function isPage(response, first) {
  if (!first) return false;
  const start = String.fromCharCode(...first.subarray(0, 64))
    .trimStart()
    .toLowerCase();
  if (/^<(!doctype html|html)/.test(start)) return true;
  return start.startsWith('<') && /text\/html/.test(response.headers.get('content-type') ?? '');
}

/** Bundlers turn small files into data: URLs, which a page's policy may forbid to fetch. */
function readDataUrl({ href }) {
  const comma = href.indexOf(',');
  const text = decodeURIComponent(href.slice(comma + 1));
  const bytes = href.slice(0, comma).endsWith(';base64')
    ? Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
    : new TextEncoder().encode(text);
  return readInPieces(bytes.length, (begin, end) => bytes.subarray(begin, end));
}

/** A URL without its query and password, which may be secrets. */
function shown(url) {
  return url.protocol === 'data:' ? 'data:…' : `${url.protocol}//${url.host}${url.pathname}`;
}

function statusOf(response) {
  if (response.status === 403) {
    return (
      'HTTP 403 (some stores say so for a missing file: ' +
      'then pass an object of only the files that exist)'
    );
  }
  return `HTTP ${response.status}${response.statusText ? ` ${response.statusText}` : ''}`;
}

function reasonOf(error) {
  return error?.cause?.message || error?.message || String(error);
}
