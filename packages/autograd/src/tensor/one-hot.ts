// Class numbers as rows of 0 and 1.

import { checkCall } from '../arguments/check-call.js';
import { makeOptions } from '../arguments/make-options.js';
import { DTypeError, IndexError } from '../errors.js';
import { needTensor } from '../ops/checks.js';
import { checkDType, isInteger, typedArray } from './dtype.js';
import { type MakeOptions, makeLike } from './make-like.js';
import { checkInteger } from './shape.js';
import type { Tensor } from './tensor.js';

/**
 * One-hot rows: [...] of class numbers → [..., classes] with a 1 at each class, `float32` unless asked otherwise.
 *
 * @throws IndexError for a class number outside 0 … classes - 1.
 */
export function oneHot(indices: Tensor, classes: number, options: MakeOptions = {}): Tensor {
  checkCall('oneHot', arguments, ['indices', 'classes'], makeOptions);
  needTensor('oneHot', 'indices', indices);
  checkInteger('oneHot', 'classes', classes, 1);
  if (!isInteger(indices.dtype))
    throw new DTypeError(`oneHot: indices are ${indices.dtype}, needs int32; cast them with .cast('int32')`);
  const dtype = checkDType('oneHot', options.dtype ?? 'float32');
  const from = indices.dataSync();
  const values = typedArray(dtype, from.length * classes);
  for (let i = 0; i < from.length; i++) {
    const index = from[i]!;
    if (index < 0 || index >= classes)
      throw new IndexError(`oneHot: class ${index} at position ${i} is out of range; needs 0 to ${classes - 1}`);
    values[i * classes + index] = 1;
  }
  return makeLike('oneHot', values, [...indices.shape, classes], dtype, {
    ...options,
    backend: options.backend ?? indices.backend,
  });
}
