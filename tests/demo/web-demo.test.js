// The demo's parts that need no browser: the server, `npm start`, lines and files.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LineIndex, maxLines, splitLines } from '../../web-demo/views/line-index.js';
import { startServer } from '../../web-demo/server.js';
import { readTextFiles } from '../../web-demo/parts/text-files.js';

describe('the server', () => {
  let root;
  let server;

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'bertlet-server-'));
    for (const name of ['js', 'web-demo/sub', 'models', 'dist', 'private', '.git']) {
      mkdirSync(join(root, name), { recursive: true });
    }
    writeFileSync(join(root, 'web-demo/index.html'), '<p>demo');
    writeFileSync(join(root, 'js/index.js'), 'export {};');
    writeFileSync(join(root, 'dist/a.wasm'), new Uint8Array(8));
    writeFileSync(join(root, 'models/a b.json'), '{}');
    writeFileSync(join(root, 'private/key'), 'secret');
    writeFileSync(join(root, 'web-demo/.env'), 'secret');
    symlinkSync(join(root, 'private/key'), join(root, 'web-demo/link.txt'));
    server = await startServer({ root, port: 0 });
  });

  after(async () => {
    await server.close();
    rmSync(root, { recursive: true });
  });

  /** Sends the path exactly as given: fetch() would tidy it up first. */
  async function get(path, { method = 'GET', headers = {} } = {}) {
    const { hostname, port } = new URL(server.url);
    const request = http.request({ hostname, port, path, method, headers }).end();
    const [response] = await once(request, 'response');
    let body = '';
    for await (const part of response) body += part;
    return { status: response.statusCode, headers: response.headers, body };
  }

  it('gives each file its type', async () => {
    const types = { 'js/index.js': 'text/javascript', 'dist/a.wasm': 'application/wasm' };
    for (const [path, type] of Object.entries(types)) {
      const { status, headers } = await get(`/${path}`);
      assert.equal(status, 200);
      assert.equal(headers['content-type'].split(';')[0], type);
    }
    assert.equal((await get('/models/a%20b.json?x=1')).body, '{}');
  });

  it('leads to the demo from the root', async () => {
    for (const path of ['/', '/web-demo']) {
      const { status, headers } = await get(path);
      assert.deepEqual([status, headers.location], [302, '/web-demo/']);
    }
    assert.equal((await get('/web-demo/')).body, '<p>demo');
  });

  it('lets nothing out that is not meant to be served', async () => {
    for (const path of [
      '/private/key',
      '/web-demo/../private/key',
      '/web-demo/%2e%2e/private/key',
      '/web-demo/..%2fprivate%2fkey',
      '/web-demo/..%5cprivate%5ckey',
      '/web-demo//../../private/key',
      '//private/key',
      '/web-demo/.env',
      '/web-demo/link.txt',
      '/web-demo/sub',
      '/web-demo/index.html%00.txt',
      '/.git/config',
      '/package.json',
    ]) {
      const { status, body } = await get(path);
      assert.equal(status, 404, path);
      assert.ok(!body.includes('secret'), path);
    }
    assert.equal((await get('/%E0%A4%A')).status, 400);
  });

  it('answers GET and HEAD only', async () => {
    assert.equal((await get('/js/index.js', { method: 'POST' })).status, 405);
    const { status, headers, body } = await get('/js/index.js', { method: 'HEAD' });
    assert.deepEqual([status, headers['content-length'], body], [200, '10', '']);
  });

  it('transfers a file once while it stays the same', async () => {
    const { headers } = await get('/js/index.js');
    const again = await get('/js/index.js', { headers: { 'If-None-Match': headers.etag } });
    assert.deepEqual([again.status, again.body], [304, '']);
    writeFileSync(join(root, 'js/index.js'), 'export { x };');
    const changed = await get('/js/index.js', { headers: { 'If-None-Match': headers.etag } });
    assert.deepEqual([changed.status, changed.body], [200, 'export { x };']);
  });

  it('makes the browser hold the page to its promises', async () => {
    for (const path of ['/web-demo/', '/js/index.js', '/nothing']) {
      const policy = (await get(path)).headers['content-security-policy'];
      assert.match(policy, /(^|; )script-src 'self' 'wasm-unsafe-eval'(;|$)/);
      assert.match(policy, /(^|; )worker-src 'self'(;|$)/);
      assert.match(policy, /(^|; )connect-src 'self'(;|$)/);
      assert.ok(!policy.includes('unsafe-inline') && !policy.includes("'unsafe-eval'"));
    }
    assert.equal((await get('/web-demo/')).headers['cross-origin-opener-policy'], undefined);
    const isolated = await startServer({ root, port: 0, isolate: true });
    const { headers } = await fetch(`${isolated.url}web-demo/`);
    assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin');
    assert.equal(headers.get('cross-origin-embedder-policy'), 'require-corp');
    await isolated.close();
  });

  it('takes the next port when one is in use, and is reachable from this machine only', async () => {
    const busy = net.createServer().listen(0, '127.0.0.1');
    await once(busy, 'listening');
    const { port } = busy.address();
    const other = await startServer({ root, port });
    assert.ok(Number(new URL(other.url).port) > port);
    assert.equal(other.server.address().address, '127.0.0.1');
    await other.close();
    await assert.rejects(startServer({ root, port, search: false }), { code: 'EADDRINUSE' });
    busy.close();
  });
});

describe('npm start', () => {
  const script = fileURLToPath(new URL('../../web-demo/start.js', import.meta.url));

  it('prints similarities from the embedded model, then serves the demo', async () => {
    const child = spawn(process.execPath, [script, '--port', '0'], { stdio: 'pipe' });
    let out = '';
    for await (const part of child.stdout) {
      out += part;
      if (/http:\S+/.test(out)) break;
    }
    const rows = [...out.matchAll(/^ {2}\d {2}\S.*?((?: +-?\d\.\d\d)+) *$/gm)].map((match) =>
      match[1].trim().split(/ +/).map(Number),
    );
    assert.deepEqual(
      rows.map((row) => row.length),
      [1, 2, 3, 4, 5],
    );
    // Cat and kitten, the two football reports; not cats and interest rates.
    assert.ok(rows[1][0] > 0.4 && rows[3][2] > 0.4 && rows[4][0] < 0.2);
    assert.match(out, /loaded in \d+ ms/);
    const response = await fetch(out.match(/http:\S+/)[0]);
    assert.equal(response.status, 200);
    assert.match(await response.text(), /<title>bertlet/);
    child.kill('SIGINT');
    assert.deepEqual(await once(child, 'close'), [null, 'SIGINT']);
  });

  it('explains its options and refuses a wrong port', async () => {
    const run = async (args, env = {}) => {
      const child = spawn(process.execPath, [script, ...args], { env: { ...process.env, ...env } });
      let text = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (part) => {
          text += part;
        });
      }
      const [code] = await once(child, 'close');
      return { code, text };
    };
    assert.match((await run(['--help'])).text, /--port N/);
    assert.match((await run(['--port', 'x'])).text, /^bertlet: the port is a number[^\n]*\n$/);
    assert.deepEqual((await run([], { PORT: '70000' })).code, 2);
    assert.match((await run(['--nope'])).text, /^bertlet: [^\n]*--nope[^\n]*\n$/);
    const busy = net.createServer().listen(0, '127.0.0.1');
    await once(busy, 'listening');
    const { code, text } = await run(['--port', String(busy.address().port)]);
    assert.equal(code, 2);
    assert.match(text, /^bertlet: port \d+ is in use[^\n]*\n$/m);
    busy.close();
  });
});

describe('lines', () => {
  // One dimension for each letter: near means sharing letters, which is enough here.
  const vectorOf = (text) => {
    const vector = new Float32Array(26);
    for (const char of text) vector[char.charCodeAt(0) - 97] += 1;
    const length = Math.hypot(...vector) || 1;
    return vector.map((value) => value / length);
  };
  const live = () => new AbortController().signal;

  it('are split at any line end, without blanks and doubles, with their places', () => {
    assert.deepEqual(splitLines('  a \r\n\nb\ra\n\tc').lines, [
      { text: 'a', line: 0 },
      { text: 'b', line: 2 },
      { text: 'c', line: 4 },
    ]);
    assert.deepEqual(splitLines(''), { lines: [], left: 0 });
    const many = Array.from({ length: maxLines + 3 }, (_, at) => `line ${at}`).join('\n');
    assert.equal(splitLines(many).lines.length, maxLines);
    assert.equal(splitLines(many).left, 3);
  });

  it('are embedded once, in small batches, and forgotten when they go', async () => {
    const calls = [];
    const index = new LineIndex(async (texts) => {
      calls.push(texts);
      return texts.map(vectorOf);
    });
    const first = splitLines('abc\nxyz\nabx').lines;
    const progress = [];
    await index.update(first, { signal: live(), onProgress: (...now) => progress.push(now) });
    assert.deepEqual(progress, [
      [0, 3],
      [3, 3],
    ]);
    await index.update(splitLines('abc\nnew').lines, { signal: live() });
    assert.deepEqual(calls.flat(), ['abc', 'xyz', 'abx', 'new']);
    await index.update(first, { signal: live() });
    assert.deepEqual(calls.flat().slice(4), ['xyz', 'abx']);
    calls.length = 0;
    const many = Array.from({ length: 100 }, (_, at) =>
      String.fromCharCode(97 + (at % 26)).repeat(at + 1),
    );
    await index.update(splitLines(many.join('\n')).lines, { signal: live() });
    assert.ok(calls.length > 5 && calls.every((texts) => texts.length <= 16));
  });

  it('are found nearest first, only those that are ready', async () => {
    const index = new LineIndex(async (texts) => texts.map(vectorOf));
    await index.update(splitLines('zzz\nab\nabc\nab\nabz').lines, { signal: live() });
    const hits = index.nearest(vectorOf('ab'), 3);
    assert.deepEqual(
      hits.map(({ text, line }) => [text, line]),
      [
        ['ab', 1],
        ['abc', 2],
        ['abz', 4],
      ],
    );
    assert.ok(Math.abs(hits[0].score - 1) < 1e-6);
    assert.equal(index.nearest(vectorOf('q'), 10).length, 4);
  });

  it('go on after an interruption with what is left', async () => {
    const stop = new AbortController();
    const calls = [];
    const index = new LineIndex(async (texts) => {
      calls.push(...texts);
      if (calls.length > 16) stop.abort();
      return texts.map(vectorOf);
    });
    const lines = splitLines(
      Array.from({ length: 40 }, (_, at) => 'a'.repeat(at + 1)).join('\n'),
    ).lines;
    await index.update(lines, { signal: stop.signal });
    assert.equal(index.ready, 16);
    await index.update(lines, { signal: live() });
    assert.equal(index.ready, 40);
  });
});

describe('files', () => {
  const read = (...files) => readTextFiles(files.map(([bytes, name]) => new File([bytes], name)));

  it('are read as text in whatever way it is written', async () => {
    const utf16 = Buffer.from('\ufeffGrüße', 'utf16le');
    const latin = Buffer.from('Gr\xfc\xdfe', 'latin1');
    const { text, names, refused } = await read(
      ['\ufeffGrüße\n\n', 'a.txt'],
      [utf16, 'b.txt'],
      [latin, 'c.txt'],
      ['', 'd.txt'],
    );
    assert.equal(text, 'Grüße\nGrüße\nGrüße\n');
    assert.deepEqual(names, ['a.txt', 'b.txt', 'c.txt', 'd.txt']);
    assert.deepEqual(refused, []);
  });

  it('are refused in words when they are no text', async () => {
    const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13]);
    const { text, refused } = await read([png, 'x.png'], ['text', 'y.txt']);
    assert.equal(text, 'text');
    assert.deepEqual(refused, ['“x.png” is not a text file.']);
    const large = { name: 'z.txt', size: 33e6, arrayBuffer: () => assert.fail('was read') };
    assert.match((await readTextFiles([large])).refused[0], /32 MB/);
    const folder = { name: 'f', size: 4096, arrayBuffer: () => Promise.reject(new Error('no')) };
    assert.match((await readTextFiles([folder])).refused[0], /folder/);
  });
});
