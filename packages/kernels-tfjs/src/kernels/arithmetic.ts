// Arithmetic on two tensors, with broadcasting.

import { add, div, maximum, minimum, mod, mul, type OpInfo, pow, type Shape, sub } from '@dl/autograd';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type TfjsKernel, tfjsKernel } from '../kernel.js';
import type { Operand, TfjsRun } from '../run.js';
import { isExact, selectNeeds } from './exact.js';
import { integerNeeds, integerProduct } from './integers.js';
import { binary } from './same.js';
import { scalar } from './scalar.js';
import { select } from './shapes.js';

/** A remainder by the integer 0 traps on some backends; here, as on the CPU backend, it is 0, as it is by 1. */
function integerRemainder(tf: TfjsRun, a: Operand, b: Operand): TensorInfo {
  const isZero = tf.call('Equal', { a: b, b: tf.filled(0, [], b.dtype) });
  return tf.call('Mod', { a, b: tf.call('Add', { a: b, b: tf.call('Cast', { x: isZero }, { dtype: b.dtype }) }) });
}

/**
 * The remainder of sizes is exact, also by infinity. It gets the sign of a, and where that is not b's, b is added: once, since kernels that
 * take the remainder of that sum lose a where it is small beside b.
 */
function remainder(tf: TfjsRun, a: Operand, b: Operand, shape: Shape): TensorInfo {
  const zero = scalar(tf, 0);
  const isNegative = (x: Operand): TensorInfo => tf.call('Less', { a: x, b: zero });
  const size = tf.call('Mod', { a: tf.call('Abs', { x: a }), b: tf.call('Abs', { x: b }) });
  const rest = select(tf, isNegative(a), tf.call('Neg', { x: size }), size, shape);
  const isOther = tf.call('LogicalAnd', {
    a: tf.call('NotEqual', { a: isNegative(a), b: isNegative(b) }),
    b: tf.call('NotEqual', { a: size, b: zero }),
  });
  return select(tf, isOther, tf.call('Add', { a: rest, b }), rest, shape);
}

/** Some backends compare so that a NaN in b is lost. */
function extreme(op: OpInfo<readonly ['a', 'b'], object, readonly ['y']>, name: string): TfjsKernel {
  return tfjsKernel(op, [name, 'NotEqual', 'Select', 'Tile', 'Reshape', 'Cast'], ({ a, b, y }, _, tf) => {
    const result = tf.call(name, { a, b });
    return b.dtype === 'int32' ? result : select(tf, tf.call('NotEqual', { a: b, b }), b, result, y.shape);
  });
}

export const arithmeticKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
  binary(add, 'Add'),
  binary(sub, 'Sub'),
  tfjsKernel(mul, integerNeeds, ({ a, b }, _, tf) =>
    a.dtype === 'int32' ? integerProduct(tf, a, b) : tf.call('Multiply', { a, b }),
  ),
  // 1 to any power is 1, and so is -1 to an infinite one (IEEE 754-2008, 9.2.1), which languages see otherwise.
  tfjsKernel(
    pow,
    ['Pow', 'Abs', 'Equal', 'LogicalAnd', 'LogicalOr', 'Select', 'Tile', 'Reshape'],
    ({ a, b, y }, _, tf) => {
      const power = tf.call('Pow', { a, b });
      if (tf.isOn('wasm')) return power;
      const one = scalar(tf, 1);
      const isEqual = (p: Operand, q: Operand): TensorInfo => tf.call('Equal', { a: p, b: q });
      const isInfinite = isEqual(tf.call('Abs', { x: b }), scalar(tf, Infinity));
      const isTurning = tf.call('LogicalAnd', { a: isEqual(a, scalar(tf, -1)), b: isInfinite });
      const isOne = tf.call('LogicalOr', { a: isEqual(a, one), b: isTurning });
      return select(tf, isOne, one, power, y.shape);
    },
  ),
  tfjsKernel(
    mod,
    [
      'Mod',
      'Abs',
      'Neg',
      'Less',
      'Equal',
      'NotEqual',
      'LogicalAnd',
      'Select',
      'Tile',
      'Reshape',
      'Cast',
      'Add',
      'Fill',
    ],
    ({ a, b, y }, _, tf) => (b.dtype === 'int32' ? integerRemainder(tf, a, b) : remainder(tf, a, b, y.shape)),
  ),
  extreme(maximum, 'Maximum'),
  extreme(minimum, 'Minimum'),
  tfjsKernel(
    div,
    [...selectNeeds, 'RealDiv', 'Reciprocal', 'Multiply', 'Equal', 'NotEqual', 'LogicalAnd'],
    ({ a, b, y }, _, tf) => {
      const quotient = tf.call('RealDiv', { a, b });
      if (isExact(tf)) return quotient;
      // Of equals the quotient is taken for 1, where the product knows better.
      const product = tf.call('Multiply', { a, b: tf.call('Reciprocal', { x: b }) });
      const isNaN = tf.call('LogicalAnd', {
        a: tf.call('Equal', { a, b }),
        b: tf.call('NotEqual', { a: product, b: product }),
      });
      return select(tf, isNaN, product, quotient, y.shape);
    },
  ),
])();
