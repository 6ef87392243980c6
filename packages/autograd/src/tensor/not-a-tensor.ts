// The error for what should be a tensor and is not.

import { BackendError, DTypeError } from '../errors.js';
import { isForeignTensor } from './tensor-base.js';

export function notATensor(where: string, name: string, value: unknown): Error {
  if (isForeignTensor(value)) {
    return new BackendError(
      `${where}: ${name} is a tensor of another copy of @dl/autograd; make every package depend on one version (npm ls @dl/autograd)`,
    );
  }
  return new DTypeError(`${where}: ${name} is ${describe(value)}, needs a Tensor; make one with tensor(...)`);
}

/** A value in a few words. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return `a ${value.constructor?.name ?? 'plain object'}`;
  return `the ${typeof value} ${String(value)}`;
}
