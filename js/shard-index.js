// model.safetensors.index.json: which of several files holds which tensor.
import { badModel } from './errors.js';
import { isFileName } from './file-names.js';
import { kindOf } from './kind.js';

/**
 * @param {unknown} json the parsed index
 * @param {string} fileName for messages
 * @returns {Map<string, Set<string>>} file name → names of its tensors
 * @throws BAD_MODEL, also for a file name that leads out of the folder
 */
export function readShardIndex(json, fileName) {
  const map = json?.weight_map;
  const files = new Map();
  for (const [tensor, file] of Object.entries(map ?? {})) {
    if (!isFileName(file)) {
      throw badModel(fileName, `places ${JSON.stringify(tensor)} in what is no file of the folder`);
    }
    files.set(file, (files.get(file) ?? new Set()).add(tensor));
  }
  if (kindOf(map) !== 'Object' || files.size === 0) {
    throw badModel(fileName, 'has no "weight_map" object with tensors');
  }
  return files;
}
