// Whole training steps have the same bits on any number of threads.

import { manualSeed, scope, type Tensor, useBackend } from '@dl/autograd';
import { type CpuOptions, cpu } from '@dl/kernels-cpu';
import { Adam } from '@dl/optim';
import { describe, expect, test } from 'vitest';
import { wasmEngines } from '../../kernels-cpu/test/engines.js';
import { kinds, type Sizes } from './networks.js';

/** Sizes at which work is shared out among threads, and small ones, at which it is when that is asked for. */
const large: Sizes = { batch: 12, length: 24, width: 32 };
const small: Sizes = { batch: 3, length: 5, width: 8 };

/** The losses of a few steps, and all weights after them, as bytes. */
async function bitsOf(kind: string, sizes: Sizes, options: CpuOptions): Promise<string[]> {
  const backend = await useBackend(cpu(options));
  manualSeed(1);
  const { make, loss } = kinds[kind]!;
  const model = make(sizes, 'float32');
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const losses: Tensor[] = [];
  for (let i = 0; i < 3; i++) {
    const found = scope(() => {
      const found = loss(model, sizes, 'float32');
      found.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return found.detach();
    });
    losses.push(found);
  }
  const bits = [...losses, ...model.parameters()].map((x) => Buffer.from(x.dataSync().slice().buffer).toString('hex'));
  optimizer.dispose();
  model.dispose();
  await backend.stop();
  return bits;
}

describe.each(wasmEngines())('%s', (engine) => {
  test.each(Object.keys(kinds))('%s', async (kind) => {
    for (const [sizes, splitAll] of [
      [large, false],
      [small, true],
    ] as const) {
      const expected = await bitsOf(kind, sizes, { engine, threads: 1 });
      for (const threads of [2, 3]) {
        expect(await bitsOf(kind, sizes, { engine, threads, splitAll })).toEqual(expected);
      }
      // They did learn something: the losses differ.
      expect(new Set(expected.slice(0, 3)).size).toBe(3);
    }
  });
});
