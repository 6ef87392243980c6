// The example does what it says.

import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { expect, test } from 'vitest';
import { run, small } from './main.js';
import { documentation } from './text.js';

test('the network knows more of a text than n-grams of order 2 do, and writes words', async () => {
  await useBackend(cpu());
  const lines: string[] = [];
  const { bits, counted, written } = await run(
    documentation(),
    { ...small, epochs: 3 },
    (line) => void lines.push(line),
  );
  expect(counted[0]).toBeGreaterThan(4);
  expect(bits).toBeLessThan(counted[1]!);
  expect(written.length).toBe(300);
  const known = new Set(documentation().match(/[a-z]+/g));
  const words = written.match(/[a-z]+/g) ?? [];
  expect(words.filter((word) => known.has(word)).length).toBeGreaterThan(words.length / 3);
  expect(lines.filter((line) => line.includes('bits for a character'))).toHaveLength(3);
});
