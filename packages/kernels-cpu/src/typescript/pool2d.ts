// Pooling.

import {
  avgPool2d,
  avgPool2dGrad,
  IndexError,
  maxPool2dDilated,
  maxPool2dGrad,
  maxPool2dWithIndices,
  type PoolGeometry,
} from '@dl/autograd';
import { kernel, type Values } from './kernel.js';

const dense = [1, 1] as const;

/** Along one axis, for each window: the part of it that lies in the image, and how long it is with the padding. */
interface Spans {
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly padded: readonly number[];
}

function spansOf(
  length: number,
  count: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
): Spans {
  const [from, to, padded]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < count; i++) {
    const start = i * stride - padding;
    from.push(start < 0 ? start + Math.ceil(-start / dilation) * dilation : start);
    to.push(Math.min(start + (kernel - 1) * dilation + 1, length));
    // What reaches over the padding, which ceil mode allows, is never counted.
    padded.push(Math.min(start + kernel, length + padding) - start);
  }
  return { from, to, padded };
}

/**
 * Of one row of the result: where it starts, where its plane starts in the image, the rows of the image that its windows
 * cover and how many those are with the padding, and the windows along the row.
 */
type WindowRow = (at: number, plane: number, top: number, bottom: number, padded: number, windows: Spans) => void;

/** Walks over the rows of the result. */
function forEachWindowRow(
  image: readonly number[],
  pooled: readonly number[],
  { kernel, stride, padding }: PoolGeometry,
  row: WindowRow,
  dilation: readonly [number, number] = dense,
): void {
  const [height, width] = image.slice(-2) as [number, number];
  const [batch, channels, outHeight, outWidth] = pooled as [number, number, number, number];
  const rows = spansOf(height, outHeight, kernel[0], stride[0], padding[0], dilation[0]);
  const columns = spansOf(width, outWidth, kernel[1], stride[1], padding[1], dilation[1]);
  let at = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let i = 0; i < outHeight; i++, at += outWidth) {
      row(at, plane * height * width, rows.from[i]!, rows.to[i]!, rows.padded[i]!, columns);
    }
  }
}

export const maxPool2dKernel = kernel(maxPool2dWithIndices, (values, geometry) => pickLargest(values, geometry, dense));

export const maxPool2dDilatedKernel = kernel(maxPool2dDilated, (values, { dilation, ...geometry }) =>
  pickLargest(values, geometry, dilation),
);

function pickLargest(
  { x, y, indices }: Readonly<Record<'x' | 'y' | 'indices', Values>>,
  geometry: PoolGeometry,
  dilation: readonly [number, number],
): void {
  const width = x.shape[3]!;
  const [down, along] = dilation;
  const [from, largest, places] = [x.data, y.data, indices.data];
  const pickRow: WindowRow = (at, plane, top, bottom, _padded, windows) => {
    for (let j = 0; j < windows.from.length; j++) {
      const [left, right] = [windows.from[j]!, windows.to[j]!];
      let place = top * width + left;
      let most = from[plane + place]!;
      for (let row = top; row < bottom; row += down) {
        const end = row * width + right;
        for (let i = row * width + left; i < end; i += along) {
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
  };
  forEachWindowRow(x.shape, y.shape, geometry, pickRow, dilation);
}

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
