// Packs a tokenizer for C; src/tokenizer/blob.h describes the format.
import { joinBytes } from '../shared/bytes.js';
import { BertletError } from '../shared/errors.js';
import { toUtf8 } from '../shared/utf8.js';

/** @typedef {import('./configuration.js').TokenizerDescription} TokenizerDescription */

/**
 * @param {TokenizerDescription} description whose texts have no lone surrogates
 * @param {Record<string, number>} constants of the core that is to read it
 * @returns {Uint8Array}
 */
export function packBlob(description, constants) {
  const numbers = numbersOf(description, (name) => codeOf(name, constants));
  const texts = textsOf(description);
  // Little-endian like WebAssembly and whatever runs it.
  const head = new Uint32Array(3 + numbers.length + texts.length);
  head.set([constants.BL_BLOB_VERSION, numbers.length, texts.length]);
  head.set(numbers, 3);
  for (let i = 0, at = 3 + numbers.length; i < texts.length; i++, at++) head[at] = texts[i].length;
  return joinBytes([new Uint8Array(head.buffer), toUtf8(texts.join(''))]);
}

function codeOf(name, constants) {
  const code = constants[`BL_${name}`];
  if (code === undefined) throw new BertletError('INTERNAL', `The core has no BL_${name}.`);
  return code;
}

/**
 * @param {TokenizerDescription} description
 * @param {(name: string) => number} code
 */
function numbersOf(description, code) {
  const { ids, model, maxChars, normalize, split, decoder, added, template } = description;
  const bits = (names) => names.reduce((sum, name) => sum | code(name), 0);
  const piecesOf = (pieces) => [
    pieces.length,
    ...pieces.flatMap(({ kind, typeId, id }) => [code(kind), typeId, id]),
  ];
  return [
    ids.length,
    ...ids,
    code(model),
    maxChars,
    normalize.length,
    ...normalize.map(code),
    split.length,
    ...split.flatMap(({ on, how, character = 0 }) => [code(on), code(how), character]),
    code(decoder.kind),
    decoder.cleanUp ? 1 : 0,
    added.length,
    ...added.flatMap(({ id, flags }) => [id, bits(flags)]),
    bits(template.flags),
    ...piecesOf(template.single),
    ...piecesOf(template.pair),
  ];
}

/** The texts of a blob, in its order. @param {TokenizerDescription} description */
export function textsOf({ tokens, unknown, prefix, decoder, added, template }) {
  const shown = [...template.single, ...template.pair].filter(({ text }) => text !== undefined);
  return [
    ...tokens,
    unknown,
    prefix,
    decoder.prefix,
    ...added.map(({ content }) => content),
    ...shown.map(({ text }) => text),
  ];
}
