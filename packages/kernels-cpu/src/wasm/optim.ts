// The updates of the optimisers. The parameters of a group are one long row, which is cut for the threads.

import { adamUpdate, type KernelTensor, sgdUpdate } from '@dl/autograd';
import { pointerOf, type WasmEngine } from './engine.js';
import type { WasmExports } from './exports.js';
import { type WasmKernel, wasmKernel } from './kernel.js';

/** Pieces begin at a multiple of so many elements, whole cache lines. */
const UNIT = 1024;

/** Calls `change` for pieces of tensors, n elements from byte `offset` on of tensor k; `grain` units are worth a thread. */
function forEachPiece(
  engine: WasmEngine,
  tensors: readonly KernelTensor[],
  grain: number,
  change: (run: WasmExports, k: number, offset: number, n: number) => void,
): void {
  let units = 0;
  for (const { size } of tensors) units += Math.ceil(size / UNIT);
  engine.split(units, engine.parts(units, grain), (run, first, end) => {
    let at = 0;
    for (let k = 0; k < tensors.length && at < end; k++) {
      const { size } = tensors[k]!;
      const from = Math.max(first - at, 0) * UNIT;
      const to = Math.min((end - at) * UNIT, size);
      if (from < to) change(run, k, 4 * from, to - from);
      at += Math.ceil(size / UNIT);
    }
  });
}

const isFloat32 = ({ dtype }: KernelTensor): boolean => dtype === 'float32';

export const sgdUpdateKernel: WasmKernel = wasmKernel(
  sgdUpdate,
  (engine, { params, grads, buffers }, { lr, momentum, dampening, nesterov, weightDecay, maximize, isNew }) => {
    if (!params.every(isFloat32)) return false;
    const looksAhead = nesterov ? 1 : 0;
    const sign = maximize ? -1 : 1;
    const share = 1 - dampening;
    forEachPiece(engine, params, 96, (run, k, offset, n) => {
      const buffer = momentum === 0 ? 0 : pointerOf(buffers[k]!) + offset;
      const [param, grad] = [pointerOf(params[k]!) + offset, pointerOf(grads[k]!) + offset];
      run.sgd(n, param, grad, buffer, isNew[k] ? 1 : 0, looksAhead, sign, weightDecay, momentum, share, lr);
    });
    return true;
  },
);

export const adamUpdateKernel: WasmKernel = wasmKernel(
  adamUpdate,
  (
    engine,
    { params, grads, expAvgs, expAvgSqs, maxExpAvgSqs },
    { lr, betas: [beta1, beta2], eps, weightDecay, decoupled, maximize, steps },
  ) => {
    if (!params.every(isFloat32)) return false;
    const sign = maximize ? -1 : 1;
    const decay = decoupled ? 0 : weightDecay;
    const shrink = decoupled ? 1 - lr * weightDecay : 1;
    forEachPiece(engine, params, 32, (run, k, offset, n) => {
      const largest = maxExpAvgSqs.length === 0 ? 0 : pointerOf(maxExpAvgSqs[k]!) + offset;
      run.adam(
        n,
        pointerOf(params[k]!) + offset,
        pointerOf(grads[k]!) + offset,
        pointerOf(expAvgs[k]!) + offset,
        pointerOf(expAvgSqs[k]!) + offset,
        largest,
        sign,
        decay,
        shrink,
        beta1,
        1 - beta1,
        beta2,
        1 - beta2,
        1 / Math.sqrt(1 - beta2 ** steps[k]!),
        eps,
        lr / (1 - beta1 ** steps[k]!),
      );
    });
    return true;
  },
);
