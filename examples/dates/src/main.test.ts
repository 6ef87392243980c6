// The example does what it says.

import { expect, test } from 'vitest';
import { allDays, iso, sourceTokens, sourceWords, written } from './dates.js';
import { exact } from './main.js';

test('dates that were held back are turned into ISO form exactly, 99 of 100', () => {
  expect(exact).toBeGreaterThanOrEqual(0.99);
});

test('there is every day from 1900 to 2099, and every word of it has a number', () => {
  const days = allDays();
  // 200 years, of which 49 are leap years: 1900 is none, 2000 is one.
  expect(days).toHaveLength(200 * 365 + 49);
  expect(new Set(days.map(iso)).size).toBe(days.length);
  const first = { integer: (low: number, _: number) => low };
  const last = { integer: (_: number, high: number) => high - 1 };
  const by = (year: number, month: number, day: number, draw: typeof first) =>
    written({ year, month, day }, draw as never);
  expect(by(1905, 6, 21, first)).toBe('the twenty first of june nineteen oh five');
  expect(by(2007, 12, 30, last)).toBe('two thousand seven december thirtieth');
  expect(by(2000, 2, 29, first)).toBe('the twenty ninth of february two thousand');
  expect(by(1900, 1, 1, last)).toBe('nineteen hundred january first');
  expect(by(1998, 3, 3, last)).toBe('nineteen hundred and ninety eight march third');
  for (const { year, month, day } of days.filter((_, i) => i % 97 === 0)) {
    for (const draw of [first, last]) {
      expect(sourceTokens(by(year, month, day, draw)).every((token) => token > 0 && token < sourceWords.length)).toBe(
        true,
      );
    }
  }
});
