import { WorkerEngine } from './client.js';
import { Engine } from './engine.js';
import { BertletError, throwIfAborted } from './errors.js';
import { chooseMaxLength, readFolder } from './folder.js';
import { badArgument, readChoice, readCount, readSignal } from './inputs.js';
import { Memory } from './memory.js';
import { Model } from './model.js';
import { WorkerClass } from './port.js';
import { createProgress } from './progress.js';
import { openSource } from './source.js';
import { detectThreads } from './threads.js';
import { readTokenizerFiles } from './tokenizer-files.js';
import { createTokenizer, Tokenizer } from './tokenizer.js';
import { chooseModule, loadModule } from './wasm-module.js';
import { weightsFile } from './weights.js';

/** See index.d.ts. */
export async function load(source, options = {}) {
  const choices = readOptions(options);
  const { signal } = choices;
  const tell = progressTeller(options.onProgress);
  const report = createProgress(tell);
  report?.(weightsFile, 0, undefined, false);
  const sourceOptions = { cache: options.cache, integrity: options.integrity };
  const control = { signal, report };
  // What takes long goes on at the same time: the worker starts and fetches the weights, the
  // browser compiles the module, and the small files are read here.
  const worker = choices.worker ? new WorkerEngine(source, sourceOptions, control) : undefined;
  const module = loadModule(choices.simd, choices.threads > 1);
  module.catch(() => {});
  let opened;
  try {
    opened = await openSource(source, { ...sourceOptions, signal, onFileProgress: report });
    if (!worker) opened.prepare(weightsFile);
    opened.prepare('tokenizer.json');
    const folder = await readFolder(opened);
    const engineOptions = {
      module: await module,
      config: folder.config,
      dtype: choices.dtype,
      threads: choices.threads,
    };
    worker?.give({ options: engineOptions });
    // A vocabulary keeps this thread busy, and a worker cannot begin without it.
    await worker?.begun;
    const { blob, info } = await readTokenizerFiles(opened);
    engineOptions.tokenizerBlob = blob;
    const { engine, tokenizer } = worker
      ? await openInWorker(worker, engineOptions, info)
      : await openHere(engineOptions, info, opened, control);
    const settings = { ...choices, signal, sourceOptions: { cache: options.cache } };
    const maxLength = chooseMaxLength(folder, info);
    const model = new Model(engine, tokenizer, { ...folder, maxLength }, settings);
    if (options.adapter) await model.useAdapter(options.adapter, { report });
    tell?.({ phase: 'prepare' });
    await warmUp(engine, folder.config);
    throwIfAborted(signal);
    tell?.({ phase: 'ready' });
    return model;
  } catch (error) {
    worker?.dispose();
    throw error;
  } finally {
    opened?.close();
  }
}

/** See index.d.ts. */
export async function loadTokenizer(source, options = {}) {
  const signal = readSignal(options.signal);
  const opened = await openSource(source, {
    cache: options.cache,
    integrity: options.integrity,
    signal,
    onProgress: options.onProgress,
  });
  try {
    const { blob, info } = await readTokenizerFiles(opened);
    const module = await loadModule(chooseModule('auto'));
    return await openTokenizer({ module, tokenizerBlob: blob, threads: 1 }, info);
  } finally {
    await opened.close();
  }
}

function readOptions(options) {
  if (options === null || typeof options !== 'object')
    throw badArgument('options is not an object.');
  const simd = chooseModule(options.simd);
  const wanted = readChoice('dtype', options.dtype ?? 'auto', [
    'auto',
    'fp32',
    'int8',
    'int8-fast',
  ]);
  const worker = chooseWorker(options.worker ?? 'auto');
  return {
    simd,
    dtype: chooseDtype(wanted, simd),
    worker,
    threads: chooseThreads(options.threads ?? 'auto', worker),
    signal: readSignal(options.signal),
  };
}

/** Tells of an event; what it leaves out is as it was: phases after the download repeat its figures. */
function progressTeller(onProgress) {
  if (onProgress === undefined || onProgress === null) return undefined;
  if (typeof onProgress !== 'function') throw badArgument('onProgress is not a function.');
  let last = {};
  return (event) => {
    last = { ...last, ...event };
    onProgress(last);
  };
}

/** int8-fast needs relaxed SIMD; without it int8 is the next best, and info.dtype says so. */
function chooseDtype(wanted, simd) {
  if (wanted === 'auto' || (wanted === 'int8-fast' && simd !== 'relaxed')) return 'int8';
  return wanted;
}

/** In a page the engine leaves the main thread free; a worker or Node script is free already. */
function chooseWorker(wanted) {
  readChoice('worker', wanted, ['auto', true, false]);
  if (wanted === true && !WorkerClass) {
    throw new BertletError('UNSUPPORTED', 'This runtime cannot start a worker; use worker: false.');
  }
  return wanted === 'auto' ? typeof document !== 'undefined' && WorkerClass !== undefined : wanted;
}

/** More than this many threads wait for memory more than they compute. */
const mostThreads = 4;

/** How many threads share the engine's memory. A page's main thread may not wait for others. */
function chooseThreads(wanted, worker) {
  const { canShare, cores } = detectThreads();
  const count = wanted === 'auto' ? Math.min(cores, mostThreads) : readCount('threads', wanted);
  const mayWait = worker || typeof document === 'undefined';
  return canShare && mayWait && WorkerClass ? Math.min(count, 16) : 1;
}

/** A first call makes the engine compile what later calls use: better now than then. */
async function warmUp(engine, { max_positions: positions }) {
  const request = {
    inputs: [{ text: 'a few words to begin with' }],
    maxLength: Math.min(16, positions),
    truncation: 'longest_first',
    pooling: 'mean',
  };
  for (let i = 0; i < 2; i++) await engine.run(request).catch(() => {}); // a call of the user's will tell
}

/** The engine on this thread; its tokenizer is the model's. */
async function openHere(engineOptions, info, source, control) {
  const engine = await Engine.open(engineOptions, source, control);
  return { engine, tokenizer: new Tokenizer(engine.memory, engine.tokenizer, info) };
}

/** The engine in a worker, and a tokenizer of its own here, so that it is synchronous. */
async function openInWorker(engine, { tokenizerBlob, ...options }, info) {
  engine.give({ tokenizerBlob });
  const [tokenizer] = await Promise.all([
    openTokenizer({ ...options, tokenizerBlob }, info),
    engine.opened,
  ]);
  return { engine, tokenizer };
}

async function openTokenizer({ module, tokenizerBlob, threads }, info) {
  const memory = await Memory.instantiate(module, { shared: threads > 1 });
  return createTokenizer(memory, tokenizerBlob, info);
}
