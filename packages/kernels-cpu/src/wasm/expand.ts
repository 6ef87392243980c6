// Broadcasting to a shape.

import { bytesPerElement, expand } from '@dl/autograd';
import { broadcastStrides } from '../typescript/kernel.js';
import { CHEAP, pointerOf } from './engine.js';
import { wasmKernel } from './kernel.js';
import { forEachBlock } from './plane.js';

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
