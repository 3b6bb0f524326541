// What servers answer instead of a file, with whatever status.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, it } from 'node:test';

import { load, loadTokenizer } from 'bertlet';

import { openSource, sourceForWorker } from '../../js/source/source.js';
import { readFolder, sameBits, tinyModel } from '../helpers/fixtures.js';
import { rejects } from '../helpers/source-behaviour.js';

const name = 'modules.json';
const json = (value, status = 200) => new Response(JSON.stringify(value), { status });
const utf16 = (text) => Buffer.from(`\ufeff${text}`, 'utf16le');

/** A source whose every file is this answer: fetched, given, and given to a worker. */
const ways = {
  fetched: (make) => openSource('https://models.invalid/m', { fetch: async () => make() }),
  given: (make) => openSource({ [name]: make() }),
  'given to a worker': (make) => {
    const { source, transfer } = sourceForWorker({ [name]: make() });
    return openSource(structuredClone(source, { transfer }));
  },
};

/** Answers that say that there is no such file: how, and what the error for a needed one quotes. */
const absent = {
  'not found': [() => new Response('no', { status: 404 }), /HTTP 404/],
  gone: [() => new Response('no', { status: 410 }), /HTTP 410/],
  'no content': [() => new Response(null, { status: 204 }), /HTTP 204/],
  'reset content': [() => new Response(null, { status: 205 }), /HTTP 205/],
  'a login': [() => json({ error: 'Unauthorized' }, 401), /HTTP 401/, 'NETWORK'],
  'forbidden, as of S3': [
    () => new Response('<?xml version="1.0"?><Error><Code>AccessDenied</Code>', { status: 403 }),
    /HTTP 403/,
    'NETWORK',
  ],
  'a page': [() => new Response('<!DOCTYPE html><html>'), /a page/],
  'a page, small letters': [() => new Response('<!doctype html>'), /a page/],
  'a page without doctype': [() => new Response('<HTML lang="de"><head>'), /a page/],
  'a page behind a comment': [() => new Response('<!-- built 2024 -->\n<!doctype html>'), /a page/],
  'a page behind space': [() => new Response(`${' \r\n\t'.repeat(900)}<html>`), /a page/],
  'a page behind a byte order mark': [() => new Response('\ufeff<!doctype html>'), /a page/],
  'a page in UTF-16': [() => new Response(utf16('<!doctype html>')), /a page/],
  'a page letter by letter': [
    () =>
      new Response(
        new ReadableStream({
          start(controller) {
            for (const byte of Buffer.from('\ufeff <!doctype html>')) {
              controller.enqueue(Uint8Array.of(byte));
            }
            controller.close();
          },
        }),
      ),
    /a page/,
  ],
  'XML of an object store': [
    () => new Response('<?xml version="1.0"?>\n<Error><Code>NoSuchKey</Code></Error>'),
    /a page/,
  ],
  'an error of a hub': [() => json({ error: 'Repository not found' }), /Repository not found/],
  'an error behind a byte order mark': [
    () => new Response('\ufeff{"error": "Entry not found"}'),
    /Entry not found/,
  ],
  'an error with more': [
    () =>
      json({
        timestamp: '2024-01-01',
        status: 404,
        error: 'Not Found',
        message: 'x',
        path: '/m',
        request_id: 'a',
      }),
    /Not Found/,
  ],
  'an error object': [
    () => json({ error: { code: 404, message: 'Nothing here' } }),
    /Nothing here/,
  ],
  'errors in a list': [() => json({ errors: [{ detail: 'None' }] }), /None/],
  'a detail': [() => json({ detail: 'Not Found' }), /Not Found/],
  'a message': [() => json({ success: false, message: 'Not Found' }), /Not Found/],
};

describe('an answer that says there is no file', () => {
  for (const [what, [make, quote, code = 'NOT_FOUND']] of Object.entries(absent)) {
    it(what, async () => {
      for (const [way, open] of Object.entries(ways)) {
        const options = { optional: true };
        assert.equal(await (await open(make)).readJson(name, options), undefined, way);
        const needed = (await open(make)).readText(name);
        await rejects(needed, code, new RegExp(`^${name}.*${quote.source}`));
      }
    });
  }

  it('is quoted in a line, however long it is', async () => {
    const source = await ways.fetched(() => json({ error: 'x'.repeat(9000) }));
    await assert.rejects(source.readText(name), ({ message }) => message.length < 300);
  });
});

describe('an answer that is neither', () => {
  const cases = {
    'a part': [() => new Response('[]', { status: 206 }), /206.*part/],
    'a whole as a part': [
      () => new Response('[]', { status: 206, headers: { 'content-range': 'bytes 0-1/2' } }),
      /206/,
    ],
    accepted: [() => json([], 202), /202/],
    'not modified': [() => new Response(null, { status: 304 }), /304/],
    'moved, not followed': [() => new Response(null, { status: 302 }), /302/],
    'too many requests': [() => json({ error: 'slow down' }, 429), /429/],
    'a server error': [() => json([], 500), /500/],
    unavailable: [() => json([], 503), /503/],
    'an error without status': [() => Response.error(), /"error"/],
  };
  for (const [what, [make, quote]] of Object.entries(cases)) {
    it(what, async () => {
      for (const open of Object.values(ways)) {
        for (const options of [{}, { optional: true }]) {
          await rejects((await open(make)).readText(name, options), 'NETWORK', quote);
        }
      }
    });
  }
});

describe('a file', () => {
  const files = {
    'that a proxy has changed on its way': () => json([1], 203),
    'with tokens for errors': () => json({ error: 30522, message: 30523 }),
    'with an error among other things': () => json({ error: 'x', max_seq_length: 8 }),
    empty: () => new Response(''),
    'of a vocabulary': () => new Response('<s>\n<pad>\n<html2>'),
    'that only begins like an error': () => new Response('{"error": "x"} y'),
    'longer than an error': () => json({ error: 'x'.repeat(20_000) }),
  };
  for (const [what, make] of Object.entries(files)) {
    it(`${what} stays one`, async () => {
      for (const open of Object.values(ways)) {
        const text = await make().text();
        assert.equal(await (await open(make)).readText(name), text);
      }
    });
  }
});

describe('a model folder', () => {
  const model = readFolder(tinyModel('deep'));
  const fromVocab = readFolder(tinyModel('vocab-txt'));
  let server;
  let origin;
  let answer;
  before(async () => {
    server = http.createServer((request, response) => {
      answer(request.url.replace(/^\/[^/]*\//, ''), response);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${server.address().port}/model`;
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  const text = 'Old wind over the sea';

  it('loads, whatever stands for the files that it lacks', async () => {
    const local = await load(model);
    const expected = await local.embed(text);
    local.dispose();
    const answers = [
      (response) => response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>'),
      (response) => response.writeHead(401).end(),
      (response) => response.end('{"error":"Entry not found"}'),
      (response) => response.end('\ufeff<!doctype html>'),
      (response) => response.writeHead(204).end(),
    ];
    for (const missing of answers) {
      answer = (file, response) => (model[file] ? response.end(model[file]) : missing(response));
      for (const worker of [false, true]) {
        const loaded = await load(origin, { worker });
        assert.ok(sameBits(await loaded.embed(text), expected));
        loaded.dispose();
      }
      // With weights, it is another's or nobody's.
      const { 'model.safetensors': weights, ...rest } = model;
      assert.ok(weights);
      answer = (file, response) => (rest[file] ? response.end(rest[file]) : missing(response));
      await assert.rejects(load(origin), ({ code, message }) => {
        assert.match(code, /^(NOT_FOUND|NETWORK)$/);
        return /model\.safetensors and .*missing.*answered.*: save it/.test(message);
      });
    }
  });

  it('is not half a vocabulary', async () => {
    const half = (bytes, response) => {
      response.writeHead(206, { 'content-range': `bytes 0-39/${bytes.length}` });
      response.end(bytes.subarray(0, 40));
    };
    answer = (file, response) => {
      const bytes = fromVocab[file];
      if (!bytes) response.writeHead(404).end();
      else if (file === 'vocab.txt') half(bytes, response);
      else response.end(bytes);
    };
    await rejects(loadTokenizer(origin), 'NETWORK', /vocab\.txt.*HTTP 206/);
    answer = (file, response) =>
      file === 'vocab.txt' ? response.end('{"error":"rate limit"}') : response.writeHead(404).end();
    await rejects(loadTokenizer(origin), 'NOT_FOUND', /tokenizer\.json and vocab\.txt.*rate limit/);
  });
});
