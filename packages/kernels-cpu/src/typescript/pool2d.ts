// Pooling.

import {
  avgPool2d,
  avgPool2dGrad,
  IndexError,
  maxPool2dGrad,
  maxPool2dWithIndices,
  type PoolGeometry,
} from '@dl/autograd';
import { kernel } from './kernel.js';

/** Along one axis, for each window: the part of it that lies in the image, and how long it is with the padding. */
interface Spans {
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly padded: readonly number[];
}

function spansOf(length: number, count: number, kernel: number, stride: number, padding: number): Spans {
  const [from, to, padded]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < count; i++) {
    const start = i * stride - padding;
    from.push(Math.max(start, 0));
    to.push(Math.min(start + kernel, length));
    // What reaches over the padding, which ceil mode allows, is never counted.
    padded.push(Math.min(start + kernel, length + padding) - start);
  }
  return { from, to, padded };
}

/**
 * Walks over the rows of the result: `row` gets where in the result it starts, where its plane starts in the image, the
 * rows of the image that its windows cover and how many those are with the padding, and the windows along the row.
 */
function forEachWindowRow(
  image: readonly number[],
  pooled: readonly number[],
  { kernel, stride, padding }: PoolGeometry,
  row: (at: number, plane: number, top: number, bottom: number, padded: number, windows: Spans) => void,
): void {
  const [height, width] = image.slice(-2) as [number, number];
  const [batch, channels, outHeight, outWidth] = pooled as [number, number, number, number];
  const rows = spansOf(height, outHeight, kernel[0], stride[0], padding[0]);
  const columns = spansOf(width, outWidth, kernel[1], stride[1], padding[1]);
  let at = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let i = 0; i < outHeight; i++, at += outWidth) {
      row(at, plane * height * width, rows.from[i]!, rows.to[i]!, rows.padded[i]!, columns);
    }
  }
}

export const maxPool2dKernel = kernel(maxPool2dWithIndices, ({ x, y, indices }, geometry) => {
  const width = x.shape[3]!;
  const [from, largest, places] = [x.data, y.data, indices.data];
  forEachWindowRow(x.shape, y.shape, geometry, (at, plane, top, bottom, _padded, windows) => {
    for (let j = 0; j < windows.from.length; j++) {
      const [left, right] = [windows.from[j]!, windows.to[j]!];
      let place = top * width + left;
      let most = from[plane + place]!;
      for (let row = top; row < bottom; row++) {
        const end = row * width + right;
        for (let i = row * width + left; i < end; i++) {
          const value = from[plane + i]!;
          // Not "above" but "not at most", so that NaN gets in; and nothing replaces it.
          if (!(value <= most) && !Number.isNaN(most)) {
            most = value;
            place = i;
          }
        }
      }
      largest[at + j] = most;
      places[at + j] = place;
    }
  });
});

export const maxPool2dGradKernel = kernel(maxPool2dGrad, ({ g, indices, y }) => {
  const size = y.shape[2]! * y.shape[3]!;
  const count = g.shape[2]! * g.shape[3]!;
  y.data.fill(0);
  for (let k = 0; k < g.size; k++) {
    const place = indices.data[k]!;
    if (place < 0 || place >= size) {
      throw new IndexError(`maxPool2dGrad: index ${place} at position ${k} is out of range; needs 0 to ${size - 1}`);
    }
    y.data[Math.floor(k / count) * size + place]! += g.data[k]!;
  }
});

export const avgPool2dKernel = kernel(avgPool2d, ({ x, y }, attrs) => {
  const width = x.shape[3]!;
  const [from, to] = [x.data, y.data];
  forEachWindowRow(x.shape, y.shape, attrs, (at, plane, top, bottom, padded, windows) => {
    for (let j = 0; j < windows.from.length; j++) {
      const [left, right] = [windows.from[j]!, windows.to[j]!];
      let sum = 0;
      for (let row = top; row < bottom; row++) {
        const start = plane + row * width;
        for (let i = start + left; i < start + right; i++) sum += from[i]!;
      }
      to[at + j] = sum / (attrs.countIncludePad ? padded * windows.padded[j]! : (bottom - top) * (right - left));
    }
  });
});

export const avgPool2dGradKernel = kernel(avgPool2dGrad, ({ g, y }, attrs) => {
  const width = y.shape[3]!;
  const [from, to] = [g.data, y.data];
  to.fill(0);
  forEachWindowRow(y.shape, g.shape, attrs, (at, plane, top, bottom, padded, windows) => {
    for (let j = 0; j < windows.from.length; j++) {
      const [left, right] = [windows.from[j]!, windows.to[j]!];
      const share =
        from[at + j]! / (attrs.countIncludePad ? padded * windows.padded[j]! : (bottom - top) * (right - left));
      for (let row = top; row < bottom; row++) {
        const start = plane + row * width;
        for (let i = start + left; i < start + right; i++) to[i]! += share;
      }
    }
  });
});
