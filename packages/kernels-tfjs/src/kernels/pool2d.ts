// Pooling. Windows never look across channels, so [N, C, H, W] is pooled as N·C images of one channel: [N·C, H, W, 1] are the
// same data, and places are then rows and columns alone.

import { avgPool2d, avgPool2dGrad, maxPool2dWithIndices, type PoolGeometry, type Shape } from '@dl/autograd';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type TfjsKernel, tfjsKernel } from '../kernel.js';
import type { Operand, TfjsRun } from '../run.js';
import { reshape } from './shapes.js';

const toPlanes = (tf: TfjsRun, x: Operand): TensorInfo => {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  return reshape(tf, x, [n * c, h, w, 1]);
};

/** With padding after the image such that there are as many windows as there are to be, whatever `ceilMode` says. */
function attrsOf({ kernel, stride, padding }: PoolGeometry, image: Shape, pooled: Shape) {
  const after = (axis: 0 | 1): number => {
    const reach = (pooled[axis + 2]! - 1) * stride[axis] + kernel[axis];
    return Math.max(reach - image[axis + 2]! - padding[axis], 0);
  };
  const pad = [
    [0, 0],
    [padding[0], after(0)],
    [padding[1], after(1)],
    [0, 0],
  ];
  return { filterSize: [...kernel], strides: [...stride], pad, dimRoundingMode: 'floor' };
}

/** For each window along an axis, how many of its elements count: those in the image, or with its padding. */
function counts(image: number, pooled: number, kernel: number, stride: number, padding: number, withPadding: boolean) {
  return Array.from({ length: pooled }, (_, i) => {
    const start = i * stride - padding;
    return withPadding
      ? Math.min(start + kernel, image + padding) - start
      : Math.min(start + kernel, image) - Math.max(start, 0);
  });
}

/**
 * What each mean is to be multiplied with, [1, OH, OW, 1], when the kernel divided by `of` elements along each axis;
 * undefined where it is right as it is.
 */
function correction(
  tf: TfjsRun,
  { kernel, stride, padding, countIncludePad }: PoolGeometry & { readonly countIncludePad: boolean },
  image: Shape,
  pooled: Shape,
  of: 'image' | 'window',
): TensorInfo | undefined {
  const along = (axis: 0 | 1): number[] => {
    const part = [image[axis + 2]!, pooled[axis + 2]!, kernel[axis], stride[axis], padding[axis]] as const;
    const divided = of === 'window' ? counts(...part, false).map(() => kernel[axis]) : counts(...part, false);
    return counts(...part, countIncludePad).map((count, i) => divided[i]! / count);
  };
  const [rows, columns] = [along(0), along(1)];
  if ([...rows, ...columns].every((factor) => factor === 1)) return undefined;
  const factors = Float32Array.from(rows.flatMap((row) => columns.map((column) => row * column)));
  return tf.constant(factors, [1, rows.length, columns.length, 1], 'float32');
}

export const pool2dKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
  tfjsKernel(maxPool2dWithIndices, ['MaxPoolWithArgmax', 'Reshape', 'Cast'], ({ x, y }, geometry, tf) => {
    const attrs = { ...attrsOf(geometry, x.shape, y.shape), includeBatchInIndex: false };
    const [largest, places] = tf.callAll('MaxPoolWithArgmax', { x: toPlanes(tf, x) }, attrs);
    // On GPUs the places come as floats.
    return [largest!, places!.dtype === 'int32' ? places! : tf.call('Cast', { x: places! }, { dtype: 'int32' })];
  }),
  // Kernels divide by the elements in the image.
  tfjsKernel(avgPool2d, ['AvgPool', 'Multiply', 'Reshape'], ({ x, y }, attrs, tf) => {
    const means = tf.call('AvgPool', { x: toPlanes(tf, x) }, attrsOf(attrs, x.shape, y.shape));
    const factors = correction(tf, attrs, x.shape, y.shape, 'image');
    return factors === undefined ? means : tf.call('Multiply', { a: means, b: factors });
  }),
  // Kernels of the gradient divide by the whole window.
  tfjsKernel(avgPool2dGrad, ['AvgPoolGrad', 'Multiply', 'Reshape', 'Fill'], ({ g, y }, attrs, tf) => {
    if (g.size === 0) return tf.filled(0, y.shape, y.dtype);
    const [n, c, h, w] = y.shape as [number, number, number, number];
    const factors = correction(tf, attrs, y.shape, g.shape, 'window');
    const dy = factors === undefined ? toPlanes(tf, g) : tf.call('Multiply', { a: toPlanes(tf, g), b: factors });
    // Of the input only its shape matters.
    const input = tf.filled(0, [n * c, h, w, 1], 'float32');
    return tf.call('AvgPoolGrad', { dy, input }, attrsOf(attrs, y.shape, g.shape));
  }),
])();
