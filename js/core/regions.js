// Permanent memory that comes and goes: an adapter that is let go of leaves its place to others.

/**
 * Permanent bytes of an arena, as its marks tell.
 * @typedef {{ begin: number, end: number }} Region
 */

export class Regions {
  #memory;
  /** @type {Region[]} in their order, with something between any two */
  #free;

  /**
   * @param {import('./memory.js').Memory} memory
   * @param {Region[]} [free] those of the memory that this is a copy of
   */
  constructor(memory, free = []) {
    this.#memory = memory;
    this.#free = [...free];
  }

  /** What nothing uses, for a copy of the memory. */
  get free() {
    return this.#free;
  }

  /**
   * Makes something in the smallest free region that has room for it.
   * @param {(arena: number) => string} make allocates from an arena, gives the name of a status
   * @returns {Region | undefined} undefined: nowhere
   */
  reuse(make) {
    const bySize = [...this.#free].sort((a, b) => a.end - a.begin - (b.end - b.begin));
    for (const region of bySize) {
      const arena = this.#memory.reuse(region.begin, region.end);
      const status = make(arena);
      if (status !== 'BL_OK') continue; // no room; other reasons are found on top of all, too
      const end = region.begin + this.#memory.mark(arena);
      this.#free = this.#free.flatMap((other) => {
        if (other !== region) return [other];
        return end < region.end ? [{ begin: end, end: region.end }] : [];
      });
      return { begin: region.begin, end };
    }
    return undefined;
  }

  /**
   * Nothing uses a region any more. There is no scratch.
   * @param {Region} region
   */
  give(region) {
    const all = [...this.#free, region].sort((a, b) => a.begin - b.begin);
    /** @type {Region[]} */
    const joined = [];
    for (const { begin, end } of all) {
      const last = joined.at(-1);
      if (last?.end === begin) joined[joined.length - 1] = { begin: last.begin, end };
      else joined.push({ begin, end });
    }
    this.#free = joined;
    const last = joined[joined.length - 1];
    if (last.end !== this.#memory.mark()) return;
    this.#memory.unseal(last.begin);
    this.#free.pop();
  }
}
