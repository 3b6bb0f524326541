// Every post-processor as a template: the pieces of a single text and those of a pair.
import {
  arrayIn,
  badField,
  objectIn,
  objectsIn,
  readId,
  readSteps,
  readText,
  readTrue,
  unsupported,
} from './fields.js';

/** Of a template: BL_BLOB_TEMPLATE_MAX (src/tokenizer/blob.h). */
export const mostPieces = 256;

/**
 * A part of a template: the text, its pair, or a token.
 * @typedef {{ kind: string, typeId: number, id: number, text?: string }} Piece `id` and `text`:
 *   of a token, and what it shows
 * @typedef {{ single: Piece[], pair: Piece[], flags: string[] }} Template `kind` and `flags` by
 *   the names that they have in C (src/tokenizer/blob.h), "BL_" left out
 */

/** @param {number} typeId @returns {Piece} */
const firstText = (typeId) => ({ kind: 'TEMPLATE_FIRST', typeId, id: 0 });
/** @param {number} typeId @returns {Piece} */
const secondText = (typeId) => ({ kind: 'TEMPLATE_SECOND', typeId, id: 0 });
/** @param {number} typeId @param {number} id @param {string} text @returns {Piece} */
const token = (typeId, id, text) => ({ kind: 'TEMPLATE_TOKEN', typeId, id, text });

/** No post-processor. @type {Template} */
const bareTemplate = {
  single: [firstText(0)],
  pair: [firstText(0), secondText(1)],
  flags: [],
};

const trims = { trim_offsets: 'TEMPLATE_TRIM_OFFSETS', add_prefix_space: 'TEMPLATE_PREFIX_SPACE' };

/**
 * A post-processor that adds no token has no pieces.
 * @typedef {Partial<Template> & Pick<Template, 'flags'>} Step
 * @typedef {import('./fields.js').Place} Place
 * @type {{ [type: string]: (post: Place) => Step }}
 */
const postProcessors = {
  TemplateProcessing: (post) => ({
    single: readPieces(post, 'single', { A: firstText }),
    pair: readPieces(post, 'pair', { A: firstText, B: secondText }),
    flags: [],
  }),

  BertProcessing(post) {
    const single = [readEnd(post, 'cls', 0), firstText(0), readEnd(post, 'sep', 0)];
    return { single, pair: [...single, secondText(1), readEnd(post, 'sep', 1)], flags: [] };
  },

  RobertaProcessing(post) {
    const sep = readEnd(post, 'sep', 0);
    const single = [readEnd(post, 'cls', 0), firstText(0), sep];
    const flags = [...readTrue(post, trims), 'TEMPLATE_OVERFLOW_TYPE_0'];
    return { single, pair: [...single, sep, secondText(0), sep], flags };
  },

  /** Adds no token. */
  ByteLevel: (post) => ({ flags: readTrue(post, trims) }),
};

/** @param {Place} json of tokenizer.json @returns {Template} */
export function readTemplate(json) {
  const steps = readSteps(json, 'post_processor', 'processors', postProcessors);
  const [template, ...others] = steps.filter(({ single }) => single !== undefined);
  const trimming = steps.filter(({ flags }) => flags.includes(trims.trim_offsets));
  // Offsets that are trimmed twice lose more; and what trims behind BERT's or RoBERTa's takes
  // another token for the first one.
  const isLast = !template || steps.at(-1) === template;
  if (others.length > 0 || trimming.length > 1 || (trimming.length > 0 && !isLast)) {
    const place = objectIn(json, 'post_processor');
    throw unsupported(place, 'type', 'ByteLevel, and one other post-processor behind it');
  }
  const trimFlags = (trimming[0] ?? template ?? bareTemplate).flags;
  const ownFlags = (template ?? bareTemplate).flags;
  /** @param {string} flag */
  const isTrim = (flag) => Object.values(trims).includes(flag);
  const flags = [...trimFlags.filter(isTrim), ...ownFlags.filter((flag) => !isTrim(flag))];
  return { single: bareTemplate.single, pair: bareTemplate.pair, ...template, flags };
}

/** A token as text and id. @param {Place} post @param {string} key @param {number} typeId */
function readEnd(post, key, typeId) {
  const list = arrayIn(post, key);
  return token(typeId, readId(list, 1), readText(list, 0));
}

/**
 * @param {Place} post
 * @param {string} key
 * @param {{ [name: string]: (typeId: number) => Piece }} texts that there are
 */
function readPieces(post, key, texts) {
  const specials = objectIn(post, 'special_tokens');
  const pieces = [];
  for (const piece of objectsIn(post, key)) {
    if (piece.value.SpecialToken) {
      pieces.push(...readSpecial(objectIn(piece, 'SpecialToken'), specials));
    } else {
      const sequence = objectIn(piece, 'Sequence');
      const { id } = sequence.value;
      if (typeof id !== 'string' || !Object.hasOwn(texts, id)) {
        throw badField(sequence, 'id', `is not ${Object.keys(texts).join(' or ')}`);
      }
      pieces.push(texts[id](readId(sequence, 'type_id')));
    }
    if (pieces.length > mostPieces) throw tooMany(post, key);
  }
  return pieces;
}

/** @param {Place} place @param {string} key */
function tooMany(place, key) {
  return badField(place, key, `has more than ${mostPieces} pieces`);
}

/** @param {Place} special @param {Place} specials */
function readSpecial(special, specials) {
  const typeId = readId(special, 'type_id');
  const entry = objectIn(specials, readText(special, 'id'));
  const tokens = arrayIn(entry, 'tokens');
  const ids = arrayIn(entry, 'ids');
  if (ids.value.length > mostPieces) throw tooMany(entry, 'ids');
  return ids.value.map((_, i) => token(typeId, readId(ids, i), readText(tokens, i)));
}
