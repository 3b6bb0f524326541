// The demo's own server with pages that only tests need.
import http from 'node:http';
import { createHandler, headersFor } from '../../web-demo/server.js';

/**
 * @param {Record<string, { type: string, body: string | Uint8Array }>} [extra] address → what is
 *   answered there, under the same headers as everything else
 * @param {{ isolate?: boolean, root?: string }} [options]
 * @returns {Promise<{ url: string, requests: string[], close(): Promise<void> }>} `requests` lists
 *   the paths that were asked for
 */
export async function serve(extra = {}, options = {}) {
  const handler = createHandler(options);
  const requests = [];
  const server = http.createServer((request, response) => {
    const path = request.url.split('?')[0];
    requests.push(path);
    const page = extra[path];
    if (!page) return handler(request, response);
    response.writeHead(200, { ...headersFor(options.isolate), 'Content-Type': page.type });
    response.end(page.body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
