// rowGradient: a gradient for some rows of a table, made by hand.

import { checkCall } from '../arguments/check-call.js';
import { ShapeError } from '../errors.js';
import { unrecorded } from '../graph/grad-mode.js';
import { internalScope } from '../memory/scope.js';
import { type RowGradient, sumRows } from '../tensor/row-gradient.js';
import { formatShape, type Shape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { needDType, needFloat, needRank, needTensor } from './checks.js';

/**
 * A gradient of this shape that is 0 but for some rows: `index` [count] (`int32`) says which, in any order, and `rows` [count, ...] what they
 * are; of those with one index it has the sum. For a gradient formula of your own ({@link customGrad}), and to set a `rowGrad`.
 *
 * @throws IndexError for an index that is no row; ShapeError when the rows do not fit.
 *
 * @example
 * ```ts
 * import { ones, rowGradient, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const weight = ones([4, 2], { requiresGrad: true });
 * weight.rowGrad = rowGradient(tensor([2, 2], { dtype: 'int32' }), tensor([[1, 2], [3, 4]]), weight.shape);
 * console.log(weight.rowGrad.toDense().toArray()); // [[0, 0], [0, 0], [4, 6], [0, 0]]
 * ```
 */
export function rowGradient(index: Tensor, rows: Tensor, shape: Shape): RowGradient {
  checkCall('rowGradient', arguments, ['index', 'rows', 'shape']);
  needTensor('rowGradient', 'index', index);
  needTensor('rowGradient', 'rows', rows);
  needDType('rowGradient', 'index', index, 'int32');
  needRank('rowGradient', 'index', index, 1, '[count]');
  needFloat('rowGradient', 'rows', rows);
  const wanted = [index.size, ...shape.slice(1)];
  if (shape.length === 0 || !sameShape(rows.shape, wanted)) {
    throw new ShapeError(
      `rowGradient: rows are ${formatShape(rows.shape)}, needs ${formatShape(wanted)}: a row of ${formatShape(shape)} for each of ${index.size} indices`,
    );
  }
  const temporary = internalScope();
  let made: RowGradient | undefined;
  try {
    made = unrecorded(() => sumRows(index, rows, shape));
  } finally {
    temporary.endWith(made === undefined ? [] : [made.indices, made.values]);
  }
  return made;
}
