// Two thousand training steps of LeNet-5 hold as much memory as ten: not a byte more, in the tensors, the heap or the process.

import { crossEntropy, manualSeed, memory, randint, randn, scope, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Conv2d, Flatten, Linear, MaxPool2d, Sequential, Tanh } from '@dl/layers';
import { SGD } from '@dl/optim';
import { expect, test } from 'vitest';

test('memory is flat over 2,000 steps of LeNet-5 on two threads', async () => {
  const backend = cpu({ threads: 2 });
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
    const loss = crossEntropy(model.forward(randn([8, 1, 28, 28])), randint(0, 10, [8]));
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
  const rss = (): number => {
    globalThis.gc?.();
    return process.memoryUsage.rss() / 2 ** 20;
  };
  for (let i = 0; i < 10; i++) step();
  const early = held();
  for (let i = 10; i < 200; i++) step();
  const resident = rss();
  for (let i = 200; i < 2000; i++) expect(step()).toBeLessThan(10);
  expect(held()).toEqual(early);
  // MiB: the engine's own code and garbage may come and go.
  expect(rss() - resident).toBeLessThan(30);
}, 120_000);
