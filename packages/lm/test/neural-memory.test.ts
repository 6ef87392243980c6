// Memory of networks over long runs: 2,000 steps of training and 10,000 generated tokens leave it as it was after the first ones.

import { GPT, RotaryPositions } from '@dl/attention';
import { crossEntropy, Generator, manualSeed, memory, randint, scope, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Adam } from '@dl/optim';
import { settledMemory } from '@dl/testing';
import { beforeAll, expect, test } from 'vitest';
import { generate } from '../src/index.js';
import { type NetworkModel, RecurrentModel, WindowModel } from '../src/neural.js';

beforeAll(() => useBackend(cpu({ threads: 1 })));

const small = { vocabularySize: 5, embeddingSize: 4, hiddenSize: 8 };
const models: readonly (readonly [string, () => NetworkModel])[] = [
  ['a window', () => new WindowModel({ ...small, window: 3, dropout: 0.1 })],
  ['an LSTM over streams', () => new RecurrentModel({ ...small, dropout: 0.1 })],
  [
    'a GPT with a window',
    () =>
      new GPT({
        ...{ vocabularySize: 5, dModel: 8, nhead: 2, numLayers: 1, dimFeedforward: 8, dropout: 0.1, window: 16 },
        positions: new RotaryPositions(4),
      }),
  ],
];

test.each(models)('%s', async (_, make) => {
  manualSeed(1);
  const model = make();
  const stream = model.stream?.(2);
  const optimizer = new Adam(model.parameters(), { lr: 0.001 });
  const trained: { bytes: number; buffers: number }[] = [];
  for (let step = 0; step < 2000; step++) {
    scope(() => {
      const [inputs, targets] = [randint(0, 5, [2, 6]), randint(0, 5, [2, 6])];
      const logits = stream?.forward(inputs);
      const loss = logits && crossEntropy(logits.reshape([-1, 5]), targets.reshape([-1]));
      (loss ?? model.loss(targets)).backward();
      optimizer.step();
      optimizer.zeroGrad();
    });
    if (step % 500 !== 499) continue;
    const { bytes, buffers } = memory();
    trained.push({ bytes, buffers });
  }
  expect(trained).toEqual(trained.map(() => trained[0]));

  await settledMemory();
  const said: { bytes: number; buffers: number }[] = [];
  let tokens = 0;
  for await (const { type } of generate(model, { maxLength: 10_000, temperature: 1, generator: new Generator(1) })) {
    if (type !== 'token') continue;
    tokens++;
    if (tokens % 2000 !== 0) continue;
    const { bytes, buffers } = memory();
    said.push({ bytes, buffers });
  }
  expect(tokens).toBe(10_000);
  expect(said).toEqual(said.map(() => said[0]));
  optimizer.dispose();
});
