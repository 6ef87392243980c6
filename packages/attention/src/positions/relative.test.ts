// Positions that change scores: ALiBi's slopes, T5's buckets, Shaw's vectors, against their formulas by plain loops and T5's own formula in PyTorch.

import { readFileSync } from 'node:fs';
import { manualSeed, randn, scope, softmax, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose, gradCheck } from '@dl/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { checkParameterGradients } from '../../test/parameter-gradients.js';
import { ALiBiPositions, type Place, RelativeBias, RelativePositions } from '../index.js';

beforeEach(async () => {
  await useBackend(cpu());
  manualSeed(1);
});

const float64 = { dtype: 'float64' } as const;
const exact = { rtol: 1e-12, atol: 1e-12 };

/** Many queries and keys, one query behind what a cache has, a source of another length, one of each, none. */
const places: readonly Place[] = [
  { queries: 5, keys: 5, offset: 0 },
  { queries: 1, keys: 9, offset: 8 },
  { queries: 3, keys: 9, offset: 6 },
  { queries: 4, keys: 2, offset: 0 },
  { queries: 2, keys: 6, offset: -3 },
  { queries: 1, keys: 1, offset: 0 },
  { queries: 0, keys: 3, offset: 0 },
];

/** A number for each query and key from their distance, key after query positive. */
function byDistance<T>({ queries, keys, offset }: Place, value: (distance: number) => T): T[][] {
  return Array.from({ length: queries }, (_, i) => Array.from({ length: keys }, (_, j) => value(j - (i + offset))));
}

describe('ALiBiPositions', () => {
  test('slopes of the paper for a power of 2, and as its program has them for others', () => {
    expect(new ALiBiPositions(8).slopes).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((h) => 2 ** -h));
    assertAllClose(
      new ALiBiPositions(16).slopes,
      Array.from({ length: 16 }, (_, h) => 2 ** (-(h + 1) / 2)),
      exact,
    );
    expect(new ALiBiPositions(1).slopes).toEqual([2 ** -8]);
    // 12 = 8 and then every other one of 16.
    const twelve = [1, 2, 3, 4, 5, 6, 7, 8, 0.5, 1.5, 2.5, 3.5];
    assertAllClose(
      new ALiBiPositions(12).slopes,
      twelve.map((h) => 2 ** -h),
      exact,
    );
    assertAllClose(new ALiBiPositions(3).slopes, [2 ** -4, 2 ** -8, 2 ** -2], exact);
  });

  test.each(places)('minus slope times distance, $queries queries, $keys keys, offset $offset', (place) => {
    using _ = scope();
    const positions = new ALiBiPositions(3);
    const bias = positions.bias(randn([2, 3, place.queries, 4], float64), place);
    expect([bias.shape, bias.dtype]).toEqual([[1, 3, place.queries, place.keys], 'float64']);
    const expected = positions.slopes.map((slope) => byDistance(place, (distance) => -slope * Math.abs(distance)));
    assertAllClose(bias.dataSync(), expected.flat(2), exact);
  });
});

describe('RelativeBias', () => {
  const golden: {
    readonly furthest: number;
    readonly buckets: readonly {
      readonly bidirectional: boolean;
      readonly buckets: number;
      readonly maxDistance: number;
      /** [distance, bucket] wherever the bucket changes. */
      readonly changes: readonly (readonly [number, number])[];
    }[];
  } = JSON.parse(readFileSync(new URL('../../golden/positions.json', import.meta.url), 'utf8'));

  test.each(golden.buckets)(
    'buckets of T5: $buckets for distances to $maxDistance, bidirectional $bidirectional',
    ({ changes, ...options }) => {
      using _ = scope();
      using positions = new RelativeBias(1, options);
      const found: [number, number][] = [];
      for (let distance = -golden.furthest; distance <= golden.furthest; distance++) {
        const bucket = positions.bucketOf(distance);
        if (found.at(-1)?.[1] !== bucket) found.push([distance, bucket]);
      }
      expect(found).toEqual(changes);
    },
  );

  test.each(places)('the row of the bucket for each head, $queries queries, $keys keys, offset $offset', (place) => {
    using _ = scope();
    using positions = new RelativeBias(3, { buckets: 8, maxDistance: 6, ...float64 });
    const bias = positions.bias(randn([2, 3, place.queries, 4], float64), place);
    expect(bias.shape).toEqual([1, 3, place.queries, place.keys]);
    const table = positions.weight.toArray() as number[][];
    const expected = [0, 1, 2].map((head) =>
      byDistance(place, (distance) => table[positions.bucketOf(distance)]![head]!),
    );
    assertAllClose(bias.dataSync(), expected.flat(2), { rtol: 0, atol: 0 });
  });

  test('a bucket gets the gradients of all its pairs', () => {
    using _ = scope();
    using positions = new RelativeBias(2, { bidirectional: false, buckets: 4, maxDistance: 6, ...float64 });
    const place = { queries: 4, keys: 9, offset: 5 };
    const upstream = randn([1, 2, 4, 9], float64);
    positions
      .bias(randn([1, 2, 4, 3], float64), place)
      .mul(upstream)
      .sum()
      .backward();
    const expected = Array.from({ length: 4 }, () => [0, 0]);
    const given = upstream.toArray() as number[][][][];
    byDistance(place, (distance) => positions.bucketOf(distance)).forEach((row, i) => {
      row.forEach((bucket, j) => {
        for (const head of [0, 1]) expected[bucket]![head]! += given[0]![head]![i]![j]!;
      });
    });
    assertAllClose(positions.weight.grad!.dataSync(), expected.flat(), exact);
  });
});

describe('RelativePositions', () => {
  const headDim = 4;
  const clipped = (distance: number, most: number): number => Math.min(Math.max(distance, -most), most) + most;
  const dotOf = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, each, i) => sum + each * b[i]!, 0);

  describe.each([1, 3, 20])('vectors to distance %d', (most) => {
    test.each(places)('keys and values by the formula, $queries queries, $keys keys, offset $offset', (place) => {
      using _ = scope();
      using positions = new RelativePositions(headDim, most, float64);
      const q = randn([2, 3, place.queries, headDim], float64);
      const weights = softmax(randn([2, 3, place.queries, place.keys], float64), 3);
      const bias = positions.bias(q, place);
      const values = positions.values!(weights, place);
      expect(bias.shape).toEqual([2, 3, place.queries, place.keys]);
      expect(values.shape).toEqual([2, 3, place.queries, headDim]);
      if (place.queries === 0) return;
      const keyTable = positions.keyTable.toArray() as number[][];
      const valueTable = positions.valueTable!.toArray() as number[][];
      const rows = byDistance(place, (distance) => clipped(distance, most));
      const [qs, ws] = [q.toArray(), weights.toArray()] as [number[][][][], number[][][][]];
      const scores = qs.map((heads) =>
        heads.map((queries) =>
          queries.map((query, i) => rows[i]!.map((row) => dotOf(query, keyTable[row]!) / Math.sqrt(headDim))),
        ),
      );
      const sums = ws.map((heads) =>
        heads.map((queries) =>
          queries.map((each, i) =>
            valueTable[0]!.map((_, f) => each.reduce((sum, w, j) => sum + w * valueTable[rows[i]![j]!]![f]!, 0)),
          ),
        ),
      );
      assertAllClose(bias.dataSync(), scores.flat(3), exact);
      assertAllClose(values.dataSync(), sums.flat(3), exact);
    });
  });

  test('gradients of queries, weights and both tables', () => {
    using _ = scope();
    using positions = new RelativePositions(headDim, 2, float64);
    const place = { queries: 3, keys: 5, offset: 2 };
    const [q, weights] = [randn([2, 2, 3, headDim], float64), randn([2, 2, 3, 5], float64)];
    gradCheck((at) => positions.bias(at, place).square(), [q]);
    gradCheck((at) => positions.values!(at, place).square(), [weights]);
    checkParameterGradients(positions, () =>
      positions.bias(q, place).square().sum().add(positions.values!(weights, place).square().sum()),
    );
  });

  test('without vectors for values there is no such method, and no such table', () => {
    using _ = scope();
    using positions = new RelativePositions(headDim, 2, { onValues: false });
    expect(positions.values).toBeUndefined();
    expect(Object.keys(positions.stateDict())).toEqual(['keys']);
    using both = new RelativePositions(headDim, 2);
    expect(Object.entries(both.stateDict()).map(([name, { shape }]) => [name, shape])).toEqual([
      ['keys', [5, 4]],
      ['values', [5, 4]],
    ]);
  });

  test('another scale of scores', () => {
    using _ = scope();
    using positions = new RelativePositions(headDim, 2, { scale: 1, ...float64 });
    const place = { queries: 2, keys: 2, offset: 0 };
    const q = randn([1, 1, 2, headDim], float64);
    const plain = positions.bias(q, place);
    const own = new RelativePositions(headDim, 2, float64).loadStateDict(positions.stateDict());
    assertAllClose(own.bias(q, place).mul(2).dataSync(), plain.dataSync(), exact);
  });
});
