// Reads the fields of a tokenizer's JSON; what is missing or of the wrong kind is refused
// with the file and the place in it.
import { badModel, BertletError } from '../shared/errors.js';
import { checkObject, kindOf } from '../shared/kind.js';
import { show, showKey } from '../shared/show.js';

/**
 * An object or array of a JSON file.
 * @typedef {{ value: any, path: string }} Place `path`: what stands in messages before the
 *   name of a field, e.g. "tokenizer.json: model."
 */

/** @param {unknown} value @returns {boolean} */
export function isObject(value) {
  return kindOf(value) === 'Object';
}

/** @param {Place} place @param {string | number} key @param {string} complaint */
export function badField({ path }, key, complaint) {
  return badModel(path + showKey(key), complaint);
}

/**
 * What a table has under the text of a field; a function there is called with the place.
 * @template T
 * @param {Place} place
 * @param {string} key
 * @param {{ [text: string]: T | ((place: Place) => T) }} table
 * @returns {T}
 * @throws BAD_MODEL, UNSUPPORTED
 */
export function choose(place, key, table) {
  const text = readText(place, key);
  if (!Object.hasOwn(table, text)) throw unsupported(place, key, Object.keys(table).join(', '));
  const chosen = table[text];
  return typeof chosen === 'function' ? chosen(place) : chosen;
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

/** Makes a function that reads one kind of value. */
function reader(isKind, kind) {
  return (place, key) => {
    // A file may name what every object has, such as "constructor".
    const value = Object.hasOwn(place.value, key) ? place.value[key] : undefined;
    if (!isKind(value)) throw badField(place, key, `is missing or not ${kind}`);
    return value;
  };
}

const readObject = reader(isObject, 'an object');
const readArray = reader(Array.isArray, 'an array');
export const readBoolean = reader((value) => typeof value === 'boolean', 'true or false');
export const readText = reader((value) => typeof value === 'string', 'a string');
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
export const readCount = reader(isCount, 'a count');
export const readId = reader((value) => isCount(value) && value < 2 ** 31, 'an id');

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

/** @returns {Place} */
export function objectIn(place, key) {
  return { value: readObject(place, key), path: `${place.path}${showKey(key)}.` };
}

/** @returns {Place} */
export function arrayIn(place, key) {
  return { value: readArray(place, key), path: `${place.path}${showKey(key)}.` };
}

/** @returns {Place[]} the objects of an array */
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
 * @param {{ [type: string]: T | ((step: Place) => T) }} table
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

/**
 * The same where there may be one step at most.
 * @param {T} none what stands for no step
 * @returns {T}
 */
export function readOnlyStep(place, key, listKey, table, none) {
  const [step = none, ...others] = readSteps(place, key, listKey, table);
  if (others.length > 0) throw unsupported(objectIn(place, key), 'type', `one ${key}`);
  return step;
}
