// The families of models that there are: what their files call the core's numbers and tensors.
// To add one that is built like these is to write its file and to name it here.
import { albert } from './albert.js';
import { bert } from './bert.js';
import { distilbert } from './distilbert.js';
import { electra } from './electra.js';
import { megatron } from './megatron.js';
import { mpnet } from './mpnet.js';
import { prelayernorm } from './prelayernorm.js';
import { roberta } from './roberta.js';

/**
 * @typedef {[key: string, usual: number, least?: number]} Size a key of config.json, what
 *   transformers assumes without it, and the least that it may be (1)
 *
 * @typedef {{ output: string, dense?: string, activation?: string }} FamilyHead
 *   modules of a head with a classifier: the last, one before it that is the head's own, and that
 *   one's activation (undefined: the layers')
 *
 * @typedef {{
 *   modelTypes: string[],
 *   rename: (name: string) => string,
 *   tensors: Record<string, string>,
 *   decoderBiases: { own: string, shared: string },
 *   heads: Record<string, FamilyHead>,
 *   architecture: Record<string, string>,
 *   sizes: Record<string, Size | number>,
 *   activation: [key: string, usual: string],
 *   epsilon: [key: string | undefined, usual: number],
 *   fixed?: Record<string, unknown>,
 * }} Family
 *   `modelTypes`: as config.json gives them;
 *   `rename`: a checkpoint's name of a tensor to that in `tensors`;
 *   `tensors`: names to roles (ends of BL_ROLE_ constants), * being a layer's number;
 *   `decoderBiases`: names of the masked LM's bias in files, for a decoder of its own and for the
 *   one that is the word embeddings;
 *   `heads`: by their names in weights/heads.js;
 *   `architecture`: fields of bl_architecture (src/model/architecture.h) to ends of its constants;
 *   `sizes`: fields of bl_config to keys of config.json, or to a number that is always the same;
 *   `activation`, `epsilon`: likewise, the norms' epsilon;
 *   `fixed`: keys of config.json that may have but this value
 */

/** @type {Family[]} */
const families = [bert, roberta, distilbert, electra, albert, mpnet, prelayernorm, megatron];

export const modelTypes = families.flatMap((family) => family.modelTypes);

/** @param {string} modelType one of modelTypes */
export const familyOf = (modelType) =>
  /** @type {Family} */ (families.find((family) => family.modelTypes.includes(modelType)));
