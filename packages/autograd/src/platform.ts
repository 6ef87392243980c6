// Types that need more than the language: what only some projects have, and some versions of TypeScript call otherwise.

/**
 * The platform's class of this name, such as `AbortSignal`. A project whose `lib` has neither the DOM nor the types of Node
 * compiles all the same, and has `Otherwise` in its place.
 */
export type Platform<Name extends string, Otherwise = object> = typeof globalThis extends {
  readonly [name in Name]: { readonly prototype: infer Instance };
}
  ? Instance
  : Otherwise;

/**
 * Bytes in a buffer that no thread shares, as `new Blob([bytes])` needs them. That is `Uint8Array<ArrayBuffer>`, and for TypeScript
 * before 5.7, where typed arrays have no parameters, `Uint8Array`.
 */
export type Bytes = ReturnType<(typeof Uint8Array)['of']>;
