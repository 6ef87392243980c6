// The options of an optimiser: their defaults, and what their values must be, said in one sentence when they are not.

import { ArgumentError, type Check, checkOptions as checkGiven, shown } from '@dl/autograd';

export type { Check };

/** The options as a group of parameters has them: complete, and settable at any time. */
export type GroupOptions<O extends object> = { -readonly [K in keyof O]-?: Exclude<O[K], undefined> };

/** All that is to be known about the options of an optimiser. */
export interface OptionsSpec<O extends object> {
  readonly defaults: GroupOptions<O>;
  readonly checks: { readonly [K in keyof O]-?: Check };
  /** What is wrong between options that are each fine, if anything. */
  conflict?(options: GroupOptions<O>): string | undefined;
}

/** Throws unless the options are known and what they must be. */
export function checkOptions<O extends object>(name: string, options: GroupOptions<O>, spec: OptionsSpec<O>): void {
  const { checks } = spec;
  // Without lists of keys and values, because every step comes by here.
  for (const key in options) {
    if (key !== 'params' && !Object.hasOwn(checks, key)) checkGiven(name, { [key]: undefined }, checks);
  }
  for (const key in checks) {
    const check = checks[key];
    const value: unknown = options[key];
    if (!check.test(value)) throw new ArgumentError(`${name}: ${key} is ${shown(value)}, needs ${check.needs}`);
  }
  const fault = spec.conflict?.(options);
  if (fault !== undefined) throw new ArgumentError(`${name}: ${fault}`);
}
