// In a page: a model trains, and the page stays alive meanwhile.

import { manualSeed, useBackend } from '@dl/autograd';
import { drawnDigits, loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { Flatten, Linear, Sequential, Tanh } from '@dl/layers';
import { SGD } from '@dl/optim';
import { expect, test } from 'vitest';
import { fit } from './fit.js';

test('frames are drawn while a model trains, and a button stops it', async () => {
  await useBackend(cpu());
  manualSeed(1);
  const model = new Sequential(new Flatten(), new Linear(784, 100), new Tanh(), new Linear(100, 10));
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const stop = new AbortController();
  const button = document.createElement('button');
  button.onclick = () => stop.abort();
  let ticks = 0;
  const timer = setInterval(() => {
    if (++ticks === 20) button.click();
  }, 5);

  const data = loader(drawnDigits(500), { batchSize: 50, shuffle: true });
  const seen: string[] = [];
  let loss = Number.NaN;
  for await (const event of fit(model, data, { optimizer, epochs: 10_000, signal: stop.signal })) {
    if (event.type === 'step' && event.loss !== undefined) loss = event.loss;
    if (event.type === 'end') seen.push(event.reason);
  }
  clearInterval(timer);
  expect(seen).toEqual(['aborted']);
  expect(ticks).toBeGreaterThanOrEqual(20);
  expect(loss).toBeGreaterThan(0);
});
