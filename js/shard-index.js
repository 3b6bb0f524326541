// Weights in several files: model.safetensors.index.json says which of them holds which tensor.
import { badModel, throwIfAborted } from './errors.js';
import { indexFile, isFileName, weightsFile } from './file-names.js';
import { kindOf } from './kind.js';

/**
 * Gives all files to a writer.
 * @template {{ takeFile(file: string, stream: object): Promise<unknown> }} T
 * @param {import('./source.js').Source} source
 * @param {(names: string[]) => T} openWriter `names`: of all tensors
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>} the writer
 * @throws NOT_FOUND, BAD_MODEL
 */
export async function writeShards(source, openWriter, signal) {
  source.announce(weightsFile, 0);
  const shards = await readIndex(source);
  const writer = openWriter([...shards.values()].flatMap((tensors) => [...tensors]));
  for (const file of shards.keys()) {
    throwIfAborted(signal);
    await writer.takeFile(file, await source.openStream(file));
  }
  return writer;
}

/**
 * Which tensors each file holds.
 * @param {import('./source.js').Source} source
 * @returns {Promise<Map<string, Set<string>>>}
 * @throws NOT_FOUND, BAD_MODEL
 */
export async function readIndex(source) {
  const how = { insteadOf: weightsFile, advice: 'save it as safetensors' };
  return readShardIndex(await source.readJson(indexFile, how), indexFile);
}

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
