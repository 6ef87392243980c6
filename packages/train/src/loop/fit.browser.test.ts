// In a page: a model trains, and the page stays alive meanwhile.

import { manualSeed, useBackend } from '@dl/autograd';
import { drawnDigits, loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { Flatten, Linear, Sequential, Tanh } from '@dl/layers';
import { SGD } from '@dl/optim';
import { expect, test } from 'vitest';
import { F1 } from '../metrics/index.js';
import { progress } from '../page.js';
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

/** The longest task of the page while something runs, in milliseconds; tasks below 50 ms count as 0. */
async function longestTask(run: () => Promise<unknown>): Promise<number> {
  const found: number[] = [];
  const observer = new PerformanceObserver((list) => found.push(...list.getEntries().map(({ duration }) => duration)));
  observer.observe({ type: 'longtask' });
  await run();
  // An entry comes after its task.
  await new Promise((resolve) => setTimeout(resolve, 100));
  found.push(...observer.takeRecords().map(({ duration }) => duration));
  observer.disconnect();
  return Math.max(0, ...found);
}

test('no task is much longer than a step, with progress in the page, metrics and tests', async () => {
  await useBackend(cpu());
  manualSeed(1);
  const model = new Sequential(new Flatten(), new Linear(784, 100), new Tanh(), new Linear(100, 10));
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const digits = drawnDigits(50);
  // Not a loader: that would give turns itself.
  const batches = {
    async *[Symbol.asyncIterator]() {
      for (let i = 0; i < 200; i++) yield digits;
    },
  };
  const train = async (yieldEvery: number) => {
    const options = { optimizer, test: batches, metrics: { f1: new F1() }, epochs: 2, yieldEvery };
    let end = 0;
    for await (const event of progress(fit(model, batches, options))) if (event.type === 'end') end = event.seconds;
    return 1000 * end;
  };
  await train(10);
  let whole = 0;
  const held = await longestTask(async () => {
    whole = await train(Number.POSITIVE_INFINITY);
  });
  const free = await longestTask(() => train(10));
  console.log(
    `longest task: ${Math.round(free)} ms with turns, ${Math.round(held)} ms without, of ${Math.round(whole)} ms`,
  );
  // Without turns the run is one task: what is measured here can be seen.
  expect(held).toBeGreaterThan(0.5 * whole);
  expect(free).toBeLessThan(0.25 * held);
});
