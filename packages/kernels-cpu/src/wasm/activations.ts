// Functions of one number that take a polynomial or more, and the activations made of them.

import { cos, elu, erf, expm1, gelu, log1p, type OpInfo, selu, silu, sin, softplus } from '@dl/autograd';
import { pointerOf } from './engine.js';
import type { WasmExports } from './exports.js';
import { type WasmKernel, wasmKernel } from './kernel.js';
import { splitElements } from './split.js';

// 2 to 6 ns an element: about 20 µs of work.
const GRAIN = 8192;

const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

type Run<A> = (run: WasmExports, x: number, y: number, n: number, attrs: A) => void;

function unary<A extends object>(op: OpInfo<readonly ['x'], A, readonly ['y']>, apply: Run<A>): WasmKernel {
  return wasmKernel(op, (engine, { x, y }, attrs) => {
    if (x.dtype !== 'float32') return false;
    const [from, to] = [pointerOf(x), pointerOf(y)];
    splitElements(engine, y.size, GRAIN, (run, first, count) => {
      apply(run, from + 4 * first, to + 4 * first, count, attrs);
    });
    return true;
  });
}

export const expm1Kernel = unary(expm1, (run, x, y, n) => run.unaryExpm1(x, y, n));
export const log1pKernel = unary(log1p, (run, x, y, n) => run.unaryLog1p(x, y, n));
export const sinKernel = unary(sin, (run, x, y, n) => run.unarySin(x, y, n));
export const cosKernel = unary(cos, (run, x, y, n) => run.unaryCos(x, y, n));
export const erfKernel = unary(erf, (run, x, y, n) => run.unaryErf(x, y, n));
export const siluKernel = unary(silu, (run, x, y, n) => run.unarySilu(x, y, n));
export const eluKernel = unary(elu, (run, x, y, n, { alpha }) => run.unaryElu(x, y, n, alpha, 1));
export const seluKernel = unary(selu, (run, x, y, n) => run.unaryElu(x, y, n, SELU_SCALE * SELU_ALPHA, SELU_SCALE));
export const softplusKernel = unary(softplus, (run, x, y, n, { beta }) => run.unarySoftplus(x, y, n, beta));
export const geluKernel = unary(gelu, (run, x, y, n, { approximate }) => {
  if (approximate === 'tanh') run.unaryGeluTanh(x, y, n);
  else run.unaryGelu(x, y, n);
});
