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
 * Modules of Node's that are used where they are.
 * @typedef {{
 *   'node:crypto': typeof import('node:crypto'),
 *   'node:fs': typeof import('node:fs'),
 *   'node:os': typeof import('node:os'),
 *   'node:path': typeof import('node:path'),
 *   'node:process': typeof import('node:process'),
 *   'node:url': typeof import('node:url'),
 *   'node:worker_threads': typeof import('node:worker_threads'),
 * }} Builtins
 */

/**
 * A module of Node's by its name; undefined in pages. Neither an import, which pages cannot
 * resolve, nor a dynamic one, which bundlers and policies stumble over.
 * @param {Name} name
 * @returns {Builtins[Name] | undefined}
 * @template {keyof Builtins} Name
 */
export function builtin(name) {
  const found = globalThis.process?.getBuiltinModule?.(name);
  return /** @type {Builtins[Name] | undefined} */ (found);
}
