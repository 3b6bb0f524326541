// Packs a tokenizer for C; src/tokenizer/blob.h describes the format.
import { joinBytes } from '../shared/bytes.js';
import { BertletError } from '../shared/errors.js';
import { toUtf8 } from '../shared/utf8.js';
import { packPattern } from './pattern.js';

/** @typedef {import('./configuration.js').TokenizerDescription} TokenizerDescription */

/**
 * @param {TokenizerDescription} description whose texts have no lone surrogates
 * @param {Record<string, number>} constants of the core that is to read it
 * @returns {Uint8Array}
 */
export function packBlob(description, constants) {
  const lists = numbersOf(description, (name) => codeOf(name, constants));
  const count = lists.reduce((sum, list) => sum + list.length, 0);
  const texts = textsOf(description);
  // Little-endian like WebAssembly and whatever runs it.
  const head = new Uint32Array(3 + count + texts.length);
  head.set([constants.BL_BLOB_VERSION, count, texts.length]);
  let at = 3;
  for (const list of lists) {
    head.set(list, at);
    at += list.length;
  }
  for (const text of texts) head[at++] = text.length;
  return joinBytes([new Uint8Array(head.buffer), toUtf8(texts.join(''))]);
}

/** @param {string} name @param {Record<string, number>} constants */
function codeOf(name, constants) {
  const code = constants[`BL_${name}`];
  if (code === undefined) throw new BertletError('INTERNAL', `The core has no BL_${name}.`);
  return code;
}

/** @param {ArrayLike<number> | string[]} list @returns {list is string[]} */
const isNames = (list) => Array.isArray(list) && list.every((item) => typeof item === 'string');

/**
 * Lists of numbers, which stand end to end.
 * @param {TokenizerDescription} description
 * @param {(name: string) => number} code
 * @returns {ArrayLike<number>[]}
 */
function numbersOf(description, code) {
  const { ids, model, normalize, split, decode, added, template } = description;
  /** @param {string[]} names */
  const bits = (names) => names.reduce((sum, name) => sum | code(name), 0);
  /** @param {import('./template.js').Piece[]} pieces */
  const piecesOf = (pieces) => [
    pieces.length,
    ...pieces.flatMap(({ kind, typeId, id }) => [code(kind), typeId, id]),
  ];
  const patterns = split.flatMap(({ pattern }) => (pattern ? [pattern] : []));
  /** @param {import('./pre-tokenizers.js').Split} split */
  const splitOf = ({ on, how, character = 0, pattern }) => [
    code(on),
    code(how),
    pattern ? patterns.indexOf(pattern) : character,
  ];
  return [
    [ids.length],
    ids,
    [code(model.kind)],
    ...model.numbers.map((list) => (isNames(list) ? [bits(list)] : list)),
    [normalize.length, ...normalize.map(code)],
    [split.length, ...split.flatMap(splitOf)],
    [patterns.length, ...patterns.flatMap((pattern) => packPattern(pattern, code))],
    [decode.length, ...decode.flatMap(({ op, cleanUp }) => [code(op), cleanUp ? 1 : 0])],
    [added.length, ...added.flatMap(({ id, flags }) => [id, bits(flags)])],
    [bits(template.flags), ...piecesOf(template.single), ...piecesOf(template.pair)],
  ];
}

/** The texts of a blob, in its order. @param {TokenizerDescription} description @returns {string[]} */
export function textsOf({ tokens, model, decode, added, template }) {
  const pieces = [...template.single, ...template.pair];
  return [
    ...tokens,
    ...model.texts,
    ...decode.map(({ text = '' }) => text),
    ...added.map(({ content }) => content),
    ...pieces.flatMap(({ text }) => text ?? []),
  ];
}
