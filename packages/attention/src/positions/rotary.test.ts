// Rotary positions: the formula by plain loops, and what it is for.

import { dot, manualSeed, randn, scope, type Tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose, gradCheck } from '@dl/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { RotaryPositions, type RotaryPositionsOptions } from '../index.js';

beforeEach(async () => {
  await useBackend(cpu());
  manualSeed(1);
});

const float64 = { dtype: 'float64' } as const;

/** x [rows, features] turned, row p by position from + p, each pair as a complex number. */
function turned(rows: readonly (readonly number[])[], from: number, options: RotaryPositionsOptions): number[][] {
  const { layout = 'halves', base = 10_000, rotated = rows[0]!.length } = options;
  return rows.map((row, p) => {
    const y = [...row];
    for (let i = 0; i < rotated / 2; i++) {
      const [a, b] = layout === 'halves' ? [i, i + rotated / 2] : [2 * i, 2 * i + 1];
      const angle = (from + p) * base ** ((-2 * i) / rotated);
      y[a] = row[a]! * Math.cos(angle) - row[b]! * Math.sin(angle);
      y[b] = row[a]! * Math.sin(angle) + row[b]! * Math.cos(angle);
    }
    return y;
  });
}

const cases: readonly (readonly [string, RotaryPositionsOptions])[] = [
  ['halves', {}],
  ['pairs', { layout: 'pairs' }],
  ['some features, halves', { rotated: 4 }],
  ['some features, pairs', { rotated: 2, layout: 'pairs' }],
  ['another base', { base: 100 }],
];

describe.each(cases)('%s', (_, options) => {
  test('the formula', () => {
    using _ = scope();
    const x = randn([2, 3, 5, 6], float64);
    const y = new RotaryPositions(6, options).rotate(x, 7);
    for (const [b, h] of [
      [0, 0],
      [1, 2],
    ] as const) {
      const expected = turned(x.slice([b, h]).toArray() as number[][], 7, options);
      assertAllClose(y.slice([b, h]).dataSync(), expected.flat(), { rtol: 1e-12, atol: 1e-12 });
    }
  });

  test('lengths stay, and products depend on the distance alone', () => {
    using _ = scope();
    const positions = new RotaryPositions(6, options);
    const [q, k] = [randn([1, 1, 1, 6], float64), randn([1, 1, 1, 6], float64)];
    const vector = (x: Tensor, at: number): Tensor => positions.rotate(x, at).reshape([6]);
    for (const at of [0, 1, 50, 4000]) {
      expect(vector(q, at).norm().item()).toBeCloseTo(q.norm().item(), 12);
      expect(dot(vector(q, at + 3), vector(k, at)).item()).toBeCloseTo(dot(vector(q, 3), vector(k, 0)).item(), 10);
    }
    expect(dot(vector(q, 4), vector(k, 0)).item()).not.toBeCloseTo(dot(vector(q, 3), vector(k, 0)).item(), 3);
  });

  test('a piece from a position on is what it is as part of the whole', () => {
    using _ = scope();
    const positions = new RotaryPositions(6, options);
    const x = randn([1, 2, 9, 6]);
    const part = (y: Tensor): Tensor => y.slice([null, null, [4, 7]]);
    expect(positions.rotate(part(x), 4).toArray()).toEqual(part(positions.rotate(x, 0)).toArray());
  });

  test('its gradient', () => {
    using _ = scope();
    const positions = new RotaryPositions(6, options);
    const weights = randn([1, 2, 3, 6], float64);
    gradCheck((x) => positions.rotate(x, 2).square().mul(weights), [randn([1, 2, 3, 6], float64)]);
  });
});

test('far positions are as exact in float32 as near ones', () => {
  using _ = scope();
  const x = randn([1, 1, 1, 4]);
  const [expected] = turned([x.reshape([4]).toArray() as number[]], 10_000_000, {});
  assertAllClose(new RotaryPositions(4).rotate(x, 10_000_000).dataSync(), expected!, { rtol: 0, atol: 1e-6 });
});

describe('longer sequences than in training', () => {
  test('linear: positions lie closer by the factor', () => {
    using _ = scope();
    const scaled = new RotaryPositions(6, { scaling: { type: 'linear', factor: 4 } });
    const x = randn([1, 1, 1, 6], float64);
    assertAllClose(scaled.rotate(x, 20).dataSync(), new RotaryPositions(6).rotate(x, 5).dataSync(), { rtol: 1e-12 });
  });

  test('llama3: short waves stay, long ones grow by the factor, those in between by a part of it', () => {
    const [headDim, base, factor, originalLength] = [128, 500_000, 8, 8192];
    const { frequencies } = new RotaryPositions(headDim, {
      base,
      scaling: { type: 'llama3', factor, originalLength },
    });
    const kinds = { short: 0, long: 0, between: 0 };
    for (const [i, found] of frequencies.entries()) {
      const plain = base ** ((-2 * i) / headDim);
      const wave = (2 * Math.PI) / plain;
      if (wave < originalLength / 4) {
        kinds.short++;
        expect(found).toBe(plain);
      } else if (wave > originalLength) {
        kinds.long++;
        expect(found).toBeCloseTo(plain / factor, 15);
      } else {
        kinds.between++;
        // Linear in the number of turns within the original length, from 1 to 4.
        const smooth = (originalLength / wave - 1) / 3;
        expect(found / plain).toBeCloseTo((1 - smooth) / factor + smooth, 12);
      }
    }
    expect(Math.min(...Object.values(kinds))).toBeGreaterThan(2);
    expect(kinds.short + kinds.long + kinds.between).toBe(64);
  });
});
