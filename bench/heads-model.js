// Models with heads, for what their size costs: the embedded MiniLM with a masked LM and a
// classifier, and a whole model of the shape of BERT-base. Their numbers are drawn by a seeded
// generator, what they answer means nothing; weights are int8, as `bertlet quantize` writes them.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeSafetensors } from '../js/weights/safetensors-write.js';
import { randomSource } from './workloads.js';

/**
 * @typedef {{ hidden_size: number, intermediate_size: number, num_hidden_layers: number,
 *   vocab_size: number, max_position_embeddings: number, type_vocab_size: number }} Config
 * @typedef {{ name: string, dtype: string, shape: number[], data: Uint8Array }} Tensor
 */

/** A MiniLM differs from BERT-base in these alone. */
const BASE = {
  architectures: ['BertForSequenceClassification'],
  model_type: 'bert',
  hidden_act: 'gelu',
  hidden_size: 768,
  intermediate_size: 3072,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  vocab_size: 30522,
  max_position_embeddings: 512,
  type_vocab_size: 2,
  layer_norm_eps: 1e-12,
};

/** Standard deviation of a new model's weights in transformers. */
const DEVIATION = 0.02;

/** Makes tensors of random numbers. */
class Maker {
  /** @type {Tensor[]} */
  tensors = [];
  #pool;
  #at = 0;

  /** @param {number} seed */
  constructor(seed) {
    const random = randomSource(seed);
    // Drawing 100 million numbers would take its time: tensors are cut out of one million.
    this.#pool = Int8Array.from({ length: 1_000_003 }, () => Math.round(random() * 254 - 127));
  }

  /**
   * @param {string} name
   * @param {string} dtype
   * @param {number[]} shape
   * @param {Int8Array | Float32Array} data
   */
  add(name, dtype, shape, data) {
    this.tensors.push({ name, dtype, shape, data: new Uint8Array(data.buffer) });
  }

  /** @param {string} name @param {number[]} shape @param {(_: unknown, i: number) => number} valueAt */
  floats(name, shape, valueAt) {
    const length = shape.reduce((a, b) => a * b);
    this.add(name, 'F32', shape, Float32Array.from({ length }, valueAt));
  }

  /** @param {string} name @param {number} rows @param {number} columns */
  table(name, rows, columns) {
    const data = new Int8Array(rows * columns);
    for (let done = 0; done < data.length; ) {
      const part = this.#pool.subarray(this.#at, this.#at + data.length - done);
      data.set(part, done);
      done += part.length;
      this.#at = (this.#at + part.length) % this.#pool.length;
    }
    this.add(`${name}.weight`, 'I8', [rows, columns], data);
    // The integers are spread evenly over [-127, 127].
    const scale = (DEVIATION * Math.sqrt(3)) / 127;
    this.floats(`${name}.weight_scale`, [rows], () => scale);
  }

  /** @param {string} name @param {number} outputs @param {number} inputs */
  linear(name, outputs, inputs) {
    this.table(name, outputs, inputs);
    this.floats(`${name}.bias`, [outputs], () => 0);
  }

  /** @param {string} name @param {number} width */
  norm(name, width) {
    this.floats(`${name}.weight`, [width], () => 1);
    this.floats(`${name}.bias`, [width], () => 0);
  }

  /** @param {Config} config */
  encoder({ hidden_size: width, intermediate_size: inner, ...config }) {
    this.table('embeddings.word_embeddings', config.vocab_size, width);
    this.table('embeddings.position_embeddings', config.max_position_embeddings, width);
    this.table('embeddings.token_type_embeddings', config.type_vocab_size, width);
    this.norm('embeddings.LayerNorm', width);
    for (let layer = 0; layer < config.num_hidden_layers; layer++) {
      const prefix = `encoder.layer.${layer}.`;
      for (const one of ['query', 'key', 'value']) {
        this.linear(`${prefix}attention.self.${one}`, width, width);
      }
      this.linear(`${prefix}attention.output.dense`, width, width);
      this.norm(`${prefix}attention.output.LayerNorm`, width);
      this.linear(`${prefix}intermediate.dense`, inner, width);
      this.linear(`${prefix}output.dense`, width, inner);
      this.norm(`${prefix}output.LayerNorm`, width);
    }
    this.linear('pooler.dense', width, width);
  }

  /** @param {Config} config */
  heads({ hidden_size: width, vocab_size: words }) {
    this.linear('cls.predictions.transform.dense', width, width);
    this.norm('cls.predictions.transform.LayerNorm', width);
    this.floats('cls.predictions.bias', [words], () => 0);
    // Too small for int8.
    this.floats('classifier.weight', [2, width], (_, i) => DEVIATION * Math.sin(i * i));
    this.floats('classifier.bias', [2], () => 0);
  }
}

/** The tensors of a safetensors file. @param {string} file @returns {Tensor[]} */
function readTensors(file) {
  const bytes = new Uint8Array(readFileSync(file));
  const begin = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
  /** @type {Record<string, { dtype: string, shape: number[], data_offsets: [number, number] }>} */
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, begin)));
  delete header.__metadata__;
  return Object.entries(header).map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [from, to],
      },
    ]) => ({
      name,
      dtype,
      shape,
      data: bytes.subarray(begin + from, begin + to),
    }),
  );
}

/**
 * @param {string} folder
 * @param {string} embedded folder of the embedded model, whose tokenizer it has
 * @param {Config} config
 * @param {Tensor[]} tensors
 */
function write(folder, embedded, config, tensors) {
  mkdirSync(folder, { recursive: true });
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) {
    copyFileSync(path.join(embedded, name), path.join(folder, name));
  }
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(config));
  writeFileSync(path.join(folder, 'model.safetensors'), writeSafetensors(tensors));
}

/**
 * @param {string} embedded folder of the embedded model
 * @param {{ minilm: string, base: string }} folders to be written
 */
export function makeHeadModels(embedded, { minilm, base }) {
  /** @param {string} name */
  const read = (name) => readFileSync(path.join(embedded, name), 'utf8');
  const config = { ...JSON.parse(read('config.json')), architectures: BASE.architectures };
  const small = new Maker(5);
  small.heads(config);
  const trunk = readTensors(path.join(embedded, 'model.safetensors'));
  write(minilm, embedded, config, [...trunk, ...small.tensors]);
  const large = new Maker(6);
  large.encoder(BASE);
  large.heads(BASE);
  write(base, embedded, BASE, large.tensors);
}
