// Waiting for a calm machine: what else runs on a shared one hits contenders unevenly when it
// comes and goes within a round. A slice is measured when the probe (hosts/probe.js) is as
// fast as it has been, and again when it is not so afterwards: never because of its result.
import { setTimeout as sleep } from 'node:timers/promises';
import { Calm, probe } from './hosts/probe.js';

/**
 * @import { Contender } from './contenders.js'
 * @import { Driver } from './drivers.js'
 *
 * @typedef {{ contender: Contender, driver?: Driver }} Place whose core is asked
 * @typedef {{ calm: number, busy: number, again: number }} Slices by how they came about; those of
 *   `again` are not kept
 */

/** Calls until an engine has compiled the probe. */
const FIRST_PROBES = 5;

const PAUSE_MS = 20;

export class Patience {
  /** @type {Slices} */
  slices = { calm: 0, busy: 0, again: 0 };

  #calm = new Calm();
  #left;

  /** @param {number} limitMs how long to wait and measure again, in sum */
  constructor(limitMs) {
    this.#left = limitMs;
  }

  /**
   * Whether the contender's core is calm; without a process that could tell, this one's.
   * @param {Place} place
   */
  async #isCalm({ contender, driver }) {
    const asked = driver && contender.runtime !== 'python' ? driver.call('probe') : null;
    // With a second thread the other core counts too: this process is on it meanwhile.
    const isHereCalm = asked && !(contender.threads > 1) ? true : this.#calm.includes('', probe());
    return (!asked || this.#calm.includes(contender.runtime, await asked)) && isHereCalm;
  }

  /** @param {Place} place */
  async #settle(place) {
    const begin = performance.now();
    while (this.#left > performance.now() - begin && !(await this.#isCalm(place))) {
      await sleep(PAUSE_MS);
    }
    this.#left -= performance.now() - begin;
  }

  /**
   * Lets an engine compile the probe: its first calls would pass for a busy core.
   * @param {Place} place
   */
  async begin(place) {
    for (let i = 0; i < FIRST_PROBES; i++) await this.#isCalm(place);
  }

  /**
   * The result of `action`, from a calm moment if there is one in time.
   * @template T
   * @param {Place} place
   * @param {() => Promise<T>} action
   * @returns {Promise<T>}
   */
  async measure(place, action) {
    for (;;) {
      await this.#settle(place);
      const begin = performance.now();
      const result = await action();
      const took = performance.now() - begin;
      const isCalm = await this.#isCalm(place);
      if (isCalm || took > this.#left) {
        this.slices[isCalm ? 'calm' : 'busy']++;
        return result;
      }
      this.#left -= took;
      this.slices.again++;
    }
  }
}
