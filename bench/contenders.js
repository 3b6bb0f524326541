// Who takes part.
import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  EMBEDDED_MODEL,
  FLOAT_MODEL,
  HEAD_MODELS,
  ONNX_MODEL,
  ROOT,
  chromiumProgram,
  ggufModel,
  hasFloatModel,
  llamaEntry,
  nodeProgram,
  onnxModel,
  peerEntry,
  peerVersion,
  pythonProgram,
} from './setup.js';

/**
 * @typedef {'node' | 'page' | 'python'} Runtime
 * @typedef {'fp32' | 'int8' | 'int8-fast'} Precision
 *
 * @typedef {{ title: string, runtime: 'node' | 'page', node?: number }} Engine where contenders
 *   run; `node`: its major version
 * @typedef {'node24' | 'node20' | 'chromium'} EngineName
 *
 * A contender is one library with one model in one setting.
 * @typedef {object} Setting
 * @property {string} id "onnxruntime-web int8", unique within a part of the bench
 * @property {Runtime} runtime where it runs
 * @property {number} [node] a major version
 * @property {boolean} [isolated] of a page: whether it has the headers that give it shared memory
 * @property {Precision} [precision] compared with the same precision; a tokenizer has none
 * @property {'encoder' | 'call' | 'tokenizer' | 'heads'} scope `encoder`: ids in, hidden states
 *   out; `call`: text in, vector out; `tokenizer`: text in, ids out; `heads`: ids in, a head's
 *   values out
 * @property {string} [weights] what the same vectors are expected of; undefined: MiniLM
 * @property {boolean} [reference] whether its vectors count as right; undefined: where it is float
 * @property {number} threads how many it may use
 * @property {boolean} [ours] whether it is bertlet
 * @property {boolean} [native] not WebAssembly: an upper reference
 * @property {boolean} [main] whether its short workloads are measured
 * @property {boolean} [long] whether it takes the workloads that need seconds a call
 * @property {number} [rounds] it takes at most so many (for who needs seconds a call)
 * @property {boolean} [spins] its threads go on for a while after a call: the next one has to wait
 * @property {boolean} [loads] whether its loading is measured
 * @property {boolean} [quick] whether it takes part in a quick run
 *
 * @typedef {Setting & Use} Contender
 */

/**
 * What a `create` of adapters/ is given.
 * @template {(options: never) => unknown} Create
 * @typedef {Parameters<Create>[0]} OptionsOf
 */

/**
 * The file in adapters/ (or the class in hosts/python.py), and what it is given.
 * @typedef {(
 *   | { adapter: 'bertlet', options: OptionsOf<typeof import('./adapters/bertlet.js').create> }
 *   | { adapter: 'bertlet-encoder',
 *       options: OptionsOf<typeof import('./adapters/bertlet-encoder.js').create> }
 *   | { adapter: 'bertlet-heads',
 *       options: OptionsOf<typeof import('./adapters/bertlet-heads.js').create> }
 *   | { adapter: 'bertlet-tokenizer',
 *       options: OptionsOf<typeof import('./adapters/bertlet-tokenizer.js').create> }
 *   | { adapter: 'onnxruntime',
 *       options: OptionsOf<typeof import('./adapters/onnxruntime.js').create> }
 *   | { adapter: 'transformers',
 *       options: OptionsOf<typeof import('./adapters/transformers.js').create> }
 *   | { adapter: 'transformers-tokenizer',
 *       options: OptionsOf<typeof import('./adapters/transformers-tokenizer.js').create> }
 *   | { adapter: 'wllama', options: OptionsOf<typeof import('./adapters/wllama.js').create> }
 *   | { adapter: 'llama', options: OptionsOf<typeof import('./adapters/llama.js').create> }
 *   | { adapter: 'torch', options: { model: string, threads: number } }
 *   | { adapter: 'tokenizers', options: { model: string } }
 * )} Use
 */

/** @type {Record<EngineName, Engine>} */
export const ENGINES = {
  node24: { title: 'Node 24', runtime: 'node', node: 24 },
  node20: { title: 'Node 20', runtime: 'node', node: 20 },
  chromium: { title: 'Chromium', runtime: 'page' },
};

/** Why an engine cannot take part here, or null. @param {EngineName} name */
export function obstacle(name) {
  const { node } = ENGINES[name];
  if (node) return nodeProgram(node) ? null : `no Node ${node} found`;
  if (!peerVersion('playwright-core')) return 'no playwright-core to drive it';
  return chromiumProgram() ? null : 'no Chromium found (BERTLET_CHROMIUM)';
}

/** @type {{ simd: 'baseline' | 'relaxed', dtype: Precision }[]} */
const OURS = [
  { simd: 'baseline', dtype: 'fp32' },
  { simd: 'relaxed', dtype: 'fp32' },
  { simd: 'baseline', dtype: 'int8' },
  { simd: 'relaxed', dtype: 'int8' },
  { simd: 'relaxed', dtype: 'int8-fast' },
];

/** @param {Engine} engine */
const ours = ({ runtime, node }) => ({ runtime, node, ours: true });

/** @param {Engine} engine */
function ourPlaces({ runtime }) {
  const page = runtime === 'page';
  const sources = page ? '/js/index.js' : path.join(ROOT, 'js/index.js');
  return {
    // What users get.
    entry: page ? '/dist/page/bertlet.js' : path.join(ROOT, 'dist/node/bertlet.js'),
    sources,
    float: page ? '/float/minilm/' : FLOAT_MODEL,
    embedded: page ? '/models/all-MiniLM-L6-v2/' : EMBEDDED_MODEL,
  };
}

/** The settings of OURS that can be had. @param {Engine} engine @param {number} threads */
function ourSettings(engine, threads) {
  const { entry, float } = ourPlaces(engine);
  return OURS.filter(({ dtype }) => dtype !== 'fp32' || hasFloatModel()).map(({ simd, dtype }) => ({
    simd,
    dtype,
    // The embedded model is int8: float weights come from the original folder.
    options: { entry, model: dtype === 'fp32' ? float : undefined, dtype, simd, threads },
  }));
}

/**
 * bertlet as its users have it: the whole call.
 * @param {Engine} engine
 * @param {number} threads
 * @returns {Contender[]}
 */
function ourCalls(engine, threads) {
  return ourSettings(engine, threads).map(({ simd, dtype, options }) => ({
    ...ours(engine),
    id: `bertlet ${dtype} ${simd}`,
    adapter: 'bertlet',
    options,
    precision: dtype,
    scope: 'call',
    threads,
    isolated: threads > 1,
    main: simd === 'relaxed',
    long: simd === 'relaxed' && dtype !== 'fp32',
    loads: simd === 'relaxed' && dtype !== 'int8-fast',
    quick: simd === 'relaxed' && dtype === 'int8',
  }));
}

/**
 * bertlet's encoder alone. It drives one instance by itself, so it knows no threads.
 * @param {Engine} engine
 * @returns {Contender[]}
 */
function ourEncoders(engine) {
  return ourSettings(engine, 1).map(({ simd, dtype, options }) => ({
    ...ours(engine),
    id: `bertlet ${dtype} ${simd}, encoder`,
    adapter: 'bertlet-encoder',
    options: { ...options, entry: ourPlaces(engine).sources },
    precision: dtype,
    scope: 'encoder',
    threads: 1,
    main: true,
    long: true,
    quick: simd === 'relaxed',
  }));
}

/**
 * bertlet in a page that is not isolated: instances of their own share the texts.
 * @param {Engine} engine
 * @param {number} threads
 * @returns {Contender[]}
 */
function ourWorkers(engine, threads) {
  if (engine.runtime !== 'page' || threads === 1) return [];
  return ourCalls(engine, threads)
    .filter(({ long }) => long)
    .map((contender) => ({
      ...contender,
      id: `${contender.id}, ${threads} workers without isolation`,
      isolated: false,
      loads: false,
      quick: false,
    }));
}

/**
 * Ours with heads: what is needed alone, beside every row through everything.
 * @param {Engine} engine
 * @returns {Contender[]}
 */
function ourHeads(engine) {
  const { sources } = ourPlaces(engine);
  const models = Object.entries(HEAD_MODELS).filter(([, folder]) =>
    existsSync(path.join(folder, 'config.json')),
  );
  /** @param {string} folder */
  const model = (folder) =>
    engine.runtime === 'page' ? `/cache/models/${path.basename(folder)}/` : folder;
  return models.flatMap(([weights, folder]) =>
    [true, false].map((everyRow) => ({
      ...ours(engine),
      id: `bertlet int8 relaxed, ${weights}, ${everyRow ? 'every row' : 'rows that are read'}`,
      adapter: 'bertlet-heads',
      options: {
        ...{ entry: sources, model: model(folder), dtype: 'int8', simd: 'relaxed', threads: 1 },
        everyRow,
      },
      precision: 'int8',
      scope: 'heads',
      weights,
      reference: everyRow,
      threads: 1,
    })),
  );
}

/** @param {Engine} engine @returns {Contender} */
function ourTokenizer(engine) {
  const { entry, embedded } = ourPlaces(engine);
  return {
    ...ours(engine),
    id: 'bertlet tokenizer',
    adapter: 'bertlet-tokenizer',
    options: { entry, model: embedded },
    scope: 'tokenizer',
    threads: 1,
    quick: true,
  };
}

/** @type {{ name: string, file: string, precision: Precision }[]} */
const ONNX = [
  { name: 'fp32', file: 'model.onnx', precision: 'fp32' },
  { name: 'fp32 fused', file: 'model_optimized.onnx', precision: 'fp32' },
  { name: 'int8', file: 'model_quantized.onnx', precision: 'int8' },
];

/** @type {{ name: string, type: string, precision: Precision }[]} */
const GGUF = [
  { name: 'F32', type: 'f32', precision: 'fp32' },
  { name: 'Q8_0', type: 'q8_0', precision: 'int8' },
];

/** @param {Engine} engine @param {number} threads @returns {Contender[]} */
function onnxruntimeWeb(engine, threads) {
  const page = engine.runtime === 'page';
  // It has one thread in Node.
  if (!peerVersion('onnxruntime-web') || (!page && threads > 1)) return [];
  return ONNX.filter(({ file }) => existsSync(onnxModel(file))).map(
    ({ name, file, precision }) => ({
      runtime: engine.runtime,
      node: engine.node,
      id: `onnxruntime-web ${name}`,
      adapter: 'onnxruntime',
      options: {
        entry: page ? '/peers/onnxruntime-web/dist/ort.wasm.min.mjs' : peerEntry('onnxruntime-web'),
        model: page ? `/onnx/minilm/onnx/${file}` : onnxModel(file),
        threads,
        ...(page && { wasmPaths: '/peers/onnxruntime-web/dist/' }),
      },
      precision,
      scope: 'encoder',
      threads,
      isolated: threads > 1,
      main: true,
      long: threads === 1,
      loads: name !== 'fp32',
      quick: name !== 'fp32',
    }),
  );
}

/**
 * transformers.js; in Node it is native: its users have no choice.
 * @param {Engine} engine
 * @param {number} threads
 * @returns {Contender[]}
 */
function transformersJs(engine, threads) {
  if (!peerVersion('@huggingface/transformers') || !existsSync(onnxModel('model.onnx'))) return [];
  const page = engine.runtime === 'page';
  const common = {
    runtime: engine.runtime,
    node: engine.node,
    threads,
    isolated: threads > 1,
  };
  const options = {
    entry: page
      ? '/peers/@huggingface/transformers/dist/transformers.min.js'
      : peerEntry('@huggingface/transformers'),
    models: page ? '/onnx/' : `${path.dirname(ONNX_MODEL)}/`,
    model: path.basename(ONNX_MODEL),
    threads,
    page,
    // It carries a runtime of its own version.
    ...(page && {
      wasmPaths: '/peers/@huggingface/transformers/node_modules/onnxruntime-web/dist/',
    }),
  };
  /** @type {('fp32' | 'q8')[]} */
  const dtypes = ['fp32', 'q8'];
  /** @type {Contender[]} */
  const calls = dtypes.map((dtype) => ({
    ...common,
    id: `transformers.js ${dtype}`,
    adapter: 'transformers',
    options: { ...options, dtype },
    precision: dtype === 'q8' ? 'int8' : 'fp32',
    scope: 'call',
    native: !page,
    // Beside it, its float model in native code tells nothing new.
    main: page || dtype === 'q8',
    spins: page && threads > 1,
    long: dtype === 'q8' && threads === 1,
    loads: true,
    quick: dtype === 'q8',
  }));
  /** @type {Contender} */
  const tokenizer = {
    ...common,
    id: 'transformers.js tokenizer',
    adapter: 'transformers-tokenizer',
    options,
    scope: 'tokenizer',
    threads: 1,
    isolated: false,
    quick: true,
  };
  return threads === 1 ? [...calls, tokenizer] : calls;
}

/**
 * llama.cpp in WebAssembly. A batch takes it seconds.
 * @param {Engine} engine
 * @param {number} threads
 * @returns {Contender[]}
 */
function wllama(engine, threads) {
  if (engine.runtime !== 'page' || threads > 1 || !peerVersion('@wllama/wllama')) return [];
  return GGUF.filter(({ type }) => existsSync(ggufModel(type))).map(
    ({ name, type, precision }) => ({
      runtime: 'page',
      id: `wllama ${name}`,
      adapter: 'wllama',
      options: {
        entry: '/peers/@wllama/wllama/esm/index.js',
        wasm: '/peers/@wllama/wllama/esm/wasm/wllama.wasm',
        model: `/onnx/minilm/gguf/model-${type}.gguf`,
        threads,
      },
      precision,
      scope: 'call',
      threads,
      isolated: false,
      main: true,
      rounds: 3,
      loads: type === 'q8_0',
    }),
  );
}

/**
 * Native code on the same machine, as an upper reference.
 * @param {Engine} engine beside which it stands
 * @returns {Contender[]}
 */
function natives(engine) {
  const inPage = engine.runtime === 'page';
  return [...onnxruntimeNode(), ...llamaCpp(inPage), ...inPython(inPage)];
}

/** The Node of native code: the newest that is there. */
const nativeNode = () => (nodeProgram(24) ? 24 : 20);

/** @returns {Contender[]} */
function onnxruntimeNode() {
  if (!peerVersion('onnxruntime-node')) return [];
  const able = ONNX.filter(({ name, file }) => name !== 'fp32' && existsSync(onnxModel(file)));
  return able.map(({ name, file, precision }) => ({
    runtime: 'node',
    node: nativeNode(),
    native: true,
    threads: 1,
    id: `onnxruntime-node ${name}`,
    adapter: 'onnxruntime',
    options: {
      entry: peerEntry('onnxruntime-node'),
      model: onnxModel(file),
      threads: 1,
      native: true,
    },
    precision,
    scope: 'encoder',
    main: true,
    long: precision === 'int8',
    quick: precision === 'int8',
  }));
}

/** @param {boolean} main @returns {Contender[]} */
function llamaCpp(main) {
  const entry = llamaEntry();
  if (!entry) return [];
  const able = GGUF.filter(({ type }) => existsSync(ggufModel(type)));
  return able.map(({ name, type, precision }) => ({
    runtime: 'node',
    node: nativeNode(),
    native: true,
    threads: 1,
    id: `llama.cpp ${name}`,
    adapter: 'llama',
    options: { entry, model: ggufModel(type), threads: 1 },
    precision,
    scope: 'call',
    main,
  }));
}

/** @param {boolean} main @returns {Contender[]} */
function inPython(main) {
  if (!pythonProgram()) return [];
  /** @type {Contender} */
  const torch = {
    runtime: 'python',
    native: true,
    threads: 1,
    id: 'PyTorch fp32',
    adapter: 'torch',
    options: { model: FLOAT_MODEL, threads: 1 },
    precision: 'fp32',
    scope: 'encoder',
    main,
    spins: true,
  };
  /** @type {Contender} */
  const tokenizers = {
    runtime: 'python',
    native: true,
    threads: 1,
    id: 'tokenizers (Rust)',
    adapter: 'tokenizers',
    options: { model: EMBEDDED_MODEL },
    scope: 'tokenizer',
    quick: true,
  };
  return hasFloatModel() ? [torch, tokenizers] : [tokenizers];
}

/**
 * Everybody who can take part in an engine's parts.
 * @param {EngineName} name
 * @param {number[]} counts of threads
 * @returns {Contender[]}
 */
export function contendersOf(name, counts) {
  const engine = ENGINES[name];
  return counts.flatMap((threads) => {
    const everybody = [
      ...ourCalls(engine, threads),
      ...ourWorkers(engine, threads),
      ...onnxruntimeWeb(engine, threads),
      ...transformersJs(engine, threads),
      ...wllama(engine, threads),
    ];
    if (threads === 1) {
      return [
        ...ourEncoders(engine),
        ...everybody,
        ourTokenizer(engine),
        ...ourHeads(engine),
        ...natives(engine),
      ];
    }
    /** @param {string} id */
    const named = (id) => (id.includes('without isolation') ? id : `${id}, ${threads} threads`);
    return everybody.map((contender) => ({ ...contender, id: named(contender.id) }));
  });
}
