import { describe, expect, it } from 'vitest';
import { smooth } from './smooth.js';

describe('smooth', () => {
  it('is the weighted mean with weights β^(t-i), newest heaviest', () => {
    const values = [3, -1, 4, 1, -5, 9];
    const factor = 0.7;
    const expected = values.map((_, t) => {
      let sum = 0;
      let weights = 0;
      for (let i = 0; i <= t; i++) {
        sum += factor ** (t - i) * values[i]!;
        weights += factor ** (t - i);
      }
      return sum / weights;
    });
    smooth(values, factor).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 12));
  });

  it('starts at the first value and keeps a constant', () => {
    expect(smooth([8, 8, 8], 0.99)).toEqual([8, 8, 8].map((value) => expect.closeTo(value, 12)));
  });

  it('changes nothing with factor 0, nor its input', () => {
    const values = new Float32Array([1, 2, 3]);
    expect(smooth(values, 0)).toEqual([1, 2, 3]);
    smooth(values, 0.5);
    expect([...values]).toEqual([1, 2, 3]);
  });

  it('passes over gaps without counting them', () => {
    expect(smooth([null, 4, Number.NaN, 0, Number.POSITIVE_INFINITY], 0.5)).toEqual([null, 4, null, 4 / 3, null]);
  });

  it('names a factor outside [0, 1) and values that are no list', () => {
    expect(() => smooth([1], 1)).toThrow(
      'smooth: smoothing is 1, needs a number from 0 (none) to below 1, such as 0.9',
    );
    expect(() => smooth([1], Number.NaN)).toThrow('smooth: factor is NaN');
    expect(() => smooth(5 as never, 0.5)).toThrow('smooth: values is 5, needs an array of numbers');
  });
});
