// JSON of files, where JSON.parse alone lets too much pass.

/** @typedef {Record<string, unknown>} JsonObject as it was parsed: nothing in it is checked */

/** No file of a model is nested so deeply; what is was made to exhaust a stack. */
const deepest = 200;

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = Array.from(
  '"\\[]{}',
  (character) => character.charCodeAt(0),
);

/**
 * @param {string} text
 * @returns {unknown}
 * @throws {Error} what is wrong with it
 */
export function parseJson(text) {
  checkDepth(text);
  return JSON.parse(text.replace(/^\ufeff/, ''));
}

/**
 * The same beside a copy where numbers that are written with a fraction or an exponent are null:
 * to JavaScript 12.0 is a whole number, to Python and JSON's other readers it is not.
 * @param {string} text
 * @returns {{ json: unknown, exact: unknown }}
 */
export function parseExactly(text) {
  const json = parseJson(text);
  const stringsAndNumbers = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
  const exact = text.replace(stringsAndNumbers, (part) =>
    part[0] !== '"' && /[.eE]/.test(part) ? 'null' : part,
  );
  return { json, exact: parseJson(exact) };
}

/**
 * In the text: looking at each object of a vocabulary takes as long as parsing it again.
 * @param {string} text
 */
function checkDepth(text) {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) i = endOfString(text, i);
    else if (code === openBracket || code === openBrace) {
      if (++depth > deepest) throw new Error('it is nested too deeply');
    } else if (code === closeBracket || code === closeBrace) depth--;
  }
}

/** @param {string} text @param {number} begin of its quote */
function endOfString(text, begin) {
  let i = begin + 1;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) break;
    if (code === backslash) i++;
  }
  return i;
}
