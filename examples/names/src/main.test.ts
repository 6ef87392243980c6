// The example does what it says.

import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { expect, test } from 'vitest';
import { run } from './main.js';

test('the network knows more of names than pairs of letters do, and makes up new ones', async () => {
  await useBackend(cpu());
  const { loss, pairs, samples, made } = await run();
  expect(pairs).toBeGreaterThan(2.35);
  expect(loss).toBeLessThan(pairs - 0.15);
  // Most are in no list, few are too short or too long to be names, and they differ.
  expect(made.length).toBeGreaterThan(samples.length / 2);
  expect(samples.filter((name) => name.length >= 3 && name.length <= 11).length).toBeGreaterThan(0.85 * samples.length);
  expect(new Set(samples).size).toBeGreaterThan(0.8 * samples.length);
});
