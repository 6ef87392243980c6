// Reductions, running sums, softmax.

import { all, any, argmax, argmin, cumsum, max, mean, min, type OpInfo, prod, softmax, sum } from '@dl/autograd';
import { type TfjsKernel, tfjsKernel } from '../kernel.js';
import { reshape, transpose } from './shapes.js';

type Reduction = OpInfo<readonly ['x'], { axes: readonly number[]; keepDims: boolean }, readonly ['y']>;

/** `ofNone` is the result where there is nothing to reduce, which kernels of TensorFlow.js do not all know. */
function reduction(op: Reduction, name: string, ofNone: number, axisName = 'axis'): TfjsKernel {
  return tfjsKernel(op, [name, 'Fill', 'Reshape'], ({ x, y }, { axes }, tf) => {
    if (x.size === 0) return tf.filled(ofNone, y.shape, y.dtype);
    if (axes.length === 0) return tf.info(x);
    return tf.call(name, { x }, { [axisName]: [...axes], keepDims: false });
  });
}

function indexReduction(
  op: OpInfo<readonly ['x'], { axis: number; keepDims: boolean }, readonly ['y']>,
  name: string,
): TfjsKernel {
  return tfjsKernel(op, [name], ({ x }, { axis }, tf) => tf.call(name, { x }, { axis }));
}

export const reduceKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
  reduction(all, 'All', 1),
  reduction(any, 'Any', 0),
  reduction(max, 'Max', -Infinity, 'reductionIndices'),
  reduction(mean, 'Mean', Number.NaN),
  reduction(min, 'Min', Infinity),
  reduction(prod, 'Prod', 1),
  reduction(sum, 'Sum', 0),
  indexReduction(argmax, 'ArgMax'),
  indexReduction(argmin, 'ArgMin'),
  tfjsKernel(cumsum, ['Cumsum'], ({ x }, { axis, reverse }, tf) =>
    tf.call('Cumsum', { x }, { axis, exclusive: false, reverse }),
  ),
  // TensorFlow.js normalises the last axis only.
  tfjsKernel(softmax, ['Softmax', 'Transpose', 'Reshape'], ({ x }, { axis }, tf) => {
    const last = x.shape.length - 1;
    if (last < 0) return tf.filled(1, x.shape, x.dtype);
    const swapped = x.shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
    const rows = transpose(tf, x, swapped);
    return reshape(tf, transpose(tf, tf.call('Softmax', { logits: rows }, { dim: last }), swapped), x.shape);
  }),
])();
