// Products of int32, which keep the low 32 bits on every device that has those.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Operand, TfjsRun } from '../run.js';
import { crop, pad, reshape } from './shapes.js';

const HALF = 2 ** 16;

export const integerNeeds = ['Multiply', 'Add', 'Sub', 'Mod', 'FloorDiv', 'Fill', 'Slice', 'PadV2', 'Reshape'];

/**
 * a · b. In plain JavaScript a product passes through a double, which has 53 bits: there a is cut in two, a = high · 2^16 + low, so
 * that each product fits.
 */
export function integerProduct(tf: TfjsRun, a: Operand, b: Operand): TensorInfo {
  const times = (x: Operand, y: Operand): TensorInfo => tf.call('Multiply', { a: x, b: y });
  if (!tf.isOn('cpu')) return times(a, b);
  const half = tf.filled(HALF, [], 'int32');
  const low = tf.call('Mod', { a, b: half });
  const high = tf.call('FloorDiv', { a, b: half });
  return tf.call('Add', { a: times(times(high, b), half), b: times(low, b) });
}

/** The products of the middle axis of [outer, length, inner]: of halves, until one is left. */
export function productOfMany(tf: TfjsRun, x: Operand): TensorInfo {
  const [outer, length, inner] = x.shape as [number, number, number];
  if (length === 1) return reshape(tf, x, [outer, inner]);
  const half = Math.ceil(length / 2);
  const whole = pad(tf, x, [[0, 0], [0, 2 * half - length], [0, 0]], 1); // biome-ignore format: in one
  const part = (from: number): TensorInfo => crop(tf, whole, [0, from, 0], [outer, half, inner]);
  return productOfMany(tf, integerProduct(tf, part(0), part(half)));
}
