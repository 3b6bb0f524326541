// Weights in several files: model.safetensors.index.json says which of them holds which tensor.
import { badModel, throwIfAborted } from '../shared/errors.js';
import { indexFile, isFileName, weightsFile } from '../source/file-names.js';
import { kindOf } from '../shared/kind.js';
import { openTensors } from './safetensors.js';
import { showKey } from '../shared/show.js';

/**
 * @typedef {import('../source/source.js').Source} Source
 * @typedef {import('./safetensors.js').Header} Header
 * @typedef {import('./safetensors.js').OpenTensors} OpenTensors
 *
 * @typedef {{ givesSizes(names: Set<string>): boolean, takeHeader(file: string, header: Header): void,
 *   takeFile(file: string, tensors: OpenTensors): Promise<void> }} ShardWriter
 *   `givesSizes`: whether one of a file's tensors tells a size of the model; `takeHeader`: of a file
 *   that is read later
 */

/**
 * Gives all files to a writer: first the headers of those that tell the sizes of the model, so
 * that no memory is taken for sizes that the tensors don't have.
 * @template {ShardWriter} T
 * @param {Source} source
 * @param {(names: string[]) => T} openWriter `names`: of all tensors
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>} the writer
 * @throws NOT_FOUND, BAD_MODEL
 */
export async function writeShards(source, openWriter, signal) {
  source.announce(weightsFile, 0);
  const shards = await readIndex(source);
  const writer = openWriter([...shards.values()].flatMap((tensors) => [...tensors]));
  const early = [...shards].filter(([, names]) => writer.givesSizes(names)).map(([file]) => file);
  /** @type {Map<string, OpenTensors>} */
  const opened = new Map();
  /** @param {string} file */
  const open = async (file) => {
    throwIfAborted(signal);
    const stream = await source.openStream(file);
    const tensors = await openTensors(stream, file);
    opened.set(file, tensors);
    return { tensors, once: stream.once };
  };
  try {
    for (const file of early) {
      const { tensors, once } = await open(file);
      writer.takeHeader(file, tensors.header);
      // A connection that nobody reads may be closed meanwhile: what can be opened again is.
      if (file === early[0] || once) continue;
      await tensors.cancel();
      opened.delete(file);
    }
    for (const file of new Set([...early, ...shards.keys()])) {
      await writer.takeFile(file, opened.get(file) ?? (await open(file)).tensors);
    }
  } finally {
    for (const { cancel } of opened.values()) await cancel();
  }
  return writer;
}

/**
 * Which tensors each file holds.
 * @param {Source} source
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
  const map = /** @type {{ weight_map?: unknown } | null | undefined} */ (json)?.weight_map;
  /** @type {Map<string, Set<string>>} */
  const files = new Map();
  for (const [tensor, file] of Object.entries(map ?? {})) {
    if (!isFileName(file)) {
      throw badModel(
        fileName,
        `places ${showKey(JSON.stringify(tensor))} in what is no file of the folder`,
      );
    }
    files.set(file, (files.get(file) ?? new Set()).add(tensor));
  }
  if (kindOf(map) !== 'Object' || files.size === 0) {
    throw badModel(fileName, 'has no "weight_map" object with tensors');
  }
  return files;
}
