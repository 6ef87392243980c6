// The steps of word2vec. On one thread: each example begins with what the one before left.

import { word2vecUpdate } from '@dl/autograd';
import { pointerOf } from './engine.js';
import { wasmKernel } from './kernel.js';

export const word2vecUpdateKernel = wasmKernel(
  word2vecUpdate,
  (engine, { input, output, bags, targets, labels, loss }, { lr }) => {
    const { wasm } = engine;
    const [batch, width] = bags.shape as readonly [number, number];
    const [features, count] = [input.shape[1]!, targets.shape[1]!];
    const [named, others, losses] = [pointerOf(bags), pointerOf(targets), pointerOf(loss)];
    if (input.dtype !== 'float32') return false;
    // A number that is no row is left to the TypeScript kernel, which says which one it is.
    if (wasm.largestIndex(named, bags.size) >= input.shape[0]!) return false;
    if (wasm.largestIndex(others, targets.size) >= output.shape[0]!) return false;
    const [from, to, by] = [pointerOf(input), pointerOf(output), pointerOf(labels)];
    engine.withRoom(wasm.word2vecBytes(features, count), (room) => {
      wasm.word2vec(from, to, features, named, width, others, by, count, losses, batch, lr, room);
    });
    return true;
  },
);
