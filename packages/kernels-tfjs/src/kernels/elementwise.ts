// Functions of one number.

import {
  abs,
  ceil,
  clamp,
  cos,
  erf,
  exp,
  expm1,
  floor,
  isFinite,
  isNaN,
  log,
  log1p,
  neg,
  reciprocal,
  round,
  rsqrt,
  sigmoid,
  sign,
  sin,
  sqrt,
  square,
  tanh,
} from '@dl/autograd';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type TfjsKernel, tfjsKernel } from '../kernel.js';
import type { Operand, TfjsRun } from '../run.js';
import { erfOf, errorFunctionNeeds } from './error-function.js';
import { besideSmall, expm1Of, isExact, log1pOf, logOf, selectNeeds, smallNeeds, TANH } from './exact.js';
import { integerNeeds, integerProduct } from './integers.js';
import { unary } from './same.js';
import { select } from './shapes.js';
import { onHost, sineBesideSmall, sineNeeds, sineOf } from './sine.js';

function negated(tf: TfjsRun, x: Operand): TensorInfo {
  return tf.call('Sub', { a: tf.filled(0, [], x.dtype), b: x });
}

export const elementwiseKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
  unary(ceil, 'Ceil'),
  unary(exp, 'Exp'),
  unary(floor, 'Floor'),
  unary(isFinite, 'IsFinite'),
  unary(isNaN, 'IsNan'),
  unary(reciprocal, 'Reciprocal'),
  unary(round, 'Round'),
  unary(rsqrt, 'Rsqrt'),
  unary(sigmoid, 'Sigmoid'),
  unary(sqrt, 'Sqrt'),
  tfjsKernel(square, [...integerNeeds, 'Square'], ({ x }, _, tf) =>
    x.dtype === 'int32' ? integerProduct(tf, x, x) : tf.call('Square', { x }),
  ),
  tfjsKernel(log1p, [...smallNeeds, 'Log1p', 'Log', 'Sub', 'RealDiv', 'Equal', 'IsFinite'], ({ x }, _, tf) =>
    tf.isOn('cpu') ? tf.call('Log1p', { x }) : log1pOf(tf, x),
  ),
  // Not ClipByValue, which leaves integers as they are on some backends.
  tfjsKernel(clamp, ['Maximum', 'Minimum', 'Fill'], ({ x }, { min, max }, tf) => {
    const bounded = min === -Infinity ? x : tf.call('Maximum', { a: x, b: tf.filled(min, [], x.dtype) });
    return tf.info(max === Infinity ? bounded : tf.call('Minimum', { a: bounded, b: tf.filled(max, [], x.dtype) }));
  }),
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
  tfjsKernel(log, [...selectNeeds, 'Log', 'Equal'], ({ x }, _, tf) => logOf(tf, x)),
  tfjsKernel(expm1, [...smallNeeds, 'Expm1'], ({ x }, _, tf) => expm1Of(tf, x)),
  tfjsKernel(tanh, [...smallNeeds, 'Tanh'], ({ x }, _, tf) =>
    isExact(tf)
      ? tf.call('Tanh', { x })
      : besideSmall(tf, tf.call('Tanh', { x }), x, tf.call('Multiply', { a: x, b: x }), TANH),
  ),
  tfjsKernel(erf, errorFunctionNeeds, ({ x }, _, tf) => erfOf(tf, x)),
  tfjsKernel(sin, sineNeeds, ({ x }, _, tf) => sineOf(tf, x, 0)),
  tfjsKernel(cos, sineNeeds, ({ x }, _, tf) => sineOf(tf, x, 1)),
  // Where the device has its own, those take their place.
  tfjsKernel(sin, [...sineNeeds, 'Sin', 'Abs', 'Max', 'Less'], ({ x }, _, tf) =>
    tf.isOn('wasm') ? (onHost(tf, x, Math.sin) ?? sineBesideSmall(tf, x)) : tf.call('Sin', { x }),
  ),
  tfjsKernel(cos, ['Cos', 'Abs', 'Max'], ({ x }, _, tf) =>
    tf.isOn('wasm') ? (onHost(tf, x, Math.cos) ?? tf.call('Cos', { x })) : tf.call('Cos', { x }),
  ),
])();
