// Pooling. Windows never look across channels, so [N, C, H, W] is pooled as N·C images of one channel: [N·C, H, W, 1] are the
// same data, and places are then rows and columns alone.

import { avgPool2d, avgPool2dGrad, maxPool2dWithIndices, type PoolGeometry, type Shape } from '@dl/autograd';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type TfjsKernel, tfjsKernel } from '../kernel.js';
import type { Operand, TfjsRun } from '../run.js';
import { crop, pad, reshape, select, stretch, thin } from './shapes.js';

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

/** The mean with all of the window in the divisor, as a convolution: XNNPACK's pooling makes -∞ of NaN. */
function windowMeans(tf: TfjsRun, x: TensorInfo, { filterSize, strides, pad }: ReturnType<typeof attrsOf>): TensorInfo {
  const [rows, columns] = filterSize as [number, number];
  const filter = tf.filled(1 / (rows * columns), [rows, columns, 1, 1], 'float32');
  const form = { strides, pad, dilations: [1, 1], dataFormat: 'NHWC', dimRoundingMode: 'floor' };
  return tf.call('Conv2D', { x, filter }, form);
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

/** Where the device lacks the first, the CPU backend is twenty times as fast as these steps. */
const largestNeeds = ['MaxPoolWithArgmax', 'Slice', 'PadV2', 'Reshape', 'LessEqual', 'Equal', 'LogicalNot', 'LogicalAnd', 'Select', 'Tile', 'Cast', 'Fill', 'Add']; // biome-ignore format: in one

/**
 * The largest element of each window, and where it is. The windows' elements are taken one place after the other, of all windows at
 * once: kernels of TensorFlow.js for this pass NaN over, find nothing among infinities, or take negative numbers for small positive ones.
 */
function largest(tf: TfjsRun, x: Operand, [n, c, oh, ow]: Sizes, geometry: PoolGeometry): TensorInfo[] {
  const { kernel, stride, padding } = geometry;
  const [, , h, w] = x.shape as Sizes;
  const below = x.dtype === 'int32' ? -(2 ** 31) : -Infinity;
  const [rows, columns] = [kernel[0] - 1 + oh * stride[0], kernel[1] - 1 + ow * stride[1]];
  const after = (length: number, axis: 0 | 1): number =>
    Math.max((axis === 0 ? rows : columns) - length - padding[axis], 0);
  const pads = [[0, 0], [padding[0], after(h, 0)], [padding[1], after(w, 1)]] as const; // biome-ignore format: in one
  const image = crop(tf, pad(tf, reshape(tf, x, [n * c, h, w]), pads, below), [0, 0, 0], [n * c, rows, columns]);
  const every = (y: TensorInfo, axis: 1 | 2, from: number, count: number): TensorInfo => {
    const step = stride[axis - 1]!;
    const begin = [0, 0, 0].with(axis, from);
    return thin(tf, crop(tf, y, begin, y.shape.with(axis, count * step)), axis, step);
  };
  const shape = [n * c, oh, ow];
  // Where each window begins, and its first place in the image: what is not larger than padding is found there.
  const start = (i: number, axis: 0 | 1): number => i * stride[axis] - padding[axis];
  const plane = (place: (i: number, j: number) => number): TensorInfo =>
    tf.constant(
      Int32Array.from({ length: oh * ow }, (_, k) => place(Math.floor(k / ow), k % ow)),
      [1, oh, ow],
      'int32',
    );
  const origin = plane((i, j) => start(i, 0) * w + start(j, 1));
  const first = plane((i, j) => Math.max(-start(i, 0), 0) * w + Math.max(-start(j, 1), 0));
  let offset = stretch(tf, first, shape);
  let most: TensorInfo | undefined;
  for (let u = 0; u < kernel[0]; u++) {
    const line = every(image, 1, u, oh);
    for (let v = 0; v < kernel[1]; v++) {
      const candidate = every(line, 2, v, ow);
      if (most === undefined) {
        most = candidate;
        continue;
      }
      // Not "above" but "not at most", so that NaN gets in; and nothing replaces it.
      const isMore = tf.call('LogicalAnd', {
        a: tf.call('LogicalNot', { x: tf.call('LessEqual', { a: candidate, b: most }) }),
        b: tf.call('Equal', { a: most, b: most }),
      });
      most = select(tf, isMore, candidate, most, shape);
      offset = select(tf, isMore, tf.filled(u * w + v, [], 'int32'), offset, shape);
    }
  }
  return [most!, tf.call('Add', { a: offset, b: origin })];
}

type Sizes = readonly [number, number, number, number];

export const pool2dKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
  tfjsKernel(maxPool2dWithIndices, largestNeeds, ({ x, y }, geometry, tf) =>
    largest(tf, x, y.shape as Sizes, geometry),
  ),
  // Kernels divide by the elements in the image.
  tfjsKernel(avgPool2d, ['AvgPool', 'Conv2D', 'Multiply', 'Reshape', 'Fill'], ({ x, y }, attrs, tf) => {
    const form = attrsOf(attrs, x.shape, y.shape);
    const isKept = !tf.isOn('wasm');
    const means = isKept ? tf.call('AvgPool', { x: toPlanes(tf, x) }, form) : windowMeans(tf, toPlanes(tf, x), form);
    const factors = correction(tf, attrs, x.shape, y.shape, isKept ? 'image' : 'window');
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
