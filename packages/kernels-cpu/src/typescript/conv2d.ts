// Convolution and its two gradients: each image is unfolded into columns (im2col), which a matrix product takes from there.

import { type ConvGeometry, conv2d, conv2dInputGrad, conv2dWeightGrad, type TypedArray } from '@dl/autograd';
import { multiplyPacked, pack, packedLength, Scratch } from './gemm.js';
import { kernel } from './kernel.js';

const columnsScratch = new Scratch();
const packedA = new Scratch();
const packedB = new Scratch();
const sums = new Scratch();

/** Sizes that all three need. */
function layout(x: readonly number[], weight: readonly number[], y: readonly number[], { groups }: ConvGeometry) {
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
type Layout = ReturnType<typeof layout>;

/**
 * Walks over the unfolded form of one group of one image: row `(c, u, v)`, column `(i, j)` of the matrix stands for
 * input (c, i·stride + u·dilation - padding, …). `line` gets a run of columns whose inputs lie in the image.
 */
function forEachTapRow(
  sizes: Layout,
  { stride, padding, dilation }: ConvGeometry,
  line: (column: number, input: number, length: number) => void,
): void {
  const { perGroup, height, width, kernelHeight, kernelWidth, outHeight, outWidth, positions } = sizes;
  let row = 0;
  for (let c = 0; c < perGroup; c++) {
    for (let u = 0; u < kernelHeight; u++) {
      for (let v = 0; v < kernelWidth; v++, row += positions) {
        const left = v * dilation[1] - padding[2];
        // The columns j with 0 <= j·stride + left < width.
        const first = Math.max(0, Math.ceil(-left / stride[1]));
        const last = Math.min(outWidth, Math.floor((width - 1 - left) / stride[1]) + 1);
        if (last <= first) continue;
        for (let i = 0; i < outHeight; i++) {
          const y = i * stride[0] + u * dilation[0] - padding[0];
          if (y < 0 || y >= height) continue;
          line(row + i * outWidth + first, (c * height + y) * width + first * stride[1] + left, last - first);
        }
      }
    }
  }
}

/** Unfolds one group of one image: [taps, positions]. */
function unfold(x: TypedArray, offset: number, sizes: Layout, geometry: ConvGeometry): Float64Array {
  const columns = columnsScratch.take(sizes.taps * sizes.positions);
  columns.fill(0, 0, sizes.taps * sizes.positions);
  const step = geometry.stride[1];
  forEachTapRow(sizes, geometry, (column, input, length) => {
    for (let k = 0, i = offset + input; k < length; k++, i += step) columns[column + k] = x[i]!;
  });
  return columns;
}

export const conv2dKernel = kernel(conv2d, ({ x, weight, bias, y }, geometry) => {
  const sizes = layout(x.shape, weight.shape, y.shape, geometry);
  const { batch, channels, height, width, filters, perGroup, positions, taps } = sizes;
  const left = packedA.take(packedLength(filters, taps));
  const right = packedB.take(packedLength(positions, taps));
  const outChannels = filters * geometry.groups;
  for (let channel = 0; channel < batch * outChannels; channel++) {
    y.data.fill(bias?.data[channel % outChannels] ?? 0, channel * positions, (channel + 1) * positions);
  }
  for (let group = 0; group < geometry.groups; group++) {
    pack(left, weight.data, group * filters * taps, filters, taps, taps, 1);
    for (let n = 0; n < batch; n++) {
      const columns = unfold(x.data, (n * channels + group * perGroup) * height * width, sizes, geometry);
      pack(right, columns, 0, positions, taps, 1, positions);
      multiplyPacked(left, right, y.data, (n * outChannels + group * filters) * positions, filters, positions, taps);
    }
  }
});

export const conv2dInputGradKernel = kernel(conv2dInputGrad, ({ g, weight, y }, geometry) => {
  const sizes = layout(y.shape, weight.shape, g.shape, geometry);
  const { batch, channels, height, width, filters, perGroup, positions, taps } = sizes;
  const left = packedA.take(packedLength(taps, filters));
  const right = packedB.take(packedLength(positions, filters));
  const image = perGroup * height * width;
  const step = geometry.stride[1];
  for (let group = 0; group < geometry.groups; group++) {
    pack(left, weight.data, group * filters * taps, taps, filters, 1, taps);
    for (let n = 0; n < batch; n++) {
      const columns = columnsScratch.take(taps * positions);
      columns.fill(0, 0, taps * positions);
      pack(right, g.data, (n * geometry.groups + group) * filters * positions, positions, filters, 1, positions);
      multiplyPacked(left, right, columns, 0, taps, positions, filters);
      // Folded back in double precision, so that overlapping taps lose nothing.
      const folded = sums.take(image);
      folded.fill(0, 0, image);
      forEachTapRow(sizes, geometry, (column, input, length) => {
        for (let k = 0, i = input; k < length; k++, i += step) folded[i]! += columns[column + k]!;
      });
      y.data.set(folded.subarray(0, image), (n * channels + group * perGroup) * height * width);
    }
  }
});

export const conv2dWeightGradKernel = kernel(conv2dWeightGrad, ({ x, g, y }, geometry) => {
  const sizes = layout(x.shape, y.shape, g.shape, geometry);
  const { batch, channels, height, width, filters, perGroup, positions, taps } = sizes;
  const left = packedA.take(packedLength(filters, positions));
  const right = packedB.take(packedLength(taps, positions));
  for (let group = 0; group < geometry.groups; group++) {
    const total = sums.take(filters * taps);
    total.fill(0, 0, filters * taps);
    for (let n = 0; n < batch; n++) {
      const columns = unfold(x.data, (n * channels + group * perGroup) * height * width, sizes, geometry);
      pack(left, g.data, (n * geometry.groups + group) * filters * positions, filters, positions, positions, 1);
      pack(right, columns, 0, taps, positions, positions, 1);
      multiplyPacked(left, right, total, 0, filters, taps, positions);
    }
    y.data.set(total.subarray(0, filters * taps), group * filters * taps);
  }
});
