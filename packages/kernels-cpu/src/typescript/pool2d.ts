// Pooling.

import { avgPool2d, avgPool2dGrad, maxPool2dWithIndices, type PoolGeometry } from '@dl/autograd';
import { kernel } from './kernel.js';

/** Calls `visit` for each window with its place in the result, and the part of it that lies in the image. */
function forEachWindow(
  image: readonly number[],
  pooled: readonly number[],
  { kernel: [kernelHeight, kernelWidth], stride, padding }: PoolGeometry,
  visit: (at: number, plane: number, top: number, bottom: number, left: number, right: number, padded: number) => void,
): void {
  const [height, width] = image.slice(-2) as [number, number];
  const [batch, channels, outHeight, outWidth] = pooled as [number, number, number, number];
  let at = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let i = 0; i < outHeight; i++) {
      const y = i * stride[0] - padding[0];
      for (let j = 0; j < outWidth; j++, at++) {
        const x = j * stride[1] - padding[1];
        // What reaches over the padding, which ceil mode allows, is never counted.
        const padded =
          (Math.min(y + kernelHeight, height + padding[0]) - y) * (Math.min(x + kernelWidth, width + padding[1]) - x);
        visit(
          at,
          plane * height * width,
          Math.max(y, 0),
          Math.min(y + kernelHeight, height),
          Math.max(x, 0),
          Math.min(x + kernelWidth, width),
          padded,
        );
      }
    }
  }
}

export const maxPool2dKernel = kernel(maxPool2dWithIndices, ({ x, y, indices }, geometry) => {
  const width = x.shape[3]!;
  const { data } = x;
  forEachWindow(x.shape, y.shape, geometry, (at, plane, top, bottom, left, right) => {
    let best = top * width + left;
    for (let row = top; row < bottom; row++) {
      for (let i = row * width + left; i < row * width + right; i++) {
        if (
          data[plane + i]! > data[plane + best]! ||
          (Number.isNaN(data[plane + i]) && !Number.isNaN(data[plane + best]))
        )
          best = i;
      }
    }
    y.data[at] = data[plane + best]!;
    indices.data[at] = best;
  });
});

export const avgPool2dKernel = kernel(avgPool2d, ({ x, y }, attrs) => {
  const width = x.shape[3]!;
  forEachWindow(x.shape, y.shape, attrs, (at, plane, top, bottom, left, right, padded) => {
    let sum = 0;
    for (let row = top; row < bottom; row++) {
      for (let i = row * width + left; i < row * width + right; i++) sum += x.data[plane + i]!;
    }
    y.data[at] = sum / (attrs.countIncludePad ? padded : (bottom - top) * (right - left));
  });
});

export const avgPool2dGradKernel = kernel(avgPool2dGrad, ({ g, y }, attrs) => {
  const width = y.shape[3]!;
  y.data.fill(0);
  forEachWindow(y.shape, g.shape, attrs, (at, plane, top, bottom, left, right, padded) => {
    const share = g.data[at]! / (attrs.countIncludePad ? padded : (bottom - top) * (right - left));
    for (let row = top; row < bottom; row++) {
      for (let i = row * width + left; i < row * width + right; i++) y.data[plane + i]! += share;
    }
  });
});
