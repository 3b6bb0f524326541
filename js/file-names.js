// Names of a model folder's files, relative to it, with '/' between folders.

/**
 * Whether a name stays inside its folder: relative, no '..', no scheme, no empty part.
 * @param {unknown} name
 * @returns {name is string}
 */
export function isFileName(name) {
  if (typeof name !== 'string' || /[\0\\]|^[A-Za-z][A-Za-z0-9+.-]*:/.test(name)) return false;
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/**
 * Takes away the folder that all names stand in, as when a page's user picked one
 * ('MyModel/config.json', 'MyModel/1_Pooling/config.json').
 * @param {[string, unknown][]} entries
 * @returns {Map<string, unknown>}
 */
export function withoutCommonFolder(entries) {
  let split = entries.map(([name, value]) => [name.replaceAll('\\', '/').split('/'), value]);
  split = split.map(([parts, value]) => [
    parts.filter((part) => part !== '' && part !== '.'),
    value,
  ]);
  const common = (parts) => parts.length > 1 && parts[0] === split[0][0][0];
  while (split.length > 0 && split.every(([parts]) => common(parts))) {
    split = split.map(([parts, value]) => [parts.slice(1), value]);
  }
  return new Map(split.map(([parts, value]) => [parts.join('/'), value]));
}
