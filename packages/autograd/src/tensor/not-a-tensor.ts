// The error for what should be a tensor and is not.

import { refuseOtherCopy } from '../copies.js';
import { DTypeError } from '../errors.js';

/** Throws at once for a tensor of another copy of this package. */
export function notATensor(where: string, name: string, value: unknown): Error {
  refuseOtherCopy(value, where, name);
  return new DTypeError(`${where}: ${name} is ${describe(value)}, needs a Tensor; make one with tensor(...)`);
}

/** A value in a few words. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return `a ${value.constructor?.name ?? 'plain object'}`;
  if (typeof value === 'function') return `the function ${value.name || 'without a name'}`;
  return `the ${typeof value} ${String(value)}`;
}
