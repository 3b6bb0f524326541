// Reads the fields of a tokenizer's JSON; what is missing or of the wrong kind is refused
// with the file and the place in it.
import { badModel, BertletError } from '../shared/errors.js';
import { checkObject, isRecord, isWhole } from '../shared/kind.js';
import { isList, show, showKey } from '../shared/show.js';

/**
 * An object or array of a JSON file.
 * @typedef {{ value: JsonObject, path: string }} Place `path`: what stands in messages before the
 *   name of a field, e.g. "tokenizer.json: model."
 * @typedef {{ value: unknown[], path: string }} ListPlace
 * @typedef {import('../shared/json.js').JsonObject} JsonObject
 */

/**
 * What a table has for a text: itself, or a function of the place where the text is.
 * @template T
 * @typedef {{ [text: string]: T | ((place: Place) => T) }} Table
 */

/** @param {Place | ListPlace} place @param {string | number} key @param {string} complaint */
export function badField({ path }, key, complaint) {
  return badModel(path + showKey(key), complaint);
}

/**
 * What a table has under the text of a field; a function there is called with the place.
 * @template T
 * @param {Place} place
 * @param {string} key
 * @param {Table<T>} table
 * @returns {T}
 * @throws BAD_MODEL, UNSUPPORTED
 */
export function choose(place, key, table) {
  const text = readText(place, key);
  if (!Object.hasOwn(table, text)) throw unsupported(place, key, Object.keys(table).join(', '));
  const chosen = table[text];
  if (typeof chosen !== 'function') return chosen;
  return /** @type {(place: Place) => T} */ (chosen)(place);
}

/** @param {Place} place @param {string} key of a text @param {string} supported */
export function unsupported({ path, value }, key, supported) {
  return new BertletError(
    'UNSUPPORTED',
    `${path}${key} ${show(value[key])} is not supported; supported: ${supported}.`,
  );
}

/**
 * @param {string} fileName
 * @param {unknown} [value] its parsed JSON
 * @returns {Place}
 */
export function wholeFile(fileName, value = {}) {
  return { value: checkObject(fileName, value), path: `${fileName}: ` };
}

/**
 * @param {Pick<import('../source/source.js').Source, 'readJson'>} source
 * @param {string} fileName of a file that need not be there
 * @returns {Promise<Place>}
 */
export async function readWhole(source, fileName) {
  return wholeFile(fileName, await source.readJson(fileName, { optional: true }));
}

/**
 * Makes a function that reads one kind of value.
 * @param {(value: unknown) => value is T} isKind
 * @param {string} kind for messages
 * @returns {(place: Place | ListPlace, key: string | number) => T}
 * @template T
 */
function reader(isKind, kind) {
  return (place, key) => {
    const fields = /** @type {Record<string | number, unknown>} */ (place.value);
    // A file may name what every object has, such as "constructor".
    const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (!isKind(value)) throw badField(place, key, `is missing or not ${kind}`);
    return value;
  };
}

const readObject = reader(isRecord, 'an object');
const readArray = reader(isList, 'an array');
export const readBoolean = reader((value) => typeof value === 'boolean', 'true or false');
export const readText = reader((value) => typeof value === 'string', 'a string');
export const readCount = reader(isCount, 'a count');
export const readId = reader(isId, 'an id');

/** @param {unknown} value @returns {value is number} */
function isCount(value) {
  return isWhole(value, 0) && Number.isSafeInteger(value);
}

/** @param {unknown} value @returns {value is number} */
function isId(value) {
  return isCount(value) && value < 2 ** 31;
}

/**
 * What a table has for those of its fields that are true.
 * @template T
 * @param {Place} place
 * @param {{ [key: string]: T }} table
 * @returns {T[]}
 */
export function readTrue(place, table) {
  return Object.keys(table)
    .filter((key) => readBoolean(place, key))
    .map((key) => table[key]);
}

/** @param {Place | ListPlace} place @param {string | number} key @returns {Place} */
export function objectIn(place, key) {
  return { value: readObject(place, key), path: `${place.path}${showKey(key)}.` };
}

/** @param {Place | ListPlace} place @param {string | number} key @returns {ListPlace} */
export function arrayIn(place, key) {
  return { value: readArray(place, key), path: `${place.path}${showKey(key)}.` };
}

/** @param {Place} place @param {string} key @returns {Place[]} the objects of an array */
export function objectsIn(place, key) {
  const list = arrayIn(place, key);
  return list.value.map((_, i) => objectIn(list, i));
}

/**
 * What a table has for the steps under a key: none for null, those of a Sequence, or one.
 * @template T
 * @param {Place} place
 * @param {string} key
 * @param {string} listKey where a Sequence has its steps
 * @param {Table<T>} table of the steps by their types
 * @returns {T[]}
 */
export function readSteps(place, key, listKey, table) {
  const steps = [];
  let open = (place.value[key] ?? null) === null ? [] : [objectIn(place, key)];
  for (let left = 32; open.length > 0; left--) {
    if (open.length > left) throw badField(place, key, 'has more than 32 steps');
    const [step, ...others] = open;
    const isSequence = step.value.type === 'Sequence';
    if (!isSequence) steps.push(choose(step, 'type', table));
    open = isSequence ? [...objectsIn(step, listKey), ...others] : others;
  }
  return steps;
}
