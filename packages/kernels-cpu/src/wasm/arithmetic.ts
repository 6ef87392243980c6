// Arithmetic, comparison and choice on two tensors, with broadcasting.

import {
  add,
  bytesPerElement,
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
import { CHEAP, pointerOf, type WasmEngine } from './engine.js';
import type { WasmExports } from './exports.js';
import { type WasmKernel, wasmKernel } from './kernel.js';
import { forEachBlock, forEachPlane } from './plane.js';

type BinaryOp = OpInfo<readonly ['a', 'b'], Record<never, never>, readonly ['y']>;
type BinaryName = {
  [N in keyof WasmExports]: WasmExports[N] extends WasmExports['binaryAdd'] ? N : never;
}[Extract<keyof WasmExports, `binary${string}` | `compare${string}`>];

/** A kernel for y = f(a, b); with `swapped`, of f(b, a). */
function binary(op: BinaryOp, name: BinaryName, { swapped = false } = {}): WasmKernel {
  return wasmKernel(op, (engine, tensors) => {
    const { y } = tensors;
    const a = swapped ? tensors.b : tensors.a;
    const b = swapped ? tensors.a : tensors.b;
    if (a.dtype !== 'float32') return false;
    apply(engine, name, a, b, y, y.dtype === 'bool' ? 1 : 4);
    return true;
  });
}

function apply(
  engine: WasmEngine,
  name: BinaryName,
  a: KernelTensor,
  b: KernelTensor,
  y: KernelTensor,
  bytes: number,
): void {
  const { size } = y;
  const [left, right, to] = [pointerOf(a), pointerOf(b), pointerOf(y)];
  const n = y.shape[y.shape.length - 1]!;
  const isWhole = a.size === size;
  // The usual cases without a walk: one shape, a number, a row.
  if ((isWhole || a.size === 1) && (b.size === size || b.size === 1)) {
    const [aStep, bStep] = [isWhole ? 1 : 0, b.size === size ? 1 : 0];
    engine.split(size, engine.parts(size, CHEAP), (run, i, end) => {
      run[name](1, end - i, left + 4 * i * aStep, 0, aStep, right + 4 * i * bStep, 0, bStep, to + bytes * i);
    });
  } else if (isWhole && b.size === n && b.shape[b.shape.length - 1] === n) {
    const rows = size / n;
    engine.split(rows, engine.parts(rows, Math.ceil(CHEAP / n)), (run, i, end) => {
      run[name](end - i, n, left + 4 * i * n, n, 1, right, 0, 1, to + bytes * i * n);
    });
  } else {
    const strides = [broadcastStrides(a.shape, y.shape), broadcastStrides(b.shape, y.shape)];
    forEachPlane(y.shape, strides, (start, rows, length, [i, j], [aRow, bRow], [aStep, bStep]) => {
      engine.split(rows, engine.parts(rows, Math.ceil(CHEAP / length)), (run, k, end) => {
        run[name](
          ...([end - k, length] as const),
          ...([left + 4 * (i! + k * aRow!), aRow!, aStep!] as const),
          ...([right + 4 * (j! + k * bRow!), bRow!, bStep!, to + bytes * (start + k * length)] as const),
        );
      });
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

export const whereKernel = wasmKernel(where, (engine, { condition, a, b, y }) => {
  if (y.dtype !== 'float32' && y.dtype !== 'int32') return false;
  const [mask, left, right, to] = [pointerOf(condition), pointerOf(a), pointerOf(b), pointerOf(y)];
  const { size } = y;
  const isSimple = (x: KernelTensor): boolean => x.size === size || x.size === 1;
  if (condition.size === size && isSimple(a) && isSimple(b)) {
    const [aStep, bStep] = [a.size === size ? 1 : 0, b.size === size ? 1 : 0];
    engine.split(size, engine.parts(size, CHEAP), (run, i, end) => {
      const [from, otherwise] = [left + 4 * i * aStep, right + 4 * i * bStep];
      run.where4(1, end - i, mask + i, 0, 1, from, 0, aStep, otherwise, 0, bStep, to + 4 * i);
    });
    return true;
  }
  const strides = [condition, a, b].map(({ shape }) => broadcastStrides(shape, y.shape));
  forEachPlane(y.shape, strides, (start, rows, n, [k, i, j], [cRow, aRow, bRow], [cStep, aStep, bStep]) => {
    const [c, from, otherwise] = [mask + k!, left + 4 * i!, right + 4 * j!];
    engine.run.where4(rows, n, c, cRow!, cStep!, from, aRow!, aStep!, otherwise, bRow!, bStep!, to + 4 * start);
  });
  return true;
});

export const expandKernel = wasmKernel(expand, (engine, { x, y }) => {
  const size = bytesPerElement(y.dtype);
  const [from, to] = [pointerOf(x), pointerOf(y)];
  if (x.size === 1 && size === 4) {
    engine.split(y.size, engine.parts(y.size, CHEAP), (run, first, end) => {
      run.copyRows(to + 4 * first, 1, end - first, from, 0, 0);
    });
    return true;
  }
  forEachBlock(y.shape, broadcastStrides(x.shape, y.shape), (start, place, [blocks, planes, rows, n], steps) => {
    const lines = blocks * planes * rows;
    const [source, target] = [from + size * place, to + size * start];
    const [blockStep, planeStep, rowStep, step] = steps.map((count) => size * count) as [
      number,
      number,
      number,
      number,
    ];
    engine.split(lines, engine.parts(lines, Math.ceil(CHEAP / n)), (run, first, end) => {
      const at = target + size * first * n;
      run.copyLines(at, first, end, n, size, source, planes, rows, blockStep, planeStep, rowStep, step);
    });
  });
  return true;
});
