// Choosing between two tensors by a mask.

import { defineOp } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { broadcastShapes } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { needDType, needElement, needSameDType } from './checks.js';
import { sumTo } from './expand.js';
import { type Operand, operands } from './scalar.js';

/**
 * `a` where the condition (bool) is true, `b` elsewhere; all three broadcast.
 *
 * @example
 * ```ts
 * import { tensor, useBackend, where } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const x = tensor([-1, 2]);
 * console.log(where(x.greater(0), x, 0).toArray()); // [0, 2]
 * ```
 */
export const where = /* @__PURE__ */ defineOp({
  name: 'where',
  inputs: ['condition', 'a', 'b'],
  saves: ['condition'],
  halves: true,
  infer: ({ condition, a, b }) => {
    needDType('where', 'condition', condition, 'bool');
    needSameDType('where', 'a', a, 'b', b);
    return {
      shape: broadcastShapes('where', condition.shape, broadcastShapes('where', a.shape, b.shape)),
      dtype: a.dtype,
    };
  },
  grad: ({ dy, condition, a, b }) => ({
    condition: null,
    a: (): Tensor => sumTo(where(condition, dy, 0), a.shape),
    b: (): Tensor => sumTo(where(condition, 0, dy), b.shape),
  }),
  takes: { parameters: ['condition', 'a', 'b'] },
  call:
    (run) =>
    (condition: Tensor, a: Operand, b: Operand): Tensor =>
      run({ condition, ...operands('where', a, b) }, {}),
});

/** x with `value` wherever the mask (bool, broadcast to x) is true. */
export const maskedFill = /* @__PURE__ */ defineOp({
  name: 'maskedFill',
  inputs: ['x', 'mask'],
  attrs: { value: 0 },
  saves: ['mask'],
  halves: true,
  infer: ({ x, mask }, { value }) => {
    needDType('maskedFill', 'mask', mask, 'bool');
    needElement('maskedFill', 'the value', value, x);
    return { shape: broadcastShapes('maskedFill', x.shape, mask.shape), dtype: x.dtype };
  },
  grad: ({ dy, mask, x }) => ({ x: (): Tensor => sumTo(where(mask, 0, dy), x.shape), mask: null }),
  compose: ({ x, mask }, { value }): Tensor => where(mask, value, x),
  takes: { parameters: ['x', 'mask', ['value', 'element']] },
  call:
    (run) =>
    (x: Tensor, mask: Tensor, value: number): Tensor =>
      run({ x, mask }, { value }),
});

export const whereSamples = (): readonly OpSamples[] => [
  samples(
    where,
    [
      { inputs: { condition: [true, false, true], a: { shape: [2, 3] }, b: { shape: [3] } } },
      { inputs: { condition: { shape: [2, 1, 4], dtype: 'bool' }, a: { shape: [3, 1] }, b: 0.5 } },
      {
        inputs: {
          condition: [[true], [false]],
          a: { values: [1, 2], dtype: 'int32' },
          b: { values: [3, 4], dtype: 'int32' },
        },
      },
    ],
    { tolerance: 0, relativeTo: 'value' },
  ),
  samples(
    maskedFill,
    [
      { inputs: { x: { shape: [2, 3] }, mask: [true, false, true] }, attrs: { value: -7 } },
      {
        inputs: { x: { shape: [2, 3] }, mask: { shape: [2, 3], dtype: 'bool' } },
        attrs: { value: -Infinity },
        smooth: false,
      },
    ],
    { tolerance: 0, relativeTo: 'value' },
  ),
];
