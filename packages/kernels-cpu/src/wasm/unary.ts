// How kernels on one tensor, element by element, are written.

import { bytesPerElement, type OpInfo } from '@dl/autograd';
import { CHEAP, pointerOf } from './engine.js';
import type { WasmExports } from './exports.js';
import { type WasmKernel, wasmKernel } from './kernel.js';
import { splitElements } from './split.js';

type Apply<A> = (wasm: WasmExports, x: number, y: number, n: number, attrs: A) => void;

/**
 * A kernel for y = f(x) of float32.
 *
 * @param grain The fewest elements that are worth a thread.
 */
export function unary<A extends object>(
  op: OpInfo<readonly ['x'], A, readonly ['y']>,
  apply: Apply<A>,
  grain: number = CHEAP,
): WasmKernel {
  return wasmKernel(op, (engine, { x, y }, attrs) => {
    if (x.dtype !== 'float32') return false;
    const [from, to, bytes] = [pointerOf(x), pointerOf(y), bytesPerElement(y.dtype)];
    splitElements(engine, y.size, grain, (wasm, first, count) => {
      apply(wasm, from + 4 * first, to + bytes * first, count, attrs);
    });
    return true;
  });
}
