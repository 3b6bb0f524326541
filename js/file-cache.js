// Downloaded files kept by a page in the Cache API. An entry is there whole or not at all.

const hashHeader = 'x-bertlet-integrity';
const missingHeader = 'x-bertlet-missing';

// So much may wait for the disk before the download waits too.
const bytesAhead = 1 << 20;

/**
 * The cache that the user's option asks for, where the platform has one. Without an
 * option it is on in pages and off in Node, Deno and Bun.
 * @param {undefined | boolean | { name?: string }} option
 * @returns {Promise<FileCache | undefined>}
 */
export async function openFileCache(option) {
  const wanted = option ?? globalThis.process?.getBuiltinModule === undefined;
  if (!wanted || !globalThis.caches) return undefined;
  try {
    return new FileCache(await globalThis.caches.open(option?.name ?? 'bertlet'));
  } catch {
    return undefined; // a private window or a sandbox: load without
  }
}

/** None of the calls throws: a cache that fails only makes the next load slower. */
export class FileCache {
  #cache;

  /** @param {Cache} cache */
  constructor(cache) {
    this.#cache = cache;
  }

  /**
   * The kept answer. One that was stored without the hash now asked for does not count,
   * so that a file whose pinned hash changes is fetched anew.
   * @param {URL} url
   * @param {string} [integrity]
   * @returns {Promise<Response | undefined>}
   */
  async match(url, integrity) {
    const kept = await this.#find(url);
    if (!kept || kept.headers.has(missingHeader)) return undefined;
    if (integrity && kept.headers.get(hashHeader) !== integrity) return undefined;
    return kept;
  }

  /** Whether the server once said that it has no such file: asked when it is out of reach. */
  async wasMissing(url) {
    return (await this.#find(url))?.headers.has(missingHeader) ?? false;
  }

  async noteMissing(url) {
    await this.#put(url, new Response(null, { headers: { [missingHeader]: '1' } }));
  }

  async forget(url) {
    try {
      await this.#cache.delete(url.href);
    } catch {
      // as said above
    }
  }

  /**
   * An entry that is filled while the file is downloaded.
   * @param {URL} url
   * @param {number | undefined} total
   * @param {string} [integrity]
   * @returns {import('./checked-stream.js').CacheEntry}
   */
  entry(url, total, integrity) {
    let controller;
    let wake = () => {};
    let open = true;
    const close = () => {
      open = false;
      wake();
    };
    const body = new ReadableStream(
      {
        start: (its) => {
          controller = its;
        },
        pull: () => wake(),
        cancel: close,
      },
      { highWaterMark: bytesAhead, size: (chunk) => chunk.length },
    );
    const headers = {};
    if (total !== undefined) headers['content-length'] = String(total);
    if (integrity) headers[hashHeader] = integrity;
    const done = this.#put(url, new Response(body, { headers })).then(close);
    return {
      async write(bytes) {
        if (open) controller.enqueue(bytes);
        while (open && controller.desiredSize <= 0) {
          await new Promise((resolve) => {
            wake = resolve;
          });
        }
      },
      async commit() {
        if (open) controller.close();
        await done;
      },
      abort() {
        if (open) controller.error(new Error('The download did not end well.'));
        close();
      },
    };
  }

  async #find(url) {
    try {
      return await this.#cache.match(url.href);
    } catch {
      return undefined;
    }
  }

  async #put(url, response) {
    try {
      await this.#cache.put(url.href, response);
    } catch {
      // no room, or no http URL
    }
  }
}
