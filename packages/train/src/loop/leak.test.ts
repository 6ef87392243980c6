// A long run leaks nothing: neither tensors nor JavaScript objects. It has a file of its own, so that no other test's garbage is
// freed meanwhile.

import { queryObjects } from 'node:v8';
import { memory, useBackend } from '@dl/autograd';
import { packState } from '@dl/checkpoint';
import { cpu } from '@dl/kernels-cpu';
import { EMA } from '@dl/optim';
import { expect, test } from 'vitest';
import { batches, Decay, setUp } from '../../test/setup.js';
import { F1, TopKAccuracy } from '../metrics/index.js';
import { logCsv, logJsonLines } from '../progress/logs.js';
import { checkpoints } from '../state/checkpoints.js';
import type { TrainState } from '../state/state.js';
import { progress } from '../terminal.js';
import { fit } from './fit.js';

test('2,000 steps with everything on leak nothing', async () => {
  await useBackend(cpu());
  const { model, optimizer, options } = setUp();
  const schedule = new Decay(optimizer);
  const metrics = { f1: new F1(), top3: new TopKAccuracy(3) };
  const earlyStopping = { patience: Number.POSITIVE_INFINITY, restoreBest: true };
  const averaging = { weights: new EMA(model.parameters()) };
  const data = batches({ batchSize: 3 }); // 40 batches, 20 steps
  const learning = { schedule, metrics, earlyStopping, averaging, accumulate: 2, clipGradNorm: 1, clipGradValue: 1 };
  let written = 0;
  const sink = { write: (text: string) => void (written += text.length) };
  const save = (state: TrainState) => void (written += packState(state).length);
  const logged = logCsv(
    logJsonLines(fit(model, data, { ...options, ...learning, epochs: 100, lossEvery: 2 }), sink),
    sink,
  );

  const seen: { bytes: number; buffers: number }[] = [];
  const objects: number[] = [];
  const heap: { heapUsed: number; arrayBuffers: number }[] = [];
  let steps = 0;
  for await (const event of progress(checkpoints(logged, { save, every: 20 }), {
    stream: sink,
    live: false,
    every: 0,
  })) {
    if (event.type === 'step') steps++;
    if (event.type !== 'epoch') continue;
    const { bytes, buffers } = memory();
    seen.push({ bytes, buffers });
    // Scores that the schedule of this test remembers would grow.
    schedule.scores.splice(0, schedule.scores.length - 1);
    if (event.epoch % 25 !== 0) continue;
    objects.push(queryObjects(Object) as number);
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    heap.push({ heapUsed, arrayBuffers });
  }
  expect(steps).toBe(2000);
  expect(seen).toHaveLength(100);
  expect(seen.at(-1)).toEqual(seen[0]);
  expect(written).toBeGreaterThan(100_000);
  // From step 500 on there are only those of `seen`, and not one object more in twenty steps.
  expect(objects.at(-1)! - objects[0]!).toBeLessThan(75 + 75);
  // What the engine keeps for its compiler still grows for some thousand steps, by ever less; nothing else is large.
  expect(heap.at(-1)!.heapUsed - heap[1]!.heapUsed).toBeLessThan(1000 * 500);
  expect(heap.at(-1)!.arrayBuffers).toBeLessThan(heap[0]!.arrayBuffers + 100_000);
});
