// Who takes part. A contender is one library with one model in one setting; it has
//
//   id         "onnxruntime-web int8", unique within a part of the bench
//   runtime    where it runs: 'node' (with `node`, a major version), 'page', 'python'
//   isolated   of a page: whether it has the headers that give it shared memory
//   adapter    the file in adapters/ (or the class in hosts/python.py)
//   options    what the adapter's create() gets
//   precision  'fp32' | 'int8' | 'int8-fast': compared with the same precision
//   scope      'encoder': ids in, hidden states out; 'call': text in, vector out;
//              'tokenizer': text in, ids out; 'heads': ids in, a head's values out
//   weights    what the same vectors are expected of; undefined: MiniLM
//   reference  whether its vectors count as right; undefined: where it is float
//   threads    how many it may use
//   ours       whether it is bertlet
//   native     not WebAssembly: an upper reference
//   long       whether it takes the workloads that need seconds a call
//   rounds     it takes at most so many (for who needs seconds a call)
//   spins      its threads go on for a while after a call: the next one has to wait
//   loads      whether its loading is measured
//   quick      whether it takes part in a quick run
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

export const ENGINES = {
  node24: { title: 'Node 24', runtime: 'node', node: 24 },
  node20: { title: 'Node 20', runtime: 'node', node: 20 },
  chromium: { title: 'Chromium', runtime: 'page' },
};

/** Why an engine cannot take part here, or null. */
export function obstacle(name) {
  const { runtime, node } = ENGINES[name];
  if (runtime === 'node') return nodeProgram(node) ? null : `no Node ${node} found`;
  if (!peerVersion('playwright-core')) return 'no playwright-core to drive it';
  return chromiumProgram() ? null : 'no Chromium found (BERTLET_CHROMIUM)';
}

const OURS = [
  { simd: 'baseline', dtype: 'fp32' },
  { simd: 'relaxed', dtype: 'fp32' },
  { simd: 'baseline', dtype: 'int8' },
  { simd: 'relaxed', dtype: 'int8' },
  { simd: 'relaxed', dtype: 'int8-fast' },
];

const ours = ({ runtime, node }) => ({ runtime, node, ours: true });

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

/** The settings of OURS that can be had. */
function ourSettings(engine, threads) {
  const { entry, float } = ourPlaces(engine);
  return OURS.filter(({ dtype }) => dtype !== 'fp32' || hasFloatModel()).map(({ simd, dtype }) => ({
    simd,
    dtype,
    // The embedded model is int8: float weights come from the original folder.
    options: { entry, model: dtype === 'fp32' ? float : undefined, dtype, simd, threads },
  }));
}

/** bertlet as its users have it: the whole call. */
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

/** bertlet's encoder alone. It drives one instance by itself, so it knows no threads. */
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

/** bertlet in a page that is not isolated: instances of their own share the texts. */
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

/** Ours with heads: what is needed alone, beside every row through everything. */
function ourHeads(engine) {
  const { sources } = ourPlaces(engine);
  const models = Object.entries(HEAD_MODELS).filter(([, folder]) =>
    existsSync(path.join(folder, 'config.json')),
  );
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

const ONNX = [
  { name: 'fp32', file: 'model.onnx', precision: 'fp32' },
  { name: 'fp32 fused', file: 'model_optimized.onnx', precision: 'fp32' },
  { name: 'int8', file: 'model_quantized.onnx', precision: 'int8' },
];

const GGUF = [
  { name: 'F32', type: 'f32', precision: 'fp32' },
  { name: 'Q8_0', type: 'q8_0', precision: 'int8' },
];

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

/** transformers.js; in Node it is native: its users have no choice. */
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
  const calls = ['fp32', 'q8'].map((dtype) => ({
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

/** llama.cpp in WebAssembly. A batch takes it seconds. */
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

/** Native code on the same machine, as an upper reference. */
function natives(engine) {
  const inNode = { runtime: 'node', node: nodeProgram(24) ? 24 : 20, native: true, threads: 1 };
  const inPython = { runtime: 'python', native: true, threads: 1 };
  const onnx = ({ name, file, precision }) => ({
    ...inNode,
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
  });
  const llama = ({ name, type, precision }) => ({
    ...inNode,
    id: `llama.cpp ${name}`,
    adapter: 'llama',
    options: { entry: llamaEntry(), model: ggufModel(type), threads: 1 },
    precision,
    scope: 'call',
    main: engine.runtime === 'page',
  });
  const torch = {
    ...inPython,
    id: 'PyTorch fp32',
    adapter: 'torch',
    options: { model: FLOAT_MODEL, threads: 1 },
    precision: 'fp32',
    scope: 'encoder',
    main: engine.runtime === 'page',
    spins: true,
  };
  const tokenizers = {
    ...inPython,
    id: 'tokenizers (Rust)',
    adapter: 'tokenizers',
    options: { model: EMBEDDED_MODEL },
    scope: 'tokenizer',
    quick: true,
  };
  return [
    ...(peerVersion('onnxruntime-node') ? ONNX : [])
      .filter(({ name, file }) => name !== 'fp32' && existsSync(onnxModel(file)))
      .map(onnx),
    ...(llamaEntry() ? GGUF : []).filter(({ type }) => existsSync(ggufModel(type))).map(llama),
    ...(pythonProgram() ? [...(hasFloatModel() ? [torch] : []), tokenizers] : []),
  ];
}

/**
 * Everybody who can take part in an engine's parts.
 * @param {keyof typeof ENGINES} name
 * @param {number[]} counts of threads
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
    const named = ({ id }) => (id.includes('without isolation') ? id : `${id}, ${threads} threads`);
    return everybody.map((contender) => ({ ...contender, id: named(contender) }));
  });
}
