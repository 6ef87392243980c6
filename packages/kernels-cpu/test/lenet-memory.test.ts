// Four thousand training steps of LeNet-5 hold as much memory as ten: not a byte more, in the tensors, the heap or the process.

import { crossEntropy, manualSeed, memory, randint, randn, scope, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Conv2d, Flatten, Linear, MaxPool2d, Sequential, Tanh } from '@dl/layers';
import { SGD } from '@dl/optim';
import { expect, test } from 'vitest';

test('memory is flat over 4,000 steps of LeNet-5 on two threads', async () => {
  // All that can be is split, so that few images are work for both threads.
  const backend = cpu({ threads: 2, splitAll: true });
  await useBackend(backend);
  manualSeed(1);
  using model = new Sequential(
    ...[new Conv2d(1, 6, 5, { padding: 2 }), new Tanh(), new MaxPool2d(2)],
    ...[new Conv2d(6, 16, 5), new Tanh(), new MaxPool2d(2), new Flatten()],
    ...[new Linear(400, 120), new Tanh(), new Linear(120, 84), new Tanh(), new Linear(84, 10)],
  );
  using optimizer = new SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
  const step = (): number => {
    using _ = scope();
    const loss = crossEntropy(model.forward(randn([2, 1, 28, 28])), randint(0, 10, [2]));
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    return loss.item();
  };
  const held = () => {
    const { bytes, buffers } = memory();
    const { usedBytes, reservedBytes, scratchBytes } = backend.details();
    return { bytes, buffers, usedBytes, reservedBytes, scratchBytes };
  };
  /** In MiB, after garbage was collected. */
  const ofProcess = () => {
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    return { rss: rss / 2 ** 20, heapUsed: heapUsed / 2 ** 20 };
  };
  for (let i = 0; i < 10; i++) step();
  const early = held();
  // JavaScript's own heap finds its size during the first hundreds.
  for (let i = 10; i < 1000; i++) step();
  const levels = [ofProcess()];
  for (let thousand = 1; thousand < 4; thousand++) {
    for (let i = 0; i < 1000; i++) expect(step()).toBeLessThan(10);
    levels.push(ofProcess());
  }
  expect(held()).toEqual(early);
  expect(levels[3]!.heapUsed - levels[0]!.heapUsed).toBeLessThan(2);
  // The engine may give its young generation more pages at any time, once. A leak would show in each thousand.
  const growth = [1, 2, 3].map((i) => levels[i]!.rss - levels[i - 1]!.rss);
  expect(Math.min(...growth)).toBeLessThan(3);
  expect(levels[3]!.rss - levels[0]!.rss).toBeLessThan(60);
});
