// The native build of the same C gives the same bits as the WebAssembly module.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { load, loadTokenizer } from '../../js/index.js';
import { readConfig, readConfigJson } from '../../js/weights/config.js';
import { Memory } from '../../js/core/memory.js';
import { openSource } from '../../js/source/source.js';
import { loadModule } from '../../js/core/wasm-module.js';
import { loadWeights } from '../../js/weights/weights.js';

const root = new URL('../../', import.meta.url);
const replay = fileURLToPath(new URL('build/native/plain/replay', root));
const recording = fileURLToPath(new URL('build/native/plain/recording.bin', root));
const texts = [
  'The quick brown fox jumps over the lazy dog.',
  '',
  'A day at the harbour: gulls, ropes, and the smell of tar. '.repeat(12),
  { text: 'Is it raining?', pair: 'Take an umbrella.' },
];

/** A memory that keeps a copy of every call that writes the model, as tests/c/replay.c reads it. */
class RecordingMemory extends Memory {
  parts = [];

  tryCall(name, ...args) {
    if (name === 'bl_model_create') this.recordConfig(args[1]);
    if (name === 'bl_model_write_rows') this.recordRows(args);
    if (name === 'bl_model_write_scales') this.recordScales(args);
    return super.tryCall(name, ...args);
  }

  recordConfig(address) {
    this.config = address;
    this.parts.push(this.bytes(address, this.structs.bl_config.size).slice());
  }

  recordRows([, , role, layer, type, begin, count, address]) {
    const bytes = count * this.rowBytes(role, layer, type);
    const padded = new Uint8Array(Math.ceil(bytes / 4) * 4);
    padded.set(this.bytes(address, bytes));
    this.parts.push(Uint32Array.of(1, role, layer, type, begin, count, bytes), padded);
  }

  recordScales([, role, layer, begin, count, address]) {
    this.parts.push(Uint32Array.of(2, role, layer, begin, count));
    this.parts.push(this.bytes(address, count * 4).slice());
  }

  rowBytes(role, layer, type) {
    const { columns } = this.scratch(() => {
      const shape = this.writeStruct('bl_tensor_shape');
      this.call('bl_model_tensor_shape', this.config, role, layer, shape);
      return this.readStruct('bl_tensor_shape', shape);
    });
    return columns * (type === this.constants.BL_SOURCE_I8 ? 1 : 4);
  }
}

async function record(dtype) {
  const module = await loadModule('baseline');
  const memory = new RecordingMemory(new WebAssembly.Instance(module, {}).exports);
  const source = await openSource();
  await loadWeights(memory, readConfig(await readConfigJson(source)), dtype, source, {});
  await source.close();

  const tokenizer = await loadTokenizer();
  const encodings = texts.map((x) =>
    tokenizer.encode(x.text ?? x, { pair: x.pair, truncation: true, maxLength: 256 }),
  );
  const total = encodings.reduce((sum, { ids }) => sum + ids.length, 0);
  const batch = [
    Uint32Array.of(0, texts.length, total),
    ...encodings.flatMap(({ ids, typeIds }) => [Uint32Array.of(ids.length), ids, typeIds]),
  ];
  const parts = [...memory.parts, ...batch];
  writeFileSync(
    recording,
    Buffer.concat(parts.map((p) => Buffer.from(p.buffer, p.byteOffset, p.byteLength))),
  );
}

for (const dtype of ['int8', 'fp32']) {
  test(`${dtype}: the native build gives the bits of the WebAssembly module`, async (t) => {
    if (!existsSync(replay)) return t.skip('no native build: run ./build.sh native');
    await record(dtype);
    const native = execFileSync(replay, [recording], { encoding: 'latin1', maxBuffer: 1 << 24 });
    rmSync(recording);
    const model = await load(undefined, { dtype, simd: 'baseline' });
    const vectors = await model.embed(texts, { pooling: 'mean', normalize: true });
    model.dispose();
    const bits = vectors.flatMap((v) =>
      Array.from(new Uint32Array(v.buffer, v.byteOffset, v.length), (w) =>
        w.toString(16).padStart(8, '0'),
      ),
    );
    assert.equal(native.trim().split('\n').length, bits.length);
    assert.deepEqual(native.trim().split('\n'), bits);
  });
}
