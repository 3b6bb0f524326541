// `bertlet embed`: texts in, one vector a line out.
import { defineCommand } from './arguments.js';
import { eachLot } from './each-text.js';
import { modelOptions } from './open-model.js';
import { shortestFloat32 } from './text.js';

export default defineCommand({
  name: 'embed',
  summary: 'turn texts into vectors, one line of JSON for each',
  usage: [
    'bertlet embed [OPTIONS] TEXT...',
    'bertlet embed [OPTIONS] --file FILE',
    'bertlet embed [OPTIONS] -',
  ],
  about:
    'Every text, or every line of the file or of standard input (-), gives one line of output, in ' +
    'order; an empty line is an empty text. The input is read in small parts, so it may be of any size.',
  options: {
    file: { short: 'f', value: 'FILE', help: 'one text per line; "-" is standard input' },
    ...modelOptions,
    format: {
      value: 'FORMAT',
      choices: ['array', 'object', 'binary'],
      help:
        'array: [0.1, …]; object: {"text": …, "embedding": […]}; binary: the numbers only, ' +
        'little-endian, no line ends (default: array)',
    },
    pooling: {
      value: 'KIND',
      choices: ['mean', 'cls', 'max', 'none'],
      help: 'mean, cls, max, or none for one vector per token (default: as the model folder says)',
    },
    'no-normalize': { help: 'keep the length of the vectors' },
    dimensions: {
      value: 'N',
      number: [1, Infinity],
      help: 'keep the first N numbers (for models trained for it)',
    },
    precision: {
      value: 'KIND',
      choices: ['float32', 'int8', 'binary'],
      help: 'float32, int8, or binary for one bit per number (default: float32)',
    },
    prompt: { value: 'TEXT', help: 'put TEXT before each text, or name a prompt of the model' },
    'max-length': { value: 'N', number: [1, Infinity], help: 'cut texts to N tokens' },
  },
  examples: [
    'bertlet embed "some text"',
    'bertlet embed --file lines.txt > vectors.jsonl',
    'cat lines.txt | bertlet embed - --format object | jq -c .text',
    'bertlet embed --model ./my-model --dtype fp32 "a text" "another"',
  ],

  run(line) {
    const { values, output, signal } = line;
    const options = embedOptions(values, signal);
    const format = formats[values.format ?? 'array'];
    return eachLot(line, {
      command: 'embed',
      label: 'Embedding',
      async answer(model, texts) {
        const vectors = await model.embed(texts, options);
        for (let at = 0; at < texts.length; at++)
          await output.write(format(vectors[at], texts[at]));
      },
    });
  },
});

/**
 * @import { EmbedOptions, Matrix } from '../index.d.ts'
 *
 * @typedef {Float32Array | Int8Array | Uint8Array} Vector
 */

/**
 * What was asked for: everything else is the folder's default.
 * @param {Pick<EmbedOptions, 'pooling' | 'dimensions' | 'precision' | 'prompt' | 'maxLength'>
 *   & { noNormalize?: boolean }} values
 * @param {AbortSignal} signal
 */
function embedOptions(values, signal) {
  const { pooling, dimensions, precision, prompt, maxLength, noNormalize } = values;
  const normalize = noNormalize ? false : undefined;
  return { signal, pooling, dimensions, precision, prompt, maxLength, normalize };
}

/** @type {Record<string, (vector: Vector | Matrix, text: string) => string | Uint8Array>} */
const formats = {
  array: (vector) => `${JSON.stringify(numbersOf(vector))}\n`,
  object: (vector, text) => `${JSON.stringify({ text, embedding: numbersOf(vector) })}\n`,
  binary: (vector) => {
    const data = 'data' in vector ? vector.data : vector;
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  },
};

/**
 * Plain numbers; with pooling none a list of them per token.
 * @param {Vector | Matrix} vector
 * @returns {number[] | number[][]}
 */
function numbersOf(vector) {
  if (!('data' in vector)) return plain(vector);
  const { data, shape } = vector;
  const [rows, columns] = shape;
  return Array.from({ length: rows }, (_, row) =>
    plain(data.subarray(row * columns, (row + 1) * columns)),
  );
}

/** @param {Vector} vector */
function plain(vector) {
  return Array.from(vector, vector instanceof Float32Array ? shortestFloat32 : Number);
}
