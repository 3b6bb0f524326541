// The engine in a worker: a Web Worker in pages, a worker thread in Node. It fetches weights
// while the page still reads the small files, whose contents come as they are known.
import { Engine } from './engine/engine.js';
import { errorToData } from './shared/errors.js';
import { ownPort as port } from './threads/port.js';
import { transferablesOf } from './workers/protocol.js';
import { openSource } from './source/source.js';
import { weightsFile } from './weights/weights.js';

/** Milliseconds after loading in which calls come first, then the cache. */
const cacheAfter = 100;

/** @type {Engine} */
let engine;
/** @type {Map<number, AbortController>} calls under way */
const calls = new Map();

/** @type {import('./source/source.js').Source} where the weights are */
let opened;

/** What the page gives one after the other, and the functions that take it. */
const given = {};
const take = {};
for (const name of ['options', 'tokenizerBlob', 'snapshot']) {
  given[name] = new Promise((resolve) => {
    take[name] = resolve;
  });
}

const methods = {
  async open(progress, signal, { source, sourceOptions, wantsProgress }) {
    port.send({ begun: true });
    const onFileProgress = wantsProgress ? (...event) => progress({ bytes: event }) : undefined;
    opened = await openSource(source, { ...sourceOptions, signal, onFileProgress });
    opened.prepare(weightsFile);
    const options = { ...(await given.options), packTokenizer: () => given.tokenizerBlob };
    engine = await Engine.open(options, opened, { signal });
    setTimeout(async () => {
      await opened.close();
      port.send({ stored: true });
    }, cacheAfter);
    return { result: undefined, transfer: [] };
  },

  async copy() {
    port.send({ begun: true });
    const { module, ...snapshot } = await given.snapshot;
    engine = await Engine.restore(module, snapshot);
    return { result: undefined, transfer: [] };
  },

  async snapshot() {
    const result = await engine.snapshot();
    return { result, transfer: [result.memory.bytes] };
  },

  async openAdapter(progress, signal, { number, source, sourceOptions }) {
    const report = (...event) => progress({ bytes: event });
    await engine.openAdapter(number, source, sourceOptions, { signal, report });
    return { result: undefined, transfer: [] };
  },

  async closeAdapter(progress, signal, { number }) {
    await engine.closeAdapter(number);
    return { result: undefined, transfer: [] };
  },

  async run(onProgress, signal, { request }) {
    const result = await engine.run(request, { signal, onProgress });
    return { result, transfer: transferablesOf(result) };
  },
};

async function answer({ id, method, args }) {
  const controller = new AbortController();
  calls.set(id, controller);
  const progress = (event) => port.send({ id, progress: event });
  try {
    const { result, transfer } = await methods[method](progress, controller.signal, args);
    port.send({ id, result, info: engine.info() }, transfer);
  } catch (error) {
    port.send({ id, error: errorToData(error) });
  } finally {
    calls.delete(id);
  }
}

async function end() {
  await opened?.close();
  port.send({ ended: true });
}

port.listen((message) => {
  if (message.give) for (const name of Object.keys(message.give)) take[name](message.give[name]);
  else if (message.end) end();
  else if (message.abort) calls.get(message.id)?.abort();
  else answer(message);
});
