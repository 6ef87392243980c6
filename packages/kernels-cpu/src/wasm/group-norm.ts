// Layer, group, instance and root-mean-square norm: threads have rows, or blocks of examples.

import { normalizeGroups, normalizeGroupsGrad } from '@dl/autograd';
import { pointerOf, pointerOr0 } from './engine.js';
import { wasmKernel } from './kernel.js';

// A thread's least share of work, in elements.
const GRAIN = 1 << 16;
// Examples whose shares of a weight's gradient are added in single precision, and bytes that these sums may take.
const MOST_EXAMPLES = 64;
const MOST_BYTES = 1 << 24;

export const normalizeGroupsKernel = wasmKernel(normalizeGroups, (engine, { x, weight, bias, y }, { eps, center }) => {
  // Without eps a constant part is a division by 0, which the TypeScript kernel takes care of.
  if (x.dtype !== 'float32' || x.size === 0 || eps === 0) return false;
  const [batch, groups, channels, inner] = x.shape as readonly [number, number, number, number];
  const [from, by, add, to] = [pointerOf(x), pointerOr0(weight), pointerOr0(bias), pointerOf(y)];
  const rows = batch * groups;
  const tasks = engine.tasks(rows, Math.ceil(GRAIN / (channels * inner)));
  engine.split(rows, tasks, (wasm, first, end) => {
    wasm.normalizeRows(from, to, by, add, first, end, groups, channels, inner, eps, Number(center));
  });
  return true;
});

export const normalizeGroupsGradKernel = wasmKernel(
  normalizeGroupsGrad,
  (engine, { g, x, weight, gx, gWeight, gBias }, { eps, center }) => {
    if (x.dtype !== 'float32' || x.size === 0 || eps === 0) return false;
    const [batch, groups, channels, inner] = x.shape as readonly [number, number, number, number];
    const all = groups * channels;
    // Blocks depend on the shape alone, so that sums are the same for any number of threads.
    const least = Math.ceil(batch / Math.max(4, Math.floor(MOST_BYTES / (8 * all))));
    const blockLength = Math.max(least, Math.min(MOST_EXAMPLES, Math.ceil(GRAIN / (all * inner))));
    const blocks = Math.ceil(batch / blockLength);
    const tasks = engine.tasks(blocks, 1);
    const weightShares = engine.scratch('shares', 8 * blocks * all);
    const biasShares = weightShares + 4 * blocks * all;
    const scratch = engine.scratch('channels', tasks * 16 * channels);
    const [dy, from, by, to] = [pointerOf(g), pointerOf(x), pointerOr0(weight), pointerOf(gx)];
    engine.split(blocks, tasks, (wasm, first, end, task) => {
      const own = scratch + task * 16 * channels;
      wasm.normalizeRowsGrad(
        ...([dy, from, by, to, weightShares, biasShares, own, first, end, batch, blockLength] as const),
        ...([groups, channels, inner, eps, Number(center)] as const),
      );
    });
    const sums = engine.scratch('columns', 8 * all);
    engine.wasm.sumColumns(weightShares, pointerOf(gWeight), 1, blocks, all, all, 1, sums);
    engine.wasm.sumColumns(biasShares, pointerOf(gBias), 1, blocks, all, all, 1, sums);
    return true;
  },
);
