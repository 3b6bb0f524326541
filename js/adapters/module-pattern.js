// Patterns by which an adapter names modules: Python's regular expressions, of others' making. 20
// characters can keep a backtracking engine busy for hours, so they are not given to JavaScript's.
// Here all ways to match are followed at the same time, as a set of states (Thompson 1968). Only
// whether a pattern matches is asked, and for that greedy and lazy are the same.
import { parsePattern, PatternError } from './module-pattern-parser.js';

export { PatternError };

/** States of one pattern. That which names every layer of a large model has some thousands. */
const mostStates = 20_000;
/** Visits of states for all patterns and modules of an adapter: half a second. */
const mostSteps = 1 << 23;
/** Making a state takes as long as so many visits. */
const stepsOfMaking = 16;

/** What may still be done for the patterns of one adapter. */
export const createPatternWork = () => ({ left: mostSteps });

export class ModulePattern {
  #states;
  #work;
  #reached; // by state: the last round that reached it
  #round = 0;

  /**
   * @param {string} source as Python's `re` takes it
   * @param {{ left: number }} work from createPatternWork
   * @throws PatternError
   */
  constructor(source, work) {
    this.#states = compile(parsePattern(source), work);
    this.#reached = new Int32Array(this.#states.length);
    this.#work = work;
  }

  /** As re.match(source, name): the name may go on after the match. @param {string} name */
  matchesStart(name) {
    return this.#run(name, false);
  }

  /** As re.fullmatch(source, name). @param {string} name */
  matchesAll(name) {
    return this.#run(name, true);
  }

  /** @param {string} name @param {boolean} isWhole */
  #run(name, isWhole) {
    const chars = [...name];
    let open = [0];
    for (let place = 0; open.length > 0; place++) {
      const { waiting, hasMatched } = this.#follow(open, chars, place);
      if (hasMatched && (!isWhole || place === chars.length)) return true;
      open = [];
      if (place === chars.length) continue;
      for (const { test, next } of waiting) if (test?.(chars[place])) open.push(...next);
    }
    return false;
  }

  /**
   * Goes on to all states that no character is needed for, and finds those that wait for one.
   * @param {number[]} open their numbers
   * @param {string[]} chars
   * @param {number} place
   */
  #follow(open, chars, place) {
    const waiting = [];
    let hasMatched = false;
    const round = ++this.#round;
    for (let number = open.pop(); number !== undefined; number = open.pop()) {
      if (this.#reached[number] === round) continue;
      this.#reached[number] = round;
      countSteps(this.#work, 1);
      const { test, at, next } = this.#states[number];
      if (test) waiting.push(this.#states[number]);
      else if (next.length === 0) hasMatched = true;
      else if (!at || isAt[at](chars, place)) open.push(...next);
    }
    return { waiting, hasMatched };
  }
}

/** @param {string | undefined} char */
const isWord = (char) => char !== undefined && /\w/.test(char);

/** @typedef {'start' | 'end' | 'edge'} Place of a name */

/** @type {Record<Place, (chars: string[], place: number) => boolean>} */
const isAt = {
  start: (_, place) => place === 0,
  end: (chars, place) => place === chars.length,
  edge: (chars, place) => isWord(chars[place - 1]) !== isWord(chars[place]),
};

/** @param {{ left: number }} work @param {number} steps */
function countSteps(work, steps) {
  work.left -= steps;
  if (work.left < 0) throw tooMuch();
}

function tooMuch() {
  return new PatternError('UNSUPPORTED', 'takes too much work');
}

/**
 * What it takes to go on from a state: a character that passes `test`, being at a place, or
 * nothing. One without a `next` has matched.
 * @typedef {{ test?: (char: string) => boolean, at?: Place, next: number[] }} State
 *
 * @typedef {import('./module-pattern-parser.js').Node} Node
 * @typedef {{ first: number, last: number }} Path states by their numbers
 *
 * @param {Node} tree
 * @param {{ left: number }} work
 * @returns {State[]} the first one begins
 */
function compile(tree, work) {
  /** @type {State[]} */
  const states = [];

  /** @param {Partial<State>} [state] @returns {number} its number */
  function add(state = {}) {
    if (states.length === mostStates) throw tooMuch();
    countSteps(work, stepsOfMaking);
    return states.push({ test: undefined, at: undefined, ...state, next: [] }) - 1;
  }

  /** @param {number} from @param {number} to */
  const link = (from, to) => states[from].next.push(to);

  /** For each type of node: adds its states, and gives the first and the last of them. */
  /** @type {{ [Type in Node['type']]: (node: Extract<Node, { type: Type }>) => Path }} */
  const emitters = {
    char({ test }) {
      const only = add({ test });
      return { first: only, last: only };
    },

    place({ at }) {
      const only = add({ at });
      return { first: only, last: only };
    },

    sequence: ({ parts }) => emitAll(parts),

    either({ options }) {
      const first = add();
      const last = add();
      for (const option of options) {
        const path = emit(option);
        link(first, path.first);
        link(path.last, last);
      }
      return { first, last };
    },

    repeat({ part, least, most }) {
      const path = emitAll(new Array(least).fill(part));
      if (most === Infinity) return emitLoop(path, part);
      for (let i = least; i < most; i++) appendOptional(path, part);
      return path;
    },
  };

  /** @param {Node} node */
  const emit = (node) => /** @type {(node: Node) => Path} */ (emitters[node.type])(node);

  /** @param {Node[]} nodes @returns {Path} */
  function emitAll(nodes) {
    const first = add();
    let last = first;
    for (const node of nodes) {
      const path = emit(node);
      link(last, path.first);
      last = path.last;
    }
    return { first, last };
  }

  /** @param {Path} path @param {Node} part @returns {Path} */
  function emitLoop({ first, last }, part) {
    const turn = add();
    const end = add();
    const path = emit(part);
    link(last, turn);
    link(turn, path.first);
    link(path.last, turn);
    link(turn, end);
    return { first, last: end };
  }

  /** @param {Path} path @param {Node} part */
  function appendOptional(path, part) {
    const end = add();
    const { first, last } = emit(part);
    link(path.last, first);
    link(path.last, end);
    link(last, end);
    path.last = end;
  }

  const { last } = emitAll([tree]);
  link(last, add());
  return states;
}
