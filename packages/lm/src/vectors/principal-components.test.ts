// Principal components: lines that are known, and all that the definition says, of points by chance.

import { ArgumentError, Generator } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { principalComponents } from '../index.js';

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const column = (rows: readonly (readonly number[])[], i: number): number[] => rows.map((row) => row[i]!);

/** Points with other spreads along axes that are turned in space. */
function points(count: number, features: number, seed: number): Float32Array[] {
  const random = new Generator(seed);
  const axes = Array.from({ length: features }, (_, k) =>
    Array.from({ length: features }, () => random.normal() * 2 ** -k),
  );
  return Array.from({ length: count }, () => {
    const at = axes.map(() => random.normal());
    return Float32Array.from({ length: features }, (_, i) => 3 + dot(at, column(axes, i)));
  });
}

test('points on a line that is known have their places on it', () => {
  // The direction (3, 4) / 5, from (1, 1), at -10, -5, 0, 15.
  const { coordinates, explained } = principalComponents(
    [-10, -5, 0, 15].map((at) => [1 + 0.6 * at, 1 + 0.8 * at]),
    { count: 2 },
  );
  column(coordinates, 0).forEach((value, i) => expect(value).toBeCloseTo([-10, -5, 0, 15][i]!, 12));
  for (const value of column(coordinates, 1)) expect(value).toBeCloseTo(0, 12);
  expect(explained[0]).toBeCloseTo(1, 12);
});

describe.each([
  [20, 6],
  [6, 20],
  [7, 7],
])('%i points of %i numbers', (count, features) => {
  const given = points(count, features, 10 * count + features);
  const most = Math.min(count, features);
  const { coordinates, explained } = principalComponents(given, { count: most });

  test('coordinates are uncorrelated, with the largest variance first, and their shares of it are 1 in all', () => {
    const squares = Array.from({ length: most }, (_, i) => dot(column(coordinates, i), column(coordinates, i)));
    const total = squares.reduce((sum, value) => sum + value, 0);
    squares.forEach((square, i) => {
      expect(explained[i]).toBeCloseTo(square / total, 10);
      if (i > 0) expect(square).toBeLessThanOrEqual(squares[i - 1]! + 1e-9 * total);
      for (let j = 0; j < i; j++) {
        expect(Math.abs(dot(column(coordinates, i), column(coordinates, j)))).toBeLessThan(1e-9 * total);
      }
      expect(Math.abs(column(coordinates, i).reduce((sum, value) => sum + value, 0))).toBeLessThan(1e-9 * total);
    });
    expect(explained.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 10);
  });

  test('all of them keep the distances between points; fewer are the first ones', () => {
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < i; j++) {
        const before = Math.hypot(...given[i]!.map((value, k) => value - given[j]![k]!));
        const after = Math.hypot(...coordinates[i]!.map((value, k) => value - coordinates[j]![k]!));
        expect(after).toBeCloseTo(before, 5);
      }
    }
    const two = principalComponents(given);
    expect(two.coordinates).toEqual(coordinates.map((row) => row.slice(0, 2)));
    expect(two.explained).toEqual(explained.slice(0, 2));
  });

  test('the point farthest out has a coordinate above 0', () => {
    for (let i = 0; i < most - 1; i++) {
      const line = column(coordinates, i);
      expect(Math.max(...line)).toBeCloseTo(Math.max(...line.map(Math.abs)), 10);
    }
  });
});

test('features that are always 0 change nothing, though the products are others then', () => {
  const given = points(8, 5, 3);
  const wide = given.map((point) => [...point, ...new Array<number>(20).fill(0)]);
  const [narrow, padded] = [principalComponents(given), principalComponents(wide)];
  narrow.coordinates.forEach((row, i) => {
    row.forEach((value, k) => expect(padded.coordinates[i]![k]).toBeCloseTo(value, 9));
  });
});

test('points that are all the same lie at 0', () => {
  const { coordinates, explained } = principalComponents([
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
  expect(coordinates.flat().every((value) => value === 0)).toBe(true);
  expect(explained).toEqual([0, 0]);
});

describe('bad input', () => {
  test.each([
    ['one point', [[1, 2]], {}, 'principalComponents: got [[…]], needs two points or more, each a list of numbers'],
    ['points that are none', [1, 2], {}, 'principalComponents: point 0 is 1, needs a list of numbers'],
    [
      'other lengths',
      [[1, 2], [1]],
      {},
      'principalComponents: point 1 is a list of 1, needs 2 numbers as the first one has',
    ],
    [
      'NaN',
      [
        [1, 2],
        [1, Number.NaN],
      ],
      {},
      'principalComponents: point 1 has NaN at place 1, needs finite numbers',
    ],
    [
      'too many directions',
      [
        [1, 2],
        [3, 4],
      ],
      { count: 3 },
      'principalComponents: count is 3, but there are 2 points of 2 numbers; at most as many as the lesser of both',
    ],
  ] as const)('%s', (_, given, options, said) => {
    expect(() => principalComponents(given as never, options)).toThrow(new ArgumentError(said));
  });
});
