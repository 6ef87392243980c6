// fit with a table whose gradient has rows only: the same weights as with a gradient for all rows.

import { crossEntropy, manualSeed, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Embedding, Flatten, Linear, Sequential } from '@dl/layers';
import { SGD } from '@dl/optim';
import { assertAllClose } from '@dl/testing';
import { expect, test } from 'vitest';
import { fit } from '../index.js';

await useBackend(cpu());

/** Three batches for a step and two for the next, of different sizes, so that gradients are scaled. */
const batches = [4, 3, 1, 4, 2].map((size, b) => ({
  words: { data: Int32Array.from({ length: 2 * size }, (_, i) => (i * i + b) % 7), shape: [size, 2] },
  labels: { data: Int32Array.from({ length: size }, (_, i) => (i + b) % 3), shape: [size] },
}));

const data = {
  async *[Symbol.asyncIterator]() {
    yield* batches;
  },
};

async function learn(sparse: boolean): Promise<{ weight: Tensor; losses: number[] }> {
  manualSeed(1);
  const table = new Embedding(9, 4, { sparse });
  const model = new Sequential(table, new Flatten(), new Linear(8, 3));
  const { history } = await fit(model, data, {
    optimizer: new SGD(model.parameters(), { lr: 0.5 }),
    forward: ({ words }) => model.forward(words),
    loss: (output: Tensor, { labels }) => crossEntropy(output, labels, { ignoreIndex: 2 }),
    epochs: 3,
    accumulate: 3,
    clipGradNorm: 0.4,
    clipGradValue: 0.1,
  });
  return { weight: table.weight, losses: history.map(({ train }) => train.loss) };
}

test('with batches of different sizes in one step, clipped by value and by norm', async () => {
  const [dense, sparse] = [await learn(false), await learn(true)];
  assertAllClose(sparse.weight, dense.weight, { rtol: 1e-6, atol: 1e-7 });
  assertAllClose(tensor(sparse.losses), dense.losses, { rtol: 1e-6 });
  expect(dense.losses[2]).toBeLessThan(dense.losses[0]!);
});
