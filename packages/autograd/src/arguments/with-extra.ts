// More arguments than a method has.

/** Calls the function of a method with all that the method was given, so that the check of the function sees it. */
export function withExtra<T>(f: (...args: never) => T, x: object, given: ArrayLike<unknown>): T {
  return Reflect.apply(f, undefined, [x, ...Array.from(given)]);
}
