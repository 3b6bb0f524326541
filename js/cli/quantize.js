// `bertlet quantize`: float weights in, an int8 model folder out.
import { quantizeModel } from '../weights/quantize.js';
import { defineCommand, UsageError } from './arguments.js';
import { Progress } from './output.js';
import { formatBytes } from './text.js';

export default defineCommand({
  name: 'quantize',
  summary: 'write an int8 copy of a model folder, a quarter of the size',
  usage: ['bertlet quantize [OPTIONS] DIR OUT'],
  about:
    'Matrices become one byte per number with one scale per row, in an ordinary safetensors file; ' +
    'the tokenizer and configuration come along. Loading the copy gives the same result as loading ' +
    'the original with dtype int8.',
  options: {},
  examples: ['bertlet quantize ./all-MiniLM-L6-v2 ./all-MiniLM-L6-v2-int8'],

  async run({ positionals, output, signal }) {
    if (positionals.length !== 2) {
      throw new UsageError('a model folder and a folder to write are needed', 'quantize');
    }
    const [source, target] = positionals;
    const progress = new Progress('Quantising');
    let result;
    try {
      result = await quantizeModel(source, target, {
        signal,
        onProgress: ({ loaded, total }) => progress.update(loaded, total),
      });
    } finally {
      progress.clear();
    }
    const sizes =
      result?.sourceBytes && result?.bytes
        ? `: ${formatBytes(result.sourceBytes)} became ${formatBytes(result.bytes)}`
        : '';
    await output.line(`wrote ${target}${sizes}`);
  },
});
