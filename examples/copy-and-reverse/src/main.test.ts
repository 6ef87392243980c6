// The example does what it says.

import { Generator, scope, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import { run } from './main.js';
import { answerTo, batchOf, drawExample, LONGEST, SHORTEST, textOf, wordsOf } from './sequences.js';

beforeAll(() => useBackend(cpu()));

test('all sequences that were held back are copied and reversed, and a head looks at the letter that is said', async () => {
  const lines: string[] = [];
  const { exact, shares, pictures } = await run(1, (line) => lines.push(line));
  expect(exact).toBe(1);
  // Of eight or nine places that it may look at, most of the look is on one.
  expect(shares['copy']!).toBeGreaterThan(0.5);
  expect(shares['reverse']!).toBeGreaterThan(0.5);
  expect(Object.keys(pictures)).toEqual(['copy.svg', 'copy-heads.svg', 'reverse.svg', 'reverse-heads.svg']);
  expect(pictures['copy.svg']).toContain('b → b: ');
  expect(pictures['reverse.svg']).toContain('end → reverse: ');
  expect(lines).toContainEqual(expect.stringContaining('100.0 % of 500 that were held back are exact'));
});

test('both tasks, and every length, are drawn; a batch has them as tokens', () => {
  using _ = scope();
  expect(answerTo({ task: 'copy', text: 'abc' })).toBe('abc');
  expect(answerTo({ task: 'reverse', text: 'abc' })).toBe('cba');
  expect(wordsOf({ task: 'reverse', text: 'abc' })).toEqual(['reverse', 'a', 'b', 'c']);
  const random = new Generator(5);
  const drawn = Array.from({ length: 300 }, () => drawExample(random));
  expect(new Set(drawn.map(({ task, text }) => `${task} ${text.length}`)).size).toBe(2 * (LONGEST - SHORTEST + 1));
  const { source, sourceLengths, target, targetLengths } = batchOf([
    { task: 'reverse', text: 'abc' },
    { task: 'copy', text: 'jjaa' },
  ]);
  expect(source.toArray()).toEqual([
    [2, 3, 4, 5, 0],
    [1, 12, 12, 3, 3],
  ]);
  expect(target.toArray()).toEqual([
    [5, 4, 3, 0, 0],
    [12, 12, 3, 3, 0],
  ]);
  expect([sourceLengths, targetLengths]).toEqual([
    [4, 5],
    [4, 5],
  ]);
  expect(textOf([5, 4, 3])).toBe('cba');
});
