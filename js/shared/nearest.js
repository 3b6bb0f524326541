// The known name that a misspelt one was probably meant to be.

/**
 * @param {string} name as it was written
 * @param {Iterable<string>} known
 * @returns {string | undefined} undefined where none is near
 */
export function nearest(name, known) {
  let best;
  let least = Math.ceil(name.length / 3);
  for (const candidate of known) {
    // Longer ones are no slips of the pen, and comparing takes the product of both lengths.
    if (Math.abs(candidate.length - name.length) > least || candidate.length > 200) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least || (distance === least && best === undefined)) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}

/** How many letters must be put in, taken out or changed. @param {string} a @param {string} b */
function editDistance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      next[j] = Math.min(row[j - 1] + change, row[j] + 1, next[j - 1] + 1);
    }
    row = next;
  }
  return row[b.length];
}
