// Scalar operands.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Operand, TfjsRun } from '../run.js';

export function scalar(tf: TfjsRun, value: number): TensorInfo {
  return tf.constant(Float32Array.of(value), [], 'float32');
}

/** Arithmetic with numbers in place of tensors. */
export function arithmetic(tf: TfjsRun) {
  type Value = Operand | number;
  const value = (x: Value): Operand => (typeof x === 'number' ? scalar(tf, x) : x);
  const binary =
    (name: string) =>
    (a: Value, b: Value): TensorInfo =>
      tf.call(name, { a: value(a), b: value(b) });
  const [add, sub, mul, div] = [binary('Add'), binary('Sub'), binary('Multiply'), binary('RealDiv')];
  const less = binary('Less');
  /** Powers of u, the highest first. */
  const horner = (u: Operand, [first, ...rest]: readonly number[]): TensorInfo =>
    rest.reduce<TensorInfo>((sum, c) => add(mul(sum, u), c), scalar(tf, first!));
  /** Powers of z, the lowest first. */
  const series = (z: Operand, terms: readonly number[]): TensorInfo => horner(z, terms.toReversed());
  return { add, sub, mul, div, less, min: binary('Minimum'), max: binary('Maximum'), horner, series };
}
