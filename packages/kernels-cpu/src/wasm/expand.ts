// Broadcasting to a shape.

import { broadcastStrides, bytesPerElement, expand } from '@dl/autograd';
import { CHEAP, pointerOf } from './engine.js';
import { wasmKernel } from './kernel.js';
import { forEachBlock } from './plane.js';

export const expandKernel = wasmKernel(expand, (engine, { x, y }) => {
  const size = bytesPerElement(y.dtype);
  const [from, to] = [pointerOf(x), pointerOf(y)];
  if (x.size === 1 && size === 4) {
    engine.split(y.size, engine.tasks(y.size, CHEAP), (wasm, first, end) => {
      wasm.copyRows(to + 4 * first, 1, end - first, from, 0, 0);
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
    engine.split(lines, engine.tasks(lines, Math.ceil(CHEAP / n)), (wasm, first, end) => {
      const at = target + size * first * n;
      wasm.copyLines(at, first, end, n, size, source, planes, rows, blockStep, planeStep, rowStep, step);
    });
  });
  return true;
});
