// The regular expressions of Split, as far as tokenizers have them: read from their text, as Oniguruma
// does, for the matcher in C (src/tokenizer/pattern.h says what it can do). All others are refused.
import { readText, unsupported } from './fields.js';

/**
 * Characters by the names of C (src/unicode/unicode.h), "BL_" left out.
 * @typedef {{ kinds: string[], flags: string[], ranges: number[][], negated: boolean }} CharClass
 *
 * What is read of one: `half`, of a kind that C doesn't tell from another
 * @typedef {CharClass & { half?: string }} Part
 *
 * `options`: of a group, rows of classes
 * @typedef {{
 *   kind: string, min: number, max: number, charClass?: CharClass, options?: CharClass[][],
 * }} Element
 * @typedef {Element[][]} Pattern rows of elements, the first that fits counts
 */

/** More of one class than this, with a bound, would cost too much where they are tried in vain. */
const mostBounded = 16;
const unbounded = 2 ** 32 - 1;

const letters = ['KIND_UPPER', 'KIND_LOWER', 'KIND_TITLE', 'KIND_OTHER_LETTER'];
const numbers = ['KIND_DIGIT', 'KIND_OTHER_NUMBER'];

/** Those that C doesn't tell apart must come together. @type {Record<string, string[]>} */
const properties = {
  L: letters,
  N: numbers,
  M: ['KIND_MARK'],
  P: ['KIND_PUNCTUATION'],
  S: ['KIND_SYMBOL'],
  Lu: ['KIND_UPPER'],
  Ll: ['KIND_LOWER'],
  Lt: ['KIND_TITLE'],
  Nd: ['KIND_DIGIT'],
};
const together = [
  ['Lm', 'Lo', 'KIND_OTHER_LETTER'],
  ['Nl', 'No', 'KIND_OTHER_NUMBER'],
];

/** @type {Record<string, number>} */
const escapes = { r: 0x0d, n: 0x0a, t: 0x09, f: 0x0c, v: 0x0b };

/** Thrown inside, where the text says what isn't supported. */
class Refusal extends Error {}

/** Reads one text. */
class Reader {
  #chars;
  #at = 0;

  /** @param {string} text */
  constructor(text) {
    this.#chars = [...text];
  }

  get next() {
    return this.#chars[this.#at];
  }

  get isAtEnd() {
    return this.#at === this.#chars.length;
  }

  take() {
    if (this.isAtEnd) throw new Refusal();
    return this.#chars[this.#at++];
  }

  /** @param {string} text that may come next */
  takes(text) {
    const chars = [...text];
    if (!chars.every((char, i) => this.#chars[this.#at + i] === char)) return false;
    this.#at += chars.length;
    return true;
  }
}

/** @param {Partial<CharClass>} part @returns {CharClass} */
const classOf = (part) => ({
  kinds: [],
  flags: [],
  ranges: [],
  negated: false,
  ...part,
});
/** @param {number} code */
const onlyCode = (code) => classOf({ ranges: [[code, code]] });
/** @param {string} char */
const codeOf = (char) => /** @type {number} */ (char.codePointAt(0));

/** What stands behind a backslash. @param {Reader} reader @returns {Part} */
function readEscape(reader) {
  const char = reader.take();
  if (char === 's' || char === 'S') {
    return classOf({ flags: ['UNICODE_WHITESPACE'], negated: char === 'S' });
  }
  if (char === 'd' || char === 'D') {
    return classOf({ kinds: ['KIND_DIGIT'], negated: char === 'D' });
  }
  if (char === 'p' || char === 'P') return readProperty(reader, char === 'P');
  if (Object.hasOwn(escapes, char)) return onlyCode(escapes[char]);
  if (/[A-Za-z0-9]/.test(char)) throw new Refusal();
  return onlyCode(codeOf(char));
}

/** @param {Reader} reader @param {boolean} negated @returns {Part} */
function readProperty(reader, negated) {
  if (!reader.takes('{')) throw new Refusal();
  let name = '';
  while (!reader.takes('}')) name += reader.take();
  if (Object.hasOwn(properties, name)) return classOf({ kinds: properties[name], negated });
  if (!negated && together.some((names) => names.includes(name))) {
    return { ...classOf({}), half: name };
  }
  throw new Refusal();
}

/** What stands in brackets; the first one is taken. @param {Reader} reader */
function readBrackets(reader) {
  const all = classOf({ negated: reader.takes('^') });
  const halves = [];
  for (let first = true; first || !reader.takes(']'); first = false) {
    if (reader.next === '[' || reader.takes('&&') || (first && reader.next === ']')) {
      throw new Refusal();
    }
    const part = readMember(reader);
    if (part.negated) throw new Refusal();
    if (part.half) halves.push(part.half);
    all.kinds = all.kinds.concat(part.kinds);
    all.flags = all.flags.concat(part.flags);
    all.ranges = all.ranges.concat(part.ranges);
  }
  return joinHalves(all, halves);
}

/** A character, a range, or what an escape stands for. @param {Reader} reader @returns {Part} */
function readMember(reader) {
  const part = readChar(reader);
  const isCode = part.ranges.length === 1;
  if (!isCode || !reader.takes('-')) return part;
  // A hyphen at the end stands for itself.
  if (reader.next === ']') return classOf({ ranges: [...part.ranges, [0x2d, 0x2d]] });
  const last = readChar(reader);
  if (last.ranges.length !== 1) throw new Refusal();
  const range = [part.ranges[0][0], last.ranges[0][0]];
  if (range[0] > range[1]) throw new Refusal();
  return classOf({ ranges: [range] });
}

/** @param {Reader} reader @returns {Part} */
function readChar(reader) {
  const char = reader.take();
  return char === '\\' ? readEscape(reader) : onlyCode(codeOf(char));
}

/** @param {CharClass} all @param {string[]} halves of kinds that C doesn't tell apart */
function joinHalves(all, halves) {
  for (const [one, other, kind] of together) {
    if (halves.includes(one) !== halves.includes(other)) throw new Refusal();
    if (halves.includes(one)) all.kinds = [...all.kinds, kind];
  }
  return all;
}

/** One character of a pattern, or a class. @param {Reader} reader @returns {CharClass} */
function readAtom(reader) {
  if (reader.takes('[')) return readBrackets(reader);
  if (reader.takes('.')) return { ...onlyCode(0x0a), negated: true };
  if (reader.takes('\\')) {
    const { half, ...charClass } = readEscape(reader);
    if (half) throw new Refusal();
    return charClass;
  }
  if (/[*+?{}()^$|\]]/.test(reader.next)) throw new Refusal();
  return onlyCode(codeOf(reader.take()));
}

/** What else is the same letter where case doesn't matter. */
const foldedToo = new Map([
  ['s', '\u017f'],
  ['k', '\u212a'],
]);

/**
 * Upper and lower case of what a class has; letters that are alone in their ranges only.
 * @param {CharClass} charClass
 */
function foldCase(charClass) {
  const { ranges, kinds, flags, negated } = charClass;
  if (kinds.length > 0 || flags.length > 0 || negated) throw new Refusal();
  const folded = ranges.flatMap(([first, last]) => {
    if (first !== last || first > 0x7f) throw new Refusal();
    const char = String.fromCodePoint(first);
    const more = foldedToo.get(char.toLowerCase()) ?? '';
    return [...new Set([...char.toLowerCase(), ...char.toUpperCase(), ...more])];
  });
  return classOf({ ranges: folded.map((char) => [codeOf(char), codeOf(char)]) });
}

/** A ligature is two letters where case doesn't matter. */
const ligatures = /s[st]|f[fil]|i\u0307|[hjtwy]./i;

/**
 * What stands in a group of plain texts; its bracket is taken.
 * @param {Reader} reader
 * @param {boolean} foldsCase
 * @returns {Element}
 */
function readGroup(reader, foldsCase) {
  /** @type {CharClass[]} */
  let option = [];
  const options = [option];
  while (!reader.takes(')')) {
    if (reader.takes('|')) {
      option = [];
      options.push(option);
      continue;
    }
    const charClass = readAtom(reader);
    if (reader.next !== undefined && /[*+?{]/.test(reader.next)) throw new Refusal();
    option.push(foldsCase ? foldCase(charClass) : charClass);
    if (foldsCase && option.length > 1 && ligatures.test(lastTwo(option))) throw new Refusal();
  }
  if (options.some((option) => option.length === 0)) throw new Refusal();
  return { kind: 'PATTERN_GROUP', min: 1, max: 1, options };
}

/** The first letters of the last two classes. @param {CharClass[]} option */
function lastTwo(option) {
  return option
    .slice(-2)
    .map(({ ranges }) => String.fromCodePoint(ranges[0][0]))
    .join('');
}

/** @param {Reader} reader @returns {Element} */
function readElement(reader) {
  for (const [text, kind] of [
    ['(?!', 'PATTERN_NOT_AHEAD'],
    ['(?=', 'PATTERN_AHEAD'],
  ]) {
    if (!reader.takes(text)) continue;
    const charClass = readAtom(reader);
    if (!reader.takes(')') || isQuantified(reader)) throw new Refusal();
    return { kind, min: 1, max: 1, charClass };
  }
  if (reader.takes('(?i:')) return readOptional(reader, readGroup(reader, true));
  if (reader.takes('(?:')) return readOptional(reader, readGroup(reader, false));
  return readRepeats(reader, readAtom(reader));
}

/** @param {Reader} reader */
function isQuantified(reader) {
  return !reader.isAtEnd && /[*+?{]/.test(reader.next);
}

/** @param {Reader} reader @param {Element} group */
function readOptional(reader, group) {
  if (reader.takes('?')) group.min = 0;
  if (isQuantified(reader)) throw new Refusal();
  return group;
}

/** @param {Reader} reader @param {CharClass} charClass @returns {Element} */
function readRepeats(reader, charClass) {
  let [min, max] = [1, 1];
  let kind = 'PATTERN_CLASS';
  /** @type {Record<string, number[]>} */
  const bounds = { '?': [0, 1], '*': [0, unbounded], '+': [1, unbounded] };
  if (reader.next !== undefined && Object.hasOwn(bounds, reader.next)) {
    [min, max] = bounds[reader.take()];
    if (reader.takes('+')) kind = 'PATTERN_POSSESSIVE';
  } else if (reader.takes('{')) {
    [min, max] = readBounds(reader);
  }
  if (isQuantified(reader)) throw new Refusal();
  return { kind, min, max, charClass };
}

/** @param {Reader} reader */
function readBounds(reader) {
  let text = '';
  while (!reader.takes('}')) text += reader.take();
  const [, least, comma, most] = /^(\d{1,2})(,?)(\d{0,2})$/.exec(text) ?? [];
  if (least === undefined || (comma === '' && most !== '')) throw new Refusal();
  const min = Number(least);
  const max = comma === '' ? min : most === '' ? unbounded : Number(most);
  if (min > max || min > mostBounded || (max > mostBounded && max !== unbounded) || max === 0) {
    throw new Refusal();
  }
  return [min, max];
}

/** @param {Reader} reader @returns {Pattern} */
function readPattern(reader) {
  /** @type {Element[]} */
  let row = [];
  const rows = [row];
  while (!reader.isAtEnd) {
    if (reader.takes('|')) {
      row = [];
      rows.push(row);
    } else {
      row.push(readElement(reader));
    }
  }
  /** @param {Element} element */
  const takes = ({ kind, min }) => min > 0 && !kind.endsWith('AHEAD');
  if (rows.some((elements) => !elements.some(takes))) throw new Refusal();
  return rows;
}

/** As many as the matcher has room for (src/tokenizer/pattern.h). */
const mostRows = 32;
const mostElements = 64;

/**
 * @param {import('./fields.js').Place} place
 * @param {string} key of the pattern's text
 * @returns {Pattern}
 * @throws UNSUPPORTED
 */
export function patternFrom(place, key) {
  try {
    const rows = readPattern(new Reader(readText(place, key)));
    const groups = rows.flat().flatMap(({ options }) => options ?? []);
    const letterCount = groups.reduce((sum, option) => sum + option.length, 0);
    const fits =
      rows.length <= mostRows &&
      rows.flat().length <= mostElements &&
      groups.length <= mostElements &&
      letterCount <= 4 * mostElements &&
      classesOf(rows).length <= mostRows;
    if (fits) return rows;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  const known = 'the patterns of GPT-2, cl100k, Llama 3 and o200k, and others of their parts';
  throw unsupported(place, key, known);
}

/** A text as it stands. @param {string} text @returns {Pattern} */
export function patternOfText(text) {
  return [
    Array.from(text, (char) => ({
      kind: 'PATTERN_CLASS',
      min: 1,
      max: 1,
      charClass: onlyCode(codeOf(char)),
    })),
  ];
}

/** The classes of a pattern, each once. @param {Pattern} rows @returns {CharClass[]} */
function classesOf(rows) {
  const all = rows.flat().flatMap(({ charClass, options = [] }) => charClass ?? options.flat());
  return [...new Map(all.map((charClass) => [JSON.stringify(charClass), charClass])).values()];
}

/**
 * The numbers of a pattern (src/tokenizer/pattern_read.c has their order).
 * @param {Pattern} rows
 * @param {(name: string) => number} code of a name
 * @returns {number[]}
 */
export function packPattern(rows, code) {
  const classes = classesOf(rows);
  const names = classes.map((charClass) => JSON.stringify(charClass));
  /** @param {CharClass | undefined} charClass */
  const numberOf = (charClass) => names.indexOf(JSON.stringify(charClass));
  /** @param {string[]} list @param {(code: number) => number} bitOf */
  const bits = (list, bitOf) => list.reduce((sum, name) => sum | bitOf(code(name)), 0);
  /** @param {CharClass} charClass */
  const packClass = ({ kinds, flags, ranges, negated }) => [
    bits(kinds, (kind) => 1 << kind),
    bits(flags, (flag) => flag),
    negated ? 1 : 0,
    ranges.length,
    ...ranges.flat(),
  ];
  /** @param {Element} element */
  const packElement = ({ kind, min, max, charClass, options }) => [
    code(kind),
    min,
    max,
    ...(options
      ? [options.length, ...options.flatMap((row) => [row.length, ...row.map(numberOf)])]
      : [numberOf(charClass)]),
  ];
  return [
    classes.length,
    ...classes.flatMap(packClass),
    rows.length,
    ...rows.flatMap((row) => [row.length, ...row.flatMap(packElement)]),
  ];
}

/** ByteLevel's own. */
export const byteLevelPattern = () =>
  patternFrom({ value: { text: byteLevelText }, path: '' }, 'text');

const byteLevelText =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
