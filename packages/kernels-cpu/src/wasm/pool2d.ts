// Pooling, split over the planes of all images.

import {
  avgPool2d,
  avgPool2dGrad,
  type KernelTensor,
  maxPool2dDilated,
  maxPool2dGrad,
  maxPool2dWithIndices,
  type PoolGeometry,
  type Shape,
} from '@dl/autograd';
import { pointerOf, type WasmEngine } from './engine.js';
import type { PoolSizes, WasmExports } from './exports.js';
import { wasmKernel } from './kernel.js';

// Fewest elements of windows that are worth a thread.
const WORK_GRAIN = 40_000;

type Windows = PoolSizes extends readonly [number, ...infer R] ? R : never;

function sizesOf(image: Shape, pooled: Shape, { kernel, stride, padding }: PoolGeometry) {
  const [batch, channels, height, width] = image as readonly [number, number, number, number];
  const [outHeight, outWidth] = [pooled[2]!, pooled[3]!];
  return {
    planes: batch * channels,
    /** Elements of a plane, and of its pooled form. */
    plane: height * width,
    count: outHeight * outWidth,
    work: Math.max(height * width, outHeight * outWidth * kernel[0] * kernel[1]),
    windows: [height, width, outHeight, outWidth, ...kernel, ...stride, ...padding] satisfies Windows,
  };
}

/** Calls `body` for runs of planes: where they start in the image and in its pooled form, in bytes, and how many they are. */
function splitPlanes(
  engine: WasmEngine,
  { planes, plane, count, work }: { planes: number; plane: number; count: number; work: number },
  body: (wasm: WasmExports, image: number, pooled: number, planes: number) => void,
): void {
  engine.split(planes, engine.tasks(planes, Math.ceil(WORK_GRAIN / work)), (wasm, first, end) =>
    body(wasm, 4 * first * plane, 4 * first * count, end - first),
  );
}

const dense = [1, 1] as const;

export const maxPool2dKernel = wasmKernel(maxPool2dWithIndices, (engine, tensors, geometry) =>
  pickLargest(engine, tensors, geometry, dense),
);

export const maxPool2dDilatedKernel = wasmKernel(maxPool2dDilated, (engine, tensors, { dilation, ...geometry }) =>
  pickLargest(engine, tensors, geometry, dilation),
);

function pickLargest(
  engine: WasmEngine,
  { x, y, indices }: Readonly<Record<'x' | 'y' | 'indices', KernelTensor>>,
  geometry: PoolGeometry,
  dilation: readonly [number, number],
): boolean {
  if (x.dtype !== 'float32' || x.size === 0) return false;
  const sizes = sizesOf(x.shape, y.shape, geometry);
  const [from, to, places] = [pointerOf(x), pointerOf(y), pointerOf(indices)];
  splitPlanes(engine, sizes, (wasm, image, pooled, planes) =>
    wasm.maxPool(from + image, to + pooled, places + pooled, planes, ...sizes.windows, ...dilation),
  );
  return true;
}

export const maxPool2dGradKernel = wasmKernel(maxPool2dGrad, (engine, { g, indices, y }) => {
  if (g.dtype !== 'float32' || g.size === 0) return false;
  const [planes, plane] = [y.shape[0]! * y.shape[1]!, y.shape[2]! * y.shape[3]!];
  const count = g.size / planes;
  const [from, places, to] = [pointerOf(g), pointerOf(indices), pointerOf(y)];
  // A place outside the image is left to the TypeScript kernel, which says which one it is.
  if (engine.wasm.indicesInRange(places, g.size, plane) === 0) return false;
  splitPlanes(engine, { planes, plane, count, work: plane }, (wasm, image, pooled, some) =>
    wasm.maxPoolGrad(from + pooled, places + pooled, to + image, some, count, plane),
  );
  return true;
});

export const avgPool2dKernel = wasmKernel(avgPool2d, (engine, { x, y }, attrs) => {
  if (x.dtype !== 'float32' || x.size === 0) return false;
  const sizes = sizesOf(x.shape, y.shape, attrs);
  const [from, to, counted] = [pointerOf(x), pointerOf(y), attrs.countIncludePad ? 1 : 0];
  splitPlanes(engine, sizes, (wasm, image, pooled, planes) =>
    wasm.avgPool(from + image, to + pooled, planes, ...sizes.windows, counted),
  );
  return true;
});

export const avgPool2dGradKernel = wasmKernel(avgPool2dGrad, (engine, { g, y }, attrs) => {
  if (g.dtype !== 'float32' || g.size === 0) return false;
  const sizes = sizesOf(y.shape, g.shape, attrs);
  const [from, to, counted] = [pointerOf(g), pointerOf(y), attrs.countIncludePad ? 1 : 0];
  splitPlanes(engine, sizes, (wasm, image, pooled, planes) =>
    wasm.avgPoolGrad(to + image, from + pooled, planes, ...sizes.windows, counted),
  );
  return true;
});
