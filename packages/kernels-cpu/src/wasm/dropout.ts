// Dropout: the mask is drawn and multiplied in one pass. Threads have elements; a place in the stream is known by itself.

import { dropElements } from '@dl/autograd';
import { pointerOf } from './engine.js';
import { wasmKernel } from './kernel.js';

// A thread's least share of work, in elements.
const GRAIN = 1 << 14;

export const dropElementsKernel = wasmKernel(dropElements, (engine, { x, y }, { p, seed, position }) => {
  if (x.dtype !== 'float32') return false;
  const [from, to] = [pointerOf(x), pointerOf(y)];
  // A draw of 24 bits k is below p, as the fraction k / 2^24, where k is below this.
  const limit = Math.ceil(p * 2 ** 24);
  const scale = p === 1 ? 0 : 1 / (1 - p);
  const [low, high] = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
  engine.split(y.size, engine.tasks(y.size, GRAIN), (wasm, first, end) => {
    wasm.dropElements(from, to, first, end, limit, scale, low, high, position);
  });
  return true;
});
