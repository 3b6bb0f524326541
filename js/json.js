// JSON of files, where JSON.parse alone lets too much pass.

/** No file of a model is nested so deeply; what is was made to exhaust a stack. */
const deepest = 200;

/**
 * @param {string} text
 * @returns {any}
 * @throws {Error} what is wrong with it
 */
export function parseJson(text) {
  const json = JSON.parse(text.replace(/^\ufeff/, ''));
  checkDepth(json);
  return json;
}

/**
 * The same beside a copy where numbers that are written with a fraction or an exponent are null:
 * to JavaScript 12.0 is a whole number, to Python and JSON's other readers it is not.
 * @param {string} text
 * @returns {{ json: any, exact: any }}
 */
export function parseExactly(text) {
  const json = parseJson(text);
  const stringsAndNumbers = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
  const exact = text.replace(stringsAndNumbers, (part) =>
    part[0] !== '"' && /[.eE]/.test(part) ? 'null' : part,
  );
  return { json, exact: parseJson(exact) };
}

function checkDepth(json) {
  const isNested = (value) => typeof value === 'object' && value !== null;
  let level = [json].filter(isNested);
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) throw new Error('it is nested too deeply');
    const next = [];
    for (const value of level) {
      for (const part of Object.values(value)) if (isNested(part)) next.push(part);
    }
    level = next;
  }
}
