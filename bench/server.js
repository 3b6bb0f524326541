// A static server for the pages: one for each contender, so that each has an origin and
// a cache of its own and the bytes it fetched can be told apart.
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { CACHE, FLOAT_MODEL, ONNX_MODEL, PEERS, ROOT } from './setup.js';

/**
 * @typedef {{ runtime: number, runtimeGzip: number, model: number }} SentBytes of file bodies;
 *   `runtimeGzip`: the runtime's as most servers send them
 * @typedef {{ kind: 'runtime' | 'model', file: string, size: number }} Sent a file
 */

/** @type {[prefix: string, folder: string][]} */
const ROUTES = [
  ['/bench/', path.join(ROOT, 'bench')],
  ['/js/', path.join(ROOT, 'js')],
  ['/dist/', path.join(ROOT, 'dist')],
  ['/models/', path.join(ROOT, 'models')],
  ['/float/minilm/', FLOAT_MODEL],
  ['/onnx/minilm/', ONNX_MODEL],
  ['/cache/', CACHE],
  ['/peers/', path.join(PEERS, 'node_modules')],
];

/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** The file behind a URL path, or null. @param {string} url */
function fileOf(url) {
  const name = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  if (name === '/') return path.join(ROOT, 'bench/hosts/page.html');
  for (const [prefix, folder] of ROUTES) {
    if (name.startsWith(prefix)) {
      const file = path.join(folder, name.slice(prefix.length));
      return file.startsWith(folder + path.sep) ? file : null;
    }
  }
  return null;
}

/** What a fetched file is counted as; null: the bench's own. @param {string} url */
function kindOf(url) {
  const name = new URL(url, 'http://localhost').pathname;
  if (name === '/' || name.startsWith('/bench/')) return null;
  return /^\/(models|float|onnx)\//.test(name) ? 'model' : 'runtime';
}

/** @type {Map<string, { mtimeMs: number, bytes: Buffer }>} */
const contents = new Map();

/**
 * A file's bytes, from memory: how fast this process reads files is not what is measured.
 * @param {string} file
 * @param {import('node:fs').Stats} stats
 */
function readOnce(file, { mtimeMs }) {
  const known = contents.get(file);
  if (known?.mtimeMs === mtimeMs) return known.bytes;
  const bytes = readFileSync(file);
  contents.set(file, { mtimeMs, bytes });
  return bytes;
}

/** @type {Map<string, number>} */
const packed = new Map();

/** Size of a file as most servers send it. @param {string} file */
function gzipSize(file) {
  const size = packed.get(file) ?? gzipSync(readFileSync(file)).length;
  packed.set(file, size);
  return size;
}

/** @param {Sent[]} sent @returns {SentBytes} */
function countBytes(sent) {
  const bytes = { runtime: 0, runtimeGzip: 0, model: 0 };
  for (const { kind, file, size } of sent) {
    bytes[kind] += size;
    if (kind === 'runtime') bytes.runtimeGzip += gzipSize(file);
  }
  return bytes;
}

/** A file's description, or null where there is none. @param {string} file */
function statsOf(file) {
  try {
    const stats = statSync(file);
    return stats.isFile() ? stats : null;
  } catch {
    return null;
  }
}

/**
 * @param {{ isolated: boolean }} options `isolated`: with the headers that give a page
 *   shared memory
 * @returns {Promise<{ url: string, bytes(): SentBytes, close(): void }>} `bytes`: sent so far
 */
export async function startServer({ isolated }) {
  /** @type {Sent[]} */
  const sent = [];
  const server = createServer((request, response) => {
    const url = request.url ?? '/';
    const file = fileOf(url);
    const stats = file && statsOf(file);
    if (!file || !stats) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream',
      'content-length': stats.size,
      'cache-control': 'max-age=3600',
      'last-modified': stats.mtime.toUTCString(),
      ...(isolated && {
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
        'cross-origin-resource-policy': 'same-origin',
      }),
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    const kind = kindOf(url);
    if (kind) sent.push({ kind, file, size: stats.size });
    response.end(readOnce(file, stats));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} no pipe */ (server.address());
  return {
    url: `http://localhost:${port}/`,
    bytes: () => countBytes(sent),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
