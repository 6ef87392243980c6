// What an argument may be: a few words for the usual kinds, a list of words where it is one of them, or a check of its own.

import { copyMark } from '../copies.js';
import { isTensor } from '../tensor/brand.js';

/** What one option must be. */
export interface Check {
  /** The words for it: 'a number above 0'. */
  readonly needs: string;
  test(value: unknown): boolean;
}

type Word = keyof typeof checks;

/**
 * What an option may be: one or two kinds, such as `'number'` or `'number or list'`; the texts that it may be, such as
 * `['mean', 'sum']`; or a check of its own. `'any'` is left to the function itself.
 */
export type Kind = Word | `${Word} or ${Word}` | `${Word} or ${Word} or ${Word}` | readonly string[] | Check;

const isList = (value: unknown): boolean => Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value);
const isNumber = (value: unknown): boolean => typeof value === 'number' && !Number.isNaN(value);

/** Whether some copy of a package made it: whoever gets it says what is wrong with another's. */
const isMarked = (value: unknown): boolean => typeof value === 'object' && value !== null && copyMark in value;

const checks = {
  number: { needs: 'a number', test: isNumber },
  finite: { needs: 'a finite number', test: (value: unknown): boolean => Number.isFinite(value) },
  /** A value that tensors are filled with, so that even NaN may be meant. */
  element: { needs: 'a number', test: (value: unknown): boolean => typeof value === 'number' },
  boolean: { needs: 'true or false', test: (value: unknown): boolean => typeof value === 'boolean' },
  string: { needs: 'a string', test: (value: unknown): boolean => typeof value === 'string' },
  function: { needs: 'a function', test: (value: unknown): boolean => typeof value === 'function' },
  list: { needs: 'an array', test: isList },
  numbers: {
    needs: 'an array of numbers',
    test: (value: unknown): boolean => isList(value) && Array.prototype.every.call(value, isNumber),
  },
  pair: {
    needs: 'one number or a pair [vertical, horizontal]',
    test: (value: unknown): boolean => isNumber(value) || isList(value),
  },
  object: {
    needs: 'an object',
    test: (value: unknown): boolean => typeof value === 'object' && value !== null && !isList(value),
  },
  tensor: {
    needs: 'a Tensor; make one with tensor(...)',
    test: isTensor,
  },
  backend: {
    needs: 'a backend, such as await useBackend(cpu())',
    test: isMarked,
  },
  /** Which texts are one is for those to say that make something of it. */
  dtype: { needs: "a dtype, such as 'float32'", test: (value: unknown): boolean => typeof value === 'string' },
  generator: {
    needs: 'a Generator, such as new Generator(1)',
    test: isMarked,
  },
  null: { needs: 'null', test: (value: unknown): boolean => value === null },
  any: { needs: 'something else', test: (): boolean => true },
} satisfies Record<string, Check>;

/** Whether a value is of a kind. */
export function isOfKind(value: unknown, kind: Kind): boolean {
  if (typeof kind !== 'string') return 'test' in kind ? kind.test(value) : kind.includes(value as string);
  const check: Check | undefined = (checks as Readonly<Record<string, Check>>)[kind];
  return check !== undefined ? check.test(value) : alternatives(kind).some((each) => each.test(value));
}

/** What a kind needs, in words. */
export function needsOf(kind: Kind): string {
  if (typeof kind === 'string')
    return alternatives(kind)
      .map(({ needs }) => needs)
      .join(', or ');
  if ('needs' in kind) return kind.needs;
  const words = kind.map((word) => `'${word}'`);
  return words.length === 1 ? words[0]! : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function alternatives(kind: string): Check[] {
  return kind.split(' or ').map((word) => checks[word as Word]);
}
