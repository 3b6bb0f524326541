// Downloaded files kept by a page in the Cache API. An entry is there whole or not at all,
// and written when loading is over: until then it would take the loading's time.
import { attempt } from '../shared/errors.js';
import { badArgument } from '../shared/inputs.js';
import { kindOf } from '../shared/kind.js';
import { readOptions } from '../shared/options.js';
import { builtin } from '../shared/platform.js';

// Kept with each entry: the hash that it was checked for, or that the server has no such file.
const noteHeader = 'x-bertlet';
export const isMissing = 'missing';

// Of a download, so many bytes stay on the heap; more go to the browser's store of Blobs.
const mostOnHeap = 1 << 25;

/**
 * @typedef {import('../index.d.ts').LoadTokenizerOptions['cache']} CacheOption
 *
 * @param {CacheOption} option the user's
 * @returns {undefined | boolean | { name: string }}
 * @throws BAD_ARGUMENT
 */
export function readCacheOption(option) {
  if (option === undefined || typeof option === 'boolean') return option;
  const isObject = kindOf(option) === 'Object';
  const { name = 'bertlet' } = isObject ? readOptions(option, 'cache') : {};
  if (isObject && typeof name === 'string') return { name };
  throw badArgument('cache must be true, false or { name: string }.');
}

/**
 * The cache that the user's option asks for, where the platform has one. Without an
 * option it is on in pages and off in Node, Deno and Bun. None of its calls throws: a cache
 * that fails only makes the next load slower.
 * @typedef {Awaited<ReturnType<typeof openFileCache>>} FileCache
 *
 * @param {CacheOption} option
 * @throws BAD_ARGUMENT
 */
export async function openFileCache(option) {
  const wanted = readCacheOption(option) ?? !builtin('node:fs');
  const { name = 'bertlet' } = typeof wanted === 'object' ? wanted : {};
  // There is none in a private window or a sandbox.
  const cache = wanted && (await attempt(() => globalThis.caches.open(name)));
  if (!cache) return undefined;

  /** @type {Map<string, () => Response>} what is to be written, by URL */
  const waiting = new Map();
  /** @param {URL} url @param {() => Blob | null} makeBody @param {string} note */
  const later = (url, makeBody, note) => {
    waiting.set(url.href, () => {
      const body = makeBody();
      const headers = { [noteHeader]: note, 'content-length': String(body?.size ?? '') };
      return new Response(body, { headers });
    });
  };

  return {
    /** Writes what has come since the last time. */
    flush() {
      const entries = [...waiting];
      waiting.clear();
      const puts = entries.map(([url, make]) => attempt(() => cache.put(url, make())));
      return Promise.all(puts);
    },

    /** @param {URL} url */
    forget(url) {
      waiting.delete(url.href);
      return attempt(() => cache.delete(url.href));
    },

    /** Notes that the server has no such file. @param {URL} url */
    miss: (url) => later(url, () => null, isMissing),

    /** @param {URL} url @returns {Promise<{ kept?: Response, note?: string | null }>} */
    async match(url) {
      const kept = await attempt(() => cache.match(url.href));
      return { kept, note: kept?.headers.get(noteHeader) };
    },

    /**
     * An entry that is filled while the file is downloaded.
     * @param {URL} url
     * @param {string} [integrity]
     */
    entry(url, integrity = '') {
      /** @type {BlobPart[]} */
      let parts = [];
      let onHeap = 0;
      return {
        /** @param {Uint8Array} bytes that nobody changes afterwards */
        keep(bytes) {
          parts.push(/** @type {Uint8Array<ArrayBuffer>} */ (bytes)); // never of shared memory
          onHeap += bytes.length;
          if (onHeap < mostOnHeap) return;
          parts = [new Blob(parts)];
          onHeap = 0;
        },
        /** The file is whole and right. */
        commit: () => later(url, () => new Blob(parts), integrity),
      };
    },
  };
}
