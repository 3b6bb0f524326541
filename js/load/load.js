import { untilAborted } from '../shared/abort.js';
import { embeddedCompanions } from '../source/companions.js';
import { WorkerEngine } from '../workers/client.js';
import { Engine } from '../engine/engine.js';
import { BertletError, guarded, guardedReading, throwIfAborted } from '../shared/errors.js';
import { readCacheOption } from '../source/file-cache.js';
import { chooseMaxLength, readFolder } from '../folder/folder.js';
import { readChoice } from '../shared/inputs.js';
import { adapterPins, readIntegrity } from '../source/integrity.js';
import { Memory } from '../core/memory.js';
import { Model } from '../tasks/model.js';
import { readOptions, refuseAsSource } from '../shared/options.js';
import { hearAbort } from '../shared/pauses.js';
import { WorkerClass } from '../threads/port.js';
import { createProgress } from '../shared/progress.js';
import { Session } from '../session/session.js';
import { copySource } from '../source/location.js';
import { openSource } from '../source/source.js';
import { chooseThreading } from '../threads/threading.js';
import { readTokenizerFiles } from '../tokenizer/files.js';
import { packedTokenizerFile } from '../tokenizer/packed.js';
import { createTokenizer, Tokenizer } from '../tokenizer/tokenizer.js';
import { chooseModule, loadModule } from '../core/wasm-module.js';
import { weightsFile } from '../weights/weights.js';
import { Workers } from '../workers/workers.js';

/**
 * @import { LoadChoices, ModelEngine } from '../session/session.js'
 * @import { EngineOptions } from '../engine/interface.js'
 * @import { Dtype, LoadOptions, LoadProgress, LoadTokenizerOptions, ModelInfo } from '../index.d.ts'
 * @import { FileProgress } from '../shared/progress.js'
 * @import { SourceOptions, Source } from '../source/source.js'
 * @import { TokenizerFiles } from '../tokenizer/files.js'
 */

/**
 * What copySource makes of a user's source.
 * @typedef {ReturnType<typeof copySource>} GivenSource
 *
 * What a source is opened with.
 * @typedef {Pick<SourceOptions, 'cache' | 'integrity'>} OpeningOptions
 *
 * @typedef {ReturnType<typeof readChoices>} Choices
 *
 * Of loading: what stops it, and who hears how far it is.
 * @typedef {{ signal?: AbortSignal, report?: FileProgress }} Control
 *
 * @typedef {Omit<EngineOptions, 'packTokenizer' | 'tokenizerBlob'>} EnginePlan
 */

/** @type {typeof import('../index.d.ts').load} */
export function load(source, options) {
  return guarded(() => {
    refuseAsSource(source, 'load');
    return openModel(copySource(source), readOptions(options, 'load'));
  });
}

/** @param {GivenSource} source @param {LoadOptions} options */
async function openModel(source, options) {
  const choices = readChoices(options);
  const { signal } = choices;
  const sourceOptions = readSourceOptions(options);
  const { adapter = null } = options;
  const integrity = adapter === null ? undefined : adapterPins(sourceOptions.integrity);
  const tell = progressTeller(options.onProgress);
  const report = createProgress(tell);
  report?.(weightsFile, 0, undefined, false);
  const parts = await openParts(source, sourceOptions, choices, { signal, report });
  const { folder, info, tokenizer } = parts;
  const engine = addWorkers(parts, source, sourceOptions, choices);
  try {
    const settings = {
      ...choices,
      sourceOptions: { cache: sourceOptions.cache },
      companions: source === undefined ? embeddedCompanions() : undefined,
    };
    const maxLength = chooseMaxLength(folder, info);
    const session = new Session(engine, tokenizer, { ...folder, maxLength }, settings);
    if (adapter !== null) await session.useAdapter(adapter, { integrity, report });
    tell?.({ phase: 'prepare' });
    await warmUp(engine, folder.config, signal);
    await hearAbort(signal);
    tell?.({ phase: 'ready' });
    throwIfAborted(signal);
    // Its calls have one form each, which stands for all that are declared.
    return /** @type {import('../index.d.ts').Model} */ (new Model(session));
  } catch (error) {
    engine.dispose();
    throw error;
  }
}

/**
 * Reads a folder: its settings, the engine with its weights, and the tokenizer.
 * @param {GivenSource} source
 * @param {OpeningOptions} sourceOptions
 * @param {Choices} choices
 * @param {Control} control
 */
async function openParts(source, sourceOptions, choices, control) {
  const { simd, dtype, threading } = choices;
  const { signal, report } = control;
  const threads = threading.threading === 'shared' ? threading.count : 1;
  // What takes long goes on at the same time: the worker starts and fetches the weights, the
  // browser compiles the module, and the small files are read here.
  const worker = choices.worker ? WorkerEngine.open(source, sourceOptions, control) : undefined;
  const compiled = loadModule(simd, threads > 1);
  compiled.catch(() => {});
  /** @type {Source | undefined} */
  let opened;
  try {
    const reading = await openSource(source, { ...sourceOptions, signal, onFileProgress: report });
    opened = reading;
    if (!worker) reading.prepare(weightsFile);
    const packed = isPacked(source, sourceOptions);
    reading.prepare(packed ? packedTokenizerFile : 'tokenizer.json');
    const folder = await guardedReading(() => readFolder(reading));
    const module = await untilAborted(compiled, signal);
    /** @type {EnginePlan} */
    const engineOptions = { module, config: folder.config, dtype, threads };
    worker?.give({ options: engineOptions });
    // A vocabulary keeps this thread busy, and a worker cannot begin without it.
    if (worker) await untilAborted(worker.begun, signal);
    const files = await guardedReading(() => readTokenizerFiles(reading, packed));
    await reading.checkPins();
    await hearAbort(signal);
    const both = worker
      ? await openInWorker(worker, engineOptions, files)
      : await openHere(engineOptions, files, reading, control);
    return { ...both, folder, info: files.info, module };
  } catch (error) {
    worker?.dispose();
    throw error;
  } finally {
    opened?.close();
  }
}

/**
 * The embedded tokenizer is read already; pinned files are those of the model's folder.
 * @param {GivenSource} source
 * @param {{ integrity?: unknown }} options
 */
const isPacked = (source, { integrity }) => source === undefined && !integrity;

/**
 * Lets an engine have copies in further workers, and be replaced if its own worker ends.
 * @param {Awaited<ReturnType<typeof openParts>>} parts
 * @param {GivenSource} source
 * @param {OpeningOptions} sourceOptions
 * @param {Choices} choices
 * @returns {ModelEngine}
 */
function addWorkers({ engine, module }, source, sourceOptions, choices) {
  const { threading, count, mostBytes } = choices.threading;
  if (!choices.worker && threading !== 'workers') return engine;
  /** @param {AbortSignal} signal */
  const reopen = async (signal) => {
    const again = await openParts(source, sourceOptions, choices, { signal });
    again.tokenizer.dispose();
    return again.engine;
  };
  return new Workers(engine, {
    reopen,
    module,
    most: threading === 'workers' ? count : 1,
    mostBytes,
  });
}

/** @type {typeof import('../index.d.ts').loadTokenizer} */
export function loadTokenizer(source, options) {
  return guarded(() => {
    refuseAsSource(source, 'loadTokenizer');
    return readTokenizer(copySource(source), readOptions(options, 'loadTokenizer'));
  });
}

/** @param {GivenSource} source @param {LoadTokenizerOptions} options */
async function readTokenizer(source, options) {
  const simd = chooseModule('auto');
  const { signal, onProgress } = options;
  const opened = await openSource(source, { ...readSourceOptions(options), signal, onProgress });
  let tokenizer;
  try {
    const packed = isPacked(source, options);
    const { pack, info } = await guardedReading(() => readTokenizerFiles(opened, packed));
    await opened.checkPins();
    await hearAbort(signal);
    const memory = await Memory.instantiate(await loadModule(simd));
    tokenizer = createTokenizer(memory, pack(memory.constants), info);
  } finally {
    await opened.close();
  }
  await hearAbort(signal);
  return tokenizer;
}

/**
 * What a source is opened with, as data that a worker can be sent.
 * @param {LoadTokenizerOptions} options
 * @returns {OpeningOptions}
 */
function readSourceOptions({ cache, integrity }) {
  const pins = (integrity ?? null) !== null && readIntegrity(integrity);
  return { cache: readCacheOption(cache), integrity: pins ? Object.fromEntries(pins) : undefined };
}

/**
 * What the options and this runtime come to.
 * @param {LoadOptions} options
 * @returns {Omit<LoadChoices, 'sourceOptions' | 'companions'> & { worker: boolean }}
 */
function readChoices(options) {
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
    threading: chooseThreading(options, worker),
    signal: options.signal,
  };
}

/**
 * Tells of an event; what it leaves out is as it was: phases after the download repeat its
 * figures.
 * @param {LoadOptions['onProgress']} onProgress
 * @returns {((event: Partial<LoadProgress>) => void) | undefined}
 */
function progressTeller(onProgress) {
  if (!onProgress) return undefined;
  /** @type {Partial<LoadProgress>} */
  let last = {};
  return (event) => {
    last = { ...last, ...event };
    onProgress(/** @type {LoadProgress} */ (last)); // the first event has everything
  };
}

/**
 * int8-fast needs relaxed SIMD; without it int8 is the next best, and info.dtype says so.
 * @param {'auto' | Dtype} wanted
 * @param {ModelInfo['simd']} simd
 * @returns {Dtype}
 */
function chooseDtype(wanted, simd) {
  if (wanted === 'auto' || (wanted === 'int8-fast' && simd !== 'relaxed')) return 'int8';
  return wanted;
}

/**
 * In a page the engine leaves the main thread free; a worker or Node script is free already.
 * @param {unknown} given
 * @returns {boolean}
 */
function chooseWorker(given) {
  const wanted = readChoice('worker', given, ['auto', true, false]);
  if (wanted === true && !WorkerClass) {
    throw new BertletError('UNSUPPORTED', 'This runtime cannot start a worker; use worker: false.');
  }
  return wanted === 'auto' ? typeof document !== 'undefined' && WorkerClass !== undefined : wanted;
}

/**
 * A first call makes the engine compile what later calls use: better now than then.
 * @param {ModelEngine} engine
 * @param {import('../weights/config.js').Config} config
 * @param {AbortSignal} [signal]
 */
async function warmUp(engine, { max_length: maxLength }, signal) {
  /** @type {import('../engine/interface.js').RunRequest} */
  const request = {
    inputs: [{ text: 'a word' }], // with special tokens, one tile of rows
    maxLength,
    longText: 'truncate',
    pooling: 'mean',
  };
  await engine.run(request, { signal }).catch(() => {}); // a call of the user's will tell
}

/**
 * The engine on this thread; its tokenizer is the model's.
 * @param {EnginePlan} engineOptions
 * @param {TokenizerFiles} files
 * @param {Source} source
 * @param {Control} control
 */
async function openHere(engineOptions, { pack, info }, source, control) {
  const engine = await Engine.open({ ...engineOptions, packTokenizer: pack }, source, control);
  const memory = /** @type {Memory} */ (engine.memory); // it has just opened
  return { engine, tokenizer: new Tokenizer(memory, engine.tokenizer, info) };
}

/**
 * The engine in a worker, and a tokenizer of its own here, so that it is synchronous.
 * @param {WorkerEngine} engine
 * @param {EnginePlan} plan
 * @param {TokenizerFiles} files
 */
async function openInWorker(engine, { module, threads }, { pack, info }) {
  const memory = await Memory.instantiate(module, { shared: threads > 1 });
  const tokenizerBlob = pack(memory.constants);
  engine.give({ tokenizerBlob });
  const tokenizer = createTokenizer(memory, tokenizerBlob, info);
  await engine.opened;
  return { engine, tokenizer };
}
