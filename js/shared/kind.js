// What a value is, by its own account: it may come from another realm.
import { badModel } from './errors.js';

/** @param {unknown} value @returns {string} e.g. 'Object', 'Array', 'Null', 'Blob' */
export function kindOf(value) {
  try {
    return Object.prototype.toString.call(value).slice(8, -1);
  } catch {
    return 'Unknown'; // a proxy that was revoked, or a getter that throws
  }
}

const typedArrays = Object.getPrototypeOf(Uint8Array.prototype);
const tagOfTypedArray = Object.getOwnPropertyDescriptor(typedArrays, Symbol.toStringTag)?.get;

/**
 * The class of a typed array of any realm, 'Uint8Array' of Node's Buffer too: what it says of
 * itself does not count.
 * @param {unknown} value
 * @returns {string | undefined} undefined for everything else, also for a proxy
 */
export const typedArrayKind = (value) => tagOfTypedArray?.call(value);

/**
 * Whether a value is an object with keys of its own: no array, and nothing with a class' name.
 * @param {unknown} value
 * @returns {value is import('./json.js').JsonObject}
 */
export function isRecord(value) {
  return kindOf(value) === 'Object';
}

/**
 * Whether a value is a whole number of at least `least`.
 * @param {unknown} value
 * @param {number} least
 * @returns {value is number}
 */
export function isWhole(value, least) {
  return typeof value === 'number' && Number.isInteger(value) && value >= least;
}

/**
 * A file's JSON that must be an object.
 * @param {string} fileName for the message
 * @param {unknown} json
 * @returns {import('./json.js').JsonObject}
 * @throws BAD_MODEL
 */
export function checkObject(fileName, json) {
  if (isRecord(json)) return json;
  throw badModel(fileName, 'is not a JSON object');
}
