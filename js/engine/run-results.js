// What a run gives, gathered pass by pass or share by share.

/**
 * @import { RunOutput, RunResult } from './interface.js'
 * @import { Floats } from '../index.d.ts'
 */

/** Results in the order of the inputs, each by windows. */
export class RunResults {
  /** @type {Floats[]} */
  #vectors = [];
  /** @type {RunOutput[]} */
  #outputs = [];
  /** @type {number[]} */
  #counts = [];
  /** @type {number[]} */
  #tokens = [];
  /** @type {number[]} */
  #truncated = [];

  /**
   * Inputs that were read.
   * @param {Record<'counts' | 'tokens' | 'truncated', ArrayLike<number>>} inputs as of RunResult
   */
  addInputs({ counts, tokens, truncated }) {
    append(this.#counts, counts);
    append(this.#tokens, tokens);
    append(this.#truncated, truncated);
  }

  /** @param {Floats} vectors of some windows, end to end */
  addVectors(vectors) {
    this.#vectors.push(vectors);
  }

  /** @param {RunOutput[]} outputs of some windows */
  addOutputs(outputs) {
    append(this.#outputs, outputs);
  }

  /** @param {RunResult} part of the inputs that follow */
  add({ vectors, outputs, ...inputs }) {
    this.addInputs(inputs);
    if (vectors) this.addVectors(vectors);
    if (outputs) this.addOutputs(outputs);
  }

  /** @param {boolean} withVectors else outputs @returns {RunResult} */
  finish(withVectors) {
    return {
      ...(withVectors ? { vectors: joined(this.#vectors) } : { outputs: this.#outputs }),
      counts: Uint32Array.from(this.#counts),
      tokens: Uint32Array.from(this.#tokens),
      truncated: Uint32Array.from(this.#truncated),
    };
  }
}

/** @param {T[]} list @param {ArrayLike<T>} more @template T */
function append(list, more) {
  for (let i = 0; i < more.length; i++) list.push(more[i]);
}

/** @param {Floats[]} parts @returns {Floats} */
function joined(parts) {
  if (parts.length === 1) return parts[0];
  const all = new Float32Array(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
