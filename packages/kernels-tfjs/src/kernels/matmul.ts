// Products of matrices.

import { matmul, sizeOf } from '@dl/autograd';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type TfjsKernel, tfjsKernel } from '../kernel.js';
import type { Operand, TfjsRun } from '../run.js';
import { integerNeeds, integerProduct } from './integers.js';
import { reshape, stretch, transpose } from './shapes.js';

const swapLast = (x: Operand): number[] => {
  const order = x.shape.map((_, axis) => axis);
  return [...order.slice(0, -2), order.length - 1, order.length - 2];
};

/** Not every backend multiplies matrices of integers, and floats would round them: [..., m, k, 1] · [..., 1, k, n], summed over k. */
function productOfIntegers(tf: TfjsRun, a: Operand, b: Operand, transposeA: boolean, transposeB: boolean): TensorInfo {
  const left = transposeA ? transpose(tf, a, swapLast(a)) : a;
  const right = transposeB ? transpose(tf, b, swapLast(b)) : b;
  const products = integerProduct(
    tf,
    reshape(tf, left, [...left.shape, 1]),
    reshape(tf, right, right.shape.toSpliced(-2, 0, 1)),
  ); // [..., m, k, n]
  return tf.call('Sum', { x: products }, { axis: [products.shape.length - 2], keepDims: false });
}

export const matmulKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
  tfjsKernel(
    matmul,
    [...integerNeeds, 'BatchMatMul', 'Sum', 'Tile', 'Transpose'],
    ({ a, b, y }, { transposeA, transposeB }, tf) => {
      if (a.size === 0) return tf.filled(0, y.shape, y.dtype);
      if (a.dtype === 'int32') return productOfIntegers(tf, a, b, transposeA, transposeB);
      const batch = y.shape.slice(0, -2);
      const count = sizeOf(batch);
      // One matrix serves for a whole batch; of other broadcasts some backends take the wrong ones.
      const asBatch = (x: Operand): TensorInfo => {
        const matrix = x.shape.slice(-2);
        const own = sizeOf(x.shape.slice(0, -2));
        return own === 1 || own === count
          ? reshape(tf, x, [own, ...matrix])
          : reshape(tf, stretch(tf, x, [...batch, ...matrix]), [count, ...matrix]);
      };
      return tf.call('BatchMatMul', { a: asBatch(a), b: asBatch(b) }, { transposeA, transposeB });
    },
  ),
])();
