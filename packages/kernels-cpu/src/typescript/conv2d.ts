// Convolution and its two gradients: each image is unfolded into columns (im2col), which a matrix product takes from there.
// A group of one filter, as in depthwise convolution, is not worth that: its sums are taken straight from the image, past
// the zeros around it. Unless what they are multiplied by is infinite or NaN: then the product with them is NaN.

import { type ConvGeometry, conv2d, conv2dInputGrad, conv2dWeightGrad, type TypedArray } from '@dl/autograd';
import { multiplyPacked, pack, packedLength, Scratch } from './gemm.js';
import { kernel } from './kernel.js';

const columnsScratch = new Scratch();
const packedA = new Scratch();
const packedB = new Scratch();
const sums = new Scratch();

/** Sizes that all three need. */
function sizesOf(x: readonly number[], weight: readonly number[], y: readonly number[], { groups }: ConvGeometry) {
  const [batch, channels, height, width] = x as [number, number, number, number];
  const [filters, perGroup, kernelHeight, kernelWidth] = weight as [number, number, number, number];
  return {
    batch,
    channels,
    height,
    width,
    filters: filters / groups,
    perGroup,
    kernelHeight,
    kernelWidth,
    outHeight: y[2]!,
    outWidth: y[3]!,
    positions: y[2]! * y[3]!,
    taps: perGroup * kernelHeight * kernelWidth,
  };
}
type Sizes = ReturnType<typeof sizesOf>;

/** Takes a run of positions, from `at` on, whose inputs for this tap lie in the image, from `input` on in steps of the stride. */
type TapLine = (tap: number, at: number, input: number, length: number) => void;

/**
 * Walks over the taps of a filter and the positions of its output, for one group of one image: tap (c, u, v) meets
 * input (c, i·stride + u·dilation - padding, …) at position (i, j).
 */
function forEachTapRow(sizes: Sizes, { stride, padding, dilation }: ConvGeometry, line: TapLine): void {
  const { perGroup, height, width, kernelHeight, kernelWidth, outHeight, outWidth } = sizes;
  let tap = 0;
  for (let c = 0; c < perGroup; c++) {
    for (let u = 0; u < kernelHeight; u++) {
      for (let v = 0; v < kernelWidth; v++, tap++) {
        const left = v * dilation[1] - padding[2];
        // The columns j with 0 <= j·stride + left < width.
        const first = Math.max(0, Math.ceil(-left / stride[1]));
        const last = Math.min(outWidth, Math.floor((width - 1 - left) / stride[1]) + 1);
        if (last <= first) continue;
        for (let i = 0; i < outHeight; i++) {
          const y = i * stride[0] + u * dilation[0] - padding[0];
          if (y < 0 || y >= height) continue;
          line(tap, i * outWidth + first, (c * height + y) * width + first * stride[1] + left, last - first);
        }
      }
    }
  }
}

/** Unfolds one group of one image: [taps, positions]. */
function unfold(x: TypedArray, offset: number, sizes: Sizes, geometry: ConvGeometry): Float64Array {
  const columns = columnsScratch.take(sizes.taps * sizes.positions);
  columns.fill(0, 0, sizes.taps * sizes.positions);
  const step = geometry.stride[1];
  forEachTapRow(sizes, geometry, (tap, at, input, length) => {
    const column = tap * sizes.positions + at;
    for (let k = 0, i = offset + input; k < length; k++, i += step) columns[column + k] = x[i]!;
  });
  return columns;
}

export const conv2dKernel = kernel(conv2d, ({ x, weight, bias, y }, geometry) => {
  const sizes = sizesOf(x.shape, weight.shape, y.shape, geometry);
  const { batch, channels, height, width, filters, perGroup, positions, taps } = sizes;
  const { groups, stride } = geometry;
  const left = packedA.take(packedLength(filters, taps));
  const right = packedB.take(packedLength(positions, taps));
  for (let group = 0; group < groups; group++) {
    const isDirect = filters === 1 && allFinite(weight.data, group * taps, taps);
    if (!isDirect) pack(left, weight.data, group * filters * taps, filters, taps, taps, 1);
    for (let n = 0; n < batch; n++) {
      const from = (n * channels + group * perGroup) * height * width;
      const to = (n * groups + group) * filters * positions;
      const image = sums.take(filters * positions);
      for (let f = 0; f < filters; f++) {
        image.fill(bias?.data[group * filters + f] ?? 0, f * positions, (f + 1) * positions);
      }
      if (isDirect) {
        forEachTapRow(sizes, geometry, (tap, at, input, length) =>
          addProducts(image, at, 1, x.data, from + input, stride[1], length, weight.data[group * taps + tap]!),
        );
      } else {
        pack(right, unfold(x.data, from, sizes, geometry), 0, positions, taps, 1, positions);
        multiplyPacked(left, right, image, 0, filters, positions, taps);
      }
      copySums(image, y.data, to, filters * positions);
    }
  }
});

export const conv2dInputGradKernel = kernel(conv2dInputGrad, ({ g, weight, y }, geometry) => {
  const sizes = sizesOf(y.shape, weight.shape, g.shape, geometry);
  const { batch, channels, height, width, filters, perGroup, positions, taps } = sizes;
  const { groups, stride } = geometry;
  const left = packedA.take(packedLength(taps, filters));
  const right = packedB.take(packedLength(positions, filters));
  const size = perGroup * height * width;
  for (let group = 0; group < groups; group++) {
    if (filters > 1) pack(left, weight.data, group * filters * taps, taps, filters, 1, taps);
    for (let n = 0; n < batch; n++) {
      const from = (n * groups + group) * filters * positions;
      const image = sums.take(size);
      image.fill(0, 0, size);
      if (filters === 1) {
        forEachTapRow(sizes, geometry, (tap, at, input, length) =>
          addProducts(image, input, stride[1], g.data, from + at, 1, length, weight.data[group * taps + tap]!),
        );
      } else {
        const columns = columnsScratch.take(taps * positions);
        columns.fill(0, 0, taps * positions);
        pack(right, g.data, from, positions, filters, 1, positions);
        multiplyPacked(left, right, columns, 0, taps, positions, filters);
        forEachTapRow(sizes, geometry, (tap, at, input, length) =>
          addProducts(image, input, stride[1], columns, tap * positions + at, 1, length, 1),
        );
      }
      copySums(image, y.data, (n * channels + group * perGroup) * height * width, size);
    }
  }
});

export const conv2dWeightGradKernel = kernel(conv2dWeightGrad, ({ x, g, y }, geometry) => {
  const sizes = sizesOf(x.shape, y.shape, g.shape, geometry);
  const { batch, channels, height, width, filters, perGroup, positions, taps } = sizes;
  const { groups, stride } = geometry;
  const left = packedA.take(packedLength(filters, positions));
  const right = packedB.take(packedLength(taps, positions));
  for (let group = 0; group < groups; group++) {
    const total = sums.take(filters * taps);
    total.fill(0, 0, filters * taps);
    for (let n = 0; n < batch; n++) {
      const from = (n * channels + group * perGroup) * height * width;
      const upstream = (n * groups + group) * filters * positions;
      if (filters === 1 && allFinite(g.data, upstream, positions)) {
        forEachTapRow(sizes, geometry, (tap, at, input, length) => {
          total[tap]! += innerProduct(x.data, from + input, stride[1], g.data, upstream + at, length);
        });
      } else {
        const columns = unfold(x.data, from, sizes, geometry);
        pack(left, g.data, upstream, filters, positions, positions, 1);
        pack(right, columns, 0, taps, positions, positions, 1);
        multiplyPacked(left, right, total, 0, filters, taps, positions);
      }
    }
    copySums(total, y.data, group * filters * taps, filters * taps);
  }
});

function allFinite(x: TypedArray, i: number, n: number): boolean {
  for (const end = i + n; i < end; i++) if (!Number.isFinite(x[i])) return false;
  return true;
}

/** Adds `n` elements of x, times a factor. */
function addProducts(
  to: Float64Array,
  o: number,
  outStep: number,
  x: TypedArray,
  i: number,
  step: number,
  n: number,
  factor: number,
): void {
  for (let k = 0; k < n; k++, o += outStep, i += step) to[o]! += factor * x[i]!;
}

function innerProduct(x: TypedArray, i: number, step: number, g: TypedArray, j: number, n: number): number {
  let sum = 0;
  for (const end = j + n; j < end; j++, i += step) sum += x[i]! * g[j]!;
  return sum;
}

/** Rounds the sums, which are in double precision, to the dtype of the result. */
function copySums(from: Float64Array, to: TypedArray, o: number, n: number): void {
  for (let k = 0; k < n; k++) to[o + k] = from[k]!;
}
