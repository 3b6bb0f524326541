// Who takes part. A contender is one library with one model in one setting; it has
//
//   id         "onnxruntime-web int8", unique within a section
//   runtime    where it runs: 'node' (with `node`, a major version), 'page', 'python'
//   adapter    the file in adapters/ (or the class in hosts/python.py)
//   options    what the adapter's create() gets
//   precision  'fp32' | 'int8' | 'int8-fast': compared with the same precision
//   scope      'encoder': ids in, hidden states out; 'call': text in, vector out;
//              'tokenizer': text in, ids out
//   ours       whether it is bertlet
//   native     not WebAssembly: an upper reference, never in a ratio that is a target
//   except     workloads that would take it minutes
//   minor      left out of a quick run, unless its name is asked for
//   missing    its model could not be provided
//   loads      whether its loading is measured as well
import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  FLOAT_MODEL,
  ONNX_MODEL,
  ROOT,
  chromiumProgram,
  ggufModel,
  nodeProgram,
  peerEntry,
  pythonProgram,
} from './setup.js';

export const SECTIONS = {
  node24: { title: 'Node 24', runtime: 'node', node: 24 },
  // The oldest engine that is supported, in short: the long workloads would say nothing new.
  node20: {
    title: 'Node 20',
    runtime: 'node',
    node: 20,
    workloads: ['query', 'tok128', 'batch32', 'tokenizer'],
  },
  chromium: { title: 'Chromium', runtime: 'page' },
};

/** Why a section cannot run here, or null. */
export function obstacle(name) {
  const { runtime, node } = SECTIONS[name];
  if (runtime === 'page') return chromiumProgram() ? null : 'no Chromium found (BERTLET_CHROMIUM)';
  return nodeProgram(node) ? null : `no Node ${node} found`;
}

/** Minutes that would tell nothing new. */
const LONG = { except: ['corpus'] };

const OURS = [
  { simd: 'baseline', dtype: 'fp32' },
  { simd: 'relaxed', dtype: 'fp32' },
  { simd: 'baseline', dtype: 'int8' },
  { simd: 'relaxed', dtype: 'int8' },
  { simd: 'relaxed', dtype: 'int8-fast' },
];

/** bertlet in every module and precision: the whole call, and the encoder alone. */
function ours({ runtime, node }, threads) {
  const page = runtime === 'page';
  const entry = page ? '/js/index.js' : path.join(ROOT, 'js/index.js');
  const float = page ? '/float/minilm/' : FLOAT_MODEL;
  const tokenizerModel = page ? '/onnx/minilm/' : ONNX_MODEL;
  const list = [];
  for (const { simd, dtype } of OURS) {
    // The embedded model is int8: float weights come from the original folder.
    const model = dtype === 'fp32' ? float : undefined;
    const common = { runtime, node, precision: dtype, ours: true, threads };
    const options = { entry, model, dtype, simd, threads };
    list.push({
      ...common,
      id: `bertlet ${dtype} ${simd}`,
      adapter: 'bertlet',
      options,
      scope: 'call',
      loads: true,
      minor: simd === 'baseline' || dtype !== 'int8',
      ...(simd === 'baseline' && LONG),
    });
    // It drives one instance by itself, so it knows no threads.
    if (threads > 1) continue;
    list.push({
      ...common,
      id: `bertlet ${dtype} ${simd}, encoder`,
      adapter: 'bertlet-encoder',
      options,
      scope: 'encoder',
    });
  }
  list.push({
    id: 'bertlet tokenizer',
    runtime,
    node,
    ours: true,
    threads: 1,
    adapter: 'bertlet-tokenizer',
    options: { entry, model: tokenizerModel },
    scope: 'tokenizer',
  });
  return list.map((contender) => (page ? { ...contender, isolated: threads > 1 } : contender));
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

/** The peers in WebAssembly (transformers.js in Node is native: its users have no choice). */
function peers({ runtime, node }, threads) {
  const page = runtime === 'page';
  const common = { runtime, node, threads, ...(page && { isolated: threads > 1 }) };
  const onnx = ({ name, file, precision }) => ({
    ...common,
    id: `onnxruntime-web ${name}`,
    adapter: 'onnxruntime',
    options: {
      entry: page ? '/peers/onnxruntime-web/dist/ort.wasm.min.mjs' : peerEntry('onnxruntime-web'),
      model: page ? `/onnx/minilm/onnx/${file}` : path.join(ONNX_MODEL, 'onnx', file),
      threads,
      ...(page && { wasmPaths: '/peers/onnxruntime-web/dist/' }),
    },
    precision,
    scope: 'encoder',
    loads: true,
    ...(name === 'fp32' && LONG),
  });
  const wllama = ({ name, type, precision }) => ({
    ...common,
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
    loads: true,
    except: ['mixed64', 'corpus'],
    missing: !existsSync(ggufModel(type)),
  });
  const transformers = {
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
  return [
    // onnxruntime-web has one thread in Node.
    ...(page || threads === 1 ? ONNX.map(onnx) : []),
    ...['fp32', 'q8'].map((dtype) => ({
      ...common,
      id: `transformers.js ${dtype}`,
      adapter: 'transformers',
      options: { ...transformers, dtype },
      precision: dtype === 'q8' ? 'int8' : 'fp32',
      scope: 'call',
      native: !page,
      loads: true,
      minor: dtype === 'fp32',
      ...(dtype === 'fp32' && LONG),
    })),
    ...(page ? GGUF.map(wllama) : []),
    {
      ...common,
      id: 'transformers.js tokenizer',
      threads: 1,
      adapter: 'transformers-tokenizer',
      options: transformers,
      scope: 'tokenizer',
    },
  ];
}

/** Native code on the same machine, as an upper reference. */
function natives(threads) {
  const onnx = ({ name, file, precision }) => ({
    id: `onnxruntime-node ${name}`,
    runtime: 'node',
    node: nodeProgram(24) ? 24 : 20,
    threads,
    adapter: 'onnxruntime',
    options: {
      entry: peerEntry('onnxruntime-node'),
      model: path.join(ONNX_MODEL, 'onnx', file),
      threads,
      native: true,
    },
    precision,
    scope: 'encoder',
    native: true,
    minor: precision === 'fp32',
    ...(precision === 'fp32' && LONG),
  });
  const python = { runtime: 'python', native: true };
  return [
    ...ONNX.filter(({ name }) => name !== 'fp32').map(onnx),
    ...(pythonProgram()
      ? [
          {
            ...python,
            id: 'PyTorch fp32',
            threads,
            adapter: 'torch',
            options: { model: FLOAT_MODEL, threads },
            precision: 'fp32',
            scope: 'encoder',
            minor: true,
            ...LONG,
          },
          {
            ...python,
            id: 'tokenizers (Rust)',
            threads: 1,
            adapter: 'tokenizers',
            options: { model: ONNX_MODEL },
            scope: 'tokenizer',
          },
        ]
      : []),
  ];
}

/**
 * The contenders of one section.
 * @param {keyof typeof SECTIONS} section
 * @param {{ threads: number[], quick: boolean, ours?: string[], peers?: string[] }} choice `ours` and
 *   `peers`: parts of ids; only contenders that contain one of them take part
 */
export function contendersOf(section, choice) {
  const found = new Map();
  for (const threads of choice.threads) {
    const suffix = threads === 1 ? '' : `, ${threads} threads`;
    const all = [...ours(SECTIONS[section], threads), ...peers(SECTIONS[section], threads)];
    for (const contender of [...all, ...natives(threads)]) {
      const id = contender.scope === 'tokenizer' ? contender.id : `${contender.id}${suffix}`;
      const parts = contender.ours ? choice.ours : choice.peers;
      if (contender.missing) continue;
      if (parts ? !parts.some((part) => id.includes(part)) : choice.quick && contender.minor)
        continue;
      if (!found.has(id)) found.set(id, { ...contender, id });
    }
  }
  return [...found.values()];
}
