// Whether somebody else computes on the same core. A virtual machine's core is often one of
// two threads of a real one: who works on the other takes half of its units, and no figure
// of the system tells. So a loop that keeps all integer units busy is timed.

/** Eight chains that do not wait for each other: as many operations as a core can begin. */
function spin(times, seed) {
  let a = seed;
  let b = 2;
  let c = 3;
  let d = 4;
  let e = 5;
  let f = 6;
  let g = 7;
  let h = 8;
  for (let i = 0; i < times; i++) {
    a = ((a + i) ^ 3) | 0;
    b = ((b ^ i) + 5) | 0;
    c = ((c - i) ^ 7) | 0;
    d = ((d + i) ^ 9) | 0;
    e = ((e ^ i) + 11) | 0;
    f = ((f - i) ^ 13) | 0;
    g = ((g + i) ^ 15) | 0;
    h = ((h ^ i) + 17) | 0;
  }
  return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h;
}

/** Rounds of the loop, some 3 ms: a page's clock ticks in 0.1 ms. */
const ROUNDS = 2_000_000;

/** A call goes on where the last one ended, or the loop would be left out. */
let last = 1;

/** How fast this thread computes now, in rounds per µs. Its first calls are compiled. */
export function probe() {
  const begin = performance.now();
  last = spin(ROUNDS, last);
  return ROUNDS / (performance.now() - begin) / 1000;
}

/** A core that is shared reaches 0.4 to 0.65 of its fastest probe. */
const CALM = 0.75;

/** What counts as calm: fast, compared with the fastest that was seen under the same key. */
export class Calm {
  #fastest = new Map();

  /** @param {string} key of an engine: another one may compile the probe to something else */
  includes(key, rate) {
    const fastest = Math.max(rate, this.#fastest.get(key) ?? 0);
    this.#fastest.set(key, fastest);
    return rate >= CALM * fastest;
  }
}
