// What kernels need again and again to bring tensors into shape.

import { aroundAxis } from '@dl/autograd';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Operand, TfjsRun } from '../run.js';

export function reshape(tf: TfjsRun, x: Operand, shape: readonly number[]): TensorInfo {
  return tf.call('Reshape', { x }, { shape: [...shape] });
}

/** Axes in another order; where only axes of length 1 move, nothing else does. */
export function transpose(tf: TfjsRun, x: Operand, order: readonly number[]): TensorInfo {
  const long = order.filter((axis) => x.shape[axis] !== 1);
  const moves = long.some((axis, i) => i > 0 && axis < long[i - 1]!);
  if (moves) return tf.call('Transpose', { x }, { perm: [...order] });
  return reshape(
    tf,
    x,
    order.map((axis) => x.shape[axis]!),
  );
}

/** Broadcasts to a shape. */
export function stretch(tf: TfjsRun, x: Operand, shape: readonly number[]): TensorInfo {
  const aligned = [...shape.slice(x.shape.length).map(() => 1), ...x.shape];
  const reps = shape.map((length, axis) => (aligned[axis] === length ? 1 : length));
  const spread = aligned.length === x.shape.length ? tf.info(x) : reshape(tf, x, aligned);
  return reps.every((count) => count === 1) ? spread : tf.call('Tile', { x: spread }, { reps });
}

/** Flips axes. */
export function reverse(tf: TfjsRun, x: Operand, dims: readonly number[]): TensorInfo {
  if (dims.length === 0) return tf.info(x);
  return wide(tf, x.dtype, (widened) => tf.call('Reverse', { x: widened(x) }, { dims: [...dims] }));
}

/** `t` where the condition is true, `e` elsewhere, broadcast to a shape. */
export function select(tf: TfjsRun, condition: Operand, t: Operand, e: Operand, shape: readonly number[]): TensorInfo {
  return wide(tf, t.dtype, (widened) =>
    tf.call('Select', {
      condition: stretch(tf, condition, shape),
      t: stretch(tf, widened(t), shape),
      e: stretch(tf, widened(e), shape),
    }),
  );
}

/** Some kernels take truth values for numbers of four bytes, and destroy what lies behind them: those get integers instead. */
function wide(
  tf: TfjsRun,
  dtype: Operand['dtype'],
  body: (widened: (x: Operand) => Operand) => TensorInfo,
): TensorInfo {
  if (dtype !== 'bool') return body((x) => x);
  return tf.call('Cast', { x: body((x) => tf.call('Cast', { x }, { dtype: 'int32' })) }, { dtype });
}

/** Zeros (or another value) before and after each axis. */
export function pad(tf: TfjsRun, x: Operand, paddings: readonly (readonly [number, number])[], value = 0): TensorInfo {
  if (paddings.every(([before, after]) => before === 0 && after === 0)) return tf.info(x);
  return tf.call('PadV2', { x }, { paddings: paddings.map((pair) => [...pair]), constantValue: value });
}

/** A part that begins at `begin` and has the shape `size`. */
export function crop(tf: TfjsRun, x: Operand, begin: readonly number[], size: readonly number[]): TensorInfo {
  if (x.shape.every((length, axis) => length === size[axis])) return tf.info(x);
  return tf.call('Slice', { x }, { begin: [...begin], size: [...size] });
}

/** Puts step - 1 zeros between the elements of an axis. */
export function spread(tf: TfjsRun, x: Operand, axis: number, step: number): TensorInfo {
  const { outer, length, inner } = aroundAxis(x.shape, axis);
  if (step === 1 || length <= 1) return tf.info(x);
  const apart = pad(tf, reshape(tf, x, [outer, length, 1, inner]), [
    [0, 0],
    [0, 0],
    [0, step - 1],
    [0, 0],
  ]); // [outer, length, step, inner]
  const rows = reshape(tf, apart, [outer, length * step, inner]);
  const count = (length - 1) * step + 1;
  return reshape(tf, crop(tf, rows, [0, 0, 0], [outer, count, inner]), x.shape.with(axis, count));
}

/** Every `step`-th element of an axis, from the first to the last. */
export function thin(tf: TfjsRun, x: Operand, axis: number, step: number): TensorInfo {
  const { outer, length, inner } = aroundAxis(x.shape, axis);
  if (step === 1) return tf.info(x);
  const count = Math.ceil(length / step);
  const filled = pad(tf, reshape(tf, x, [outer, length, inner]), [
    [0, 0],
    [0, count * step - length],
    [0, 0],
  ]);
  const groups = reshape(tf, filled, [outer, count, step, inner]);
  return reshape(tf, crop(tf, groups, [0, 0, 0, 0], [outer, count, 1, inner]), x.shape.with(axis, count));
}

/** Tensors side by side along an axis. */
export function join(tf: TfjsRun, parts: readonly Operand[], axis: number): TensorInfo {
  return parts.length === 1 ? tf.info(parts[0]!) : tf.call('Concat', parts, { axis });
}
