// Parts of tensors, and their gradient.

import { slice, sliceGrad } from '@dl/autograd';
import { type TfjsKernel, tfjsKernel } from '../kernel.js';
import type { Operand } from '../run.js';
import { crop, pad, reverse, spread, thin } from './shapes.js';

export const negative = (steps: readonly number[]): number[] => steps.flatMap((step, axis) => (step < 0 ? [axis] : []));

/** Where a slice with negative steps begins when those axes are flipped. */
function flippedStarts(starts: readonly number[], steps: readonly number[], shape: readonly number[]): number[] {
  return starts.map((start, axis) => (steps[axis]! < 0 ? shape[axis]! - 1 - start : start));
}

export const sliceKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
  tfjsKernel(slice, ['Slice', 'PadV2', 'Reshape', 'Reverse', 'Cast'], ({ x }, { starts, steps, shape }, tf) => {
    const begin = flippedStarts(starts, steps, x.shape);
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
      const begin = flippedStarts(starts, steps, shape);
      const paddings = shape.map((length, axis) => [begin[axis]!, length - begin[axis]! - apart.shape[axis]!] as const);
      return reverse(tf, pad(tf, apart, paddings), negative(steps));
    },
  ),
])();
