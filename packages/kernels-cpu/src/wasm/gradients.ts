// The gradients of activations, of softmax and its kin along the last axis, and of max pooling.

import {
  crossEntropyGrad,
  eluGrad,
  geluGrad,
  type KernelTensor,
  leakyReluGrad,
  logSoftmaxGrad,
  type OpInfo,
  reluGrad,
  sigmoidGrad,
  siluGrad,
  softmaxGrad,
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

type Rows = (run: WasmExports, g: number, y: number, dx: number, rows: number, n: number) => void;

function alongRows(op: OpInfo<readonly ['g', 'y'], { axis: number }, readonly ['dx']>, apply: Rows): WasmKernel {
  return wasmKernel(op, (engine, { g, y, dx }, { axis }) => {
    if (y.dtype !== 'float32' || axis !== y.shape.length - 1 || y.size === 0) return false;
    const n = y.shape[axis]!;
    const rows = y.size / n;
    const [from, at, to] = [pointerOf(g), pointerOf(y), pointerOf(dx)];
    engine.split(rows, engine.parts(rows, Math.ceil(GRAIN / n)), (run, first, end) => {
      const skipped = 4 * n * first;
      apply(run, from + skipped, at + skipped, to + skipped, end - first, n);
    });
    return true;
  });
}

export const softmaxGradKernel = alongRows(softmaxGrad, (run, ...args) => run.softmaxGradRows(...args));
export const logSoftmaxGradKernel = alongRows(logSoftmaxGrad, (run, ...args) => run.logSoftmaxGradRows(...args));

export const crossEntropyGradKernel = wasmKernel(crossEntropyGrad, (engine, { g, logits, labels, dlogits }) => {
  if (logits.dtype !== 'float32' || logits.size === 0) return false;
  const [rows, classes] = logits.shape as readonly [number, number];
  const [upstream, from, by, to] = [pointerOf(g), pointerOf(logits), pointerOf(labels), pointerOf(dlogits)];
  // A label out of range is left to the TypeScript kernel, which says which one it is.
  if (engine.run.indicesInRange(by, rows, classes) === 0) return false;
  engine.split(rows, engine.parts(rows, Math.ceil(GRAIN / 4 / classes)), (run, first, end) => {
    const skipped = 4 * classes * first;
    run.crossEntropyGradRows(upstream + 4 * first, from + skipped, by + 4 * first, to + skipped, end - first, classes);
  });
  return true;
});
