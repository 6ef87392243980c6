// The analogies that the generated text holds are found, by all three ways to learn them.

import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import { pageOf, run } from './main.js';
import { drawText, families, questions } from './text.js';

beforeAll(() => useBackend(cpu()));

test('words that stand beside the same words are alike, and what leads from one to the other is the same for all', async () => {
  const lines: string[] = [];
  const all = await run((line) => lines.push(line));
  const count = 6 * 5 * 6 + 6 * 5 * 2 + 5 * 4 * 6;
  expect(questions().filter((line) => !line.startsWith(':'))).toHaveLength(count);
  for (const { name, add, multiply } of all) {
    for (const report of [add, multiply]) {
      expect(report).toMatchObject({ questions: count, unknown: 0 });
      if (name === 'GloVe') expect(report.accuracy).toBeGreaterThan(0.95);
      else expect(report.accuracy).toBe(1);
    }
  }
  expect(lines).toContain('france : paris = italy : rome');
  expect(lines).toContain('man : king = woman : queen');
  expect(lines).toContain('tall : tallest = cold : coldest');
  const html = pageOf(all);
  for (const { kinds } of families) for (const word of kinds.flat()) expect(html).toContain(`>${word}</text>`);
});

test('the text has every word of every family, and is the same for a seed', () => {
  const text = drawText(6000, 1);
  expect(text).toEqual(drawText(6000, 1));
  const words = new Set(text.join(' ').split(' '));
  for (const { kinds, beside } of families) {
    for (const word of [...kinds.flat(), ...beside.flat()]) expect([word, words.has(word)]).toEqual([word, true]);
  }
});
