// The updates of SGD and of Adam.

import { adamUpdate, sgdUpdate } from '@dl/autograd';
import { pointerOf } from './engine.js';
import { type WasmKernel, wasmKernel } from './kernel.js';
import { forEachPiece, isFloat32 } from './pieces.js';

export const sgdUpdateKernel: WasmKernel = wasmKernel(
  sgdUpdate,
  (engine, { params, grads, buffers }, { lr, momentum, dampening, nesterov, weightDecay, maximize, isNew }) => {
    if (!params.every(isFloat32)) return false;
    const looksAhead = nesterov ? 1 : 0;
    const sign = maximize ? -1 : 1;
    const share = 1 - dampening;
    forEachPiece(engine, params, 96, (wasm, k, offset, n) => {
      const buffer = momentum === 0 ? 0 : pointerOf(buffers[k]!) + offset;
      const [param, grad] = [pointerOf(params[k]!) + offset, pointerOf(grads[k]!) + offset];
      wasm.sgd(n, param, grad, buffer, isNew[k] ? 1 : 0, looksAhead, sign, weightDecay, momentum, share, lr);
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
    forEachPiece(engine, params, 32, (wasm, k, offset, n) => {
      const largest = maxExpAvgSqs.length === 0 ? 0 : pointerOf(maxExpAvgSqs[k]!) + offset;
      wasm.adam(
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
