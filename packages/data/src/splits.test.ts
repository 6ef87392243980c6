import { ArgumentError, Generator, manualSeed } from '@dl/autograd';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { NdArray } from './nd-array.js';
import { bootstrap, kFold, split } from './splits.js';

/** n rows: x is [n, 2] with (10 i, 10 i + 1), y is [n] with i. */
function rows(n: number): { x: NdArray<Float64Array>; y: NdArray<Uint8Array> } {
  return {
    x: { data: Float64Array.from({ length: 2 * n }, (_, i) => 10 * Math.floor(i / 2) + (i % 2)), shape: [n, 2] },
    y: { data: Uint8Array.from({ length: n }, (_, i) => i), shape: [n] },
  };
}

describe('split', () => {
  it('cuts into parts that share no row and miss none', () => {
    const [a, b, c] = split(rows(101), [0.5, 0.3, 0.2], { generator: new Generator(3) });
    expect([a, b, c].map((part) => part.y.shape[0])).toEqual([51, 30, 20]);
    const labels = [a, b, c].flatMap((part) => [...part.y.data]);
    expect(labels).not.toEqual([...rows(101).y.data]);
    expect(labels.sort((p, q) => p - q)).toEqual([...rows(101).y.data]);
    expect(b.x.data[3]).toBe(10 * b.y.data[1]! + 1);
  });

  it('is the same for the same seed, and the default generator is the default', () => {
    const seeded = split(rows(50), [0.5, 0.5], { generator: new Generator(8) });
    expect(split(rows(50), [0.5, 0.5], { generator: new Generator(8) })).toEqual(seeded);
    expect(split(rows(50), [0.5, 0.5], { generator: new Generator(9) })).not.toEqual(seeded);
    manualSeed(8);
    expect(split(rows(50), [0.5, 0.5])).toEqual(seeded);
  });

  it('keeps the order when asked to', () => {
    const [a, b] = split(rows(5), [0.6, 0.4], { shuffle: false });
    expect([...a.y.data, ...b.y.data]).toEqual([0, 1, 2, 3, 4]);
  });

  it.each([[[0.5, 0.4]], [[1.2, -0.2]], [[1, 0]], [[Number.NaN]], [[]]])('refuses fractions %j', (fractions) => {
    expect(() => split(rows(10), fractions)).toThrow(
      new ArgumentError(
        `split: fractions are [${fractions.join(', ')}], needs numbers above 0 that add up to 1, such as [0.8, 0.2]`,
      ),
    );
  });

  it('refuses an empty part', () => {
    expect(() => split(rows(10), [0.99, 0.01])).toThrow(
      new ArgumentError('split: 0.01 of 10 rows is no row; needs more rows or a larger fraction'),
    );
  });
});

describe('split of lists, and by classes', () => {
  it('takes lists of anything', () => {
    const [a, b] = split(['p', 'q', 'r', 's'], [0.75, 0.25], { generator: new Generator(1) });
    expectTypeOf(a).toEqualTypeOf<string[]>();
    expect([a.length, b.length]).toEqual([3, 1]);
    expect([...a, ...b].sort()).toEqual(['p', 'q', 'r', 's']);
  });

  // 700, 250 and 50 rows of three classes, in one block each.
  const labels = Int32Array.from({ length: 1000 }, (_, i) => (i < 700 ? 0 : i < 950 ? 1 : 2));
  const dataset = {
    row: { data: Int32Array.from(labels.keys()), shape: [1000] },
    labels: { data: labels, shape: [1000] },
  };
  const counts = (data: Int32Array) => [0, 1, 2].map((k) => data.filter((label) => label === k).length);

  it.each([true, false])('gives each part the proportions of the whole (shuffle %s)', (shuffle) => {
    const fractions = [0.65, 0.1, 0.25];
    const parts = split(dataset, fractions, { stratify: 'labels', shuffle, generator: new Generator(5) });
    expect(parts.map((part) => part.labels.shape)).toEqual([[650], [100], [250]]);
    parts.forEach((part, k) => {
      counts(part.labels.data).forEach((count, label) => {
        expect(Math.abs(count - [700, 250, 50][label]! * fractions[k]!)).toBeLessThan(2);
      });
    });
    const all = parts.flatMap((part) => [...part.row.data]);
    expect(all.sort((a, b) => a - b)).toEqual([...dataset.row.data]);
  });

  it('comes within a row with two parts, and within two with more, whatever the classes', () => {
    const random = new Generator(11);
    for (let trial = 0; trial < 60; trial++) {
      const size = random.integer(30, 300);
      const many = random.integer(2, 12);
      const classes = Array.from({ length: size }, () => Math.floor(many * random.uniform() ** 2));
      const two = 0.2 + 0.6 * random.uniform();
      const fractions = trial % 2 === 0 ? [two, 1 - two] : [0.65, 0.1, 0.25];
      const parts = split([...classes.keys()], fractions, { stratify: classes, generator: random });
      const even = split([...classes.keys()], fractions, { generator: random });
      expect(parts.map((part) => part.length)).toEqual(even.map((part) => part.length));
      expect(parts.flat().sort((a, b) => a - b)).toEqual([...classes.keys()]);
      for (const kind of new Set(classes)) {
        const all = classes.filter((each) => each === kind).length;
        parts.forEach((part) => {
          const off = part.filter((row) => classes[row] === kind).length - (all * part.length) / size;
          expect(Math.abs(off)).toBeLessThan(fractions.length === 2 ? 1 + 1e-9 : 2);
        });
      }
    }
  });

  it('stratifies lists by classes beside them, and folds', () => {
    const folds = [...kFold([...labels.keys()], 7, { stratify: labels, generator: new Generator(2) })];
    for (const { validation } of folds) {
      counts(Int32Array.from(validation, (row) => labels[row]!)).forEach((count, label) => {
        expect(Math.abs(count - [700, 250, 50][label]! / 7)).toBeLessThanOrEqual(1);
      });
    }
    expect(folds.length).toBe(7);
  });

  it('gives folds whose classes differ by one row at most, whatever the classes', () => {
    const random = new Generator(12);
    for (let trial = 0; trial < 60; trial++) {
      const size = random.integer(20, 200);
      const many = random.integer(2, 9);
      const classes = Array.from({ length: size }, () => Math.floor(many * random.uniform() ** 2));
      const options = { stratify: classes, generator: random };
      const folds = [...kFold([...classes.keys()], random.integer(2, 11), options)];
      expect(folds.flatMap(({ validation }) => validation).sort((a, b) => a - b)).toEqual([...classes.keys()]);
      for (const kind of [undefined, ...new Set(classes)]) {
        const counts = folds.map(
          ({ validation }) => validation.filter((row) => kind === undefined || classes[row] === kind).length,
        );
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }
    }
  });

  it('refuses classes that are not there, or not one a row', () => {
    expect(() => split(dataset, [0.5, 0.5], { stratify: 'kind' })).toThrow(
      new ArgumentError("split: there is no array 'kind' to stratify by, needs one of: row, labels"),
    );
    expect(() => split([1, 2], [0.5, 0.5], { stratify: 'kind' })).toThrow(
      new ArgumentError(
        "split: there is no array 'kind' to stratify by, needs one of: a list has no names: give the class of each row",
      ),
    );
    expect(() => kFold([1, 2, 3], 2, { stratify: [0, 1] })).toThrow(
      new ArgumentError('kFold: stratify has 2 classes for 3 rows, needs one number or name a row'),
    );
  });
});

describe('kFold', () => {
  it('validates on every row once, and trains on all the others', () => {
    const folds = [...kFold(rows(23), 5, { generator: new Generator(4) })];
    // The sizes that scikit-learn's KFold gives: the first 23 mod 5 folds have one row more.
    expect(folds.map(({ validation }) => validation.y.shape[0])).toEqual([5, 5, 5, 4, 4]);
    const judged = folds.flatMap(({ validation }) => [...validation.y.data]);
    expect(judged.sort((a, b) => a - b)).toEqual([...rows(23).y.data]);
    for (const { train, validation } of folds) {
      expect([...train.y.data, ...validation.y.data].sort((a, b) => a - b)).toEqual([...rows(23).y.data]);
    }
  });

  it('can be iterated again, the same folds, and is the same for a seed', () => {
    const folds = kFold(rows(9), 3, { generator: new Generator(4) });
    expect([...folds]).toEqual([...folds]);
    expect([...kFold(rows(9), 3, { generator: new Generator(4) })]).toEqual([...folds]);
    expect([...kFold(rows(9), 3, { generator: new Generator(5) })]).not.toEqual([...folds]);
  });

  it.each([1, 10, 2.5])('refuses k = %s of 9 rows', (k) => {
    expect(() => kFold(rows(9), k)).toThrow(
      new ArgumentError(`kFold: k is ${k}, needs a whole number from 2 to 9, the rows that there are`),
    );
  });
});

describe('bootstrap', () => {
  it('draws as many rows as there are, and judges by those that were not drawn', () => {
    let left = 0;
    for (const { train, validation } of bootstrap(rows(200), { repeats: 50, generator: new Generator(6) })) {
      expect(train.y.shape).toEqual([200]);
      const drawn = new Set(train.y.data);
      expect([...validation.y.data]).toEqual([...rows(200).y.data].filter((row) => !drawn.has(row)));
      left += validation.y.data.length;
    }
    // Each row is left with probability (1 - 1/n)^n; the deviation of the mean of 50 is 0.4 of 73 rows.
    expect(Math.abs(left / 50 - 200 * (1 - 1 / 200) ** 200)).toBeLessThan(2.5);
  });

  it('is the same for a seed and each time it is iterated, and always leaves a row', () => {
    const draws = bootstrap(['a', 'b'], { repeats: 40, generator: new Generator(1) });
    const again = bootstrap(['a', 'b'], { repeats: 40, generator: new Generator(1) });
    expect([...draws]).toEqual([...again]);
    expect([...draws]).toEqual([...draws]);
    expect([...draws].every(({ validation }) => validation.length === 1)).toBe(true);
  });

  it('refuses no repeats, and a single row', () => {
    expect(() => bootstrap([1, 2], { repeats: 0 })).toThrow(
      new ArgumentError('bootstrap: repeats is 0, needs a whole number of at least 1'),
    );
    expect(() => bootstrap([1])).toThrow(new ArgumentError('bootstrap: got 1 rows, needs at least 2'));
  });
});
