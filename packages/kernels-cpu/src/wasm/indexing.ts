// Kernels that add by index.

import { scatterAdd } from '@dl/autograd';
import { pointerOf } from './engine.js';
import { wasmKernel } from './kernel.js';

export const scatterAddKernel = wasmKernel(scatterAdd, ({ run }, { x, index, source, y }, { axis }) => {
  const last = x.shape.length - 1;
  const hasSameRows = index.shape.every((length, i) => i === last || length === x.shape[i]);
  if (x.dtype !== 'float32' || axis !== last || !hasSameRows || x.size === 0) return false;
  const length = x.shape[last]!;
  const count = index.shape[last]!;
  const [from, by, add, to] = [pointerOf(x), pointerOf(index), pointerOf(source), pointerOf(y)];
  // An index out of range is left to the TypeScript kernel, which says which one it is.
  return run.scatterAddRows(from, by, add, to, x.size / length, length, count) !== 0;
});
