// Downloaded files kept by a page in the Cache API. An entry is there whole or not at all.
import { attempt } from './errors.js';
import { badArgument } from './inputs.js';
import { kindOf } from './kind.js';
import { builtin } from './platform.js';

// Kept with each entry: the hash that it was checked for, or that the server has no such file.
const noteHeader = 'x-bertlet';
export const isMissing = 'missing';

// So many may wait for the disk before the download waits too.
const chunksAhead = 8;

/**
 * The cache that the user's option asks for, where the platform has one. Without an
 * option it is on in pages and off in Node, Deno and Bun. None of its calls throws: a cache
 * that fails only makes the next load slower.
 * @typedef {Awaited<ReturnType<typeof openFileCache>>} FileCache
 *
 * @param {undefined | boolean | { name?: string }} option
 * @throws BAD_ARGUMENT
 */
export async function openFileCache(option = !builtin('node:fs')) {
  const name = option?.name ?? 'bertlet';
  if (!['Boolean', 'Object'].includes(kindOf(option)) || typeof name !== 'string') {
    throw badArgument('cache must be true, false or { name: string }.');
  }
  // There is none in a private window or a sandbox.
  const cache = option && (await attempt(() => globalThis.caches.open(name)));
  if (!cache) return undefined;

  const put = (url, body, note, total = '') => {
    const headers = { [noteHeader]: note, 'content-length': total };
    return attempt(() => cache.put(url.href, new Response(body, { headers })));
  };

  return {
    put,
    forget: (url) => attempt(() => cache.delete(url.href)),

    /** @param {URL} url @returns {Promise<{ kept?: Response, note?: string | null }>} */
    async match(url) {
      const kept = await attempt(() => cache.match(url.href));
      return { kept, note: kept?.headers.get(noteHeader) };
    },

    /**
     * An entry that is filled while the file is downloaded.
     * @param {URL} url
     * @param {number | undefined} total
     * @param {string} [integrity]
     */
    entry(url, total, integrity = '') {
      const ahead = { highWaterMark: chunksAhead };
      const { readable, writable } = new TransformStream(undefined, ahead);
      const writer = writable.getWriter();
      /** Nothing of it may stay; after commit it does nothing. */
      const drop = () => attempt(() => writer.abort());
      // When the cache takes no more, what comes is thrown away.
      const done = put(url, readable, integrity, total).then(drop);
      return {
        drop,
        /** @param {Uint8Array} bytes */
        keep(bytes) {
          attempt(() => writer.write(bytes));
          return attempt(() => writer.ready);
        },
        /** The file is whole and right. */
        commit() {
          attempt(() => writer.close());
          return done;
        },
      };
    },
  };
}
