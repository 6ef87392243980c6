// Stretching to a larger shape, and its counterpart, summing back to the smaller one.

import { checkCall } from '../arguments/check-call.js';
import { defineOp, required } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ShapeError } from '../errors.js';
import { checkShape, formatShape, listOf, type Numbers, type Shape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { alias } from './copy.js';
import { sum } from './reduce.js';
import { reshape } from './reshape.js';

/**
 * Repeats axes of length 1 (and new ones in front) until the shape is `shape`; -1 keeps an axis as it is.
 *
 * @example
 * ```ts
 * import { expand, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * console.log(expand(tensor([[1], [2]]), [2, 3]).toArray()); // [[1, 1, 1], [2, 2, 2]]
 * ```
 */
export const expand = /* @__PURE__ */ defineOp({
  name: 'expand',
  inputs: ['x'],
  attrs: { shape: required<Shape>() },
  halves: true,
  infer: ({ x }, { shape }) => {
    const extra = shape.length - x.shape.length;
    if (extra < 0 || x.shape.some((length, axis) => length !== 1 && length !== shape[axis + extra])) {
      throw new ShapeError(
        `expand: ${formatShape(x.shape)} does not stretch to ${formatShape(shape)}; only axes of length 1 can change, and new ones come in front`,
      );
    }
    return { shape, dtype: x.dtype };
  },
  grad: ({ dy, x }) => ({ x: (): Tensor => sumTo(dy, x.shape) }),
  call:
    (run) =>
    (x: Tensor, ...lengths: Numbers): Tensor => {
      const shape = listOf('expand', 'shape', lengths);
      const extra = shape.length - x.shape.length;
      const full = shape.map((length, axis) => (length === -1 ? (x.shape[axis - extra] ?? -1) : length));
      checkShape('expand', full);
      return sameShape(full, x.shape) ? alias(x) : run({ x }, { shape: full });
    },
});

/** Sums what broadcasting stretched, so that the result has the smaller shape again. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  checkCall('sumTo', arguments, ['x', 'shape']);
  if (sameShape(x.shape, shape)) return x;
  const extra = x.shape.length - shape.length;
  const axes: number[] = [];
  for (let axis = 0; axis < x.shape.length; axis++) {
    if (axis < extra || (shape[axis - extra] === 1 && x.shape[axis] !== 1)) axes.push(axis);
  }
  const y = axes.length === 0 ? x : sum(x, axes);
  return sameShape(y.shape, shape) ? y : reshape(y, shape);
}

export const expandSamples = (): readonly OpSamples[] => [
  samples(
    expand,
    [
      { inputs: { x: { shape: [3, 1] } }, attrs: { shape: [3, 4] } },
      { inputs: { x: { shape: [1, 3, 1] } }, attrs: { shape: [2, 5, 3, 4] } },
      { inputs: { x: 2.5 }, attrs: { shape: [2, 2] } },
      { inputs: { x: { shape: [2, 1], dtype: 'int32', low: 0, high: 9 } }, attrs: { shape: [2, 3] } },
    ],
    { tolerance: 0, relativeTo: 'value' },
  ),
];
