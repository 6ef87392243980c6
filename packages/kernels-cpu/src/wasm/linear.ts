// The linear map of a layer: a matrix product with bias and activation in its epilogue.

import { type KernelTensor, linear, linearActivated } from '@dl/autograd';
import { pointerOf, type WasmEngine } from './engine.js';
import { wasmKernel } from './kernel.js';
import { multiply, productOf } from './product.js';

interface Tensors {
  readonly x: KernelTensor;
  readonly weight: KernelTensor;
  readonly bias: KernelTensor | undefined;
  readonly y: KernelTensor;
}

function linearMap(engine: WasmEngine, { x, weight, bias, y }: Tensors, activation: number): boolean {
  if (y.dtype !== 'float32' || y.size === 0) return false;
  const [columns, depth] = weight.shape as readonly [number, number];
  const product = productOf(y.size / columns, columns, depth, false, true);
  const finished = { ...product, bias: bias === undefined ? 0 : pointerOf(bias), activation };
  multiply(engine, finished, pointerOf(x), pointerOf(weight), pointerOf(y));
  return true;
}

// As in assembly/epilogue.ts.
const activations = { none: 0, relu: 1, tanh: 2, sigmoid: 3 };

export const linearKernel = wasmKernel(linear, (engine, tensors) => linearMap(engine, tensors, activations.none));
export const linearActivatedKernel = wasmKernel(linearActivated, (engine, tensors, { activation }) =>
  linearMap(engine, tensors, activations[activation]),
);
