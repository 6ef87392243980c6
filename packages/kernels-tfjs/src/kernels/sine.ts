// Sine and cosine for devices whose own are not exact: GPUs may be off by 2^-11 (Vulkan 1.3, precision of built-in functions).
//
// The angle is taken to the nearest quarter turn n, x = n π/2 + r, with π/2 in three parts (Cody and Waite, 1980). There Taylor's
// series of sine and cosine are short, and n says which of them it is, with which sign.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Operand, TfjsRun } from '../run.js';
import { arithmetic, scalar } from './scalar.js';
import { select } from './shapes.js';

/** π/2: the first two parts have so few digits that their products with n are exact. */
const QUARTER = [1.5703125, 4.8375129699707031e-4, 7.549789948768648e-8];

const SINE = [1, -1 / 6, 1 / 120, -1 / 5040, 1 / 362880];
const COSINE = [1, -1 / 2, 1 / 24, -1 / 720, 1 / 40320];

export const sineNeeds = ['Add', 'Cast', 'Floor', 'Greater', 'Multiply', 'Reshape', 'Round', 'Select', 'Sub', 'Tile'];

/** The sine of x and so many quarter turns more. */
export function sineOf(tf: TfjsRun, x: Operand, quarters: number): TensorInfo {
  const { add, mul, sub, series } = arithmetic(tf);
  /** The remainder of a division of whole numbers by 2. */
  const parity = (a: Operand, half: Operand): TensorInfo => sub(a, mul(half, 2));

  const n = tf.call('Round', { x: mul(x, 2 / Math.PI) });
  const r = QUARTER.reduce((rest: Operand, part) => sub(rest, mul(n, part)), x);
  const z = mul(r, r);
  const turn = add(n, quarters);
  const half = tf.call('Floor', { x: mul(turn, 0.5) });
  const isOdd = tf.call('Greater', { a: parity(turn, half), b: scalar(tf, 0.5) });
  const sign = add(mul(parity(half, tf.call('Floor', { x: mul(half, 0.5) })), -2), 1);
  return mul(select(tf, isOdd, series(z, COSINE), mul(series(z, SINE), r), x.shape), sign);
}

/** From here on the kernels of WebAssembly lose the angle. */
const HUGE = 1e9;

/** Computed on the host where an angle is huge; on WebAssembly that is near. */
export function onHost(tf: TfjsRun, x: Operand, f: (angle: number) => number): TensorInfo | undefined {
  const axes = x.shape.map((_, axis) => axis);
  const largest = tf.call('Max', { x: tf.call('Abs', { x }) }, { reductionIndices: axes, keepDims: false });
  if (tf.read(largest)[0]! < HUGE) return undefined;
  return tf.constant(Float32Array.from(tf.read(x), f), x.shape, 'float32');
}

/** The kernel's sine, which is good to 2^-22 beside 1, and the series where that is not enough. */
export function sineBesideSmall(tf: TfjsRun, x: Operand): TensorInfo {
  const isSmall = tf.call('Less', { a: tf.call('Abs', { x }), b: scalar(tf, Math.PI / 4) });
  const { mul, series } = arithmetic(tf);
  return select(tf, isSmall, mul(series(mul(x, x), SINE), x), tf.call('Sin', { x }), x.shape);
}
