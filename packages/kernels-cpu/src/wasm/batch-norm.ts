// Batch normalisation: threads have channels, or examples where the statistics are given.

import { type KernelTensor, normalizeBatch, normalizeBatchGrad, normalizeChannels } from '@dl/autograd';
import { pointerOf, pointerOr0, type WasmEngine } from './engine.js';
import { wasmKernel } from './kernel.js';

// A thread's least share of work, in elements.
const GRAIN = 1 << 16;

/** Channels go by fours, which the kernels do at a time, so that results are the same for any number of threads. */
function splitChannels(
  engine: WasmEngine,
  x: KernelTensor,
  body: (wasm: WasmEngine['wasm'], first: number, end: number) => void,
): void {
  const channels = x.shape[1]!;
  const fours = Math.ceil(channels / 4);
  const tasks = engine.tasks(fours, Math.ceil(GRAIN / (x.size / fours)));
  engine.split(fours, tasks, (wasm, first, end) => body(wasm, 4 * first, Math.min(4 * end, channels)));
}

export const normalizeBatchKernel = wasmKernel(
  normalizeBatch,
  (engine, { x, weight, bias, y, mean, variance }, { eps }) => {
    // Without eps a constant part is a division by 0, which the TypeScript kernel takes care of.
    if (x.dtype !== 'float32' || x.size === 0 || eps === 0) return false;
    const [batch, channels, inner] = x.shape as readonly [number, number, number];
    const [from, to, m, v] = [pointerOf(x), pointerOf(y), pointerOf(mean), pointerOf(variance)];
    const [by, add] = [pointerOr0(weight), pointerOr0(bias)];
    splitChannels(engine, x, (wasm, first, end) => {
      wasm.normalizeBatch(from, to, m, v, by, add, first, end, batch, channels, inner, eps);
    });
    return true;
  },
);

export const normalizeBatchGradKernel = wasmKernel(
  normalizeBatchGrad,
  (engine, { g, gMean, gVariance, x, weight, gx, gWeight, gBias }, { eps }) => {
    if (x.dtype !== 'float32' || x.size === 0 || eps === 0) return false;
    const [batch, channels, inner] = x.shape as readonly [number, number, number];
    const inputs = [pointerOf(g), pointerOf(gMean), pointerOf(gVariance), pointerOf(x)] as const;
    const outputs = [pointerOf(gx), pointerOf(gWeight), pointerOf(gBias)] as const;
    const by = pointerOr0(weight);
    splitChannels(engine, x, (wasm, first, end) => {
      wasm.normalizeBatchGrad(...inputs, by, ...outputs, first, end, batch, channels, inner, eps);
    });
    return true;
  },
);

export const normalizeChannelsKernel = wasmKernel(
  normalizeChannels,
  (engine, { x, mean, variance, weight, bias, y }, { eps }) => {
    if (x.dtype !== 'float32' || x.size === 0) return false;
    const [batch, channels, inner] = x.shape as readonly [number, number, number];
    const factors = engine.scratch('channels', 4 * channels);
    engine.wasm.channelFactors(pointerOf(variance), pointerOr0(weight), factors, channels, eps);
    const [from, to, m, add] = [pointerOf(x), pointerOf(y), pointerOf(mean), pointerOr0(bias)];
    const tasks = engine.tasks(batch, Math.ceil(GRAIN / (channels * inner)));
    engine.split(batch, tasks, (wasm, first, end) => {
      wasm.scaleChannels(from, to, m, factors, add, first, end, channels, inner);
    });
    return true;
  },
);
