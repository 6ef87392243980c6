// Convolution and its two gradients, as matrix products with the unfolded image.
//
// The unfolded image has a row for each tap of the filter (channel, row, column) and a column for each place of the result.
// Unfolding is a kernel; folding back gathers for each pixel what its taps received. Images go through in chunks, so
// that the unfolded ones stay under a budget of bytes.

import {
  type ConvGeometry,
  conv2d,
  conv2dInputGrad,
  conv2dWeightGrad,
  defineKernel,
  type KernelEntry,
  type KernelTensor,
  type Shape,
} from '@dl/autograd';
import { bufferOf, type GpuBuffer } from '../buffer.js';
import { Workspace } from '../workspace.js';
import { join } from './join.js';
import { multiply, pack, padded, unpackProgram } from './matmul.js';
import { reduceAxis } from './reduce.js';
import { fillZeros } from './shared.js';
import { accessOf, foldProgram, unfoldProgram } from './unfold.js';

/** Everything that the kernels need to know, counted. */
interface Sizes {
  readonly images: number;
  readonly groups: number;
  /** Channels of the image and of the result in one group. */
  readonly channels: number;
  readonly filters: number;
  /** Taps of one filter, and the same padded to whole texels. */
  readonly taps: number;
  readonly padTaps: number;
  /** Places of the result, and the same padded. */
  readonly places: number;
  readonly padPlaces: number;
  /** Columns of the image and of the result, and from which column of the image to the next. */
  readonly width: number;
  readonly outWidth: number;
  readonly strideX: number;
  /** How many images go through at once. */
  readonly chunk: number;
  readonly geometry: readonly number[];
}

function sizesOf(image: Shape, weight: Shape, result: Shape, g: ConvGeometry, scratchBytes: number): Sizes {
  const [images, , height, width] = image as readonly [number, number, number, number];
  const [out, channels, kernelHeight, kernelWidth] = weight as readonly [number, number, number, number];
  const [, , outHeight, outWidth] = result as readonly [number, number, number, number];
  const taps = channels * kernelHeight * kernelWidth;
  const places = outHeight * outWidth;
  const [padTaps, padPlaces] = [padded(taps), padded(places)];
  const bytes = 4 * g.groups * padTaps * padPlaces;
  return {
    images,
    groups: g.groups,
    channels,
    filters: out / g.groups,
    taps,
    padTaps,
    places,
    padPlaces,
    width,
    outWidth,
    strideX: g.stride[1],
    chunk: Math.min(images, Math.max(1, Math.floor(scratchBytes / bytes))),
    geometry: [
      ...[height, width, kernelHeight, kernelWidth, outHeight, outWidth],
      ...[...g.stride, g.padding[0], g.padding[2], ...g.dilation],
    ],
  };
}

function unfold(x: GpuBuffer, s: Sizes, first: number, count: number, work: Workspace): GpuBuffer {
  const columns = work.take(count * s.groups * s.padTaps * s.padPlaces);
  x.backend.run(
    unfoldProgram(accessOf(s.outWidth, s.strideX)),
    columns,
    [x],
    [first * s.groups, s.channels, s.taps, s.padTaps, s.places, s.padPlaces, ...s.geometry],
  );
  return columns;
}

/** Calls `each` for each chunk of images, whose results are joined in `out`. */
function inChunks(
  s: Sizes,
  out: GpuBuffer,
  imageSize: number,
  each: (first: number, count: number, target: GpuBuffer) => void,
): void {
  if (s.chunk === s.images) {
    each(0, s.images, out);
    return;
  }
  using work = new Workspace(out.backend);
  const pieces = [];
  for (let first = 0; first < s.images; first += s.chunk) {
    const count = Math.min(s.chunk, s.images - first);
    const buffer = work.take(count * imageSize);
    each(first, count, buffer);
    pieces.push({ buffer, width: count * imageSize });
  }
  join(pieces, 1, out);
}

function forward(
  x: KernelTensor,
  weight: KernelTensor,
  bias: KernelTensor | undefined,
  y: KernelTensor,
  g: ConvGeometry,
): void {
  const out = bufferOf(y);
  const s = sizesOf(x.shape, weight.shape, y.shape, g, out.backend.scratchBytes);
  using work = new Workspace(out.backend);
  const rows = s.groups * s.filters;
  const filters = packRows(bufferOf(weight), rows, s.taps, work);
  inChunks(s, out, rows * s.places, (first, count, target) => {
    using chunk = new Workspace(out.backend);
    const columns = unfold(bufferOf(x), s, first, count, chunk);
    multiply(
      target,
      {
        a: filters,
        aStrides: { start: 0, batch: [0, (s.filters * s.padTaps) / 4], row: s.padTaps / 4 },
        b: columns,
        bStrides: unfoldedStrides(s),
        transposeB: false,
        batch: [count, s.groups],
        rows: s.filters,
        columns: s.padPlaces / 4,
        inner: s.padTaps / 4,
      },
      { width: s.places, bias: bias && bufferOf(bias), biasAlong: 'rows' },
    );
  });
}

function inputGradient(g: KernelTensor, weight: KernelTensor, y: KernelTensor, geometry: ConvGeometry): void {
  const out = bufferOf(y);
  const s = sizesOf(y.shape, weight.shape, g.shape, geometry, out.backend.scratchBytes);
  using work = new Workspace(out.backend);
  const padFilters = padded(s.filters);
  // The filters flipped: [groups, taps, filters].
  const flipped = pack(
    bufferOf(weight),
    {
      start: 0,
      count: s.groups,
      rows: s.taps,
      columns: s.filters,
      padRows: s.taps,
      batchStep: s.filters * s.taps,
      rowStep: 1,
      columnStep: s.taps,
    },
    work,
  );
  const imageSize = y.size / Math.max(1, s.images);
  inChunks(s, out, imageSize, (first, count, target) => {
    using chunk = new Workspace(out.backend);
    const upstream = gradientRows(bufferOf(g), s, first, count, padFilters, chunk);
    const columns = chunk.take(count * s.groups * s.taps * s.padPlaces);
    multiply(
      columns,
      {
        a: flipped,
        aStrides: { start: 0, batch: [0, (s.taps * padFilters) / 4], row: padFilters / 4 },
        b: upstream.buffer,
        bStrides: {
          start: upstream.start,
          batch: [(s.groups * padFilters * s.padPlaces) / 4, (padFilters * s.padPlaces) / 4],
          row: s.padPlaces / 4,
        },
        transposeB: false,
        batch: [count, s.groups],
        rows: s.taps,
        columns: s.padPlaces / 4,
        inner: padFilters / 4,
      },
      { width: s.padPlaces },
    );
    out.backend.run(
      foldProgram(accessOf(s.width, s.strideX)),
      target,
      [columns],
      [s.channels, s.taps, s.padPlaces, ...s.geometry],
    );
  });
}

function weightGradient(x: KernelTensor, g: KernelTensor, y: KernelTensor, geometry: ConvGeometry): void {
  const out = bufferOf(y);
  const s = sizesOf(x.shape, y.shape, g.shape, geometry, out.backend.scratchBytes);
  using work = new Workspace(out.backend);
  const rows = s.groups * s.filters;
  const size = rows * s.padTaps;
  const sums: GpuBuffer[] = [];
  for (let first = 0; first < s.images; first += s.chunk) {
    using chunk = new Workspace(out.backend);
    const count = Math.min(s.chunk, s.images - first);
    const columns = unfold(bufferOf(x), s, first, count, chunk);
    const upstream = gradientRows(bufferOf(g), s, first, count, s.filters, chunk);
    const each = chunk.take(count * size);
    multiply(
      each,
      {
        a: upstream.buffer,
        aStrides: {
          start: upstream.start,
          batch: [(rows * s.padPlaces) / 4, (s.filters * s.padPlaces) / 4],
          row: s.padPlaces / 4,
        },
        b: columns,
        bStrides: unfoldedStrides(s),
        transposeB: true,
        batch: [count, s.groups],
        rows: s.filters,
        columns: s.padTaps / 4,
        inner: s.padPlaces / 4,
      },
      { width: s.padTaps },
    );
    const sum = work.take(size);
    reduceAxis('sum', each, sum, { outer: 1, length: count, inner: size }, 1);
    sums.push(sum);
  }
  out.backend.run(unpackProgram, out, [sumOf(sums, size, work)], [s.taps, s.padTaps]);
}

/** The sum of buffers of one size. */
function sumOf(parts: readonly GpuBuffer[], size: number, work: Workspace): GpuBuffer {
  const [first] = parts;
  if (parts.length === 1) return first!;
  const all = work.take(parts.length * size);
  join(
    parts.map((buffer) => ({ buffer, width: size })),
    1,
    all,
  );
  const total = work.take(size);
  reduceAxis('sum', all, total, { outer: 1, length: parts.length, inner: size }, 1);
  return total;
}

const unfoldedStrides = (s: Sizes) => ({
  start: 0,
  batch: [(s.groups * s.padTaps * s.padPlaces) / 4, (s.padTaps * s.padPlaces) / 4] as const,
  row: s.padPlaces / 4,
});

/** [rows, columns] in padded rows; itself where it has them. */
function packRows(x: GpuBuffer, rows: number, columns: number, work: Workspace): GpuBuffer {
  if (columns % 4 === 0) return x;
  return pack(
    x,
    { start: 0, count: 1, rows, columns, padRows: rows, batchStep: 0, rowStep: columns, columnStep: 1 },
    work,
  );
}

/** The upstream gradient of some images in padded rows, `padFilters` for each group; itself, from `start` on, where it has them. */
function gradientRows(
  g: GpuBuffer,
  s: Sizes,
  first: number,
  count: number,
  padFilters: number,
  work: Workspace,
): { readonly buffer: GpuBuffer; readonly start: number } {
  const start = first * s.groups * s.filters * s.places;
  if (s.places === s.padPlaces && s.filters === padFilters) return { buffer: g, start: start / 4 };
  const packing = {
    start,
    count: count * s.groups,
    rows: s.filters,
    columns: s.places,
    padRows: padFilters,
    batchStep: s.filters * s.places,
    rowStep: s.places,
    columnStep: 1,
  };
  return { buffer: pack(g, packing, work), start: 0 };
}

export const conv2dKernels: readonly KernelEntry[] = [
  defineKernel(conv2d, ({ x, weight, bias, y }, geometry) => {
    if (y.size > 0) forward(x, weight, bias, y, geometry);
  }),
  defineKernel(conv2dInputGrad, ({ g, weight, y }, geometry) => {
    if (g.size === 0) fillZeros(y);
    else if (y.size > 0) inputGradient(g, weight, y, geometry);
  }),
  defineKernel(conv2dWeightGrad, ({ x, g, y }, geometry) => {
    if (g.size === 0 || x.size === 0) fillZeros(y);
    else if (y.size > 0) weightGradient(x, g, y, geometry);
  }),
];
