// How kernels on two tensors that broadcast are written.

import { broadcastStrides, bytesPerElement, type DType, type KernelTensor, type OpInfo } from '@dl/autograd';
import { CHEAP, pointerOf, type WasmEngine } from './engine.js';
import type { WasmExports } from './exports.js';
import { type WasmKernel, wasmKernel } from './kernel.js';
import { forEachPlane } from './plane.js';

type BinaryOp = OpInfo<readonly ['a', 'b'], Record<never, never>, readonly ['y']>;
type BinaryName = {
  [N in keyof WasmExports]: WasmExports[N] extends WasmExports['binaryAdd'] ? N : never;
}[Extract<keyof WasmExports, `binary${string}` | `compare${string}` | `logical${string}`>];

interface BinaryOptions {
  /** The dtype of the operands that the kernel takes. */
  readonly dtype?: DType;
  /** The fewest elements that are worth a thread. */
  readonly grain?: number;
  /** Whether it is f(b, a). */
  readonly swapped?: boolean;
}

/** A kernel for y = f(a, b). */
export function binary(
  op: BinaryOp,
  name: BinaryName,
  { dtype = 'float32', grain = CHEAP, swapped = false }: BinaryOptions = {},
): WasmKernel {
  return wasmKernel(op, (engine, tensors) => {
    const { y } = tensors;
    const a = swapped ? tensors.b : tensors.a;
    const b = swapped ? tensors.a : tensors.b;
    if (a.dtype !== dtype) return false;
    apply(engine, name, a, b, y, grain);
    return true;
  });
}

function apply(
  engine: WasmEngine,
  name: BinaryName,
  a: KernelTensor,
  b: KernelTensor,
  y: KernelTensor,
  grain: number,
): void {
  const { size } = y;
  const [left, right, to] = [pointerOf(a), pointerOf(b), pointerOf(y)];
  const [bytes, toBytes] = [bytesPerElement(a.dtype), bytesPerElement(y.dtype)];
  const n = y.shape[y.shape.length - 1]!;
  const isWhole = a.size === size;
  // The usual cases without a walk: one shape, a number, a row.
  if ((isWhole || a.size === 1) && (b.size === size || b.size === 1)) {
    const [aStep, bStep] = [isWhole ? 1 : 0, b.size === size ? 1 : 0];
    engine.split(size, engine.tasks(size, grain), (wasm, i, end) => {
      wasm[name](1, end - i, left + bytes * i * aStep, 0, aStep, right + bytes * i * bStep, 0, bStep, to + toBytes * i);
    });
  } else if (isWhole && b.size === n && b.shape[b.shape.length - 1] === n) {
    const rows = size / n;
    engine.split(rows, engine.tasks(rows, Math.ceil(grain / n)), (wasm, i, end) => {
      wasm[name](end - i, n, left + bytes * i * n, n, 1, right, 0, 1, to + toBytes * i * n);
    });
  } else {
    const strides = [broadcastStrides(a.shape, y.shape), broadcastStrides(b.shape, y.shape)];
    forEachPlane(y.shape, strides, (start, rows, length, [i, j], [aRow, bRow], [aStep, bStep]) => {
      engine.split(rows, engine.tasks(rows, Math.ceil(grain / length)), (wasm, k, end) => {
        wasm[name](
          ...([end - k, length] as const),
          ...([left + bytes * (i! + k * aRow!), aRow!, aStep!] as const),
          ...([right + bytes * (j! + k * bRow!), bRow!, bStep!, to + toBytes * (start + k * length)] as const),
        );
      });
    });
  }
}
