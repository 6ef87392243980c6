// Element by element: functions, arithmetic, comparisons, choices.

import {
  abs,
  add,
  ceil,
  clamp,
  elu,
  equal,
  exp,
  floor,
  greater,
  greaterEqual,
  isFinite,
  isNaN,
  less,
  lessEqual,
  log1p,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  maximum,
  minimum,
  mod,
  mul,
  neg,
  notEqual,
  type OpInfo,
  pow,
  reciprocal,
  relu,
  round,
  rsqrt,
  type Shape,
  sigmoid,
  sign,
  silu,
  softplus,
  sqrt,
  square,
  sub,
  where,
} from '@dl/autograd';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type TfjsKernel, tfjsKernel } from '../kernel.js';
import type { Operand, TfjsRun } from '../run.js';
import { expm1Of, isExact, log1pOnGpu, logOf, smallNeeds } from './exact.js';
import { integerNeeds, integerProduct } from './integers.js';
import { scalar } from './scalar.js';
import { select } from './shapes.js';

/** An op of one tensor that TensorFlow.js has under another name. */
function unary(op: OpInfo<readonly ['x'], object, readonly ['y']>, name: string): TfjsKernel {
  return tfjsKernel(op, [name], ({ x }, _, tf) => tf.call(name, { x }));
}

/** An op of two tensors, which broadcast alike. */
function binary(op: OpInfo<readonly ['a', 'b'], object, readonly ['y']>, name: string): TfjsKernel {
  return tfjsKernel(op, [name], ({ a, b }, _, tf) => tf.call(name, { a, b }));
}

export const elementwiseKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
  unary(ceil, 'Ceil'),
  unary(exp, 'Exp'),
  unary(floor, 'Floor'),
  unary(isFinite, 'IsFinite'),
  unary(isNaN, 'IsNan'),
  unary(logicalNot, 'LogicalNot'),
  unary(reciprocal, 'Reciprocal'),
  unary(round, 'Round'),
  unary(rsqrt, 'Rsqrt'),
  unary(sigmoid, 'Sigmoid'),
  unary(sqrt, 'Sqrt'),

  binary(add, 'Add'),
  binary(equal, 'Equal'),
  binary(greater, 'Greater'),
  binary(greaterEqual, 'GreaterEqual'),
  binary(less, 'Less'),
  binary(lessEqual, 'LessEqual'),
  binary(logicalAnd, 'LogicalAnd'),
  binary(logicalOr, 'LogicalOr'),
  // Of truth values, to differ is exclusive or; not every backend has a kernel of that name.
  binary(logicalXor, 'NotEqual'),
  binary(notEqual, 'NotEqual'),
  binary(sub, 'Sub'),

  tfjsKernel(mul, integerNeeds, ({ a, b }, _, tf) =>
    a.dtype === 'int32' ? integerProduct(tf, a, b) : tf.call('Multiply', { a, b }),
  ),
  tfjsKernel(square, [...integerNeeds, 'Square'], ({ x }, _, tf) =>
    x.dtype === 'int32' ? integerProduct(tf, x, x) : tf.call('Square', { x }),
  ),
  // Not Relu, which makes 0 of NaN in some places on some backends.
  tfjsKernel(relu, ['Maximum'], ({ x }, _, tf) => tf.call('Maximum', { a: x, b: scalar(tf, 0) })),
  tfjsKernel(log1p, [...smallNeeds, 'Log1p', 'Log', 'Sub', 'RealDiv', 'Equal', 'IsFinite'], ({ x }, _, tf) =>
    tf.isOn('cpu') ? tf.call('Log1p', { x }) : log1pOf(tf, x),
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

  // Not ClipByValue, which leaves integers as they are on some backends.
  tfjsKernel(clamp, ['Maximum', 'Minimum', 'Fill'], ({ x }, { min, max }, tf) => {
    const bounded = min === -Infinity ? x : tf.call('Maximum', { a: x, b: tf.filled(min, [], x.dtype) });
    return tf.info(max === Infinity ? bounded : tf.call('Minimum', { a: bounded, b: tf.filled(max, [], x.dtype) }));
  }),
  tfjsKernel(silu, ['Sigmoid', 'Multiply'], ({ x }, _, tf) =>
    tf.call('Multiply', { a: x, b: tf.call('Sigmoid', { x }) }),
  ),
  // Not Elu, which takes e^x - 1 as it stands, and knows alpha 1 only.
  tfjsKernel(elu, [...smallNeeds, 'Expm1', 'Minimum', 'Greater'], ({ x }, { alpha }, tf) => {
    const zero = scalar(tf, 0);
    const negative = expm1Of(tf, tf.call('Minimum', { a: x, b: zero }));
    const scaled = alpha === 1 ? negative : tf.call('Multiply', { a: negative, b: scalar(tf, alpha) });
    return select(tf, tf.call('Greater', { a: x, b: zero }), x, scaled, x.shape);
  }),
  // max(x, 0) + log(1 + e^-|beta x|) / beta: beta x may be more than a float holds.
  tfjsKernel(
    softplus,
    [...smallNeeds, 'Softplus', 'Exp', 'Log', 'Equal', 'Maximum', 'Neg', 'RealDiv'],
    ({ x }, { beta }, tf) => {
      if (beta === 1 && isExact(tf)) return tf.call('Softplus', { x });
      const size = tf.call('Neg', { x: tf.call('Abs', { x: tf.call('Multiply', { a: x, b: scalar(tf, beta) }) }) });
      const rest = isExact(tf) ? tf.call('Softplus', { x: size }) : log1pOnGpu(tf, tf.call('Exp', { x: size }));
      const positive = tf.call('Maximum', { a: x, b: scalar(tf, 0) });
      return tf.call('Add', { a: positive, b: tf.call('RealDiv', { a: rest, b: scalar(tf, beta) }) });
    },
  ),
  tfjsKernel(where, ['Select', 'Tile', 'Reshape', 'Cast'], ({ condition, a, b, y }, _, tf) =>
    select(tf, condition, a, b, y.shape),
  ),

  // Unary kernels of integers go through floats on some backends, which hold 24 bits of them.
  tfjsKernel(neg, ['Neg', 'Sub', 'Fill'], ({ x }, _, tf) =>
    x.dtype === 'int32' ? negated(tf, x) : tf.call('Neg', { x }),
  ),
  tfjsKernel(abs, ['Abs', 'Maximum', 'Sub', 'Fill'], ({ x }, _, tf) =>
    x.dtype === 'int32' ? tf.call('Maximum', { a: x, b: negated(tf, x) }) : tf.call('Abs', { x }),
  ),
  // Not Sign, which is 0 for small numbers and for NaN on some backends.
  tfjsKernel(
    sign,
    ['Greater', 'Less', 'Cast', 'Sub', 'NotEqual', 'Select', 'Tile', 'Reshape', 'Fill'],
    ({ x, y }, _, tf) => {
      const b = tf.filled(0, [], x.dtype);
      const [above, below] = ['Greater', 'Less'].map((name) =>
        tf.call('Cast', { x: tf.call(name, { a: x, b }) }, { dtype: x.dtype }),
      );
      const result = tf.call('Sub', { a: above!, b: below! });
      return x.dtype === 'int32' ? result : select(tf, tf.call('NotEqual', { a: x, b: x }), x, result, y.shape);
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
])();

/**
 * log(u) x / (u - 1) with u = 1 + x: what rounding u loses, the quotient gives back (Goldberg, 1991, theorem 4). Kernels of
 * TensorFlow.js that take log(1 + x) as it stands lose it.
 */
function log1pOf(tf: TfjsRun, x: Operand): TensorInfo {
  if (!isExact(tf)) return log1pOnGpu(tf, x);
  const one = scalar(tf, 1);
  const u = tf.call('Add', { a: x, b: one });
  const quotient = tf.call('RealDiv', { a: x, b: tf.call('Sub', { a: u, b: one }) });
  const correction = select(tf, tf.call('IsFinite', { x: u }), quotient, one, x.shape);
  const y = tf.call('Multiply', { a: logOf(tf, u), b: correction });
  return select(tf, tf.call('Equal', { a: u, b: one }), x, y, x.shape);
}

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

function negated(tf: TfjsRun, x: Operand): TensorInfo {
  return tf.call('Sub', { a: tf.filled(0, [], x.dtype), b: x });
}

/** Some backends compare so that a NaN in b is lost. */
function extreme(op: OpInfo<readonly ['a', 'b'], object, readonly ['y']>, name: string): TfjsKernel {
  return tfjsKernel(op, [name, 'NotEqual', 'Select', 'Tile', 'Reshape', 'Cast'], ({ a, b, y }, _, tf) => {
    const result = tf.call(name, { a, b });
    return b.dtype === 'int32' ? result : select(tf, tf.call('NotEqual', { a: b, b }), b, result, y.shape);
  });
}
