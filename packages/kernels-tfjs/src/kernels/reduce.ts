// Reductions.

import { all, any, argmax, argmin, max, mean, min, type OpInfo, prod, sum } from '@dl/autograd';
import { type TfjsKernel, tfjsKernel } from '../kernel.js';
import { integerNeeds, productOfMany } from './integers.js';
import { scalar } from './scalar.js';
import { reshape, select, transpose } from './shapes.js';

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
  return tfjsKernel(
    op,
    [name, 'ArgMax', 'NotEqual', 'Cast', 'Max', 'Greater', 'Select', 'Tile', 'Reshape'],
    ({ x }, { axis }, tf) => {
      const place = tf.call(name, { x }, { axis });
      if (x.dtype === 'int32') return place;
      // NaN counts as larger and smaller than all; kernels of TensorFlow.js pass it over.
      const isNaN = tf.call('Cast', { x: tf.call('NotEqual', { a: x, b: x }) }, { dtype: 'float32' });
      const any = tf.call('Max', { x: isNaN }, { reductionIndices: [axis], keepDims: false });
      const isThere = tf.call('Greater', { a: any, b: scalar(tf, 0) });
      return select(tf, isThere, tf.call('ArgMax', { x: isNaN }, { axis }), place, place.shape);
    },
  );
}

export const reduceKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
  reduction(all, 'All', 1),
  reduction(any, 'Any', 0),
  reduction(max, 'Max', -Infinity, 'reductionIndices'),
  reduction(mean, 'Mean', Number.NaN),
  reduction(min, 'Min', Infinity),
  reduction(sum, 'Sum', 0),
  tfjsKernel(prod, [...integerNeeds, 'Prod', 'Transpose'], ({ x, y }, { axes }, tf) => {
    if (x.size === 0) return tf.filled(1, y.shape, y.dtype);
    if (axes.length === 0) return tf.info(x);
    if (x.dtype !== 'int32') return tf.call('Prod', { x }, { axis: [...axes], keepDims: false });
    const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
    const factors = transpose(tf, x, [...axes, ...kept]);
    const product = productOfMany(tf, reshape(tf, factors, [1, x.size / y.size, y.size]));
    return reshape(tf, product, y.shape);
  }),
  indexReduction(argmax, 'ArgMax'),
  indexReduction(argmin, 'ArgMin'),
])();
