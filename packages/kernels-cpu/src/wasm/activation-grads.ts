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

type Run<A> = (run: WasmExports, g: number, x: number, dx: number, n: number, attrs: A) => void;

function split<A>(
  engine: WasmEngine,
  g: KernelTensor,
  x: KernelTensor,
  dx: KernelTensor,
  attrs: A,
  apply: Run<A>,
): boolean {
  if (dx.dtype !== 'float32') return false;
  const [from, at, to] = [pointerOf(g), pointerOf(x), pointerOf(dx)];
  engine.split(dx.size, engine.parts(dx.size, GRAIN), (run, first, end) => {
    apply(run, from + 4 * first, at + 4 * first, to + 4 * first, end - first, attrs);
  });
  return true;
}

function fromResult(op: OpInfo<readonly ['g', 'y'], object, readonly ['dx']>, apply: Run<object>): WasmKernel {
  return wasmKernel(op, (engine, { g, y, dx }, attrs) => split(engine, g, y, dx, attrs, apply));
}

function fromInput<A extends object>(op: OpInfo<readonly ['g', 'x'], A, readonly ['dx']>, apply: Run<A>): WasmKernel {
  return wasmKernel(op, (engine, { g, x, dx }, attrs) => split(engine, g, x, dx, attrs, apply));
}

export const reluGradKernel = fromResult(reluGrad, (run, g, y, dx, n) => run.gradRelu(g, y, dx, n));
export const tanhGradKernel = fromResult(tanhGrad, (run, g, y, dx, n) => run.gradTanh(g, y, dx, n));
export const sigmoidGradKernel = fromResult(sigmoidGrad, (run, g, y, dx, n) => run.gradSigmoid(g, y, dx, n));
export const siluGradKernel = fromInput(siluGrad, (run, g, x, dx, n) => run.gradSilu(g, x, dx, n));
export const leakyReluGradKernel = fromInput(leakyReluGrad, (run, g, x, dx, n, { slope }) =>
  run.gradLeakyRelu(g, x, dx, n, slope),
);
export const eluGradKernel = fromInput(eluGrad, (run, g, x, dx, n, { alpha }) => run.gradElu(g, x, dx, n, alpha));
export const softplusGradKernel = fromInput(softplusGrad, (run, g, x, dx, n, { beta }) =>
  run.gradSoftplus(g, x, dx, n, beta),
);
export const geluGradKernel = fromInput(geluGrad, (run, g, x, dx, n, { approximate }) =>
  approximate === 'none' ? run.gradGelu(g, x, dx, n) : run.gradGeluTanh(g, x, dx, n),
);
