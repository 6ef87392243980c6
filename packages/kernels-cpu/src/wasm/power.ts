// Powers, remainders and logic on two tensors, with broadcasting.

import { type KernelTensor, logicalAnd, logicalOr, logicalXor, mod, type OpInfo, pow } from '@dl/autograd';
import { broadcastStrides } from '../typescript/kernel.js';
import { pointerOf, type WasmEngine } from './engine.js';
import { type WasmKernel, wasmKernel } from './kernel.js';
import { forEachPlane } from './plane.js';
import { splitElements } from './split.js';

type Name = 'binaryPow' | 'binaryMod' | 'logicalAnd' | 'logicalOr' | 'logicalXor';
type BinaryOp = OpInfo<readonly ['a', 'b'], Record<never, never>, readonly ['y']>;

/** A kernel for operands and results of one dtype. */
function binary(op: BinaryOp, name: Name, dtype: 'float32' | 'bool', grain: number): WasmKernel {
  return wasmKernel(op, (engine, { a, b, y }) => {
    if (a.dtype !== dtype) return false;
    apply(engine, name, a, b, y, dtype === 'bool' ? 1 : 4, grain);
    return true;
  });
}

function apply(
  engine: WasmEngine,
  name: Name,
  a: KernelTensor,
  b: KernelTensor,
  y: KernelTensor,
  bytes: number,
  grain: number,
): void {
  const { size } = y;
  const [left, right, to] = [pointerOf(a), pointerOf(b), pointerOf(y)];
  if ((a.size === size || a.size === 1) && (b.size === size || b.size === 1)) {
    const [aStep, bStep] = [a.size === size ? 1 : 0, b.size === size ? 1 : 0];
    splitElements(engine, size, grain, (run, first, count) => {
      const at = bytes * first;
      run[name](1, count, left + aStep * at, 0, aStep, right + bStep * at, 0, bStep, to + at);
    });
    return;
  }
  const strides = [broadcastStrides(a.shape, y.shape), broadcastStrides(b.shape, y.shape)];
  forEachPlane(y.shape, strides, (start, rows, n, [i, j], [aRow, bRow], [aStep, bStep]) => {
    engine.split(rows, engine.parts(rows, Math.ceil(grain / n)), (run, first, end) => {
      const from = left + bytes * (i! + first * aRow!);
      const by = right + bytes * (j! + first * bRow!);
      run[name](end - first, n, from, aRow!, aStep!, by, bRow!, bStep!, to + bytes * (start + first * n));
    });
  });
}

export const powKernel = binary(pow, 'binaryPow', 'float32', 4096);
export const modKernel = binary(mod, 'binaryMod', 'float32', 8192);
export const logicalAndKernel = binary(logicalAnd, 'logicalAnd', 'bool', 262_144);
export const logicalOrKernel = binary(logicalOr, 'logicalOr', 'bool', 262_144);
export const logicalXorKernel = binary(logicalXor, 'logicalXor', 'bool', 262_144);
