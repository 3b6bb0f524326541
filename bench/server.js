// A static server for the pages: one for each contender, so that each has an origin and
// a cache of its own and the bytes it fetched can be told apart.
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { CACHE, FLOAT_MODEL, ONNX_MODEL, PEERS, ROOT } from './setup.js';

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

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** The file behind a URL path, or null. */
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

/** What a fetched file is counted as; null: the bench's own. */
function kindOf(url) {
  const name = new URL(url, 'http://localhost').pathname;
  if (name === '/' || name.startsWith('/bench/')) return null;
  return /^\/(models|float|onnx)\//.test(name) ? 'model' : 'runtime';
}

const contents = new Map();

/** A file's bytes, from memory: how fast this process reads files is not what is measured. */
function readOnce(file, { mtimeMs }) {
  const known = contents.get(file);
  if (known?.mtimeMs === mtimeMs) return known.bytes;
  const bytes = readFileSync(file);
  contents.set(file, { mtimeMs, bytes });
  return bytes;
}

const packed = new Map();

/** Size of a file as most servers send it. */
function gzipSize(file) {
  if (!packed.has(file)) packed.set(file, gzipSync(readFileSync(file)).length);
  return packed.get(file);
}

/** Bytes of the files that were sent, as they are; of the runtime also compressed. */
function countBytes(sent) {
  const bytes = { runtime: 0, runtimeGzip: 0, model: 0 };
  for (const { kind, file, size } of sent) {
    bytes[kind] += size;
    if (kind === 'runtime') bytes.runtimeGzip += gzipSize(file);
  }
  return bytes;
}

/**
 * @param {{ isolated: boolean }} options `isolated`: with the headers that give a page
 *   shared memory
 * @returns {Promise<{ url: string, bytes(): { runtime: number, runtimeGzip: number,
 *   model: number }, close(): void }>} `bytes`: of file bodies sent so far
 */
export async function startServer({ isolated }) {
  const sent = [];
  const server = createServer((request, response) => {
    const file = fileOf(request.url);
    let stat;
    try {
      stat = file && statSync(file);
      if (!stat?.isFile()) throw new Error('not a file');
    } catch {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream',
      'content-length': stat.size,
      'cache-control': 'max-age=3600',
      'last-modified': stat.mtime.toUTCString(),
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
    const kind = kindOf(request.url);
    if (kind) sent.push({ kind, file, size: stat.size });
    response.end(readOnce(file, stat));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  return {
    url: `http://localhost:${port}/`,
    bytes: () => countBytes(sent),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
