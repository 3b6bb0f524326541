type AsyncDisposeKey = SymbolConstructor extends { readonly asyncDispose: infer Key extends symbol }
  ? Key
  : never;

/**
 * What `await using` needs. Where the compiler's `lib` has no `Symbol.asyncDispose`, this has no
 * member, so that the declarations need neither `esnext.disposable` nor `@types/node`.
 */
export type AsyncDisposer = {
  /** Does what `dispose` does. */
  [key in AsyncDisposeKey]: () => Promise<void>;
};
