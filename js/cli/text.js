// Texts and numbers on their way to a terminal.

/** Everything that could move the cursor or end the line becomes a space. @param {string} text */
export function oneLine(text) {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}

/**
 * Makes control characters visible, so that a piece of text keeps its table row.
 * @param {string} text
 */
export function visible(text) {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, escaped);
}

/**
 * Whatever is printed, without what steers a terminal or turns the direction of reading: these
 * characters are shown as JSON writes them, so that JSON stays what it was. Tabs and line ends
 * are ours.
 * @param {string} text
 */
export function forTerminal(text) {
  return text.replace(/(?![\t\n])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, escaped);
}

/** @param {string} char */
const escaped = (char) => `\\u${codeOf(char).toString(16).padStart(4, '0')}`;

/** Of the first character. @param {string} text not empty */
const codeOf = (text) => /** @type {number} */ (text.codePointAt(0));

/**
 * Terminal columns of a text: marks take none, East Asian wide characters and emoji two.
 * @param {string} text
 */
export function columnsOf(text) {
  let columns = 0;
  for (const char of text) {
    if (/\p{M}/u.test(char)) continue;
    columns += isWide(codeOf(char)) ? 2 : 1;
  }
  return columns;
}

/** @param {number} code */
const isWide = (code) =>
  (code >= 0x1100 && code <= 0x115f) ||
  (code >= 0x2e80 && code <= 0xa4cf) ||
  (code >= 0xac00 && code <= 0xd7a3) ||
  (code >= 0xf900 && code <= 0xfaff) ||
  (code >= 0xfe30 && code <= 0xfe6f) ||
  (code >= 0xff00 && code <= 0xff60) ||
  (code >= 0x1f300 && code <= 0x1faff) ||
  (code >= 0x20000 && code <= 0x3fffd);

/**
 * Pads to a number of terminal columns.
 * @param {string} text
 * @param {number} columns
 * @param {boolean} [atStart]
 */
export function pad(text, columns, atStart = false) {
  const spaces = ' '.repeat(Math.max(0, columns - columnsOf(text)));
  return atStart ? spaces + text : text + spaces;
}

/** The shortest decimal number that is the same float32. @param {number} value */
export function shortestFloat32(value) {
  for (let digits = 7; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

/** @param {number} bytes */
export function formatBytes(bytes) {
  if (bytes < 1e3) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

/** 22713216 → "22,713,216" @param {number} count */
export const formatCount = (count) => count.toLocaleString('en-US');
