// Tensors put together, and what is around them: concat, pad, triangles.

import { concat, pad as padOp, tril, triu } from '@dl/autograd';
import { type TfjsKernel, tfjsKernel } from '../kernel.js';
import { join, pad, select } from './shapes.js';

function triangle(op: typeof tril, keeps: (row: number, column: number, diagonal: number) => boolean): TfjsKernel {
  return tfjsKernel(op, ['Select', 'Tile', 'Reshape', 'Cast', 'Fill'], ({ x }, { diagonal }, tf) => {
    const [rows, columns] = x.shape.slice(-2) as [number, number];
    const kept = Uint8Array.from({ length: rows * columns }, (_, i) =>
      keeps(Math.floor(i / columns), i % columns, diagonal) ? 1 : 0,
    );
    return select(tf, tf.constant(kept, [rows, columns], 'bool'), x, tf.filled(0, [], x.dtype), x.shape);
  });
}

export const joinKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
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
  triangle(tril, (row, column, diagonal) => column - row <= diagonal),
  triangle(triu, (row, column, diagonal) => column - row >= diagonal),
])();
