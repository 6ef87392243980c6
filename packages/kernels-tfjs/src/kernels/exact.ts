// Functions whose kernels on a GPU are not those of IEEE 754: 0/0 and ∞/∞ are 1 there, the logarithm of 0 is finite, and what
// is computed from e^x has lost small numbers. In plain JavaScript and in WebAssembly they are used as they are.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Operand, TfjsRun } from '../run.js';
import { arithmetic, scalar } from './scalar.js';
import { select } from './shapes.js';

export const isExact = (tf: TfjsRun): boolean => tf.isOn('cpu') || tf.isOn('wasm');

/** tanh(x) over x, in powers of x², for |x| < ¼. */
export const TANH = [1, -1 / 3, 2 / 15, -17 / 315, 62 / 2835];

/** e^x - 1 over x, for |x| < ¼. */
const EXPM1 = [1, 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720];

/** log(1 + x) over x, for |x| < ¼. */
const LOG1P = Array.from({ length: 13 }, (_, n) => (-1) ** n / (n + 1));

/** x times a series in z where |x| < ¼, and what stands for it elsewhere; NaN stays what it is. */
export function besideSmall(
  tf: TfjsRun,
  large: TensorInfo,
  x: Operand,
  z: Operand,
  terms: readonly number[],
): TensorInfo {
  const { mul, series } = arithmetic(tf);
  const isSmall = tf.call('Less', { a: tf.call('Abs', { x }), b: scalar(tf, 0.25) });
  const y = select(tf, isSmall, mul(series(z, terms), x), large, x.shape);
  return select(tf, tf.call('NotEqual', { a: x, b: x }), x, y, x.shape);
}

export const smallNeeds = ['Select', 'Tile', 'Reshape', 'Cast', 'Multiply', 'Add', 'Abs', 'Less', 'NotEqual'];

export function expm1Of(tf: TfjsRun, x: Operand): TensorInfo {
  return isExact(tf) ? tf.call('Expm1', { x }) : besideSmall(tf, tf.call('Expm1', { x }), x, x, EXPM1);
}

/** Logarithms of numbers near 1 are good to 3e-5 there. */
export function log1pOnGpu(tf: TfjsRun, x: Operand): TensorInfo {
  return besideSmall(tf, logOf(tf, tf.call('Add', { a: x, b: scalar(tf, 1) })), x, x, LOG1P);
}

export function logOf(tf: TfjsRun, x: Operand): TensorInfo {
  const y = tf.call('Log', { x });
  if (isExact(tf)) return y;
  return select(tf, tf.call('Equal', { a: x, b: scalar(tf, 0) }), scalar(tf, -Infinity), y, x.shape);
}

export const selectNeeds = ['Select', 'Tile', 'Reshape', 'Cast'];

/**
 * log(u) x / (u - 1) with u = 1 + x: what rounding u loses, the quotient gives back (Goldberg, 1991, theorem 4). Kernels of
 * TensorFlow.js that take log(1 + x) as it stands lose it.
 */
export function log1pOf(tf: TfjsRun, x: Operand): TensorInfo {
  if (!isExact(tf)) return log1pOnGpu(tf, x);
  const one = scalar(tf, 1);
  const u = tf.call('Add', { a: x, b: one });
  const quotient = tf.call('RealDiv', { a: x, b: tf.call('Sub', { a: u, b: one }) });
  const correction = select(tf, tf.call('IsFinite', { x: u }), quotient, one, x.shape);
  const y = tf.call('Multiply', { a: logOf(tf, u), b: correction });
  return select(tf, tf.call('Equal', { a: u, b: one }), x, y, x.shape);
}
