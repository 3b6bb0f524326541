// Adapters that peft wrote (fixtures/adapters.py), as they are or changed.
import { fileURLToPath } from 'node:url';

import { readFolder } from './fixtures.js';
import { readTensors, writeTensors } from './safetensors.js';

/** @param {string} name */
export const adapterFolder = (name) =>
  fileURLToPath(new URL(`../fixtures/adapters/${name}`, import.meta.url));

/**
 * An adapter's files with its settings or its tensors changed.
 * @param {string} name
 * @param {{ config?: object, tensors?: (tensors: Map<string, object>) => unknown }} [change]
 */
export function adapterFiles(name, { config = {}, tensors: change } = {}) {
  const files = readFolder(adapterFolder(name));
  const json = JSON.parse(new TextDecoder().decode(files['adapter_config.json']));
  const tensors = readTensors(files['adapter_model.safetensors']);
  change?.(tensors);
  return {
    'adapter_config.json': new TextEncoder().encode(JSON.stringify({ ...json, ...config })),
    'adapter_model.safetensors': writeTensors(tensors),
  };
}
