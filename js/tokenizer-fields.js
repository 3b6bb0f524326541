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

/** `where` in messages is the path of a field. */
export class Fields {
  constructor(fileName) {
    this.fileName = fileName;
  }

  bad(message) {
    return new BertletError('BAD_MODEL', `${this.fileName}: ${message}.`);
  }

  unsupported(what, supported) {
    return new BertletError(
      'UNSUPPORTED',
      `${this.fileName}: ${what} is not supported; supported: ${supported}.`,
    );
  }

  object(value, where) {
    if (!isObject(value)) throw this.bad(`${where} is missing or not an object`);
    return value;
  }

  /** Sequences may hold sequences, but no endless row of them. */
  depth(where) {
    if (where.length > 500) throw this.bad(`${where.slice(0, 60)}... is nested too deeply`);
  }

  array(value, where, most) {
    if (!Array.isArray(value)) throw this.bad(`${where} is missing or not an array`);
    if (value.length > most) throw this.bad(`${where} has more than ${most} entries`);
    return value;
  }

  boolean(value, where) {
    if (typeof value !== 'boolean') throw this.bad(`${where} is missing or not true or false`);
    return value;
  }

  text(value, where) {
    if (typeof value !== 'string') throw this.bad(`${where} is missing or not a string`);
    if (isBroken(value)) throw this.bad(`${where} is not valid Unicode`);
    return value;
  }

  count(value, where) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw this.bad(`${where} is missing or not a whole number of at least 0`);
    }
    return value;
  }

  id(value, where) {
    if (this.count(value, where) >= idLimit) throw this.bad(`${where} is too large an id`);
    return value;
  }
}
