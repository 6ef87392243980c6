// Reordering axes.

import { checkCall } from '../arguments/check-call.js';
import { defineOp, required } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ShapeError } from '../errors.js';
import { formatShape, listOf, type Numbers, normalizeAxis, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { alias } from './copy.js';

/**
 * The axes in another order: axis i of the result is axis `order[i]` of x.
 *
 * @example
 * ```ts
 * import { useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * console.log(zeros([2, 3, 4]).permute([2, 0, 1]).shape); // [4, 2, 3]
 * ```
 */
export const permute = /* @__PURE__ */ defineOp({
  name: 'permute',
  inputs: ['x'],
  attrs: { order: required<readonly number[]>() },
  halves: true,
  infer: ({ x }, { order }) => ({ shape: order.map((axis) => x.shape[axis]!), dtype: x.dtype }),
  view: ({ x }, { order }) => (isInOrder(x.shape, order) ? 0 : undefined),
  grad: ({ dy }, { order }) => ({
    x: (): Tensor =>
      permute(
        dy,
        order.map((_, axis) => order.indexOf(axis)),
      ),
  }),
  call:
    (run) =>
    (x: Tensor, ...axisOrder: Numbers): Tensor => {
      const order = listOf('permute', 'order', axisOrder);
      const axes = order.map((axis) => normalizeAxis('permute', axis, x.rank));
      if (axes.length !== x.rank || new Set(axes).size !== x.rank) {
        throw new ShapeError(
          `permute: order ${formatShape(order)} does not name each of the ${x.rank} axes of ${formatShape(x.shape)} once`,
        );
      }
      return axes.every((axis, i) => axis === i) ? alias(x) : run({ x }, { order: axes });
    },
});

/** Whether only axes of length 1 change places. */
function isInOrder(shape: Shape, order: readonly number[]): boolean {
  let former = -1;
  for (const axis of order) {
    if (shape[axis] === 1) continue;
    if (axis < former) return false;
    former = axis;
  }
  return true;
}

/** Swaps two axes; without arguments the last two: the transpose of a matrix. */
export function transpose(x: Tensor, first = -2, second = -1): Tensor {
  checkCall('transpose', arguments, ['x', 'first', 'second']);
  const order = x.shape.map((_, axis) => axis);
  const a = normalizeAxis('transpose', first, x.rank);
  const b = normalizeAxis('transpose', second, x.rank);
  order[a] = b;
  order[b] = a;
  return permute(x, order);
}

export const permuteSamples = (): readonly OpSamples[] => [
  samples(
    permute,
    [
      { inputs: { x: { shape: [3, 5] } }, attrs: { order: [1, 0] } },
      { inputs: { x: { shape: [2, 3, 4] } }, attrs: { order: [2, 0, 1] } },
      { inputs: { x: { shape: [2, 3, 4, 5] } }, attrs: { order: [0, 3, 1, 2] } },
      { inputs: { x: { shape: [3, 2], dtype: 'int32', low: 0, high: 9 } }, attrs: { order: [1, 0] } },
    ],
    { tolerance: 0, relativeTo: 'value' },
  ),
];
