// Training as in PyTorch: the same weights to begin with, the same batches, the same losses. run.ts compares whole trainings, on real data.

import { readFileSync } from 'node:fs';
import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import { makePupil, trainHere } from './here.js';
import type { Outcome } from './plan.js';
import { tasks } from './tasks.js';
import { startByFormula } from './weights.js';

/** Made by PyTorch: npx tsx --conditions=@dl/source tools/side-by-side/training/run.ts golden */
const golden = JSON.parse(readFileSync(new URL('golden/losses.json', import.meta.url), 'utf8')) as Record<
  string,
  Outcome
>;

beforeAll(() => useBackend(cpu()));

test('there are losses of PyTorch for each task', () => {
  expect(Object.keys(golden)).toEqual(tasks.map(({ name }) => name));
});

test.each(tasks.map((task) => [task.name, task] as const))('%s: 50 steps', async (name, task) => {
  const plan = await task.plan('small', 1);
  const pupil = makePupil(plan);
  startByFormula(pupil.model);
  const { losses, testLoss, answers } = await trainHere(pupil, plan);
  const wanted = golden[name]!;
  expect(losses).toHaveLength(50);
  const apart = losses.map((loss, i) => Math.abs(loss - wanted.losses[i]!));
  expect(Math.max(...apart)).toBeLessThanOrEqual(1e-4);
  expect(Math.abs(testLoss - wanted.testLoss)).toBeLessThanOrEqual(1e-4);
  expect(answers).toEqual(wanted.answers);
  // It is a training that is compared: something was learned.
  const mean = (some: readonly number[]): number => some.reduce((a, b) => a + b) / some.length;
  expect(mean(losses.slice(-10))).toBeLessThan(mean(losses.slice(0, 10)) - 0.05);
});
