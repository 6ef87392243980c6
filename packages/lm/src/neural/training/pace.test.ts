// The learning rate and the clock of a training.

import { expect, test, vi } from 'vitest';
import { Pace, rateAt } from './pace.js';

test('the rate rises along a line to the highest, and falls along half a cosine', () => {
  expect([0.025, 0.05].map(rateAt)).toEqual([0.5, 1]);
  // In the middle of the fall it is halfway between the highest and the last.
  expect(rateAt(0.05 + 0.95 / 2)).toBeCloseTo((1 + 0.02) / 2, 12);
  expect(rateAt(0.05 + 0.95 / 3)).toBeCloseTo(0.02 + 0.98 * 0.75, 12);
  expect(rateAt(1)).toBeCloseTo(0.02, 12);
  expect(rateAt(0)).toBe(0.02);
});

test('a training of steps is done by steps, whatever the time', () => {
  const pace = new Pace({ steps: 8 }, 100);
  expect([0, 2, 8, 9].map((steps) => pace.share(steps))).toEqual([0, 0.25, 1, 1]);
  expect(pace.isTimed).toBe(false);
});

test('a training of minutes is done by the clock, what came before an interruption counted', () => {
  const now = vi.spyOn(performance, 'now');
  try {
    now.mockReturnValue(5000);
    const pace = new Pace({ minutes: 2 }, 30);
    expect([pace.isTimed, pace.seconds, pace.share(7), pace.nextMark]).toEqual([true, 30, 0.25, 0.3]);
    now.mockReturnValue(5000 + 31_000);
    expect([pace.seconds, pace.share(7)]).toEqual([61, 61 / 120]);
    expect(pace.nextMark).toBeCloseTo(0.55, 12);
    now.mockReturnValue(5000 + 300_000);
    expect(pace.share(7)).toBe(1);
  } finally {
    now.mockRestore();
  }
});
