// The example does what it says.

import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { expect, test } from 'vitest';
import { run } from './main.js';

test('a BERT that has said words left out knows their classes, which one with random weights does not', async () => {
  await useBackend(cpu());
  const lines: string[] = [];
  const { loss, counted, byWord, untrained, pretrained } = await run((line) => lines.push(line));
  expect(counted).toBeGreaterThan(3);
  expect(loss).toBeLessThan(counted - 0.8);
  expect(pretrained).toBeGreaterThan(0.95);
  expect(Math.max(byWord, untrained)).toBeLessThan(pretrained - 0.1);
  expect(lines.at(-1)).toMatch(/^ {2}the \[.+\] river will \[.+\] her \.$/);
});
