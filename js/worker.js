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

/**
 * @import { EngineInfo } from './engine/interface.js'
 * @import { Source } from './source/source.js'
 * @import { FileProgress } from './shared/progress.js'
 * @import { Arguments, FromWorker, Given, Progress, Results, ToWorker } from './workers/protocol.js'
 */

/**
 * @template {keyof Arguments} Method
 * @typedef {(progress: (event: Progress) => void, signal: AbortSignal, args: Arguments[Method])
 *   => Promise<{ result: Results[Method], transfer: Transferable[] }>} Answerer
 */

/** @type {Engine} */
let engine;
/** @type {Map<number, { controller: AbortController, over: Promise<void> }>} calls under way */
const calls = new Map();

/** Where the weights are. @type {Source | undefined} */
let opened;

/**
 * A part of what the page gives one after the other, and the function that takes it.
 * @returns {{ promise: Promise<T>, take: (part: T) => void }}
 * @template T
 */
function expect() {
  /** @type {(part: T) => void} */
  let take = () => {};
  const promise = new Promise((/** @type {(part: T) => void} */ resolve) => {
    take = resolve;
  });
  return { promise, take };
}
/** @type {{ [Part in keyof Given]: ReturnType<typeof expect<Given[Part]>> }} */
const given = { options: expect(), tokenizerBlob: expect(), snapshot: expect() };

/**
 * What the calls do; `transfer`: what of the result is moved instead of copied.
 * @type {{ [Method in keyof Arguments]: Answerer<Method> }}
 */
const methods = {
  async open(progress, signal, { source, sourceOptions, wantsProgress }) {
    port.send({ begun: true });
    const report = reporter(progress);
    const onFileProgress = wantsProgress ? report : undefined;
    const folder = await openSource(source, { ...sourceOptions, signal, onFileProgress });
    opened = folder;
    folder.prepare(weightsFile);
    const options = {
      ...(await untilAborted(given.options.promise, signal)),
      packTokenizer: () => untilAborted(given.tokenizerBlob.promise, signal),
    };
    engine = await Engine.open(options, folder, { signal });
    setTimeout(async () => {
      await folder.close();
      port.send({ stored: true });
    }, cacheAfter);
    return { result: undefined, transfer: [] };
  },

  async copy(progress, signal) {
    port.send({ begun: true });
    const { module, ...snapshot } = await untilAborted(given.snapshot.promise, signal);
    engine = await Engine.restore(module, snapshot);
    return { result: undefined, transfer: [] };
  },

  async snapshot() {
    const result = await engine.snapshot();
    return { result, transfer: [result.memory.bytes] };
  },

  async openAdapter(progress, signal, { number, source, sourceOptions }) {
    await engine.openAdapter(number, source, sourceOptions, { signal, report: reporter(progress) });
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

/** @param {(event: Progress) => void} progress @returns {FileProgress} */
function reporter(progress) {
  return (...event) => progress({ bytes: event });
}

/** @param {ToWorker} call */
function begin(call) {
  const controller = new AbortController();
  calls.set(call.id, { controller, over: answer(call, controller) });
}

/** @param {ToWorker} call @param {AbortController} controller */
async function answer({ id, method, args }, controller) {
  const progress = (/** @type {Progress} */ event) => port.send({ id, progress: event });
  try {
    const call = /** @type {Answerer<keyof Arguments>} */ (
      methods[/** @type {keyof Arguments} */ (method)]
    );
    const { result, transfer } = await call(
      progress,
      controller.signal,
      /** @type {Arguments[keyof Arguments]} */ (args),
    );
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

/** @param {Partial<Given>} parts */
function take({ options, tokenizerBlob, snapshot }) {
  if (options) given.options.take(options);
  if (tokenizerBlob) given.tokenizerBlob.take(tokenizerBlob);
  if (snapshot) given.snapshot.take(snapshot);
}

port.listen((/** @type {ToWorker} */ message) => {
  if (message.give) take(message.give);
  else if (message.end) end();
  else if (message.abort) calls.get(message.id)?.controller.abort();
  else begin(message);
});
