// Damages models: folders in memory with a changed file, and the check that they are refused.
import assert from 'node:assert/strict';

import { BertletError, load } from 'bertlet';

import { readFolder, sameBits, tinyModel } from './fixtures.js';
import { readHeader, readTensors, withHeader, writeTensors } from './safetensors.js';

export const floatFolder = readFolder(tinyModel('relu'));
export const int8Folder = readFolder(tinyModel('rows-int8-odd'));
export const weightsName = 'model.safetensors';
export const weights = floatFolder[weightsName];
export const sentence = 'Old wind over the sea, rain under the night!';

export const encode = (text) => new TextEncoder().encode(text);
export const decode = (bytes) => JSON.parse(new TextDecoder().decode(bytes));

/** A sound model, loaded before the damage, and whether it is still what it was. */
export async function loadHealthy() {
  const model = await load(floatFolder);
  const vector = await model.embed(sentence);
  return {
    model,
    vector,
    check: async () => assert.ok(sameBits(await model.embed(sentence), vector)),
  };
}

/**
 * The source can't be loaded and says so with this code (or one of several).
 * @param {unknown} source @param {string | string[]} code @param {string} what for messages
 * @param {object} [options] of load(); without a dtype both float and int8 are tried
 */
export async function rejectsLoad(source, code, what, options = {}) {
  const codes = [code].flat();
  for (const dtype of options.dtype ? [options.dtype] : ['fp32', 'int8']) {
    let model;
    try {
      model = await load(source, { ...options, dtype });
    } catch (error) {
      assert.ok(error instanceof BertletError, `${what}: ${error.stack}`);
      assert.ok(codes.includes(error.code), `${what}: ${error.code}, ${error.message}`);
      assert.ok(error.message.length > 15, `${what}: "${error.message}"`);
      continue;
    }
    await model.dispose();
    assert.fail(`${what}: loaded as ${dtype}`);
  }
}

/** The folder with its tensors changed. @param {(tensors: Map) => void} change */
export function withTensors(folder, change) {
  const tensors = readTensors(folder[weightsName]);
  change(tensors);
  return { ...folder, [weightsName]: writeTensors(tensors) };
}

/** The folder with keys of config.json set. */
export function withConfig(folder, change) {
  const config = { ...decode(folder['config.json']), ...change };
  return { ...folder, 'config.json': encode(JSON.stringify(config)) };
}

/** The sound folder with other bytes for weights. @param {Uint8Array} bytes */
export const withWeights = (bytes) => ({ ...floatFolder, [weightsName]: bytes });

/** The sound folder with a changed header before the same bytes. */
export function withChangedHeader(change) {
  const { header, dataStart } = readHeader(weights);
  return withWeights(withHeader(change(header) ?? header, [weights.subarray(dataStart)]));
}
