// Model folders on disk, what is no source, progress, and the embedded model.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chooseMaxLength, readFolder } from '../../js/folder/folder.js';
import { openSource, sourceForWorker } from '../../js/source/source.js';
import { readTokenizerFiles } from '../../js/tokenizer/files.js';
import {
  behavesAsASource,
  config,
  contents,
  makeFolder,
  readStream,
  rejects,
  streamOf,
  weights,
} from '../helpers/source-behaviour.js';
import { constants } from '../helpers/tokenizers.js';

const { folder, remove } = makeFolder();
after(remove);

describe('a folder by its path', () => {
  behavesAsASource(() => folder);

  it('may be read as often as one likes, many files at once', async () => {
    const source = await openSource(`${folder}/`);
    const all = await Promise.all([1, 2, 3].map(() => readStream(source, 'model.safetensors')));
    for (const bytes of all) assert.deepEqual(bytes, weights);
  });

  it('must exist and be a folder', async () => {
    await rejects(openSource(join(folder, 'none')), 'NOT_FOUND', /no such file/);
    await rejects(openSource('org/some-model'), 'NOT_FOUND', /hub are not downloaded/);
    await rejects(openSource(join(folder, 'config.json')), 'NOT_FOUND', /not a folder/);
    await rejects(openSource(`${folder}\0`), 'NOT_FOUND');
    await rejects((await openSource(folder)).readText('1_Pooling'), 'NOT_FOUND', /not a file/);
  });

  it('is not affected by a change of the working directory', async () => {
    const before = process.cwd();
    process.chdir(folder);
    const source = await openSource('.');
    process.chdir(before);
    assert.equal(await source.readText('config.json'), config);
  });

  it('leaves no file open', async () => {
    const open = () => readdirSync('/proc/self/fd').length;
    const before = process.platform === 'linux' ? open() : 0;
    for (let i = 0; i < 20; i++) {
      const controller = new AbortController();
      const source = await openSource(folder, { signal: controller.signal });
      await source.readText('config.json');
      const streams = [1, 2, 3].map(() => source.openStream('model.safetensors'));
      const [first, second] = await Promise.all(streams);
      await first.chunks.next();
      for await (const chunk of second.chunks) if (chunk) break;
      if (i % 2) controller.abort();
      else await source.close();
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (process.platform === 'linux') assert.equal(open(), before);
  });

  it('notices a file that shrinks or grows under the reader', async () => {
    const path = join(folder, 'changing.bin');
    const source = await openSource(folder);
    const readWhile = async (change) => {
      writeFileSync(path, weights);
      const stream = await source.openStream('changing.bin');
      await stream.chunks.next();
      change();
      for await (const chunk of stream.chunks) assert.ok(chunk.length);
    };
    const shrink = () => truncateSync(path, 10);
    const grow = () => appendFileSync(path, new Uint8Array(3e6));
    await rejects(readWhile(shrink), 'BAD_MODEL', /bytes came/);
    await rejects(readWhile(grow), 'BAD_MODEL', /bytes came/);
    rmSync(path);
  });
});

describe('a folder by its file: URL', () => {
  behavesAsASource(() => pathToFileURL(`${folder}/`));

  it('may be text, and need not end in a slash', async () => {
    const { href } = pathToFileURL(folder);
    assert.equal(await (await openSource(href)).readText('config.json'), config);
    await rejects(openSource(`${href}/none`), 'NOT_FOUND');
    await rejects(openSource(new URL('file://server/share/')), 'BAD_ARGUMENT');
  });
});

describe('what is no source', () => {
  it('is refused', async () => {
    const nonsense = [
      null,
      '',
      7,
      true,
      Symbol('x'),
      () => 1,
      {},
      [],
      new Date(),
      new Response('x'),
      new Blob(['x']),
      new Uint8Array(5),
      new ArrayBuffer(5),
      streamOf(weights),
      Promise.resolve(folder),
      ['config.json'],
      { 'config.json': 7 },
      { 'config.json': {} },
      { 'config.json': () => 1 },
      { '../config.json': config, 'a.json': config },
      { '': config },
      'data:application/json,{}',
      'http://',
      new URL('data:application/json,{}'),
      new URL('blob:null/x'),
    ];
    for (const [at, source] of nonsense.entries()) {
      await rejects(openSource(source), 'BAD_ARGUMENT', undefined, `${at}`);
    }
  });

  it('goes for options as well', async () => {
    for (const cache of [null, 'x', 1, { name: 7 }, []]) {
      if (Array.isArray(cache)) continue;
      await rejects(openSource(folder, { cache }), 'BAD_ARGUMENT', /^cache must be/);
    }
    await rejects(openSource(folder, { integrity: { a: 'md5-x' } }), 'BAD_ARGUMENT');
  });
});

describe('progress', () => {
  it('passes on what the listener throws, and lets go of the file', async () => {
    const mine = new Error('mine');
    let calls = 0;
    const onProgress = () => {
      calls += 1;
      if (calls === 2) throw mine;
    };
    let cancelled = false;
    const stream = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(10));
      },
      cancel() {
        cancelled = true;
      },
    });
    const source = await openSource({ 'a.bin': stream }, { onProgress });
    await assert.rejects(source.readBytes('a.bin'), mine);
    assert.ok(cancelled);
  });

  it('counts a file once, however often it is read', async () => {
    const events = [];
    const source = await openSource(folder, { onProgress: (event) => events.push(event) });
    await source.readText('config.json');
    await source.readText('config.json');
    assert.equal(events.at(-1).loaded, contents['config.json'].length);
    assert.equal(events.at(-1).total, contents['config.json'].length);
  });

  it('can be had file by file', async () => {
    const events = [];
    const onFileProgress = (...event) => events.push(event);
    const source = await openSource(folder, { onFileProgress });
    await source.readText('config.json');
    const size = contents['config.json'].length;
    assert.deepEqual(events.at(0), ['config.json', 0, size, false]);
    assert.deepEqual(events.at(-1), ['config.json', size, size, false]);
  });
});

describe('the embedded model', () => {
  it('is listed file by file, as it stands in its folder', async () => {
    const base = new URL('../../models/all-MiniLM-L6-v2/', import.meta.url);
    const { source } = sourceForWorker(undefined);
    for (const [name, { href }] of source) {
      const made = name === 'tokenizer.bin'; // by the build, of what stands there
      assert.equal(
        href,
        new URL(made ? `../../dist/${name}` : name, made ? import.meta.url : base).href,
      );
      assert.ok(existsSync(new URL(href)), name);
    }
    const config = await (await openSource()).readJson('config.json');
    assert.equal(config.hidden_size, 384);
  });

  it('lacks only files that say what holds without them', async () => {
    const folder = fileURLToPath(new URL('../../models/all-MiniLM-L6-v2/', import.meta.url));
    const [listed, whole] = await Promise.all(
      [undefined, folder].map(async (from) => {
        const source = await openSource(from);
        const { pack, info } = await readTokenizerFiles(source);
        return { blob: pack(constants), info, folder: await readFolder(source) };
      }),
    );
    assert.deepEqual(listed.folder, whole.folder);
    assert.deepEqual(listed.blob, whole.blob);
    const { modelMaxLength, ...info } = whole.info;
    assert.ok(modelMaxLength >= chooseMaxLength(whole.folder, info));
    assert.deepEqual(
      { ...listed.info, modelMaxLength: undefined },
      { ...info, modelMaxLength: undefined },
    );
  });
});
