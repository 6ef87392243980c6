// Whole training steps have the same bits on any number of threads.

import { manualSeed, randn, scope, type Tensor, useBackend } from '@dl/autograd';
import { type CpuOptions, cpu } from '@dl/kernels-cpu';
import { Adam } from '@dl/optim';
import { describe, expect, test } from 'vitest';
import { wasmEngines } from '../../kernels-cpu/test/engines.js';
import { kinds, type Sizes } from './networks.js';

/** Sizes at which work is shared out among threads, and small ones, at which it is when that is asked for. */
const large: Sizes = { batch: 40, time: 6, input: 24, hidden: 40 };
const small: Sizes = { batch: 3, time: 5, input: 2, hidden: 3 };

/** The losses of a few steps, and all weights after them, as bytes. */
async function bitsOf(kind: string, { batch, time, input, hidden }: Sizes, options: CpuOptions): Promise<string[]> {
  const backend = await useBackend(cpu(options));
  manualSeed(1);
  const network = kinds[kind]!(input, hidden, { dtype: 'float32' });
  const optimizer = new Adam(network.parameters(), { lr: 0.01 });
  const lengths = Array.from({ length: batch }, (_, i) => 1 + ((time - 1 + i * 5) % time));
  const found: Tensor[] = [];
  for (let i = 0; i < 3; i++) {
    const loss = scope(() => {
      const { output, state } = network.forward(randn([batch, time, input]), { lengths });
      const loss = output.square().mean().add(state.h.sum());
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return loss.detach();
    });
    found.push(loss);
  }
  const bits = [...found, ...network.parameters()].map((x) => Buffer.from(x.dataSync().slice().buffer).toString('hex'));
  optimizer.dispose();
  network.dispose();
  await backend.stop();
  return bits;
}

describe.each(wasmEngines())('%s', (engine) => {
  test.each(Object.keys(kinds))('%s in two layers and both directions, with lengths', async (kind) => {
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
