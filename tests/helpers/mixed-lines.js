// The lines of tests/fixtures/tokenizer_lines.py: the same seed, the same words.

/** mulberry32. @param {number} seed */
function createRandom(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const pick = (items) => items[next() % items.length];
  return { next, pick };
}

/**
 * @param {object} words the content of tokenizer-words.json
 * @param {number} count
 * @param {number} seed
 * @returns {string[]}
 */
export function makeMixedLines(words, count, seed) {
  const { next, pick } = createRandom(seed);
  const languages = Object.values(words.languages);
  const makePart = (language) => {
    const kind = next() % 100;
    if (kind < 70) return pick(language);
    if (kind < 80) return pick(pick(languages));
    if (kind < 84) return String(next() % 10000);
    if (kind < 89) {
      const [first, end] = pick(words.ranges);
      return String.fromCodePoint(first + (next() % (end - first)));
    }
    if (kind < 92) return pick(words.emoji);
    if (kind < 94) return pick(language) + pick(language);
    if (kind < 98) return pick(language) + pick(words.marks);
    return pick(words.special);
  };
  return Array.from({ length: count }, () => {
    const language = pick(languages);
    let line = '';
    for (let left = 3 + (next() % 22); left > 0; left--) {
      line += makePart(language) + pick(words.separators);
    }
    return line;
  });
}
