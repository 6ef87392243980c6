// The product of all elements but one, for each.

import { prodOfOthers } from '@dl/autograd';
import { pointerOf } from './engine.js';
import { wasmKernel } from './kernel.js';
import { aroundAxes } from './split.js';

// Elements of x that take about 20 µs.
const GRAIN = 32_768;

export const prodOfOthersKernel = wasmKernel(prodOfOthers, (engine, { x, y }, { axes }) => {
  const sizes = aroundAxes(x.shape, axes);
  if (x.dtype !== 'float32' || x.size === 0 || sizes === undefined) return false;
  const { outer, length, inner } = sizes;
  const [from, to] = [pointerOf(x), pointerOf(y)];
  const [lines, grain] = [outer * inner, Math.ceil(GRAIN / length)];
  const tasks = engine.tasks(lines, grain);
  engine.withRoom(8 * length * tasks, (room) => {
    engine.split(lines, tasks, (wasm, first, end, task) => {
      wasm.prodOfOthers(from, to, length, inner, first, end, room + 8 * length * task);
    });
  });
  return true;
});
