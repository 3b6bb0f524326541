// Texts with masks in them: putting masks in, and words in their places.

/**
 * @param {string} text
 * @param {string} mask the mask token
 * @returns {number[]} where each begins
 */
export function findMasks(text, mask) {
  const places = [];
  for (let at = text.indexOf(mask); at >= 0; at = text.indexOf(mask, at + mask.length)) {
    places.push(at);
  }
  return places;
}

/**
 * Puts a token in the place of a mask. One that goes on with a word (`##ing`) joins it.
 * @param {string} text
 * @param {string} mask
 * @param {number} which the mask's number
 * @param {string} token as fillMask gives it
 */
export function replaceMask(text, mask, which, token) {
  const at = findMasks(text, mask)[which];
  const goesOn = token.startsWith('##') && token.length > 2;
  const before = text.slice(0, at);
  return (
    (goesOn ? before.trimEnd() : before) +
    (goesOn ? token.slice(2) : token) +
    text.slice(at + mask.length)
  );
}

/**
 * Puts a mask where the selection is, apart from words beside it.
 * @param {string} text
 * @param {number} start of the selection
 * @param {number} end
 * @param {string} mask
 * @returns {{ text: string, caret: number }} `caret`: behind the mask
 */
export function insertMask(text, start, end, mask) {
  /** @param {string | undefined} char */
  const isWord = (char) => /[\p{L}\p{N}]/u.test(char ?? '');
  const before = text.slice(0, start) + (isWord(text[start - 1]) ? ' ' : '');
  const after = (isWord(text[end]) ? ' ' : '') + text.slice(end);
  return { text: before + mask + after, caret: before.length + mask.length };
}
