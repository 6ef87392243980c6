// Convolution and its two gradients as matrix products. The unfolded image (im2col) is never stored: packing reads it
// through tables of offsets. A 1x1 filter with stride 1 needs no unfolding at all.

import { type ConvGeometry, conv2d, conv2dInputGrad, conv2dWeightGrad, type Shape } from '@dl/autograd';
import { pointerOf, type WasmEngine } from './engine.js';
import { wasmKernel } from './kernel.js';

// At most so many elements of a column matrix at once, where one cannot be avoided.
const COLUMN_ELEMENTS = 1 << 20;
// What an element takes to pack, or to write and fold, in multiplications of the product.
const PACKING_COST = 12;
const FOLDING_COST = 30;

/** Sizes that all three need, for one group of one image. */
function layout(x: Shape, weight: Shape, y: Shape, { stride, padding, dilation, groups }: ConvGeometry) {
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
type Layout = ReturnType<typeof layout>;

/** Calls `each` for every group of every image, with byte offsets into image, result and weight. */
function forEachGroup(
  { batch, groups, imageBytes, resultBytes, weightBytes }: Layout,
  each: (image: number, result: number, weight: number, group: number, n: number) => void,
): void {
  for (let n = 0; n < batch; n++) {
    for (let group = 0; group < groups; group++) {
      const index = n * groups + group;
      each(index * imageBytes, index * resultBytes, group * weightBytes, group, n);
    }
  }
}

/** The tables of offsets into the padded image, for its taps and for the positions of the result. */
function offsetTables({ run, scratch }: Tools, sizes: Layout): { taps: number; positions: number } {
  const { taps, positions, perGroup, kernelHeight, kernelWidth, outHeight, outWidth } = sizes;
  const { paddedHeight, paddedWidth, stride, dilation } = sizes;
  const tapTable = scratch('tables', 4 * (taps + positions));
  const positionTable = tapTable + 4 * taps;
  const plane = paddedHeight * paddedWidth;
  run.gridOffsets(tapTable, perGroup, kernelHeight, kernelWidth, plane, dilation[0] * paddedWidth, dilation[1]);
  run.gridOffsets(positionTable, 1, outHeight, outWidth, 0, stride[0] * paddedWidth, stride[1]);
  return { taps: tapTable, positions: positionTable };
}

type Tools = Pick<WasmEngine, 'run'> & { scratch: WasmEngine['scratch'] };

function toolsOf(engine: WasmEngine): Tools {
  return { run: engine.run, scratch: (name, bytes) => engine.scratch(name, bytes) };
}

/** The padded form of a group of an image: a copy in scratch, or the image itself. */
function padded({ run }: Tools, image: number, scratch: number, sizes: Layout): number {
  if (!sizes.isPadded) return image;
  run.padPlanes(scratch, image, sizes.perGroup, sizes.height, sizes.width, ...sizes.padding);
  return scratch;
}

export const conv2dKernel = wasmKernel(conv2d, (engine, { x, weight, bias, y }, geometry) => {
  if (y.dtype !== 'float32') return false;
  const sizes = layout(x.shape, weight.shape, y.shape, geometry);
  convolve(toolsOf(engine), sizes, pointerOf(x), pointerOf(weight), bias ? pointerOf(bias) : 0, pointerOf(y));
  return true;
});

function convolve(tools: Tools, sizes: Layout, x: number, weight: number, bias: number, y: number): void {
  const { run, scratch } = tools;
  const { filters, positions, taps } = sizes;
  const gemm = scratch('gemm', run.gemmBytes());
  const biasOf = (group: number): number => (bias === 0 ? 0 : bias + 4 * filters * group);
  if (sizes.isPointwise) {
    forEachGroup(sizes, (image, result, w, group) => {
      const [from, to] = [x + image, y + result];
      run.gemm(
        filters,
        positions,
        taps,
        weight + w,
        taps,
        1,
        from,
        positions,
        1,
        to,
        positions,
        biasOf(group),
        0,
        gemm,
      );
    });
    return;
  }
  const tables = offsetTables(tools, sizes);
  const room = sizes.isPadded ? scratch('image', sizes.paddedBytes) : 0;
  forEachGroup(sizes, (image, result, w, group) => {
    const from = padded(tools, x + image, room, sizes);
    const [a, to] = [weight + w, y + result];
    run.gemmIndexed(
      ...([filters, positions, taps, a, taps, 1] as const),
      ...([from, tables.taps, tables.positions, to, positions, biasOf(group), 0, gemm] as const),
    );
  });
}

export const conv2dWeightGradKernel = wasmKernel(conv2dWeightGrad, (engine, { x, g, y }, geometry) => {
  // Without images there is no product that would write the zeros.
  if (y.dtype !== 'float32' || g.size === 0) return false;
  const sizes = layout(x.shape, y.shape, g.shape, geometry);
  const tools = toolsOf(engine);
  const { run, scratch } = tools;
  const { filters, positions, taps } = sizes;
  const [from, by, to] = [pointerOf(x), pointerOf(g), pointerOf(y)];
  const gemm = scratch('gemm', run.gemmBytes());
  const tables = sizes.isPointwise ? undefined : offsetTables(tools, sizes);
  const room = sizes.isPadded ? scratch('image', sizes.paddedBytes) : 0;
  // dW [filters, taps] = Σ over images of G [filters, positions] · unfolded image [taps, positions]ᵀ
  forEachGroup(sizes, (image, result, w, _, n) => {
    const [a, c, add] = [by + result, to + w, n > 0 ? 1 : 0];
    if (tables === undefined) {
      run.gemm(filters, taps, positions, a, positions, 1, from + image, 1, positions, c, taps, 0, add, gemm);
    } else {
      const unfolded = padded(tools, from + image, room, sizes);
      run.gemmIndexed(
        ...([filters, taps, positions, a, positions, 1] as const),
        ...([unfolded, tables.positions, tables.taps, c, taps, 0, add, gemm] as const),
      );
    }
  });
  return true;
});

export const conv2dInputGradKernel = wasmKernel(conv2dInputGrad, (engine, { g, weight, y }, geometry) => {
  if (y.dtype !== 'float32') return false;
  const sizes = layout(y.shape, weight.shape, g.shape, geometry);
  const tools = toolsOf(engine);
  const [from, by, to] = [pointerOf(g), pointerOf(weight), pointerOf(y)];
  if (sizes.isPointwise) inputGradPointwise(tools, sizes, from, by, to);
  else if (isConvolution(sizes)) inputGradByConvolution(tools, sizes, from, by, to);
  else inputGradByFolding(tools, sizes, from, by, to);
  return true;
});

/** dX [channels, positions] = Wᵀ · G for each image. */
function inputGradPointwise({ run, scratch }: Tools, sizes: Layout, g: number, weight: number, y: number): void {
  const { filters, positions, taps } = sizes;
  const gemm = scratch('gemm', run.gemmBytes());
  forEachGroup(sizes, (image, result, w) => {
    const [a, b, c] = [weight + w, g + result, y + image];
    run.gemm(taps, positions, filters, a, 1, taps, b, positions, 1, c, positions, 0, 0, gemm);
  });
}

/**
 * With stride 1, the gradient is the convolution of G, padded by what the filter overhangs, with the filters turned round.
 * Few channels, or an image much larger than G, make folding cheaper; the costs are in multiplications.
 */
function isConvolution(sizes: Layout): boolean {
  if (sizes.stride[0] !== 1 || sizes.stride[1] !== 1 || overhang(sizes).some((pad) => pad < 0)) return false;
  const { filters, perGroup, kernelHeight, kernelWidth, height, width, taps, positions } = sizes;
  const unfolded = filters * kernelHeight * kernelWidth * height * width;
  return unfolded * (perGroup + PACKING_COST) < taps * positions * (filters + FOLDING_COST);
}

function overhang({ padding, dilation, kernelHeight, kernelWidth }: Layout): ConvGeometry['padding'] {
  const [rows, columns] = [dilation[0] * (kernelHeight - 1), dilation[1] * (kernelWidth - 1)];
  const [top, bottom, left, right] = padding;
  return [rows - top, rows - bottom, columns - left, columns - right];
}

function inputGradByConvolution(tools: Tools, sizes: Layout, g: number, weight: number, y: number): void {
  const { batch, groups, filters, perGroup, kernelHeight, kernelWidth, height, width, outHeight, outWidth } = sizes;
  const turned = tools.scratch('weights', groups * sizes.weightBytes);
  for (let offset = 0; offset < groups * sizes.weightBytes; offset += sizes.weightBytes) {
    tools.run.turnFilters(turned + offset, weight + offset, filters, perGroup, kernelHeight * kernelWidth);
  }
  const reverse = layout(
    [batch, groups * filters, outHeight, outWidth],
    [groups * perGroup, filters, kernelHeight, kernelWidth],
    [batch, groups * perGroup, height, width],
    { stride: [1, 1], dilation: sizes.dilation, padding: overhang(sizes), groups },
  );
  convolve(tools, reverse, g, turned, 0, y);
}

/** In general: Wᵀ · G gives the gradient of the unfolded image, in blocks of columns, and each is folded back. */
function inputGradByFolding(tools: Tools, sizes: Layout, g: number, weight: number, y: number): void {
  const { run, scratch } = tools;
  const { filters, perGroup, positions, taps } = sizes;
  const width = Math.min(positions, Math.max(8, Math.floor(COLUMN_ELEMENTS / taps)));
  const gemm = scratch('gemm', run.gemmBytes());
  const columns = scratch('columns', 4 * taps * width);
  const folded = scratch('image', sizes.paddedBytes);
  const tables = offsetTables(tools, sizes);
  forEachGroup(sizes, (image, result, w) => {
    run.fill(folded, sizes.paddedBytes / 4, 0);
    for (let first = 0; first < positions; first += width) {
      const count = Math.min(width, positions - first);
      const b = g + result + 4 * first;
      run.gemm(taps, count, filters, weight + w, 1, taps, b, positions, 1, columns, count, 0, 0, gemm);
      run.foldAdd(folded, columns, tables.taps, taps, tables.positions + 4 * first, count);
    }
    run.cropPlanes(y + image, folded, perGroup, sizes.height, sizes.width, ...sizes.padding);
  });
}
