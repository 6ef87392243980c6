// The product of all the other elements: the derivative of a product, also where elements are 0.

import { defineOp, required } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { tensorFrom } from '../tensor/allocate.js';
import { typedArray } from '../tensor/dtype.js';
import { sizeOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { needNumeric } from './checks.js';
import { expand } from './expand.js';
import { permute } from './permute.js';
import { prod } from './reduce.js';
import { reshape, unsqueeze } from './reshape.js';
import { maskedFill } from './where.js';

/** For each element, the product of the others along `axes`. */
export const prodOfOthers = /* @__PURE__ */ defineOp({
  name: 'prodOfOthers',
  inputs: ['x'],
  attrs: { axes: required<readonly number[]>() },
  infer: ({ x }) => {
    needNumeric('prodOfOthers', 'x', x);
    return { shape: x.shape, dtype: x.dtype };
  },
  compose: ({ x }, { axes }): Tensor => {
    const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
    const order = [...kept, ...axes];
    const n = sizeOf(axes.map((axis) => x.shape[axis]!));
    const rows = reshape(permute(x, order), [sizeOf(kept.map((axis) => x.shape[axis]!)), n]); // [rows, n]
    const square = expand(unsqueeze(rows, 1), [rows.shape[0]!, n, n]); // [rows, n, n], row i of each to lose element i
    const diagonal = typedArray('bool', n * n);
    for (let i = 0; i < n; i++) diagonal[i * n + i] = 1;
    const others = maskedFill(square, tensorFrom(x.backend, diagonal, [n, n], 'bool', 'prodOfOthers'), 1);
    const products = reshape(
      prod(others, 2),
      order.map((axis) => x.shape[axis]!),
    );
    return permute(
      products,
      order.map((_, axis) => order.indexOf(axis)),
    );
  },
  takes: { parameters: ['x', 'axes'] },
  call:
    (run) =>
    (x: Tensor, axes: readonly number[]): Tensor =>
      run({ x }, { axes }),
});

export const prodOfOthersSamples = (): readonly OpSamples[] => [
  samples(prodOfOthers, [
    {
      inputs: {
        x: [
          [0, 2, 3],
          [0, 0, 5],
          [1, 2, 4],
        ],
      },
      attrs: { axes: [1] },
    },
    { inputs: { x: { shape: [2, 3, 2] } }, attrs: { axes: [0, 2] } },
  ]),
];
