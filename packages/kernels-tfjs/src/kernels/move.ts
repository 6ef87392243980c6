// Moving elements: copies, casts, axes, parts, joins.

import { cast, clone, concat, expand, pad as padOp, permute, slice, sliceGrad, tril, triu } from '@dl/autograd';
import { type TfjsKernel, tfjsKernel } from '../kernel.js';
import type { Operand } from '../run.js';
import { scalar } from './scalar.js';
import { crop, join, pad, reverse, select, spread, stretch, thin, transpose } from './shapes.js';

const negative = (steps: readonly number[]): number[] => steps.flatMap((step, axis) => (step < 0 ? [axis] : []));

/** Where a slice with negative steps begins when those axes are turned round. */
function turnedStarts(starts: readonly number[], steps: readonly number[], shape: readonly number[]): number[] {
  return starts.map((start, axis) => (steps[axis]! < 0 ? shape[axis]! - 1 - start : start));
}

function triangle(op: typeof tril, keeps: (row: number, column: number, diagonal: number) => boolean): TfjsKernel {
  return tfjsKernel(op, ['Select', 'Tile', 'Reshape', 'Cast', 'Fill'], ({ x }, { diagonal }, tf) => {
    const [rows, columns] = x.shape.slice(-2) as [number, number];
    const kept = Uint8Array.from({ length: rows * columns }, (_, i) =>
      keeps(Math.floor(i / columns), i % columns, diagonal) ? 1 : 0,
    );
    return select(tf, tf.constant(kept, [rows, columns], 'bool'), x, tf.filled(0, [], x.dtype), x.shape);
  });
}

export const moveKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
  // Data here never change, so one more reference is a copy.
  tfjsKernel(clone, [], ({ x }, _, tf) => tf.info(x)),
  tfjsKernel(cast, ['Cast', 'NotEqual', 'Multiply'], ({ x }, { dtype }, tf) => {
    // Anything but 0 is true; some kernels called Cast would make 0.5 false.
    if (dtype === 'bool')
      return tf.call('NotEqual', { a: x, b: tf.call('Cast', { x: tf.filled(0, [], 'float32') }, { dtype: x.dtype }) });
    const y = tf.call('Cast', { x }, { dtype });
    // Plain JavaScript hands on the same integers, which a float may not hold.
    if (!tf.isOn('cpu') || x.dtype !== 'int32') return y;
    return tf.call('Multiply', { a: y, b: scalar(tf, 1) });
  }),
  tfjsKernel(permute, ['Transpose', 'Reshape'], ({ x }, { order }, tf) => transpose(tf, x, order)),
  tfjsKernel(expand, ['Tile', 'Reshape'], ({ x }, { shape }, tf) => stretch(tf, x, shape)),
  tfjsKernel(concat, ['Concat'], ({ xs }, { axis }, tf) =>
    join(
      tf,
      xs.filter(({ size }) => size > 0),
      axis,
    ),
  ),
  tfjsKernel(padOp, ['PadV2', 'Fill'], ({ x, y }, { pads, value }, tf) =>
    x.size === 0 ? tf.filled(value, y.shape, y.dtype) : pad(tf, x, pads, value),
  ),
  tfjsKernel(slice, ['Slice', 'PadV2', 'Reshape', 'Reverse', 'Cast'], ({ x }, { starts, steps, shape }, tf) => {
    const begin = turnedStarts(starts, steps, x.shape);
    const span = shape.map((count, axis) => (count - 1) * Math.abs(steps[axis]!) + 1);
    const part = crop(tf, reverse(tf, x, negative(steps)), begin, span);
    return steps.reduce((y, step, axis) => thin(tf, y, axis, Math.abs(step)), part);
  }),
  tfjsKernel(
    sliceGrad,
    ['PadV2', 'Slice', 'Reverse', 'Reshape', 'Cast', 'Fill'],
    ({ g, y }, { starts, steps, shape }, tf) => {
      if (g.size === 0) return tf.filled(0, y.shape, y.dtype);
      const apart = steps.reduce<Operand>((x, step, axis) => spread(tf, x, axis, Math.abs(step)), g);
      const begin = turnedStarts(starts, steps, shape);
      const paddings = shape.map((length, axis) => [begin[axis]!, length - begin[axis]! - apart.shape[axis]!] as const);
      return reverse(tf, pad(tf, apart, paddings), negative(steps));
    },
  ),
  triangle(tril, (row, column, diagonal) => column - row <= diagonal),
  triangle(triu, (row, column, diagonal) => column - row >= diagonal),
])();
