// The options of an optimiser: their defaults, and what their values must be, said in one sentence when they are not.

import { ArgumentError } from '@dl/autograd';

/** What one option must be. */
export interface Check {
  /** The words for it: 'a number above 0'. */
  readonly needs: string;
  test(value: unknown): boolean;
}

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
    if (key !== 'params' && !Object.hasOwn(checks, key)) {
      throw new ArgumentError(`${name}: there is no option ${key}; it has ${Object.keys(checks).join(', ')}`);
    }
  }
  for (const key in checks) {
    const check = checks[key];
    const value: unknown = options[key];
    if (!check.test(value)) throw new ArgumentError(`${name}: ${key} is ${format(value)}, needs ${check.needs}`);
  }
  const fault = spec.conflict?.(options);
  if (fault !== undefined) throw new ArgumentError(`${name}: ${fault}`);
}

function format(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return `[${value.map(format).join(', ')}]`;
  return typeof value === 'object' && value !== null ? `a ${value.constructor?.name ?? 'plain object'}` : String(value);
}
