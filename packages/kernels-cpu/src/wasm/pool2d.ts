// Pooling.

import { avgPool2d, avgPool2dGrad, maxPool2dWithIndices, type PoolGeometry, type Shape } from '@dl/autograd';
import { pointerOf } from './engine.js';
import type { PoolSizes } from './exports.js';
import { wasmKernel } from './kernel.js';

function sizesOf(image: Shape, pooled: Shape, { kernel, stride, padding }: PoolGeometry): PoolSizes {
  const [batch, channels, height, width] = image as readonly [number, number, number, number];
  return [batch * channels, height, width, pooled[2]!, pooled[3]!, ...kernel, ...stride, ...padding];
}

export const maxPool2dKernel = wasmKernel(maxPool2dWithIndices, ({ run }, { x, y, indices }, geometry) => {
  if (x.dtype !== 'float32') return false;
  run.maxPool(pointerOf(x), pointerOf(y), pointerOf(indices), ...sizesOf(x.shape, y.shape, geometry));
  return true;
});

export const avgPool2dKernel = wasmKernel(avgPool2d, ({ run }, { x, y }, attrs) => {
  if (x.dtype !== 'float32') return false;
  run.avgPool(pointerOf(x), pointerOf(y), ...sizesOf(x.shape, y.shape, attrs), attrs.countIncludePad ? 1 : 0);
  return true;
});

export const avgPool2dGradKernel = wasmKernel(avgPool2dGrad, ({ run }, { g, y }, attrs) => {
  if (g.dtype !== 'float32') return false;
  run.avgPoolGrad(pointerOf(y), pointerOf(g), ...sizesOf(y.shape, g.shape, attrs), attrs.countIncludePad ? 1 : 0);
  return true;
});
