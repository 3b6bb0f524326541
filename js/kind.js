// What a value is, by its own account: it may come from another realm.

/** @param {unknown} value @returns {string} e.g. 'Object', 'Array', 'Null', 'Blob' */
export function kindOf(value) {
  return Object.prototype.toString.call(value).slice(8, -1);
}
