// The error for what should be a tensor and is not.

import { shown } from '../arguments/shown.js';
import { refuseOtherCopy } from '../copies.js';
import { DTypeError } from '../errors.js';

/** Throws at once for a tensor of another copy of this package. */
export function notATensor(where: string, name: string, value: unknown): Error {
  refuseOtherCopy(value, where, name);
  return new DTypeError(`${where}: ${name} is ${shown(value)}, needs a Tensor; make one with tensor(...)`);
}
