// Reads the fields of a tokenizer's JSON; what is missing or of the wrong kind is refused
// with the file and the place in it.
import { BertletError } from './errors.js';

/** Ids are at least 0 and below this. */
export const idLimit = 2 ** 31;
const loneSurrogate = /\p{Surrogate}/u;

/** Whether a string has half of a surrogate pair, which no UTF-8 text can have. */
export function isBroken(text) {
  return loneSurrogate.test(text);
}

export function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function quote(value) {
  return JSON.stringify(value);
}

/** A value of the JSON and the path to it, such as model.vocab. */
export class Field {
  constructor(fileName, path, value) {
    this.fileName = fileName;
    this.path = path;
    this.value = value;
  }

  /** The error for a value that cannot be. @param {string} what follows the path */
  bad(what) {
    return new BertletError('BAD_MODEL', `${this.fileName}: ${this.path} ${what}.`);
  }

  unsupported(supported) {
    return new BertletError(
      'UNSUPPORTED',
      `${this.fileName}: ${this.path} ${quote(this.value)} is not supported; supported: ${supported}.`,
    );
  }

  #child(path, value) {
    // Sequences may hold sequences, but no endless row of them.
    if (path.length > 500) throw this.bad('is nested too deeply');
    return new Field(this.fileName, path, value);
  }

  /** A field of this object. */
  at(key) {
    const own = Object.hasOwn(this.object(), key) ? this.value[key] : undefined;
    return this.#child(this.path === 'the file' ? key : `${this.path}.${key}`, own);
  }

  /** The entries of this array. @param {number} most @returns {Field[]} */
  list(most) {
    if (!Array.isArray(this.value)) throw this.bad('is missing or not an array');
    if (this.value.length > most) throw this.bad(`has more than ${most} entries`);
    return Array.from(this.value, (value, i) => this.#child(`${this.path}[${i}]`, value));
  }

  object() {
    if (!isObject(this.value)) throw this.bad('is missing or not an object');
    return this.value;
  }

  boolean() {
    if (typeof this.value !== 'boolean') throw this.bad('is missing or not true or false');
    return this.value;
  }

  text() {
    if (typeof this.value !== 'string') throw this.bad('is missing or not a string');
    if (isBroken(this.value)) throw this.bad('is not valid Unicode');
    return this.value;
  }

  /** A whole number of at least 0, below `limit`. */
  count(limit = Number.MAX_SAFE_INTEGER) {
    const { value } = this;
    if (Number.isInteger(value) && value >= 0 && value < limit) return value;
    throw this.bad(`is missing or not a whole number from 0 to ${limit - 1}`);
  }

  id() {
    return this.count(idLimit);
  }
}
