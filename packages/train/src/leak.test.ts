// A long run leaks nothing. It has a file of its own, so that no other test's garbage is freed meanwhile.

import { memory, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { expect, test } from 'vitest';
import { batches, Decay, setUp } from '../test/setup.js';
import { fit } from './fit.js';
import { F1, TopKAccuracy } from './metrics/index.js';

test('2,000 steps with everything on leak nothing', { timeout: 120_000 }, async () => {
  await useBackend(cpu());
  const { model, optimizer, options } = setUp();
  const schedule = new Decay(optimizer);
  const metrics = { f1: new F1(), top3: new TopKAccuracy(3) };
  const earlyStopping = { patience: Number.POSITIVE_INFINITY, restoreBest: true };
  const data = batches({ batchSize: 3 }); // 40 batches, 20 steps
  const seen: { bytes: number; buffers: number }[] = [];
  const ways = { schedule, metrics, earlyStopping, accumulate: 2, clipGradNorm: 1 };
  for await (const event of fit(model, data, { ...options, ...ways, epochs: 100 })) {
    if (event.type !== 'epoch') continue;
    const { bytes, buffers } = memory();
    seen.push({ bytes, buffers });
  }
  expect(seen).toHaveLength(100);
  expect(seen.at(-1)).toEqual(seen[0]);
});
