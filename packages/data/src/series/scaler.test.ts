// Scaled numbers beside scikit-learn's; what is kept of them; what is refused.

import { readFileSync } from 'node:fs';
import { ArgumentError, ShapeError } from '@dl/autograd';
import { describe, expect, it } from 'vitest';
import type { NdArray } from '../nd-array.js';
import { Scaler, type ScalerOptions, type ScalerState } from './scaler.js';

interface Golden {
  readonly columns: number;
  readonly fitted: readonly number[];
  readonly others: readonly number[];
  readonly cases: readonly {
    readonly options: ScalerOptions;
    readonly train: readonly number[];
    readonly test: readonly number[];
    readonly inverse: readonly number[];
  }[];
}
const golden = JSON.parse(readFileSync(new URL('../../golden/scaler.json', import.meta.url), 'utf8')) as Golden;

const matrix = (values: readonly number[], columns: number): NdArray<Float64Array> => ({
  data: Float64Array.from(values),
  shape: [values.length / columns, columns],
});
const column = (...values: number[]): NdArray<Float64Array> => ({
  data: Float64Array.from(values),
  shape: [values.length],
});

describe.each(golden.cases)('with $options', ({ options, train, test, inverse }) => {
  const { columns } = golden;
  const fitted = matrix(golden.fitted, columns);
  const others = matrix(golden.others, columns);
  const scaler = new Scaler(options).fit(fitted);
  // What a number, and the center that is taken off, are rounded by, in the units of the scale; the scale is rounded by as much.
  const expectNear = (found: NdArray, expected: readonly number[], scale: (column: number) => number): void => {
    expect(found.data).toHaveLength(expected.length);
    expected.forEach((value, i) => {
      const size = Math.max(1, Math.abs(golden.fitted[i % columns]!), Math.abs(scaler.center[i % columns]!));
      const bound = ((8 * Number.EPSILON * size) / scale(i % columns)) * (1 + Math.abs(value));
      expect(Math.abs(found.data[i]! - value)).toBeLessThanOrEqual(bound);
    });
  };

  it('the part that it was fitted to is that of scikit-learn', () => {
    expectNear(scaler.transform(fitted), train, (i) => scaler.scale[i]!);
  });

  it('so is another part, and the way back', () => {
    const scaled = scaler.transform(others);
    expectNear(scaled, test, (i) => scaler.scale[i]!);
    expectNear(scaler.inverse(scaled), inverse, () => 1);
  });
});

it('the state is plain numbers, and a scaler that is given it scales alike', () => {
  const fitted = matrix(golden.fitted, golden.columns);
  for (const options of [{}, { method: 'minMax', range: [-2, 3] }] as const) {
    const first = new Scaler(options).fit(fitted);
    const second = new Scaler(options);
    second.state = JSON.parse(JSON.stringify(first.state)) as ScalerState;
    expect(second.transform(fitted)).toEqual(first.transform(fitted));
    expect(second.state).toEqual(first.state);
    second.state = new Scaler(options).state;
    expect(() => second.transform(fitted)).toThrow('nothing is known of the columns yet');
  }
});

it('fitting again forgets the former part', () => {
  const scaler = new Scaler({ method: 'minMax' }).fit(column(0, 100));
  expect([...scaler.fit(column(2, 4)).transform(column(3, 100)).data]).toEqual([0.5, 49]);
});

it('a column without a scale becomes the low end, and comes back', () => {
  const same = column(7, 7, 7);
  for (const [options, low] of [
    [{}, 0],
    [{ method: 'minMax' }, 0],
    [{ method: 'minMax', range: [-1, 1] }, -1],
  ] as const) {
    const scaler = new Scaler(options).fit(same);
    expect([...scaler.transform(same).data]).toEqual([low, low, low]);
    expect(scaler.inverse(scaler.transform(same))).toEqual(same);
  }
});

it('one row can be fitted to', () => {
  expect([...new Scaler().fit(matrix([3, -4], 2)).transform(matrix([3, -2], 2)).data]).toEqual([0, 2]);
});

describe('signs', () => {
  const labels = { data: Int32Array.of(0, 1, 1, 0), shape: [4] };

  it('puts two values at -1 and 1', () => {
    const scaler = new Scaler({ method: 'signs' });
    expect([...scaler.fit(labels).transform(labels).data]).toEqual([-1, 1, 1, -1]);
    const two = matrix([3, 0.1, 8, 0.1, 3, 0.7], 2);
    expect([...scaler.fit(two).transform(two).data]).toEqual([-1, -1, 1, -1, -1, 1]);
  });

  it('takes an answer for the value that it is nearer to', () => {
    const scaler = new Scaler({ method: 'signs' }).fit(column(3, 8));
    expect([...scaler.inverse(column(-1, 1, 0.2, -0.01, 0, 5, Number.NaN)).data]).toEqual([
      3,
      8,
      8,
      3,
      8,
      8,
      Number.NaN,
    ]);
  });

  it('refuses what are not two values', () => {
    const scaler = new Scaler({ method: 'signs' });
    expect(() => scaler.fit(matrix([1, 0, 1, 1, 1, 2], 2))).toThrow(
      "Scaler.fit: column 0 has nothing but 1, but 'signs' needs columns of two values; use 'minMax' with the range [-1, 1] for others",
    );
    expect(() => scaler.fit(matrix([0, 0, 1, 1, 1, 2], 2))).toThrow('column 1 has 0, 1 and 2');
    expect(() => scaler.fit(labels).transform(column(0, 1, 2))).toThrow(
      'Scaler.transform: column 0 has 2, but it was fitted to 0 and 1',
    );
  });
});

describe('arrays', () => {
  it('doubles stay doubles, all others become floats; what is given stays as it is', () => {
    const bytes = { data: Uint8Array.of(0, 128, 255), shape: [3] };
    const scaler = new Scaler({ method: 'minMax' }).fit(bytes);
    expect(scaler.transform(bytes).data).toEqual(Float32Array.of(0, 128 / 255, 1));
    expect(scaler.transform(column(51)).data).toEqual(Float64Array.of(0.2));
    expect(scaler.inverse({ data: Float32Array.of(0.2), shape: [1] }).data).toEqual(Float32Array.of(51));
    expect(bytes.data).toEqual(Uint8Array.of(0, 128, 255));
  });

  it('one column scales any shape, several the last size', () => {
    const one = new Scaler().fit(column(1, 3));
    const forecasts = { data: Float64Array.of(1, 2, 3, 4, 5, 6), shape: [1, 2, 3] };
    expect(one.transform(forecasts)).toEqual({ data: Float64Array.of(-1, 0, 1, 2, 3, 4), shape: [1, 2, 3] });
    const three = new Scaler({ method: 'minMax' }).fit(matrix([0, 0, 0, 1, 2, 4], 3));
    expect(three.transform(forecasts)).toEqual({ data: Float64Array.of(1, 1, 0.75, 4, 2.5, 1.5), shape: [1, 2, 3] });
  });

  it('of no rows come no rows, and NaN stays NaN', () => {
    const scaler = new Scaler().fit(matrix([1, 2, 3, 4], 2));
    expect(scaler.transform({ data: new Float32Array(), shape: [0, 2] })).toEqual({
      data: new Float32Array(),
      shape: [0, 2],
    });
    expect([...scaler.transform(matrix([Number.NaN, 4], 2)).data]).toEqual([Number.NaN, 1]);
  });
});

describe('refuses, in a sentence,', () => {
  const fitted = new Scaler().fit(matrix([1, 2, 3, 4], 2));

  it.each<[string, () => unknown, string]>([
    [
      'other columns',
      () => fitted.transform(matrix([1, 2, 3], 3)),
      'Scaler.transform: the array [1, 3] has 3 columns, needs 2, which the scaler was fitted to',
    ],
    ['a series for two columns', () => fitted.inverse(column(1, 2)), 'Scaler.inverse: the array [2] has 1 columns'],
    [
      'sizes that do not fit',
      () => new Scaler().fit({ data: Float32Array.of(1, 2, 3), shape: [2, 2] }),
      'Scaler.fit: the array has 3 elements and shape [2, 2]',
    ],
    [
      'nothing to fit',
      () => new Scaler().fit({ data: new Float32Array(), shape: [0, 3] }),
      'the array [0, 3] is empty',
    ],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(ShapeError);
    expect(act).toThrow(message);
  });

  it.each<[string, () => unknown, string]>([
    [
      'what is not finite',
      () => new Scaler().fit(matrix([1, 2, 3, Number.NaN], 2)),
      'Scaler.fit: row 1 has NaN in column 1, needs finite numbers; leave such rows out, or fill them',
    ],
    ['what is no array', () => new Scaler().fit([1, 2] as never), 'Scaler.fit: the numbers are no { data, shape }'],
    [
      'to scale before it is fitted',
      () => new Scaler().transform(column(1)),
      'Scaler.transform: nothing is known of the columns yet; fit() it to the training part first',
    ],
    ['the same of its scale', () => new Scaler().scale, 'Scaler.scale: nothing is known'],
    [
      'a range that is none',
      () => new Scaler({ method: 'minMax', range: [1, 1] }),
      'Scaler: range is [1, 1], needs two numbers, low < high',
    ],
    [
      'a range of three',
      () => new Scaler({ method: 'minMax', range: [0, 1, 2] as never }),
      'Scaler: range is [0, 1, 2], needs two numbers',
    ],
    [
      'a range of another method',
      () => new Scaler({ range: [0, 1] }),
      "Scaler: range is of the method 'minMax', and this one is 'standard'",
    ],
    ['another method', () => new Scaler({ method: 'robust' as never }), "needs 'standard', 'minMax' or 'signs'"],
    [
      'the state of another',
      () => {
        new Scaler({ method: 'minMax' }).state = fitted.state;
      },
      "Scaler state: it is of a scaler of 'standard' to [0,1], this one is of 'minMax' to [0,1]; give it the same options",
    ],
    [
      'a damaged state',
      () => {
        new Scaler().state = { ...fitted.state, scale: [1, 0] };
      },
      'Scaler state: it has no center and scale for each column',
    ],
    [
      'nothing for a state',
      () => {
        new Scaler().state = undefined as never;
      },
      'Scaler state: it is of a scaler of',
    ],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(ArgumentError);
    expect(act).toThrow(message);
  });
});
