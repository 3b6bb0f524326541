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
 * A file's JSON that must be an object.
 * @param {string} fileName for the message
 * @param {unknown} json
 * @returns {Record<string, any>}
 * @throws BAD_MODEL
 */
export function checkObject(fileName, json) {
  if (kindOf(json) === 'Object') return /** @type {Record<string, unknown>} */ (json);
  throw badModel(fileName, 'is not a JSON object');
}
