// The gradients of activations.

import {
  eluGrad,
  geluGrad,
  type KernelTensor,
  leakyReluGrad,
  type OpInfo,
  reluGrad,
  sigmoidGrad,
  siluGrad,
  softplusGrad,
  tanhGrad,
} from '@dl/autograd';
import { pointerOf, type WasmEngine } from './engine.js';
import type { WasmExports } from './exports.js';
import { type WasmKernel, wasmKernel } from './kernel.js';

// So many elements are worth a thread.
const GRAIN = 16384;

type Apply<A> = (wasm: WasmExports, g: number, x: number, dx: number, n: number, attrs: A) => void;

function split<A>(
  engine: WasmEngine,
  g: KernelTensor,
  x: KernelTensor,
  dx: KernelTensor,
  attrs: A,
  apply: Apply<A>,
): boolean {
  if (dx.dtype !== 'float32') return false;
  const [from, at, to] = [pointerOf(g), pointerOf(x), pointerOf(dx)];
  engine.split(dx.size, engine.tasks(dx.size, GRAIN), (wasm, first, end) => {
    apply(wasm, from + 4 * first, at + 4 * first, to + 4 * first, end - first, attrs);
  });
  return true;
}

function fromResult(op: OpInfo<readonly ['g', 'y'], object, readonly ['dx']>, apply: Apply<object>): WasmKernel {
  return wasmKernel(op, (engine, { g, y, dx }, attrs) => split(engine, g, y, dx, attrs, apply));
}

function fromInput<A extends object>(op: OpInfo<readonly ['g', 'x'], A, readonly ['dx']>, apply: Apply<A>): WasmKernel {
  return wasmKernel(op, (engine, { g, x, dx }, attrs) => split(engine, g, x, dx, attrs, apply));
}

export const reluGradKernel = fromResult(reluGrad, (wasm, g, y, dx, n) => wasm.gradRelu(g, y, dx, n));
export const tanhGradKernel = fromResult(tanhGrad, (wasm, g, y, dx, n) => wasm.gradTanh(g, y, dx, n));
export const sigmoidGradKernel = fromResult(sigmoidGrad, (wasm, g, y, dx, n) => wasm.gradSigmoid(g, y, dx, n));
export const siluGradKernel = fromInput(siluGrad, (wasm, g, x, dx, n) => wasm.gradSilu(g, x, dx, n));
export const leakyReluGradKernel = fromInput(leakyReluGrad, (wasm, g, x, dx, n, { slope }) =>
  wasm.gradLeakyRelu(g, x, dx, n, slope),
);
export const eluGradKernel = fromInput(eluGrad, (wasm, g, x, dx, n, { alpha }) => wasm.gradElu(g, x, dx, n, alpha));
export const softplusGradKernel = fromInput(softplusGrad, (wasm, g, x, dx, n, { beta }) =>
  wasm.gradSoftplus(g, x, dx, n, beta),
);
export const geluGradKernel = fromInput(geluGrad, (wasm, g, x, dx, n, { approximate }) =>
  approximate === 'none' ? wasm.gradGelu(g, x, dx, n) : wasm.gradGeluTanh(g, x, dx, n),
);
