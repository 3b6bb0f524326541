// model.safetensors.index.json: which of several files holds which tensor.
import { BertletError } from './errors.js';
import { isFileName } from './file-names.js';

/**
 * @param {unknown} json the parsed index
 * @param {string} [fileName] for messages
 * @returns {Map<string, string>} name of each tensor → the file that holds it
 * @throws BAD_MODEL, also for a file name that leads out of the folder
 */
export function readShardIndex(json, fileName = 'model.safetensors.index.json') {
  const bad = (what) => new BertletError('BAD_MODEL', `${fileName} ${what}.`);
  const map = json?.weight_map;
  if (map === null || typeof map !== 'object' || Array.isArray(map)) {
    throw bad('has no "weight_map" object');
  }
  for (const [tensor, file] of Object.entries(map)) {
    if (isFileName(file)) continue;
    const where = `${JSON.stringify(tensor)} in ${JSON.stringify(file)}`;
    throw bad(`places ${where}, which is no file of this folder`);
  }
  const files = new Map(Object.entries(map));
  if (files.size === 0) throw bad('names no tensor');
  return files;
}
