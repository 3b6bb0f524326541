// What Node, Deno and Bun have and pages have not.

/**
 * A module of Node's by its name; undefined in pages. Neither an import, which pages cannot
 * resolve, nor a dynamic one, which bundlers and policies stumble over.
 * @param {string} name e.g. 'node:fs'
 */
export function builtin(name) {
  return globalThis.process?.getBuiltinModule?.(name);
}
