// The example does what it says.

import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { expect, test } from 'vitest';
import { run } from './main.js';
import { beginOf, drawNotes, unseen } from './text.js';

test('the text says nothing of the people that are asked for', () => {
  const text = drawNotes(2000, 1).join(' ');
  expect(unseen.length).toBeGreaterThan(20);
  for (const person of unseen) expect(text).not.toContain(beginOf(person).split(' from')[0]);
});

test('a small GPT knows what a person does by what stands far before it, which runs of words do not', async () => {
  await useBackend(cpu());
  const lines: string[] = [];
  const { gpt, grams, right, rightByCounts } = await run((line) => lines.push(line));
  expect(gpt).toBeLessThan(grams - 0.1);
  expect(right).toBeGreaterThan(0.8);
  expect(rightByCounts).toBeLessThan(0.3);
  expect(lines.at(-1)).toMatch(/^ {2}\S/);
});
