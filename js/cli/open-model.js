// Opens the model of a command, with a progress bar when that takes long.
import { fileURLToPath } from 'node:url';
import { load, loadTokenizer } from '../index.js';
import { Progress } from './output.js';

/** The model that comes with the package. */
export const embeddedModel = fileURLToPath(
  new URL('../../models/all-MiniLM-L6-v2', import.meta.url),
);

/** Options of every command that runs a model. */
export const modelOptions = /** @type {const} */ ({
  model: {
    short: 'm',
    value: 'DIR',
    help: 'a Hugging Face model folder (default: the embedded one)',
  },
  dtype: {
    value: 'TYPE',
    choices: ['auto', 'fp32', 'int8', 'int8-fast'],
    help: 'auto, fp32, int8 or int8-fast (default: auto, which is int8)',
  },
});

/**
 * @param {{ model?: string, dtype?: import('../index.d.ts').LoadOptions['dtype'] }} values
 * @param {AbortSignal} signal
 */
export async function openModel(values, signal) {
  const progress = new Progress('Loading');
  try {
    return await load(values.model, {
      dtype: values.dtype ?? 'auto',
      signal,
      onProgress: ({ loaded, total }) => progress.update(loaded, total),
    });
  } finally {
    progress.clear();
  }
}

/** @param {{ model?: string }} values @param {AbortSignal} signal */
export function openTokenizer(values, signal) {
  return loadTokenizer(values.model ?? embeddedModel, { signal });
}
