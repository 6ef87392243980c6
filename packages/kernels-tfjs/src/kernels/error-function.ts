// The error function and gelu. Those of TensorFlow.js are good to 1e-7 beside 1, so that of a small number nothing is left.
//
// Both come from the tail of the normal distribution, Q(a) = ½ erfc(a/√2) = e^(-a²/2) R(a), where R changes slowly and is a polynomial in
// (a - 4)/(a + 4); near 0 from a polynomial in x². They are Chebyshev interpolations, those of the CPU backend.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Operand, TfjsRun } from '../run.js';
import { arithmetic } from './scalar.js';
import { select } from './shapes.js';

/** R(a) (a + 4), in powers of (a - 4)/(a + 4), the highest first. */
const TAIL = [
  -1.22983157e-4, 1.948018511e-4, 1.569313645e-3, -3.523574056e-3, -7.527212912e-3, 6.040646975e-2, -0.1865230059,
  0.3871366798, -0.6078966061, 0.7552851385,
];
/** erf(x)/x - 1 for |x| < 1, in powers of x². */
const ERF = [
  7.875875063e-5, -8.016864287e-4, 5.189087423e-3, -2.685421201e-2, 0.1128359472, -0.3761262667, 0.128379167,
];
/** (Φ(x) - ½)/x for |x| < 1, in powers of x². */
const HALF_NORMAL = [-7.660538171e-6, 1.135022962e-4, -1.186343989e-3, 9.973328481e-3, -6.649036057e-2, 0.3989422801];
/** Beyond it the tail is less than the smallest number. */
const END = 14.4;

export const errorFunctionNeeds = ['Abs', 'Add', 'Exp', 'Less', 'Minimum', 'Maximum', 'Multiply', 'Neg', 'NotEqual', 'RealDiv', 'Reshape', 'Select', 'Sub', 'Tanh', 'Tile', 'Cast']; // biome-ignore format: in one

/** Q(a) for 0 ≤ a ≤ END. */
function tailOf(tf: TfjsRun, a: Operand): TensorInfo {
  const { add, sub, mul, div, horner } = arithmetic(tf);
  const near = div(1, add(a, 4));
  const slow = mul(horner(mul(sub(a, 4), near), TAIL), near);
  return mul(slow, tf.call('Exp', { x: mul(mul(a, a), -0.5) }));
}

export function erfOf(tf: TfjsRun, x: Operand): TensorInfo {
  const { add, sub, mul, less, min, horner } = arithmetic(tf);
  const size = tf.call('Abs', { x });
  const small = min(size, 1);
  const near = mul(add(horner(mul(small, small), ERF), 1), x);
  const tail = tailOf(tf, min(mul(size, Math.SQRT2), 8));
  const far = sub(1, mul(tail, 2));
  const signed = select(tf, less(x, 0), tf.call('Neg', { x: far }), far, x.shape);
  const y = select(tf, less(size, 1), near, signed, x.shape);
  return select(tf, tf.call('NotEqual', { a: x, b: x }), x, y, x.shape);
}

export function geluOf(tf: TfjsRun, x: Operand): TensorInfo {
  const { add, sub, mul, less, min, max, horner } = arithmetic(tf);
  const bounded = min(max(x, -END), END);
  const size = tf.call('Abs', { x: bounded });
  const tail = mul(bounded, tailOf(tf, size));
  const far = select(tf, less(x, 0), tail, sub(x, tail), x.shape);
  const near = mul(add(mul(horner(mul(bounded, bounded), HALF_NORMAL), bounded), 0.5), bounded);
  // -∞ · 0 makes the NaN of -∞.
  return add(select(tf, less(size, 1), near, far, x.shape), mul(min(x, 0), 0));
}
