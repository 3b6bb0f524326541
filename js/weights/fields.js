// Fields of config.json that configurations and heads are read from.
import { badModel } from '../shared/errors.js';
import { isWhole } from '../shared/kind.js';
import { show } from '../shared/show.js';

/** @typedef {import('../shared/json.js').JsonObject} JsonObject */

/**
 * A size or count: a whole number of at least 1 (or `least`), written as one. What it promises is believed
 * only when the tensors agree.
 * @param {{ json: JsonObject, exact: JsonObject }} config as
 *   parseExactly gives it
 * @param {string} key
 * @param {string} [file] for the message
 * @param {number} [least]
 * @returns {number | undefined} undefined: it is not there
 * @throws BAD_MODEL
 */
export function readSize({ json, exact }, key, file = 'config.json', least = 1) {
  if (!Object.hasOwn(json, key)) return undefined;
  const value = exact[key];
  if (isWhole(value, least) && value < 2 ** 31) return value;
  throw badModel(
    file,
    `gives ${key} as ${show(json[key])}, not as a whole number of at least ${least} without fraction or exponent`,
  );
}

/**
 * @param {JsonObject} json
 * @param {string} key
 * @param {boolean} [usual] where it is not there
 * @param {string} [file] for the message
 * @returns {boolean}
 * @throws BAD_MODEL
 */
export function readFlag(json, key, usual = false, file = 'config.json') {
  const value = json[key] ?? usual;
  if (typeof value === 'boolean') return value;
  throw badModel(file, `gives ${key} as ${show(value)}, not as true or false`);
}

/** The first of the architectures, '' where there is none. @param {JsonObject} json @returns {string} */
export function architectureOf({ architectures }) {
  const first = Array.isArray(architectures) ? architectures[0] : architectures;
  return typeof first === 'string' ? first : '';
}
