// Convolution straight from the image, for groups of few filters: see assembly/conv-direct.ts.

import { type ConvSizes, overhang } from './conv-sizes.js';
import type { WasmEngine } from './engine.js';

// Fewest multiplications that are worth a thread.
const WORK_GRAIN = 300_000;
// Tiles read a few elements beyond what they need.
const SLACK = 64;

/** The copy of an image's plane that filters are laid over: [rows, phases, pitch]. */
function copyOf(height: number, width: number, strideWidth: number) {
  const pitch = Math.ceil(width / strideWidth);
  return { rows: height, pitch, phases: strideWidth, elements: height * pitch * strideWidth };
}

export function convolveDirect(
  engine: WasmEngine,
  sizes: ConvSizes,
  x: number,
  weight: number,
  bias: number,
  y: number,
): void {
  const { perGroup, filters, kernelHeight, kernelWidth, stride, padding } = sizes;
  const tapCount = kernelHeight * kernelWidth;
  convolve(engine, {
    ...{ x, weight, bias, y },
    ...{ batch: sizes.batch, groups: sizes.groups, channels: perGroup, filters },
    ...{ height: sizes.height, width: sizes.width, outHeight: sizes.outHeight, outWidth: sizes.outWidth },
    ...{ kernelHeight, kernelWidth, dilation: sizes.dilation, stride, spread: [1, 1] },
    ...{ paddedHeight: sizes.paddedHeight, paddedWidth: sizes.paddedWidth, top: padding[0], left: padding[2] },
    ...{ filterStride: perGroup * tapCount, channelStride: tapCount, flipped: false },
  });
}

/** The gradient of y, its elements the stride apart with zeros between, is convolved with the filters flipped. */
export function inputGradDirect(engine: WasmEngine, sizes: ConvSizes, g: number, weight: number, y: number): void {
  const { perGroup, filters, kernelHeight, kernelWidth, dilation, stride, height, width } = sizes;
  const tapCount = kernelHeight * kernelWidth;
  const [top, , left] = overhang(sizes);
  convolve(engine, {
    ...{ x: g, weight, bias: 0, y, batch: sizes.batch, groups: sizes.groups, channels: filters, filters: perGroup },
    ...{ height: sizes.outHeight, width: sizes.outWidth, outHeight: height, outWidth: width },
    ...{ kernelHeight, kernelWidth, dilation, stride: [1, 1], spread: stride },
    paddedHeight: height + dilation[0] * (kernelHeight - 1),
    paddedWidth: width + dilation[1] * (kernelWidth - 1),
    ...{ top, left, filterStride: tapCount, channelStride: perGroup * tapCount, flipped: true },
  });
}

interface Convolution {
  readonly x: number;
  readonly weight: number;
  readonly bias: number;
  readonly y: number;
  readonly batch: number;
  readonly groups: number;
  readonly channels: number;
  readonly filters: number;
  readonly height: number;
  readonly width: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly dilation: readonly [number, number];
  readonly stride: readonly [number, number];
  /** How far apart neighbours of x are put. */
  readonly spread: readonly [number, number];
  /** x with zeros around it. */
  readonly paddedHeight: number;
  readonly paddedWidth: number;
  readonly top: number;
  readonly left: number;
  readonly filterStride: number;
  readonly channelStride: number;
  readonly flipped: boolean;
}

function convolve(engine: WasmEngine, of: Convolution): void {
  const { wasm } = engine;
  const { batch, groups, channels, filters, kernelHeight, kernelWidth, dilation, stride, outHeight, outWidth } = of;
  const { rows, pitch, phases, elements } = copyOf(of.paddedHeight, of.paddedWidth, stride[1]);
  const tapCount = kernelHeight * kernelWidth;
  const taps = engine.scratch('tables', 4 * channels * tapCount);
  wasm.directTaps(taps, channels, kernelHeight, kernelWidth, ...dilation, rows, pitch, phases);
  const sorted = engine.scratch('weights', wasm.directFilterBytes(groups, filters, channels, tapCount) + SLACK);
  wasm.directFilters(
    ...([sorted, of.weight, groups, filters, channels, tapCount, filters * channels * tapCount] as const),
    ...([of.filterStride, of.channelStride, of.flipped ? 1 : 0] as const),
  );
  const tiles = wasm.directTiles(filters);
  const units = batch * groups * tiles;
  const work = (channels * tapCount * filters * outHeight * outWidth) / tiles;
  const tasks = engine.tasks(units, Math.ceil(WORK_GRAIN / work));
  const bytes = 4 * channels * elements + SLACK;
  const room = engine.scratch('image', tasks * bytes);
  engine.split(units, tasks, (wasm, first, end, task) =>
    wasm.directConv(
      ...([of.x, sorted, of.bias, of.y, taps] as const),
      ...([groups, channels, of.height, of.width, filters, outHeight, outWidth, tapCount] as const),
      ...([rows, pitch, phases, of.top, of.left, ...of.spread, stride[0]] as const),
      ...([first, end, room + task * bytes] as const),
    ),
  );
}

export function weightGradDirect(engine: WasmEngine, sizes: ConvSizes, x: number, g: number, y: number): void {
  const { wasm } = engine;
  const { batch, groups, perGroup, filters, height, width, outHeight, outWidth, positions } = sizes;
  const { kernelHeight, kernelWidth, dilation, stride, padding } = sizes;
  const { rows, pitch, phases, elements } = copyOf(sizes.paddedHeight, sizes.paddedWidth, stride[1]);
  const tapCount = kernelHeight * kernelWidth;
  const taps = engine.scratch('tables', 4 * tapCount);
  wasm.directTaps(taps, 1, kernelHeight, kernelWidth, ...dilation, rows, pitch, phases);
  const planes = groups * filters * perGroup;
  const tasks = engine.tasks(planes, Math.ceil(WORK_GRAIN / (batch * tapCount * positions)));
  // Sums in double precision follow the plane, at a multiple of 8.
  const bytes = 8 * Math.ceil((4 * elements + 2 * SLACK) / 8 + tapCount);
  const room = 8 * Math.ceil(engine.scratch('image', tasks * bytes + 8) / 8);
  engine.split(planes, tasks, (wasm, first, end, task) =>
    wasm.directGrad(
      ...([x, g, y, taps, batch, groups, perGroup, height, width, filters, outHeight, outWidth, tapCount] as const),
      ...([rows, pitch, phases, padding[0], padding[2], stride[0], first, end, room + task * bytes] as const),
    ),
  );
}
