// The schedules of teacher forcing, by the formulas of the paper.

import { describe, expect, test } from 'vitest';
import {
  constantForcing,
  exponentialForcing,
  type ForcingSchedule,
  inverseSigmoidForcing,
  linearForcing,
} from '../index.js';

test.each<[string, ForcingSchedule, readonly (readonly [step: number, probability: number])[]]>([
  [
    'constant',
    constantForcing(0.25),
    [
      [0, 0.25],
      [1e6, 0.25],
    ],
  ],
  // max(ε, k - c i) with k = 0.9, c = 0.7/100, ε = 0.2
  [
    'linear',
    linearForcing({ steps: 100, start: 0.9, end: 0.2 }),
    [
      [0, 0.9],
      [50, 0.55],
      [100, 0.2],
      [1000, 0.2],
    ],
  ],
  [
    'linear by default',
    linearForcing({ steps: 4 }),
    [
      [0, 1],
      [1, 0.75],
      [4, 0],
      [5, 0],
    ],
  ],
  // k^i
  [
    'exponential',
    exponentialForcing(0.5),
    [
      [0, 1],
      [1, 0.5],
      [3, 0.125],
    ],
  ],
  [
    'exponential, never',
    exponentialForcing(0),
    [
      [0, 1],
      [1, 0],
    ],
  ],
  // k / (k + e^(i / k)), which is 1/2 where e^(i / k) = k
  [
    'inverse sigmoid',
    inverseSigmoidForcing(10),
    [
      [0, 10 / 11],
      [10 * Math.log(10), 0.5],
      [1e5, 0],
    ],
  ],
])('%s', (_, schedule, values) => {
  for (const [step, probability] of values) expect(schedule(step)).toBeCloseTo(probability, 12);
});

describe('what is refused', () => {
  test.each<[() => unknown, string]>([
    [() => constantForcing(1.5), 'constantForcing: probability is 1.5, needs a probability from 0 to 1'],
    [() => constantForcing(Number.NaN), 'constantForcing: probability is NaN, needs a probability'],
    [() => linearForcing({ steps: 0 }), 'linearForcing: steps is 0, needs a number above 0'],
    [() => linearForcing(undefined as never), 'linearForcing: steps is undefined, needs a number above 0'],
    [() => linearForcing({ steps: 5, start: 2 }), 'linearForcing: start is 2, needs a probability from 0 to 1'],
    [() => linearForcing({ steps: 5, end: -0.1 }), 'linearForcing: end is -0.1, needs a probability from 0 to 1'],
    [
      () => linearForcing({ steps: 5, start: 0.2, end: 0.5 }),
      'linearForcing: end is 0.5, above start, 0.2; a probability falls',
    ],
    [() => exponentialForcing(1.01), 'exponentialForcing: factor is 1.01, needs a probability from 0 to 1'],
    [() => inverseSigmoidForcing(0.5), 'inverseSigmoidForcing: k is 0.5, needs a finite number of at least 1'],
    [() => inverseSigmoidForcing(Infinity), 'inverseSigmoidForcing: k is Infinity, needs a finite number'],
  ])('%s', (make, message) => {
    expect(make).toThrow(message);
  });
});
