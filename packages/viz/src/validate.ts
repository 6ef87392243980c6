// The checks that all pictures share. Each throws one sentence: what came, what is needed, what to do.

import { ArgumentError } from '@dl/autograd';
/** A value as an error message shows it: short, on one line, with its type plain to see. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 39)}…` : value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return `an object (${value.constructor?.name ?? 'no prototype'})`;
  return String(value);
}

/** `[6, 1, 5, 5]`. */
export function showShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

/** True for arrays and typed arrays; false for strings and everything else. */
export function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value);
}

export function checkText(where: string, name: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') throw new ArgumentError(`${where}: ${name} is ${show(value)}, needs a string`);
}

/** Allows undefined, as an option that was left out. */
export function checkOptionalText(where: string, name: string, value: unknown): void {
  if (value !== undefined) checkText(where, name, value);
}

export function checkWhole(where: string, name: string, value: unknown, low: number, high: number): void {
  if (!Number.isInteger(value) || (value as number) < low || (value as number) > high) {
    throw new ArgumentError(`${where}: ${name} is ${show(value)}, needs a whole number from ${low} to ${high}`);
  }
}

export function checkChoice(where: string, name: string, value: unknown, choices: readonly string[]): void {
  if (!choices.includes(value as string)) {
    const list = choices.map((choice) => `'${choice}'`).join(', ');
    throw new ArgumentError(`${where}: ${name} is ${show(value)}, needs one of ${list}`);
  }
}
