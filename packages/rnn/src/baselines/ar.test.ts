// Coefficients and forecasts beside numpy's least squares, and what they are by themselves.

import { readFileSync } from 'node:fs';
import { ArgumentError, Generator, ShapeError } from '@dl/autograd';
import { describe, expect, it } from 'vitest';
import { AR } from './ar.js';
import { leastSquares } from './least-squares.js';

interface Golden {
  readonly series: Readonly<Record<string, readonly number[]>>;
  readonly cases: readonly {
    readonly series: string;
    readonly order: number;
    readonly intercept: boolean;
    readonly coefficients: readonly number[];
    readonly constant: number;
    readonly forecast: readonly number[];
  }[];
}
const golden = JSON.parse(readFileSync(new URL('../../golden/ar.json', import.meta.url), 'utf8')) as Golden;

describe('as numpy has it', () => {
  it.each(golden.cases)('$series, order $order, intercept $intercept', (each) => {
    const series = golden.series[each.series]!;
    const model = new AR(each.order, { intercept: each.intercept }).fit(series);
    const near = (found: number, expected: number): void => {
      expect(Math.abs(found - expected)).toBeLessThan(1e-10 * (1 + Math.abs(expected)));
    };
    expect(model.coefficients).toHaveLength(each.order);
    each.coefficients.forEach((a, i) => {
      near(model.coefficients[i]!, a);
    });
    near(model.intercept, each.constant);
    const ahead = model.forecast(series, each.forecast.length);
    expect(ahead).toHaveLength(each.forecast.length);
    each.forecast.forEach((y, i) => {
      near(ahead[i]!, y);
    });
  });
});

describe('least squares', () => {
  const random = new Generator(1);
  const draw = (rows: number): Float64Array => Float64Array.from({ length: rows }, () => random.normal());
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

  it('leave an error at right angles to all columns', () => {
    const columns = Array.from({ length: 6 }, () => draw(40));
    const b = draw(40);
    const x = leastSquares(columns, b);
    const error = b.map((value, row) => value - columns.reduce((sum, column, k) => sum + column[row]! * x[k]!, 0));
    for (const column of columns) expect(Math.abs(dot(column, error))).toBeLessThan(1e-12);
  });

  it('share what equal columns have, and leave zeros out', () => {
    const a = draw(10);
    const x = leastSquares([a, new Float64Array(10), a, a.map((value) => 2 * value)], a);
    // The shortest x with x1 + x3 + 2 x4 = 1.
    [1 / 6, 0, 1 / 6, 1 / 3].forEach((value, i) => {
      expect(x[i]).toBeCloseTo(value, 12);
    });
  });
});

describe('a model', () => {
  const series = golden.series['a process of order 3']!;

  it('predicts each value from those before it, which is what a forecast of one step says', () => {
    const model = new AR(4).fit(series);
    const predicted = model.predict(series);
    expect(predicted).toHaveLength(series.length - 4);
    for (const t of [4, 50, series.length - 1]) {
      expect(predicted[t - 4]).toBe(model.forecast(series.slice(0, t), 1)[0]);
    }
  });

  it('needs no more of the past than its order', () => {
    const model = new AR(3).fit(series);
    expect(model.forecast(series.slice(-3), 5)).toEqual(model.forecast(series, 5));
    expect(model.forecast(series, 0)).toEqual(new Float64Array());
  });

  it('takes typed arrays, and leaves them and what it gave out alone', () => {
    const floats = Float32Array.from(series);
    const model = new AR(2).fit(floats);
    expect(floats).toEqual(Float32Array.from(series));
    const former = model.coefficients;
    model.coefficients.fill(0);
    expect(model.coefficients).toEqual(former);
  });
});

describe('refuses, in a sentence,', () => {
  it.each<[string, () => unknown, string]>([
    ['no order', () => new AR(0), 'AR: order is 0'],
    [
      'to forecast before it is fitted',
      () => new AR(2).forecast([1, 2], 1),
      'AR.forecast: the model knows no series yet; fit() it to one first',
    ],
    ['the same of its coefficients', () => new AR(2).coefficients, 'AR.coefficients: the model knows no series yet'],
    [
      'what is not finite',
      () => new AR(1).fit([1, 2, Number.NaN, 4]),
      'AR.fit: value 2 of series is NaN, needs finite numbers',
    ],
    ['what is no list', () => new AR(1).fit('1234' as never), 'AR.fit: series is '],
    ['part of a step', () => new AR(1).fit([1, 2, 4, 7]).forecast([1], 1.5), 'AR.forecast: steps is 1.5'],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(ArgumentError);
    expect(act).toThrow(message);
  });

  it('a series that is too short', () => {
    expect(() => new AR(3).fit([1, 2, 3, 4, 5, 6])).toThrow(ShapeError);
    expect(() => new AR(3).fit([1, 2, 3, 4, 5, 6])).toThrow(
      'AR.fit: series has 6 values, needs at least 7: 3 to begin with, and one for each of 4 coefficients',
    );
    const model = new AR(3).fit([1, 2, 4, 3, 5, 6, 8, 7]);
    expect(() => model.forecast([1, 2], 1)).toThrow('AR.forecast: history has 2 values, needs at least 3: the order');
    expect(() => model.predict([])).toThrow('AR.predict: series has 0 values, needs at least 3');
  });
});
