// Element by element: functions, arithmetic, comparisons, choices.

import {
  abs,
  add,
  ceil,
  clamp,
  cos,
  div,
  elu,
  equal,
  erf,
  exp,
  expm1,
  floor,
  gelu,
  greater,
  greaterEqual,
  isFinite,
  isNaN,
  leakyRelu,
  less,
  lessEqual,
  log,
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
  selu,
  sigmoid,
  sign,
  silu,
  sin,
  softplus,
  sqrt,
  square,
  sub,
  tanh,
  where,
} from '@dl/autograd';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type TfjsKernel, tfjsKernel } from '../kernel.js';
import type { Operand, TfjsRun } from '../run.js';
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
  unary(cos, 'Cos'),
  unary(erf, 'Erf'),
  unary(exp, 'Exp'),
  unary(expm1, 'Expm1'),
  unary(floor, 'Floor'),
  unary(isFinite, 'IsFinite'),
  unary(isNaN, 'IsNan'),
  unary(log, 'Log'),
  unary(log1p, 'Log1p'),
  unary(logicalNot, 'LogicalNot'),
  unary(reciprocal, 'Reciprocal'),
  unary(relu, 'Relu'),
  unary(round, 'Round'),
  unary(rsqrt, 'Rsqrt'),
  unary(selu, 'Selu'),
  unary(sigmoid, 'Sigmoid'),
  unary(sin, 'Sin'),
  unary(sqrt, 'Sqrt'),
  unary(square, 'Square'),
  unary(tanh, 'Tanh'),

  binary(add, 'Add'),
  binary(div, 'RealDiv'),
  binary(equal, 'Equal'),
  binary(greater, 'Greater'),
  binary(greaterEqual, 'GreaterEqual'),
  binary(less, 'Less'),
  binary(lessEqual, 'LessEqual'),
  binary(logicalAnd, 'LogicalAnd'),
  binary(logicalOr, 'LogicalOr'),
  // Of truth values, to differ is exclusive or; not every backend has a kernel of that name.
  binary(logicalXor, 'NotEqual'),
  binary(mul, 'Multiply'),
  binary(notEqual, 'NotEqual'),
  binary(pow, 'Pow'),
  binary(sub, 'Sub'),

  // Not ClipByValue, which leaves integers as they are on some backends.
  tfjsKernel(clamp, ['Maximum', 'Minimum', 'Fill'], ({ x }, { min, max }, tf) => {
    const bounded = min === -Infinity ? x : tf.call('Maximum', { a: x, b: tf.filled(min, [], x.dtype) });
    return tf.info(max === Infinity ? bounded : tf.call('Minimum', { a: bounded, b: tf.filled(max, [], x.dtype) }));
  }),
  tfjsKernel(leakyRelu, ['LeakyRelu'], ({ x }, { slope }, tf) => tf.call('LeakyRelu', { x }, { alpha: slope })),
  tfjsKernel(silu, ['Sigmoid', 'Multiply'], ({ x }, _, tf) =>
    tf.call('Multiply', { a: x, b: tf.call('Sigmoid', { x }) }),
  ),
  // TensorFlow.js knows alpha 1 only. Scaling touches the negative side alone.
  tfjsKernel(elu, ['Elu', 'Greater', 'Multiply', 'Select'], ({ x }, { alpha }, tf) => {
    const unit = tf.call('Elu', { x });
    if (alpha === 1) return unit;
    const isPositive = tf.call('Greater', { a: x, b: scalar(tf, 0) });
    return select(tf, isPositive, x, tf.call('Multiply', { a: unit, b: scalar(tf, alpha) }), x.shape);
  }),
  tfjsKernel(softplus, ['Softplus', 'Multiply', 'RealDiv'], ({ x }, { beta }, tf) => {
    if (beta === 1) return tf.call('Softplus', { x });
    const steep = tf.call('Softplus', { x: tf.call('Multiply', { a: x, b: scalar(tf, beta) }) });
    return tf.call('RealDiv', { a: steep, b: scalar(tf, beta) });
  }),
  tfjsKernel(gelu, ['Add', 'Erf', 'Multiply', 'Tanh'], ({ x }, { approximate }, tf) => {
    const times = (a: Operand, factor: number): TensorInfo => tf.call('Multiply', { a, b: scalar(tf, factor) });
    let distribution = tf.call('Erf', { x: times(x, Math.SQRT1_2) });
    if (approximate === 'tanh') {
      const cubic = times(tf.call('Multiply', { a: x, b: tf.call('Multiply', { a: x, b: x }) }), 0.044715);
      distribution = tf.call('Tanh', { x: times(tf.call('Add', { a: x, b: cubic }), Math.sqrt(2 / Math.PI)) });
    }
    const half = times(x, 0.5);
    return tf.call('Add', { a: half, b: tf.call('Multiply', { a: half, b: distribution }) });
  }),
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
  // A remainder by the integer 0 traps on some backends; here, as on the CPU backend, it is 0, as it is by 1.
  tfjsKernel(mod, ['Mod', 'Equal', 'Cast', 'Add', 'Fill'], ({ a, b }, _, tf) => {
    if (b.dtype !== 'int32') return tf.call('Mod', { a, b });
    const isZero = tf.call('Equal', { a: b, b: tf.filled(0, [], b.dtype) });
    return tf.call('Mod', { a, b: tf.call('Add', { a: b, b: tf.call('Cast', { x: isZero }, { dtype: b.dtype }) }) });
  }),
  extreme(maximum, 'Maximum'),
  extreme(minimum, 'Minimum'),
])();

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
