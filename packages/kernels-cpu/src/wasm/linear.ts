// The linear map of a layer: a matrix product with the bias in its epilogue.

import { linear } from '@dl/autograd';
import { pointerOf } from './engine.js';
import { wasmKernel } from './kernel.js';
import { multiply, productOf } from './product.js';

export const linearKernel = wasmKernel(linear, (engine, { x, weight, bias, y }) => {
  if (y.dtype !== 'float32') return false;
  const [columns, depth] = weight.shape as readonly [number, number];
  const product = productOf(columns === 0 ? 0 : y.size / columns, columns, depth, false, true);
  const withBias = { ...product, bias: bias === undefined ? 0 : pointerOf(bias) };
  multiply(engine, withBias, pointerOf(x), pointerOf(weight), pointerOf(y));
  return true;
});
