// Every post-processor as a template: the pieces of a single text and those of a pair.
import {
  arrayIn,
  badField,
  objectIn,
  objectsIn,
  readFlags,
  readId,
  readText,
} from './tokenizer-fields.js';

// Of bl_template_kind and bl_template_flag (src/tokenizer/blob.h).
const first = 0;
const second = 1;
const token = 2;
const overflowType0 = 4;
/** Of a template: BL_BLOB_TEMPLATE_MAX. */
const mostPieces = 256;

/**
 * @typedef {[kind: number, typeId: number, id: number, text?: string]} Piece `text`: what a
 *   token shows
 * @typedef {{ single: Piece[], pair: Piece[], flags?: number }} Template
 */

const firstText = [first, 0, 0];

/** No post-processor. @type {Template} */
export const bareTemplate = { single: [firstText], pair: [firstText, [second, 1, 0]] };

/** @type {{ [type: string]: (post: import('./tokenizer-fields.js').Place) => Template }} */
export const postProcessors = {
  TemplateProcessing: (post) => ({
    single: readPieces(post, 'single', ['A']),
    pair: readPieces(post, 'pair', ['A', 'B']),
  }),

  BertProcessing(post) {
    const single = [readEnd(post, 'cls', 0), firstText, readEnd(post, 'sep', 0)];
    return { single, pair: [...single, [second, 1, 0], readEnd(post, 'sep', 1)] };
  },

  RobertaProcessing(post) {
    const sep = readEnd(post, 'sep', 0);
    const single = [readEnd(post, 'cls', 0), firstText, sep];
    const flags = readFlags(post, ['trim_offsets', 'add_prefix_space']) | overflowType0;
    return { single, pair: [...single, sep, [second, 0, 0], sep], flags };
  },
};

/** A token as text and id. */
function readEnd(post, key, typeId) {
  const list = arrayIn(post, key);
  return [token, typeId, readId(list, 1), readText(list, 0)];
}

/** @param {string[]} names of the texts that there are */
function readPieces(post, key, names) {
  const specials = objectIn(post, 'special_tokens');
  const pieces = [];
  for (const piece of objectsIn(post, key)) {
    if (piece.value.SpecialToken) {
      pieces.push(...readSpecial(objectIn(piece, 'SpecialToken'), specials));
    } else {
      const sequence = objectIn(piece, 'Sequence');
      const kind = names.indexOf(sequence.value.id);
      if (kind < 0) throw badField(sequence, 'id', `is not ${names.join(' or ')}`);
      pieces.push([kind, readId(sequence, 'type_id'), 0]);
    }
    if (pieces.length > mostPieces) throw tooMany(post, key);
  }
  return pieces;
}

function tooMany(place, key) {
  return badField(place, key, `has more than ${mostPieces} pieces`);
}

function readSpecial(special, specials) {
  const typeId = readId(special, 'type_id');
  const entry = objectIn(specials, readText(special, 'id'));
  const tokens = arrayIn(entry, 'tokens');
  const ids = arrayIn(entry, 'ids');
  if (ids.value.length > mostPieces) throw tooMany(entry, 'ids');
  return ids.value.map((_, i) => [token, typeId, readId(ids, i), readText(tokens, i)]);
}
