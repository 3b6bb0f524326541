// The engine in a worker: a Web Worker in pages, a worker thread in Node. It fetches weights
// while the page still reads the small files, whose contents come as they are known.
import { Engine } from './engine/engine.js';
import { untilAborted } from './shared/abort.js';
import { errorToData } from './shared/errors.js';
import { ownPort as port } from './threads/port.js';
import { transferablesOf } from './workers/protocol.js';
import { openSource } from './source/source.js';
import { weightsFile } from './weights/weights.js';

/** Milliseconds after loading in which calls come first, then the cache. */
const cacheAfter = 100;

/** @type {Engine} */
let engine;
/** @type {Map<number, { controller: AbortController, over: Promise<void> }>} calls under way */
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
    const options = {
      ...(await untilAborted(given.options, signal)),
      packTokenizer: () => untilAborted(given.tokenizerBlob, signal),
    };
    engine = await Engine.open(options, opened, { signal });
    setTimeout(async () => {
      await opened.close();
      port.send({ stored: true });
    }, cacheAfter);
    return { result: undefined, transfer: [] };
  },

  async copy(progress, signal) {
    port.send({ begun: true });
    const { module, ...snapshot } = await untilAborted(given.snapshot, signal);
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

function begin({ id, method, args }) {
  const controller = new AbortController();
  calls.set(id, { controller, over: answer({ id, method, args }, controller) });
}

async function answer({ id, method, args }, controller) {
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

/**
 * Nothing is under way any more when the owner ends this thread: Node 20 gives up its whole
 * process where a thread is ended just as it asks for a file.
 */
async function end() {
  const last = [...calls.values()];
  for (const { controller } of last) controller.abort();
  await Promise.all(last.map(({ over }) => over));
  await opened?.close();
  port.send({ ended: true });
}

port.listen((message) => {
  if (message.give) for (const name of Object.keys(message.give)) take[name](message.give[name]);
  else if (message.end) end();
  else if (message.abort) calls.get(message.id)?.controller.abort();
  else begin(message);
});
