// The print of a die: what changed it, the likeliest sides in order, the rest in one line, and on which it fell.

import { functionModel } from '@dl/layers';
import { expect, test } from 'vitest';
import { Die, generate, temperature, topK, Vocabulary } from '../index.js';

test('a line for each side, with bars in proportion to the longest', () => {
  const vocabulary = new Vocabulary(['the', '\n', 'sat', 'mat']);
  const die = new Die([0.5, 0.25, 0.125, 0.125].map(Math.log), { adjustments: [temperature(1), topK(3)], vocabulary });
  expect(String(die).split('\n')).toEqual([
    'a die of 4',
    '  temperature 1 → top-k 3 (3 left)',
    '  die     model',
    `  0.5714  0.5000  ${'█'.repeat(24)}  "the" 0`,
    `  0.2857  0.2500  ${'█'.repeat(12).padEnd(24)}  "\\n" 1`,
    `  0.1429  0.1250  ${'█'.repeat(6).padEnd(24)}  "sat" 2`,
  ]);
});

test('of many sides the ten likeliest, what was chosen, and the sum of the others', async () => {
  // 0.3 for the last one, 0.1 for each of six, 0.005 for each of twenty.
  const p = [...new Array<number>(20).fill(0.005), ...new Array<number>(6).fill(0.1), 0.3];
  const printed: string[] = [];
  const model = functionModel(27, () => p.map(Math.log), { context: 0 });
  const options = {
    maxLength: 1,
    force: { 0: 19 },
    prompts: [[3, 4]],
    explain: (die: string) => void printed.push(die),
  };
  await generate(model, options);
  expect(printed[0]!.split('\n')).toEqual([
    'token 1, behind 3 4',
    '  force of 1 (1 left)',
    '  die     model',
    `  1.0000  0.0050  ${'█'.repeat(24)}  19  ◀ the best`,
  ]);
  await generate(model, { maxLength: 1, batch: 2, explain: (die) => void printed.push(die) });
  const lines = printed[2]!.split('\n');
  expect(lines[0]).toBe('token 1 of sequence 1');
  expect(lines[1]).toBe(`  0.3000  ${'█'.repeat(24)}  26  ◀ the best`);
  expect(lines[2]).toBe(`  0.1000  ${'█'.repeat(8).padEnd(24)}  20`);
  expect(lines[8]).toBe(`  0.0050  ${'▍'.padEnd(24)}  0`);
  expect(lines).toHaveLength(12);
  expect(lines[11]).toBe(`  0.0850  ${''.padEnd(24)}  17 more`);
});

test('true prints it on the console', async () => {
  const lines: unknown[] = [];
  const { log } = console;
  console.log = (line: unknown) => void lines.push(line);
  try {
    await generate(
      functionModel(2, () => [0, -1]),
      { maxLength: 2, explain: true },
    );
  } finally {
    console.log = log;
  }
  expect(lines).toHaveLength(2);
  expect(lines[1]).toContain('token 2, behind 0');
});
