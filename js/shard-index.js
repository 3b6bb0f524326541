// model.safetensors.index.json: which of several files holds which tensor.
import { BertletError } from './errors.js';
import { isFileName } from './file-names.js';

/**
 * @param {unknown} json the parsed index
 * @param {string} [fileName] for messages
 * @returns {Map<string, Set<string>>} file name → names of its tensors
 * @throws BAD_MODEL, also for a file name that leads out of the folder
 */
export function readShardIndex(json, fileName = 'model.safetensors.index.json') {
  const bad = (what) => new BertletError('BAD_MODEL', `${fileName} ${what}.`);
  const map = json?.weight_map;
  if (!map || typeof map !== 'object' || Array.isArray(map)) {
    throw bad('has no "weight_map" object');
  }
  const files = new Map();
  for (const [tensor, file] of Object.entries(map)) {
    if (!isFileName(file)) {
      const where = `${JSON.stringify(tensor)} in ${JSON.stringify(file)}`;
      throw bad(`places ${where}, which is no file of this folder`);
    }
    if (!files.has(file)) files.set(file, new Set());
    files.get(file).add(tensor);
  }
  if (files.size === 0) throw bad('names no tensor');
  return files;
}
