// The error for what should be a tensor and is not.

import { shown } from '../arguments/shown.js';
import { BackendError, DTypeError } from '../errors.js';
import { isForeignTensor } from './tensor-base.js';

export function notATensor(where: string, name: string, value: unknown): Error {
  if (isForeignTensor(value)) {
    return new BackendError(
      `${where}: ${name} is a tensor of another copy of @dl/autograd; make every package depend on one version (npm ls @dl/autograd)`,
    );
  }
  return new DTypeError(`${where}: ${name} is ${shown(value)}, needs a Tensor; make one with tensor(...)`);
}
