// What only some platforms have.

/** @typedef {typeof Symbol.asyncDispose} AsyncDispose */

/**
 * The name of the method that `await using` calls. Engines that do not know it yet still run code
 * that was compiled for them, which looks for it in the registry.
 * @type {AsyncDispose}
 */
export const asyncDispose =
  Symbol.asyncDispose ?? /** @type {AsyncDispose} */ (Symbol.for('Symbol.asyncDispose'));

/**
 * A module of Node's by its name; undefined in pages. Neither an import, which pages cannot
 * resolve, nor a dynamic one, which bundlers and policies stumble over.
 * @param {string} name e.g. 'node:fs'
 */
export function builtin(name) {
  return globalThis.process?.getBuiltinModule?.(name);
}
