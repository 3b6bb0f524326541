// The engine in a worker: a Web Worker in pages, a worker thread in Node.
import { Engine } from './engine.js';
import { errorToData } from './errors.js';
import { ownPort as port } from './port.js';
import { transferablesOf } from './protocol.js';
import { openSource } from './source.js';

/** @type {Engine} */
let engine;
/** @type {Map<number, AbortController>} calls under way */
const calls = new Map();

const methods = {
  async open(progress, signal, { options, source, sourceOptions }) {
    const onFileProgress = (...event) => progress({ bytes: event });
    const opened = await openSource(source, { ...sourceOptions, signal, onFileProgress });
    try {
      engine = await Engine.open(options, opened, { signal });
    } finally {
      await opened.close();
    }
    return { result: undefined, transfer: [] };
  },

  async openAdapter(progress, signal, { source, sourceOptions }) {
    const report = (...event) => progress({ bytes: event });
    const result = await engine.openAdapter(source, sourceOptions, { signal, report });
    return { result, transfer: [] };
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

port.listen((message) => {
  if (message.abort) calls.get(message.id)?.abort();
  else answer(message);
});
port.send({ ready: true });
