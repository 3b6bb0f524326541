// The pre-tokenizers of a tokenizer.json: where words begin and end.
import { badField, objectIn, readBoolean, readText, unsupported } from './fields.js';
import { byteLevelPattern, patternFrom, patternOfText } from './pattern.js';

/**
 * One thing that is done to words; `on` and `how` by the names in C (src/tokenizer/blob.h), "BL_"
 * left out.
 * @typedef {{
 *   on: string, how: string, character?: number, pattern?: import('./pattern.js').Pattern,
 * }} Split
 *
 * @typedef {import('./fields.js').Place} Place
 */

/** @type {Record<string, string>} */
const splitHow = {
  Removed: 'SPLIT_REMOVED',
  Isolated: 'SPLIT_ISOLATED',
  Contiguous: 'SPLIT_CONTIGUOUS',
  MergedWithPrevious: 'SPLIT_MERGED_WITH_PREVIOUS',
  MergedWithNext: 'SPLIT_MERGED_WITH_NEXT',
};

const isolated = splitHow.Isolated;

/** @param {Place} step @param {string} [usual] where nothing is said */
function readBehavior(step, usual) {
  const behavior = step.value.behavior ?? usual;
  if (typeof behavior !== 'string' || !Object.hasOwn(splitHow, behavior)) {
    throw badField(step, 'behavior', `is none of ${Object.keys(splitHow).join(', ')}`);
  }
  return splitHow[behavior];
}

/** @param {Place} step @returns {Split[]} */
function readSplit(step) {
  const how = readBehavior(step);
  const inverted = readBoolean(step, 'invert');
  const place = objectIn(step, 'pattern');
  const key = Object.hasOwn(place.value, 'String') ? 'String' : 'Regex';
  const text = readText(place, key);
  if (text === '') {
    // It matches everywhere between characters, and no character.
    if (inverted && how === splitHow.Removed) throw unsupported(place, key, 'others, inverted');
    return [{ on: 'SPLIT_ON_EVERY', how: isolated }];
  }
  const chars = [...text];
  if (key === 'String' && chars.length === 1 && !inverted) {
    return [{ on: 'SPLIT_ON_CHARACTER', how, character: chars[0].codePointAt(0) }];
  }
  const pattern = key === 'String' ? patternOfText(text) : patternFrom(place, key);
  // Pieces that stay apart don't care which of them match.
  const others = inverted && how !== isolated;
  return [{ on: others ? 'SPLIT_ON_OTHERS' : 'SPLIT_ON_PATTERN', how, pattern }];
}

const atSpaces = { on: 'SPLIT_ON_WHITESPACE', how: 'SPLIT_REMOVED' };

/** @type {import('./fields.js').Table<Split[]>} */
export const preTokenizers = {
  BertPreTokenizer: [atSpaces, { on: 'SPLIT_ON_PUNCTUATION', how: 'SPLIT_ISOLATED' }],
  Whitespace: [{ on: 'SPLIT_ON_WORDS', how: 'SPLIT_REMOVED' }],
  WhitespaceSplit: [atSpaces],
  Punctuation(step) {
    return [{ on: 'SPLIT_ON_PUNCTUATION', how: readBehavior(step, 'Isolated') }];
  },
  Digits(step) {
    const isolates = readBoolean(step, 'individual_digits');
    return [{ on: 'SPLIT_ON_NUMERIC', how: isolates ? 'SPLIT_ISOLATED' : 'SPLIT_CONTIGUOUS' }];
  },
  CharDelimiterSplit(step) {
    const delimiter = readText(step, 'delimiter');
    if ([...delimiter].length !== 1) throw badField(step, 'delimiter', 'is not one character');
    const character = delimiter.codePointAt(0);
    return [{ on: 'SPLIT_ON_CHARACTER', how: 'SPLIT_REMOVED', character }];
  },
  Split: readSplit,
  ByteLevel(step) {
    // Trimming offsets is up to post-processors.
    const [prefixes] = [readBoolean(step, 'add_prefix_space'), readBoolean(step, 'trim_offsets')];
    const matches = step.value.use_regex === undefined || readBoolean(step, 'use_regex');
    return [
      ...(prefixes ? [{ on: 'SPLIT_PREFIX_SPACE', how: isolated }] : []),
      ...(matches ? [{ on: 'SPLIT_ON_PATTERN', how: isolated, pattern: byteLevelPattern() }] : []),
      { on: 'SPLIT_TO_BYTES', how: isolated },
    ];
  },
};
