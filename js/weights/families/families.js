// The families of models that there are: what their files call the core's numbers and tensors.
// To add one that is built like these is to write its file and to name it here.
import { bert } from './bert.js';

/**
 * @typedef {{
 *   modelTypes: string[],
 *   rename: (name: string) => string,
 *   tensors: Record<string, string>,
 *   decoderBiases: { own: string, shared: string },
 *   outputLayer: (head: string) => string,
 *   architecture: Record<string, string>,
 *   sizes: Record<keyof import('../config.js').Sizes, [key: string, usual: number]>,
 * }} Family
 *   `modelTypes`: as config.json gives them;
 *   `rename`: a checkpoint's name of a tensor to that in `tensors`;
 *   `tensors`: names to roles (ends of BL_ROLE_ constants), * being a layer's number;
 *   `decoderBiases`: names of the masked LM's bias in files, for a decoder of its own and for the
 *   one that is the word embeddings;
 *   `outputLayer`: how the names of the last layer of a head with a classifier begin;
 *   `architecture`: fields of bl_architecture (src/model/architecture.h) to ends of its constants;
 *   `sizes`: fields of bl_config to keys of config.json, and what transformers assumes
 */

/** @type {Family[]} */
const families = [bert];

export const modelTypes = families.flatMap((family) => family.modelTypes);

/** @param {string} modelType one of modelTypes */
export const familyOf = (modelType) =>
  /** @type {Family} */ (families.find((family) => family.modelTypes.includes(modelType)));
