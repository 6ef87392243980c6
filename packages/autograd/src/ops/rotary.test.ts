// Rotary positions: what they are for, their tables by the formula, both layouts of one rotation, and bad input.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  DlError,
  gradients,
  matmul,
  ones,
  rand,
  rotary,
  rotaryTables,
  scope,
  type Tensor,
  tensor,
  useBackend,
} from '../index.js';

beforeAll(async () => {
  await useBackend(cpu({ threads: 1 }));
});

const largest = (x: Tensor): number => x.abs().max().item();

describe('the product of a query and a key', () => {
  test.each(['halves', 'pairs'] as const)('depends on their distance alone: %s', (layout) => {
    using _scope = scope();
    const [q, k] = [rand([1, 12]), rand([1, 12])];
    const at = (x: Tensor, position: number): Tensor => {
      const { cos, sin } = rotaryTables([position], 8);
      return rotary(x, cos, sin, { layout });
    };
    const product = (i: number, j: number): number => matmul(at(q, i), at(k, j), { transposeB: true }).item();
    for (const [i, j] of [[5, 3] as const, [0, 7] as const, [4, 4] as const]) {
      expect(product(i + 90, j + 90)).toBeCloseTo(product(i, j), 4);
      expect(product(i + 1, j)).not.toBeCloseTo(product(i, j), 4);
    }
  });
});

describe('tables', () => {
  test('have the angles (p + offset) / scaling · base^(-2i / rotated)', () => {
    using _scope = scope();
    const { cos, sin } = rotaryTables([0, 3, 1000], 6, { base: 500, offset: 2, scaling: 4 });
    for (const [row, p] of [0, 3, 1000].entries()) {
      for (let i = 0; i < 3; i++) {
        const angle = ((p + 2) / 4) * 500 ** (-i / 3);
        expect(cos.slice([row, i]).item()).toBe(Math.fround(Math.cos(angle)));
        expect(sin.slice([row, i]).item()).toBe(Math.fround(Math.sin(angle)));
      }
    }
  });

  test('for a number of positions begin at 0, and go on from an offset', () => {
    using _scope = scope();
    const all = rotaryTables(7, 4);
    const rest = rotaryTables(2, 4, { offset: 5 });
    expect(all.cos.shape).toEqual([7, 2]);
    expect(rest.cos.toArray()).toEqual(all.cos.slice([[5, 7]]).toArray());
    expect(rest.sin.toArray()).toEqual(all.sin.slice([[5, 7]]).toArray());
    expect(rotaryTables(0, 4).cos.shape).toEqual([0, 2]);
  });
});

test('the layouts are one rotation of features in two orders', () => {
  using _scope = scope();
  const x = rand([2, 5, 8]);
  const { cos, sin } = rotaryTables(5, 6);
  // Features 0, 2, 4 and 1, 3, 5 side by side, then those that do not turn.
  const order = tensor([0, 2, 4, 1, 3, 5, 6, 7], { dtype: 'int32' });
  const halves = rotary(x.indexSelect(2, order), cos, sin);
  expect(halves.toArray()).toEqual(rotary(x, cos, sin, { layout: 'pairs' }).indexSelect(2, order).toArray());
  expect(halves.slice(['...', [6, 8]]).toArray()).toEqual(x.slice(['...', [6, 8]]).toArray());
});

test('the gradient turns back', () => {
  using _scope = scope();
  const x = rand([3, 10], { requiresGrad: true });
  const { cos, sin } = rotaryTables(3, 8);
  const y = rotary(x, cos, sin, { layout: 'pairs' });
  // Of half the squared length of y, which is that of x, the gradient is x.
  const [dx] = gradients(y.square().sum().mul(0.5), [x]);
  expect(largest(dx!.sub(x))).toBeLessThan(1e-6);
});

// biome-ignore format: one mistake a line
test.each<readonly [string, () => unknown]>([
  ['rotary: x has 7 features and cos 4 columns, for 8 of them, since features turn two by two; make the tables for at most 6: rotaryTables(length, 6)', () => rotary(ones([3, 7]), ones([3, 4]), ones([3, 4]))],
  ['rotary: cos is [4, 2], and does not broadcast to x, [2, 3, 4]; needs [..., length, rotated / 2] with the length of x, and its axes in front or 1', () => rotary(ones([2, 3, 4]), ones([4, 2]), ones([4, 2]))],
  ['rotary: cos is [3, 2] and sin [3, 1]; needs both of one shape, as rotaryTables gives them', () => rotary(ones([3, 4]), ones([3, 2]), ones([3, 1]))],
  ['rotary: x is [4] and cos [2]; needs [..., length, features] and [..., length, rotated / 2]', () => rotary(ones([4]), ones([2]), ones([2]))],
  ["rotary: layout is 'half', needs 'halves' or 'pairs'", () => rotary(ones([3, 4]), ones([3, 2]), ones([3, 2]), { layout: 'half' as 'halves' })],
  ["rotary: x is int32, needs float32 or float64; cast it with .cast('float32')", () => rotary(ones([3, 4], { dtype: 'int32' }), ones([3, 2]), ones([3, 2]))],
  ['rotaryTables: rotated is 7, needs an even number, since features turn two by two; give 6, and the last feature passes as it is', () => rotaryTables(3, 7)],
  ['rotaryTables: scaling is 0, needs a number above 0', () => rotaryTables(3, 4, { scaling: 0 })],
])('%s', (message, call) => {
  expect(call).toThrow(DlError);
  expect(call).toThrow(message);
});
