// With attention the example does what it says, and looks where a person would.

import { expect, test } from 'vitest';
import { alignment, exact, picture } from './attention.js';

test('dates that were held back are turned into ISO form exactly, 99 of 100', () => {
  expect(exact).toBeGreaterThanOrEqual(0.99);
});

test('the digits of the day look at its words, those of the month at its name, and those of the year at its words', () => {
  const { words, said, weights } = alignment;
  expect(said).toBe('1905-06-21');
  // How much the characters from one place to another look at some words, on average.
  const looks = (from: number, to: number, at: readonly string[]): number =>
    weights
      .slice(from, to)
      .flatMap((row) => row.filter((_, s) => at.includes(words[s]!)))
      .reduce((sum, weight) => sum + weight, 0) /
    (to - from);
  expect(looks(0, 4, ['nineteen', 'oh', 'five'])).toBeGreaterThan(0.8);
  expect(looks(5, 7, ['june'])).toBeGreaterThan(0.8);
  expect(looks(8, 10, ['twenty', 'first'])).toBeGreaterThan(0.8);
  for (const row of weights) expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
});

test('the picture has every word and character of it', () => {
  for (const word of alignment.words) expect(picture).toContain(word);
  expect(picture.startsWith('<svg')).toBe(true);
});
