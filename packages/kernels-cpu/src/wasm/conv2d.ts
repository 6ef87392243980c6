// Convolution and its two gradients, each in the way that is fastest for its sizes: by Winograd's tiles (winograd.ts),
// straight from the image (conv-direct.ts), or as a matrix product (conv-product.ts).

import { conv2d, conv2dInputGrad, conv2dWeightGrad, type KernelTensor } from '@dl/autograd';
import { algorithmOfConvolution, algorithmOfInputGrad, algorithmOfWeightGrad } from './conv-choice.js';
import { convolveDirect, inputGradDirect, weightGradDirect } from './conv-direct.js';
import {
  convolve,
  inputGradByConvolution,
  inputGradByFolding,
  inputGradPointwise,
  weightGrad,
} from './conv-product.js';
import { convSizes, reversed } from './conv-sizes.js';
import { pointerOf, type WasmEngine } from './engine.js';
import { wasmKernel } from './kernel.js';
import { convolveWinograd, weightGradWinograd } from './winograd.js';

// Winograd's tiles lose 1e-6 of the largest number in a tile; so at most a thousandth of the mean.
const MOST = 1000;

/** Whether the numbers of a tensor are of one size, as the tiles need it. */
function isEven(engine: WasmEngine, x: KernelTensor): boolean {
  return engine.wasm.isEven(pointerOf(x), x.size, MOST) !== 0;
}

export const conv2dKernel = wasmKernel(conv2d, (engine, { x, weight, bias, y }, geometry) => {
  if (y.dtype !== 'float32' || y.size === 0 || x.size === 0) return false;
  const sizes = convSizes(x.shape, weight.shape, y.shape, geometry);
  const [from, filters, start, to] = [pointerOf(x), pointerOf(weight), bias ? pointerOf(bias) : 0, pointerOf(y)];
  const algorithm = algorithmOfConvolution(sizes, () => isEven(engine, x));
  if (algorithm === 'tiles') {
    const inOrder = { filterStride: sizes.taps, depthStride: 9, flipped: false };
    convolveWinograd(engine, sizes, from, filters, inOrder, start, to);
  } else if (algorithm === 'direct') convolveDirect(engine, sizes, from, filters, start, to);
  else convolve(engine, sizes, from, filters, start, to);
  return true;
});

export const conv2dWeightGradKernel = wasmKernel(conv2dWeightGrad, (engine, { x, g, y }, geometry) => {
  if (y.dtype !== 'float32' || x.size === 0 || g.size === 0) return false;
  const sizes = convSizes(x.shape, y.shape, g.shape, geometry);
  const [from, by, to] = [pointerOf(x), pointerOf(g), pointerOf(y)];
  const algorithm = algorithmOfWeightGrad(sizes, () => isEven(engine, x) && isEven(engine, g));
  if (algorithm === 'tiles') weightGradWinograd(engine, sizes, from, by, to);
  else if (algorithm === 'direct') weightGradDirect(engine, sizes, from, by, to);
  else weightGrad(engine, sizes, from, by, to);
  return true;
});

/**
 * With stride 1, the gradient is the convolution of g, padded by what the filter overhangs, with the filters flipped. With
 * other strides, too, once zeros are put between the elements of g, which pays where a group has few filters.
 */
export const conv2dInputGradKernel = wasmKernel(conv2dInputGrad, (engine, { g, weight, y }, geometry) => {
  if (y.dtype !== 'float32' || y.size === 0 || g.size === 0) return false;
  const sizes = convSizes(y.shape, weight.shape, g.shape, geometry);
  const [from, filters, to] = [pointerOf(g), pointerOf(weight), pointerOf(y)];
  if (sizes.isPointwise) {
    inputGradPointwise(engine, sizes, from, filters, to);
    return true;
  }
  const reverse = reversed(sizes);
  const algorithm = algorithmOfInputGrad(sizes, reverse, () => isEven(engine, g));
  if (algorithm === 'tiles') {
    const flipped = { filterStride: 9, depthStride: sizes.taps, flipped: true };
    convolveWinograd(engine, reverse!, from, filters, flipped, 0, to);
  } else if (algorithm === 'direct') inputGradDirect(engine, sizes, from, filters, to);
  else if (algorithm === 'product') inputGradByConvolution(engine, reverse!, from, filters, to);
  else inputGradByFolding(engine, sizes, from, filters, to);
  return true;
});
