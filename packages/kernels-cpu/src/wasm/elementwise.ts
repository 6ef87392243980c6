// Functions of one number, and activations.

import {
  abs,
  clamp,
  exp,
  leakyRelu,
  log,
  neg,
  type OpInfo,
  reciprocal,
  relu,
  rsqrt,
  sigmoid,
  sqrt,
  square,
  tanh,
} from '@dl/autograd';
import { CHEAP, COSTLY, pointerOf } from './engine.js';
import type { WasmExports } from './exports.js';
import { type WasmKernel, wasmKernel } from './kernel.js';

type Run<A> = (run: WasmExports, x: number, y: number, n: number, attrs: A) => void;

/** @param grain The fewest elements that are worth a thread. */
function unary<A extends object>(
  op: OpInfo<readonly ['x'], A, readonly ['y']>,
  apply: Run<A>,
  grain: number = CHEAP,
): WasmKernel {
  return wasmKernel(op, (engine, { x, y }, attrs) => {
    if (x.dtype !== 'float32') return false;
    const [from, to] = [pointerOf(x), pointerOf(y)];
    engine.split(y.size, engine.parts(y.size, grain), (run, first, end) => {
      apply(run, from + 4 * first, to + 4 * first, end - first, attrs);
    });
    return true;
  });
}

export const negKernel = unary(neg, (run, x, y, n) => run.unaryNeg(x, y, n));
export const absKernel = unary(abs, (run, x, y, n) => run.unaryAbs(x, y, n));
export const squareKernel = unary(square, (run, x, y, n) => run.unarySquare(x, y, n));
export const sqrtKernel = unary(sqrt, (run, x, y, n) => run.unarySqrt(x, y, n));
export const rsqrtKernel = unary(rsqrt, (run, x, y, n) => run.unaryRsqrt(x, y, n));
export const reciprocalKernel = unary(reciprocal, (run, x, y, n) => run.unaryReciprocal(x, y, n));
export const reluKernel = unary(relu, (run, x, y, n) => run.unaryRelu(x, y, n));
export const leakyReluKernel = unary(leakyRelu, (run, x, y, n, { slope }) => run.unaryLeakyRelu(x, y, n, slope));
export const clampKernel = unary(clamp, (run, x, y, n, { min, max }) => run.unaryClamp(x, y, n, min, max));
export const expKernel = unary(exp, (run, x, y, n) => run.unaryExp(x, y, n), COSTLY);
export const logKernel = unary(log, (run, x, y, n) => run.unaryLog(x, y, n), COSTLY);
export const tanhKernel = unary(tanh, (run, x, y, n) => run.unaryTanh(x, y, n), COSTLY);
export const sigmoidKernel = unary(sigmoid, (run, x, y, n) => run.unarySigmoid(x, y, n), COSTLY);
