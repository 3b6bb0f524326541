// A small static server for the demo: Node only, no dependency, no way out of the listed folders.
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('..', import.meta.url));

/**
 * @typedef {http.IncomingMessage} Request
 * @typedef {http.ServerResponse} Response
 */

/** The folders that a page may read, at the same places as in the package. */
const served = new Set(['js', 'dist', 'models', 'web-demo']);

/** @type {Record<string, string>} */
const mimeTypes = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.ts': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
};

/**
 * The browser itself holds the page to what bertlet promises: no eval, no script, worker or
 * request from or to anywhere else. `wasm-unsafe-eval` is what compiling WebAssembly is called.
 */
export const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Makes a handler for `http.createServer`.
 * @param {{ root?: string, isolate?: boolean }} [options] `isolate` sends the headers that a page
 *   needs for shared memory (COOP and COEP)
 * @returns {(request: Request, response: Response) => Promise<void>}
 */
export function createHandler({ root = repository, isolate = false } = {}) {
  return async (request, response) => {
    try {
      for (const [name, value] of Object.entries(headersFor(isolate))) {
        response.setHeader(name, value);
      }
      await answer(root, request, response);
    } catch (error) {
      if (!response.headersSent) sendText(response, 500, 'The server failed to read this file.');
      else response.destroy(error instanceof Error ? error : undefined);
    }
  };
}

/** @param {boolean} isolate @returns {Record<string, string>} */
export function headersFor(isolate) {
  return {
    'Content-Security-Policy': contentSecurityPolicy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    ...(isolate && {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
      'Cross-Origin-Resource-Policy': 'same-origin',
    }),
  };
}

/** @param {string} root @param {Request} request @param {Response} response */
async function answer(root, request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return sendText(response, 405, 'Only GET and HEAD are answered here.');
  }
  const name = decodePath(request.url ?? '/');
  if (name === null) return sendText(response, 400, 'This address is not well formed.');
  if (name === '' || name === 'web-demo') {
    response.setHeader('Location', '/web-demo/');
    return sendText(response, 302, 'The demo is at /web-demo/.');
  }
  const file = await findFile(root, name.endsWith('/') ? `${name}index.html` : name);
  if (!file) return sendText(response, 404, `There is no /${name} here.`);
  sendFile(file, request, response);
}

/**
 * The path without query, decoded and without the first slash; null when it is malformed.
 * @param {string} url
 */
function decodePath(url) {
  try {
    return decodeURIComponent(url.split(/[?#]/, 1)[0]).replace(/^\/+/, '');
  } catch {
    return null;
  }
}

/**
 * Only plain files inside the served folders, wherever links may point.
 * @param {string} root
 * @param {string} name its path with slashes
 */
async function findFile(root, name) {
  const parts = name.split('/');
  if (!served.has(parts[0])) return null;
  if (parts.some((part) => part === '' || part.startsWith('.') || /[\\\0:]/.test(part)))
    return null;
  try {
    const base = await realpath(path.join(root, parts[0]));
    const real = await realpath(path.join(root, ...parts));
    if (!real.startsWith(base + path.sep)) return null;
    const stats = await stat(real);
    return stats.isFile() ? { real, stats } : null;
  } catch {
    return null;
  }
}

/**
 * @param {{ real: string, stats: import('node:fs').Stats }} file
 * @param {Request} request
 * @param {Response} response
 */
function sendFile({ real, stats }, request, response) {
  const tag = `"${stats.size.toString(36)}-${Math.round(stats.mtimeMs).toString(36)}"`;
  response.setHeader('ETag', tag);
  // Ask every time, transfer only what changed: an edited file is never shown stale.
  response.setHeader('Cache-Control', 'no-cache');
  if (request.headers['if-none-match'] === tag) {
    response.writeHead(304);
    response.end();
    return;
  }
  response.writeHead(200, {
    'Content-Type': mimeTypes[path.extname(real)] ?? 'application/octet-stream',
    'Content-Length': stats.size,
    'Last-Modified': stats.mtime.toUTCString(),
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const stream = createReadStream(real);
  stream.on('error', (error) => response.destroy(error));
  response.on('close', () => stream.destroy());
  stream.pipe(response);
}

/** @param {Response} response @param {number} status @param {string} text */
function sendText(response, status, text) {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}

/**
 * Starts the demo's server on this machine only.
 * @param {{ port?: number, host?: string, isolate?: boolean, search?: boolean, root?: string }} [options]
 *   with `search`, a port in use makes it try the next ones; port 0 takes any
 * @returns {Promise<{ server: http.Server, url: string, close(): Promise<void> }>}
 */
export async function startServer(options = {}) {
  const { port = 8080, host = '127.0.0.1', search = true } = options;
  const server = http.createServer(createHandler(options));
  const attempts = search && port !== 0 ? 50 : 1;
  for (let attempt = 0; ; attempt++) {
    try {
      await listen(server, port + attempt, host);
      break;
    } catch (error) {
      if (!isPortInUse(error) || attempt + 1 >= attempts) throw error;
    }
  }
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    server,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}/`,
    close: () => close(server),
  };
}

/** @param {http.Server} server @returns {Promise<void>} */
const close = (server) =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

/** @param {unknown} error */
const isPortInUse = (error) =>
  error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';

/**
 * Rejects when the server can't listen there.
 * @param {http.Server} server
 * @param {number} port
 * @param {string} host
 */
async function listen(server, port, host) {
  server.listen(port, host);
  await once(server, 'listening');
}
