// Arithmetic, comparison and choice on two tensors, with broadcasting.

import {
  add,
  div,
  equal,
  expand,
  greater,
  greaterEqual,
  type KernelTensor,
  less,
  lessEqual,
  maximum,
  minimum,
  mul,
  notEqual,
  type OpInfo,
  sub,
  where,
} from '@dl/autograd';
import { broadcastStrides } from '../typescript/kernel.js';
import { pointerOf } from './engine.js';
import type { WasmExports } from './exports.js';
import { type WasmKernel, wasmKernel } from './kernel.js';
import { forEachPlane } from './plane.js';

type BinaryOp = OpInfo<readonly ['a', 'b'], Record<never, never>, readonly ['y']>;
type BinaryName = {
  [N in keyof WasmExports]: WasmExports[N] extends WasmExports['binaryAdd'] ? N : never;
}[Extract<keyof WasmExports, `binary${string}` | `compare${string}`>];

/** A kernel for y = f(a, b); with `swapped`, of f(b, a). */
function binary(op: BinaryOp, name: BinaryName, { swapped = false } = {}): WasmKernel {
  return wasmKernel(op, ({ run }, tensors) => {
    const { y } = tensors;
    const a = swapped ? tensors.b : tensors.a;
    const b = swapped ? tensors.a : tensors.b;
    if (a.dtype !== 'float32') return false;
    apply(run[name], a, b, y, y.dtype === 'bool' ? 1 : 4);
    return true;
  });
}

function apply(f: WasmExports[BinaryName], a: KernelTensor, b: KernelTensor, y: KernelTensor, bytes: number): void {
  const { size } = y;
  const [left, right, to] = [pointerOf(a), pointerOf(b), pointerOf(y)];
  const n = y.shape[y.shape.length - 1]!;
  // The usual cases without a walk: one shape, a number, a row.
  if (a.size === size && b.size === size) {
    f(1, size, left, 0, 1, right, 0, 1, to);
  } else if (a.size === size && b.size === 1) {
    f(1, size, left, 0, 1, right, 0, 0, to);
  } else if (a.size === 1 && b.size === size) {
    f(1, size, left, 0, 0, right, 0, 1, to);
  } else if (a.size === size && b.size === n && b.shape[b.shape.length - 1] === n) {
    f(size / n, n, left, n, 1, right, 0, 1, to);
  } else {
    const strides = [broadcastStrides(a.shape, y.shape), broadcastStrides(b.shape, y.shape)];
    forEachPlane(y.shape, strides, (start, rows, length, [i, j], [aRow, bRow], [aStep, bStep]) => {
      f(rows, length, left + 4 * i!, aRow!, aStep!, right + 4 * j!, bRow!, bStep!, to + bytes * start);
    });
  }
}

export const addKernel = binary(add, 'binaryAdd');
export const subKernel = binary(sub, 'binarySub');
export const mulKernel = binary(mul, 'binaryMul');
export const divKernel = binary(div, 'binaryDiv');
export const maximumKernel = binary(maximum, 'binaryMaximum');
export const minimumKernel = binary(minimum, 'binaryMinimum');
export const equalKernel = binary(equal, 'compareEqual');
export const notEqualKernel = binary(notEqual, 'compareNotEqual');
export const lessKernel = binary(less, 'compareLess');
export const lessEqualKernel = binary(lessEqual, 'compareLessEqual');
export const greaterKernel = binary(greater, 'compareLess', { swapped: true });
export const greaterEqualKernel = binary(greaterEqual, 'compareLessEqual', { swapped: true });

export const whereKernel = wasmKernel(where, ({ run }, { condition, a, b, y }) => {
  if (y.dtype !== 'float32' && y.dtype !== 'int32') return false;
  const [mask, left, right, to] = [pointerOf(condition), pointerOf(a), pointerOf(b), pointerOf(y)];
  const { size } = y;
  const isWhole = (x: KernelTensor): boolean => x.size === size || x.size === 1;
  if (condition.size === size && isWhole(a) && isWhole(b)) {
    run.where4(1, size, mask, 0, 1, left, 0, a.size === size ? 1 : 0, right, 0, b.size === size ? 1 : 0, to);
    return true;
  }
  const strides = [condition, a, b].map(({ shape }) => broadcastStrides(shape, y.shape));
  forEachPlane(y.shape, strides, (start, rows, n, [k, i, j], [cRow, aRow, bRow], [cStep, aStep, bStep]) => {
    const [c, from, otherwise] = [mask + k!, left + 4 * i!, right + 4 * j!];
    run.where4(rows, n, c, cRow!, cStep!, from, aRow!, aStep!, otherwise, bRow!, bStep!, to + 4 * start);
  });
  return true;
});

export const expandKernel = wasmKernel(expand, ({ run }, { x, y }) => {
  if (y.dtype !== 'float32' && y.dtype !== 'int32') return false;
  const [from, to] = [pointerOf(x), pointerOf(y)];
  if (x.size === 1) {
    run.copyRows(to, 1, y.size, from, 0, 0);
    return true;
  }
  forEachPlane(y.shape, [broadcastStrides(x.shape, y.shape)], (start, rows, n, [i], [row], [step]) => {
    run.copyRows(to + 4 * start, rows, n, from + 4 * i!, row!, step!);
  });
  return true;
});
