// The sizes of a convolution, as its kernels need them.

import type { ConvGeometry, Shape } from '@dl/autograd';

/** Sizes that all three need, for one group of one image. */
export function convSizes(x: Shape, weight: Shape, y: Shape, { stride, padding, dilation, groups }: ConvGeometry) {
  const [batch, channels, height, width] = x as readonly [number, number, number, number];
  const [filters, perGroup, kernelHeight, kernelWidth] = weight as readonly [number, number, number, number];
  const [outHeight, outWidth] = [y[2]!, y[3]!];
  const [top, bottom, left, right] = padding;
  const paddedHeight = height + top + bottom;
  const paddedWidth = width + left + right;
  return {
    batch,
    groups,
    channels,
    height,
    width,
    stride,
    dilation,
    padding,
    perGroup,
    filters: filters / groups,
    kernelHeight,
    kernelWidth,
    outHeight,
    outWidth,
    paddedHeight,
    paddedWidth,
    positions: outHeight * outWidth,
    taps: perGroup * kernelHeight * kernelWidth,
    /** Bytes of one group of one image, of its padded form, of its result, and of its filters. */
    imageBytes: 4 * perGroup * height * width,
    paddedBytes: 4 * perGroup * paddedHeight * paddedWidth,
    resultBytes: 4 * (filters / groups) * outHeight * outWidth,
    weightBytes: (4 * filters * perGroup * kernelHeight * kernelWidth) / groups,
    isPadded: top + bottom + left + right > 0,
    /** The unfolded image is the image. */
    isPointwise: kernelHeight * kernelWidth === 1 && stride[0] * stride[1] === 1 && top + bottom + left + right === 0,
  };
}
export type ConvSizes = ReturnType<typeof convSizes>;

/** With stride 1, the padding of the gradient of y that gives the gradient of x by a convolution: what filters reach over. */
export function overhang({ padding, dilation, kernelHeight, kernelWidth }: ConvSizes): ConvGeometry['padding'] {
  const [rows, columns] = [dilation[0] * (kernelHeight - 1), dilation[1] * (kernelWidth - 1)];
  const [top, bottom, left, right] = padding;
  return [rows - top, rows - bottom, columns - left, columns - right];
}

/** The convolution that takes the gradient of y to that of x, were the stride 1; none where x has more padding than filters reach. */
export function reversed(sizes: ConvSizes): ConvSizes | undefined {
  const padding = overhang(sizes);
  if (padding.some((pad) => pad < 0)) return undefined;
  const { batch, groups, filters, perGroup, kernelHeight, kernelWidth, height, width, dilation, stride } = sizes;
  return convSizes(
    [batch, groups * filters, stride[0] * (sizes.outHeight - 1) + 1, stride[1] * (sizes.outWidth - 1) + 1],
    [groups * perGroup, filters, kernelHeight, kernelWidth],
    [batch, groups * perGroup, height, width],
    { stride: [1, 1], dilation, padding, groups },
  );
}
