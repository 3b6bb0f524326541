// What users pass, what files hold and what others throw, as messages may show it: whatever it
// is, it gives a short text on one line, and showing it runs none of its code.

const mostOfValue = 80;
const mostOfReason = 200;
const mostOfMessage = 390;

/**
 * A value in a message.
 * @param {unknown} value
 * @returns {string} e.g. '"max"', '2.5', 'an array'
 */
export function show(value) {
  switch (typeof value) {
    case 'string':
      return `"${cut(value, mostOfValue)}"`;
    case 'bigint':
      return 'a BigInt'; // as text it may be of any length
    case 'symbol':
      return 'a symbol';
    case 'function':
      return 'a function';
    case 'object':
      return value === null ? 'null' : isList(value) ? 'an array' : 'an object';
    default:
      return String(value);
  }
}

/**
 * Array.isArray that answers for a revoked proxy, too.
 * @param {unknown} value
 * @returns {value is unknown[]}
 */
export function isList(value) {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** A name that a file gives, as part of a place in it. @param {string | number | number[]} key */
export function showKey(key) {
  return cut(String(key), mostOfValue);
}

/** What somebody threw, in words. @param {unknown} error */
export function reasonOf(error) {
  try {
    const thrown = /** @type {{ message?: unknown } | null | undefined} */ (error);
    return cut(String(thrown?.message ?? error), mostOfReason);
  } catch {
    return 'something that has no words'; // such as an object whose getters throw
  }
}

/**
 * A message of any length as one line that can be read: of a long one the middle is left out,
 * because what is wrong stands at its beginning and what to do at its end.
 * @param {string} message
 */
export function boundMessage(message) {
  if (message.length <= mostOfMessage) return oneLine(message);
  const beginning = message.slice(0, (mostOfMessage * 2) / 3);
  const end = message.slice(3 + beginning.length - mostOfMessage);
  return oneLine(`${beginning} … ${end}`);
}

/** The beginning of a text, on one line. @param {string} text @param {number} most */
function cut(text, most) {
  const line = oneLine(text.slice(0, most));
  return text.length > most ? `${line}…` : line;
}

/**
 * What cannot be read, or changes how the rest is read: controls, halves, marks of direction.
 * @param {string} text
 */
const oneLine = (text) => text.replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]+/gu, ' ');
