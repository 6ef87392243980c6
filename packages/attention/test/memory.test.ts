// Memory of training: flat over many steps, with dropout and lengths, and generation in between.

import { Transformer } from '@dl/attention';
import { manualSeed, memory, randint, scope, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Decoding } from '@dl/layers';
import { Adam } from '@dl/optim';
import { beforeAll, expect, test } from 'vitest';

beforeAll(async () => {
  await useBackend(cpu({ threads: 1 }));
});

test('2,000 training steps of a small transformer, and what it says in between, leave memory as it was after the first ones', async () => {
  manualSeed(1);
  const model = new Transformer({
    ...{ sourceVocabulary: 6, dModel: 8, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1, dimFeedforward: 8 },
    dropout: 0.1,
  });
  const optimizer = new Adam(model.parameters(), { lr: 0.001 });
  const lengths = [4, 2];
  const seen: { bytes: number; buffers: number }[] = [];
  for (let step = 0; step < 2000; step++) {
    scope(() => {
      const [sources, targets] = [randint(0, 6, [2, 4]), randint(0, 6, [2, 4])];
      model.loss(sources, targets, { sourceLengths: lengths, targetLengths: lengths, labelSmoothing: 0.1 }).backward();
      optimizer.step();
      optimizer.zeroGrad();
    });
    if (step % 200 !== 199) continue;
    const sources = tensor([[1, 2, 3, 4]], { dtype: 'int32' });
    const decoding = new Decoding(model.from(sources));
    for (let i = 0; i < 5; i++) decoding.step([i]);
    decoding.select([0, 0]);
    decoding.step([1, 2]);
    decoding.dispose();
    sources.dispose();
    const { bytes, buffers } = memory();
    seen.push({ bytes, buffers });
  }
  for (const each of seen) expect(each).toEqual(seen[0]);
  expect(seen.length).toBe(10);
  optimizer.dispose();
  model.dispose();
});
