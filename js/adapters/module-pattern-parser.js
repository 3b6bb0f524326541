// Python's regular expressions, read into a tree: all that peft's documentation uses to name
// modules, and whatever else needs no going back. The rest is refused by name.

/** Why a pattern cannot be used: `code` BAD_MODEL, it is none; UNSUPPORTED. */
export class PatternError extends Error {
  /** @param {'BAD_MODEL' | 'UNSUPPORTED'} code @param {string} message goes on after the pattern */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const longest = 20_000;
const deepest = 100;
const mostRepeats = 1000;

/**
 * `at`: the name's start, its end, or the edge of a word.
 * @typedef {{ type: 'char', test: Test }
 *   | { type: 'place', at: 'start' | 'end' | 'edge' }
 *   | { type: 'sequence', parts: Node[] }
 *   | { type: 'either', options: Node[] }
 *   | { type: 'repeat', part: Node, least: number, most: number }} Node
 */

/** @typedef {(char: string) => boolean} Test of a character */

/** @type {Test} */
const isDigit = (char) => char >= '0' && char <= '9';
// Names of modules are ASCII, so that Python's classes of all Unicode come to these.
/** @type {Test} */
const isWord = (char) => /\w/.test(char);
/** @type {Test} */
const isSpace = (char) => /\s/.test(char);

/** @type {Map<string, Test>} */
const classes = new Map([
  ['d', isDigit],
  ['D', (char) => !isDigit(char)],
  ['w', isWord],
  ['W', (char) => !isWord(char)],
  ['s', isSpace],
  ['S', (char) => !isSpace(char)],
]);
/** @type {Map<string, 'start' | 'end' | 'edge'>} */
const places = new Map([
  ['A', 'start'],
  ['Z', 'end'],
  ['b', 'edge'],
]);
const controls = new Map([
  ['t', '\t'],
  ['n', '\n'],
  ['v', '\v'],
  ['f', '\f'],
  ['r', '\r'],
]);

/** @param {string} wanted @returns {Test} */
const literal = (wanted) => (char) => char === wanted;
/** @param {string} what */
const bad = (what) => new PatternError('BAD_MODEL', `is no regular expression: ${what}`);
/** @param {string} what */
const unsupported = (what) => new PatternError('UNSUPPORTED', `has ${what}`);

/**
 * @param {string} source
 * @returns {Node}
 * @throws PatternError
 */
export function parsePattern(source) {
  if (source.length > longest) throw unsupported(`more than ${longest} characters`);
  const parser = new Parser(source);
  const tree = parser.readOptions(0);
  if (!parser.isDone) throw bad('a ) without its (');
  return tree;
}

class Parser {
  #chars;
  #at = 0;

  /** @param {string} source */
  constructor(source) {
    this.#chars = [...source];
  }

  get isDone() {
    return this.#at >= this.#chars.length;
  }

  /** @returns {string | undefined} */
  #peek(ahead = 0) {
    return this.#chars[this.#at + ahead];
  }

  /** Takes these characters if they come next. @param {string} text */
  #take(text) {
    const comes = [...text].every((char, i) => this.#peek(i) === char);
    if (comes) this.#at += text.length;
    return comes;
  }

  #takeDigits() {
    let digits = '';
    while (isDigit(this.#peek() ?? '')) digits += this.#chars[this.#at++];
    return digits;
  }

  /**
   * Everything up to the end, or to the ) of the group around it.
   * @param {number} depth
   * @returns {Node}
   */
  readOptions(depth) {
    if (depth > deepest) throw unsupported('groups nested more deeply than 100');
    const options = [this.#readSequence(depth)];
    while (this.#take('|')) options.push(this.#readSequence(depth));
    return options.length === 1 ? options[0] : { type: 'either', options };
  }

  /** @param {number} depth @returns {Node} */
  #readSequence(depth) {
    const parts = [];
    while (!this.isDone && this.#peek() !== '|' && this.#peek() !== ')') {
      const repeats = this.#readRepeats();
      if (repeats) throw bad('nothing to repeat');
      parts.push(this.#readRepeated(this.#readAtom(depth)));
    }
    return { type: 'sequence', parts };
  }

  /** @param {Node} part @returns {Node} */
  #readRepeated(part) {
    const repeats = this.#readRepeats();
    if (!repeats) return part;
    if (part.type === 'place') throw bad('nothing to repeat');
    if (this.#take('+')) throw unsupported('possessive repetition');
    this.#take('?'); // lazy
    if (this.#readRepeats()) throw bad('repetition of repetition');
    return { type: 'repeat', part, ...repeats };
  }

  /** @returns {{ least: number, most: number } | undefined} undefined: what comes is something else */
  #readRepeats() {
    if (this.#take('*')) return { least: 0, most: Infinity };
    if (this.#take('+')) return { least: 1, most: Infinity };
    if (this.#take('?')) return { least: 0, most: 1 };
    return this.#readCounts();
  }

  /** {2}, {2,}, {,3} or {2,3}; any other { is itself. */
  #readCounts() {
    const begin = this.#at;
    if (!this.#take('{') || this.#peek() === '}') return this.#backTo(begin);
    const least = this.#takeDigits();
    const most = this.#take(',') ? this.#takeDigits() || 'Infinity' : least;
    if (!this.#take('}') || most === '') return this.#backTo(begin);
    const counts = { least: Number(least), most: Number(most) };
    if (counts.most < counts.least) throw bad('a repetition whose limits are in the wrong order');
    if (counts.least > mostRepeats || (most !== 'Infinity' && counts.most > mostRepeats)) {
      throw unsupported(`more than ${mostRepeats} repetitions`);
    }
    return counts;
  }

  /** @param {number} place */
  #backTo(place) {
    this.#at = place;
    return undefined;
  }

  /** @param {number} depth @returns {Node} */
  #readAtom(depth) {
    const char = this.#chars[this.#at++];
    switch (char) {
      case '(':
        return this.#readGroup(depth);
      case '[':
        return { type: 'char', test: this.#readSet() };
      case '.':
        return { type: 'char', test: (other) => other !== '\n' };
      case '^':
        return { type: 'place', at: 'start' };
      case '$':
        return { type: 'place', at: 'end' };
      case '\\':
        return this.#readEscape();
      default:
        return { type: 'char', test: literal(char) };
    }
  }

  /** @param {number} depth @returns {Node} */
  #readGroup(depth) {
    if (!this.#take('?:') && this.#take('?')) {
      throw unsupported('look-around, a flag, a name or a reference: a group that begins with ?');
    }
    const group = this.readOptions(depth + 1);
    if (!this.#take(')')) throw bad('a ( without its )');
    return { type: 'sequence', parts: [group] };
  }

  /** @returns {Node} */
  #readEscape() {
    const char = this.#chars[this.#at++];
    const at = places.get(char);
    if (at) return { type: 'place', at };
    return { type: 'char', test: readClass(char) };
  }

  /** After [ up to its ]. @returns {Test} */
  #readSet() {
    const isNegated = this.#take('^');
    /** @type {Test[]} */
    const tests = [];
    do tests.push(this.#readMember());
    while (this.#peek() !== ']');
    this.#at++;
    return (char) => tests.some((test) => test(char)) !== isNegated;
  }

  /** @returns {Test} */
  #readMember() {
    const from = this.#readEnd();
    const isRange = this.#peek() === '-' && this.#peek(1) !== ']' && this.#peek(1) !== undefined;
    if (!isRange) return from.test;
    this.#at++;
    const to = this.#readEnd();
    const [first, last] = [from.char, to.char];
    if (first === undefined || last === undefined || first > last) {
      throw bad('a range without order');
    }
    return (char) => char >= first && char <= last;
  }

  /** A character of a set, or a class of them. @returns {{ char?: string, test: Test }} */
  #readEnd() {
    if (this.isDone) throw bad('a [ without its ]');
    const char = this.#chars[this.#at++];
    if (char !== '\\') return { char, test: literal(char) };
    const escaped = this.#chars[this.#at++];
    const test = readClass(escaped);
    return classes.has(escaped) ? { test } : { char: controls.get(escaped) ?? escaped, test };
  }
}

/** After a backslash. @param {string} char @returns {Test} */
function readClass(char) {
  if (char === undefined) throw bad('a backslash at its end');
  const test = classes.get(char);
  if (test) return test;
  const control = controls.get(char);
  if (control !== undefined) return literal(control);
  if (isDigit(char)) throw unsupported(`the reference \\${char}`);
  if (/[a-zA-Z]/.test(char)) throw unsupported(`the escape \\${char}`);
  return literal(char);
}
