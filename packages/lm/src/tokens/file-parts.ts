// Values of a tokenizer.json, none of which is trusted: each is what it has to be, or an error says what it is.

import { FormatError, printable, shown } from '@dl/autograd';

export type Part = Readonly<Record<string, unknown>>;

export const refused = (words: string): FormatError => new FormatError(`readTokenizer: ${words}`);

export function part(name: string, value: unknown): Part {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Part;
  throw refused(`${name} is ${shown(value)}, needs an object`);
}

/** A part that may be null or missing. */
export function optionalPart(name: string, value: unknown): Part | undefined {
  return value === undefined || value === null ? undefined : part(name, value);
}

export function list(name: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw refused(`${name} is ${shown(value)}, needs an array`);
}

export function text(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw refused(`${name} is ${shown(value)}, needs a string`);
}

export function flag(name: string, value: unknown, otherwise: boolean): boolean {
  if (value === undefined || value === null) return otherwise;
  if (typeof value === 'boolean') return value;
  throw refused(`${name} is ${shown(value)}, needs true or false`);
}

export function integer(name: string, value: unknown, least: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
  throw refused(`${name} is ${shown(value)}, needs a whole number of at least ${least}`);
}

/** The name of what a part is. */
export function typeOf(name: string, value: unknown): string {
  return text(`${name}.type`, part(name, value)['type']);
}

/** What cannot be read, by name. */
export function unreadable(name: string, type: string, known: string): FormatError {
  return refused(`${name} is of type '${printable(type, 40)}', which is not read; it reads ${known}`);
}

/** Sequences hold sequences in no file that a model came with; a deep one is no such file. */
const DEEPEST = 4;

/** A part, or all those of a sequence, in order; none for null. */
export function sequenceOf(name: string, value: unknown, key: string, depth = 0): readonly Part[] {
  if (value === undefined || value === null) return [];
  const read = part(name, value);
  if (read['type'] !== 'Sequence') return [read];
  if (depth === DEEPEST) throw refused(`${name} is a sequence in a sequence, more than ${DEEPEST} deep`);
  return list(`${name}.${key}`, read[key]).flatMap((each) => sequenceOf(name, each, key, depth + 1));
}
