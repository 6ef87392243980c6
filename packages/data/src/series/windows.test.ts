import { ArgumentError, ShapeError } from '@dl/autograd';
import { describe, expect, it } from 'vitest';
import type { NdArray } from '../nd-array.js';
import { windows } from './windows.js';

const count = (n: number): NdArray<Int32Array> => ({ data: Int32Array.from({ length: n }, (_, i) => i), shape: [n] });

describe('windows', () => {
  it.each([
    [10, 3, 1, 1],
    [10, 3, 2, 1],
    [10, 3, 2, 3],
    [11, 3, 2, 3],
    [12, 3, 2, 3],
    [5, 3, 2, 7],
    [9, 1, 1, 2],
  ])('of %i values: %i taps, %i ahead, every %i', (n, taps, horizon, stride) => {
    const { inputs, targets } = windows(count(n), { taps, horizon, stride });
    const starts = [...count(n).data].filter((start) => start % stride === 0 && start + taps + horizon <= n);
    const values = (from: number, length: number) => Array.from({ length }, (_, k) => from + k);
    expect(inputs.shape).toEqual([starts.length, taps]);
    expect(targets.shape).toEqual([starts.length, horizon]);
    expect([...inputs.data]).toEqual(starts.flatMap((start) => values(start, taps)));
    expect([...targets.data]).toEqual(starts.flatMap((start) => values(start + taps, horizon)));
  });

  it('keep columns together, and the type of numbers', () => {
    const series = { data: Float64Array.of(1, 10, 2, 20, 3, 30, 4, 40), shape: [4, 2] };
    expect(windows(series, { taps: 2 })).toEqual({
      inputs: { data: Float64Array.of(1, 10, 2, 20, 2, 20, 3, 30), shape: [2, 2, 2] },
      targets: { data: Float64Array.of(3, 30, 4, 40), shape: [2, 1, 2] },
    });
    expect(windows({ data: Float32Array.of(1, 2), shape: [2, 1] }, { taps: 1 }).inputs).toEqual({
      data: Float32Array.of(1),
      shape: [1, 1, 1],
    });
  });

  it('are copies', () => {
    const series = count(5);
    windows(series, { taps: 2 }).inputs.data.fill(9);
    expect(series).toEqual(count(5));
  });

  it('of a series that is too short are refused', () => {
    expect(() => windows(count(4), { taps: 3, horizon: 2 })).toThrow(ShapeError);
    expect(() => windows(count(4), { taps: 3, horizon: 2 })).toThrow(
      'windows: the series has 4 values, needs at least 5: 3 taps and a horizon of 2',
    );
    expect(() => windows({ data: new Float32Array(8), shape: [2, 2, 2] }, { taps: 1 })).toThrow(
      'windows: the series is [2, 2, 2], needs [N] or [N, columns]',
    );
  });

  it.each([
    [{ taps: 0 }, 'windows: taps is 0, needs a whole number of at least 1'],
    [{ taps: 2, horizon: 1.5 }, 'windows: horizon is 1.5'],
    [{ taps: 2, stride: 0 }, 'windows: stride is 0'],
    [{} as never, 'windows: taps is undefined'],
    [undefined as never, 'windows: taps is undefined'],
  ])('with %j are refused', (options, message) => {
    expect(() => windows(count(9), options)).toThrow(ArgumentError);
    expect(() => windows(count(9), options)).toThrow(message);
  });
});
