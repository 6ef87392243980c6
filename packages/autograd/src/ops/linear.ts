// The linear map of a layer: weighted sums of the features, and a bias.

import { defineOp } from '../define-op.js';
import { ShapeError } from '../errors.js';
import { type OpSamples, samples } from '../samples-type.js';
import { formatShape, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { add } from './arithmetic.js';
import { needFloat, needRank, needSameDType, needTensor } from './checks.js';
import { matmul } from './matmul.js';
import { sum } from './reduce.js';
import { reshape } from './reshape.js';

/**
 * y = x Wᵀ + b: x [..., inFeatures], weight [outFeatures, inFeatures], bias [outFeatures] → [..., outFeatures]. Its
 * gradients are dx = dy W, dW = dyᵀ x and db = Σ dy, the last two over all axes in front.
 *
 * @throws ShapeError when the features of x and weight differ, or the bias has another length than the weight has rows.
 *
 * @example
 * ```ts
 * import { linear, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * console.log(linear(tensor([1, 2]), tensor([[1, 0], [0, 1], [1, 1]]), tensor([0, 0, 10])).toArray()); // [1, 2, 13]
 * ```
 */
export const linear = /* @__PURE__ */ defineOp({
  name: 'linear',
  inputs: ['x', 'weight', 'bias?'],
  saves: ['x', 'weight'],
  infer: ({ x, weight, bias }) => {
    needFloat('linear', 'x', x);
    needSameDType('linear', 'x', x, 'weight', weight);
    needRank('linear', 'weight', weight, 2, '[outFeatures, inFeatures]');
    const [out, features] = weight.shape as readonly [number, number];
    if (x.shape.at(-1) !== features) {
      throw new ShapeError(
        `linear: x is ${formatShape(x.shape)} and weight ${formatShape(weight.shape)}; the last axis of both needs as many features`,
      );
    }
    if (bias !== undefined) {
      needSameDType('linear', 'x', x, 'bias', bias);
      if (bias.shape.length !== 1 || bias.shape[0] !== out) {
        throw new ShapeError(
          `linear: bias is ${formatShape(bias.shape)} and weight ${formatShape(weight.shape)}; needs ${formatShape([out])}`,
        );
      }
    }
    return { shape: [...x.shape.slice(0, -1), out], dtype: x.dtype };
  },
  grad: ({ dy, x, weight }) => ({
    x: (): Tensor => matmul(dy, weight),
    weight: (): Tensor => matmul(rowsOf(dy), rowsOf(x), { transposeA: true }),
    bias: (): Tensor => sum(rowsOf(dy), 0),
  }),
  compose: ({ x, weight, bias }): Tensor => {
    const y = matmul(x, weight, { transposeB: true });
    return bias === undefined ? y : add(y, bias);
  },
  call:
    (run) =>
    (x: Tensor, weight: Tensor, bias?: Tensor): Tensor => {
      needTensor('linear', 'x', x);
      needTensor('linear', 'weight', weight);
      return run({ x, weight, bias }, {});
    },
});

/** [..., features] → [rows, features] */
function rowsOf(x: Tensor): Tensor {
  return x.rank === 2 ? x : reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!]);
}

export const linearSamples = (): readonly OpSamples[] => [
  samples(
    linear,
    [
      { inputs: { x: { shape: [3, 4] }, weight: { shape: [5, 4] }, bias: { shape: [5] } } },
      { inputs: { x: { shape: [3, 4] }, weight: { shape: [5, 4] } } },
      { inputs: { x: { shape: [4] }, weight: { shape: [2, 4] }, bias: { shape: [2] } } },
      { inputs: { x: { shape: [2, 3, 4] }, weight: { shape: [1, 4] }, bias: { shape: [1] } } },
      { inputs: { x: { shape: [2, 9, 33] }, weight: { shape: [17, 33] }, bias: { shape: [17] } } },
    ],
    { tolerance: 2e-6 },
  ),
];
