// Cross-entropy and its gradient.

import { crossEntropy, crossEntropyGrad } from '@dl/autograd';
import { pointerOf } from './engine.js';
import { wasmKernel } from './kernel.js';

// Logits that are worth a thread.
const GRAIN = 4096;

export const crossEntropyKernel = wasmKernel(crossEntropy, ({ wasm }, { logits, labels, y }) => {
  if (logits.dtype !== 'float32' || logits.size === 0) return false;
  // A label out of range is left to the TypeScript kernel, which says which one it is.
  const [rows, classes] = logits.shape as readonly [number, number];
  return wasm.crossEntropyRows(pointerOf(logits), pointerOf(labels), pointerOf(y), rows, classes) !== 0;
});

export const crossEntropyGradKernel = wasmKernel(crossEntropyGrad, (engine, { g, logits, labels, dlogits }) => {
  if (logits.dtype !== 'float32' || logits.size === 0) return false;
  const [rows, classes] = logits.shape as readonly [number, number];
  const [upstream, from, by, to] = [pointerOf(g), pointerOf(logits), pointerOf(labels), pointerOf(dlogits)];
  // A label out of range is left to the TypeScript kernel, which says which one it is.
  if (engine.wasm.indicesInRange(by, rows, classes) === 0) return false;
  engine.split(rows, engine.tasks(rows, Math.ceil(GRAIN / classes)), (wasm, first, end) => {
    const skipped = 4 * classes * first;
    wasm.crossEntropyGradRows(upstream + 4 * first, from + skipped, by + 4 * first, to + skipped, end - first, classes);
  });
  return true;
});
