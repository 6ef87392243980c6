// Packed sequences and masks: against PyTorch's, there and back, and what padding may not reach.

import { readFileSync } from 'node:fs';
import { crossEntropy, randint, randn, scope, type Tensor, tensor, useBackend, where } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Linear } from '@dl/layers';
import { assertAllClose, gradCheck } from '@dl/testing';
import { beforeAll, expect, test } from 'vitest';
import { GRU, lengthMask, pack, unpack } from '../index.js';

interface Values {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Packed {
  readonly lengths: readonly number[];
  readonly x: Values;
  readonly data: Values;
  readonly batchSizes: readonly number[];
  readonly order: readonly number[];
  readonly total: number;
  readonly padded: Values;
}

const golden: { readonly packed: readonly Packed[] } = JSON.parse(
  readFileSync(new URL('../../golden/networks.json', import.meta.url), 'utf8'),
);
const float64 = { dtype: 'float64' } as const;
const make = ({ data, shape }: Values): Tensor => tensor({ data: Float64Array.from(data), shape }, float64);

beforeAll(() => useBackend(cpu()));

test.each(golden.packed)('as PyTorch packs lengths of $lengths, padded to $total', (expected) => {
  using _ = scope();
  const packed = pack(make(expected.x), expected.lengths);
  expect(packed.data.toArray()).toEqual(make(expected.data).toArray());
  expect(packed.batchSizes).toEqual(expected.batchSizes);
  expect(packed.order).toEqual(expected.order);
  const { x, lengths } = unpack(packed, { time: expected.total });
  expect(x.toArray()).toEqual(make(expected.padded).toArray());
  expect(lengths).toEqual(expected.lengths);
});

test('sequences of one length keep their order, and come back, whatever their steps are', () => {
  using _ = scope();
  const lengths = [2, 3, 2, 3, 1];
  const x = randn([5, 4, 2, 3]);
  const packed = pack(x, lengths);
  expect(packed.order).toEqual([1, 3, 0, 2, 4]);
  const back = unpack(packed, { time: 4 });
  expect(back.lengths).toEqual(lengths);
  expect(back.x.toArray()).toEqual(where(lengthMask(lengths, 4).reshape([5, 4, 1, 1]), x, 0).toArray());
  expect(unpack(packed).x.shape).toEqual([5, 3, 2, 3]);
});

test('gradients go through', () => {
  using _ = scope();
  const lengths = [1, 3];
  gradCheck((x) => pack(x, lengths).data, [randn([2, 3, 2], float64)]);
  const packed = pack(randn([2, 3, 2], float64), lengths);
  gradCheck((data) => unpack({ ...packed, data }, { time: 4 }).x, [randn([4, 2], float64)]);
});

test('what a Linear makes of the packed steps is what it makes of the padded ones', () => {
  using _ = scope();
  const lengths = [3, 1, 2];
  const head = new Linear(4, 2);
  const { output } = new GRU(3, 4).forward(randn([3, 3, 3]), { lengths });
  const packed = pack(output, lengths);
  const { x } = unpack({ ...packed, data: head.forward(packed.data) });
  assertAllClose(x, where(lengthMask(lengths, 3).unsqueeze(2), head.forward(output), 0));
});

test('a loss over the steps that count, by mask, by packing, and by hand', () => {
  using _ = scope();
  const [batch, time, classes, lengths] = [3, 4, 5, [4, 1, 2]];
  const labels = randint(0, classes, [batch, time]);
  const values = randn([batch, time, classes], float64);
  const mask = lengthMask(lengths, time);
  const logits = where(mask.unsqueeze(2), values, 1000);
  logits.requiresGrad = true;
  const flat = (x: Tensor): Tensor => x.reshape([batch * time, ...x.shape.slice(2)]);
  const losses = crossEntropy(flat(logits), flat(labels), { reduction: 'none' });
  const count = lengths.reduce((sum, length) => sum + length, 0);
  const masked = where(flat(mask), losses, 0).sum().div(count);
  const packed = crossEntropy(pack(logits, lengths).data, pack(labels, lengths).data);
  let sum = 0;
  const [rows, right] = [values.toArray() as number[][][], labels.toArray() as number[][]];
  for (const [b, length] of lengths.entries()) {
    for (let t = 0; t < length; t++) {
      const total = rows[b]![t]!.reduce((each, value) => each + Math.exp(value), 0);
      sum += Math.log(total) - rows[b]![t]![right[b]![t]!]!;
    }
  }
  assertAllClose([masked.item(), packed.item()], [sum / count, sum / count], { rtol: 1e-12 });
  masked.backward();
  const byMask = logits.grad!.clone();
  logits.zeroGrad();
  packed.backward();
  assertAllClose(logits.grad!, byMask, { rtol: 1e-12, atol: 1e-15 });
  expect(where(mask.unsqueeze(2), 0, byMask).abs().max().item()).toBe(0);
  // Packing takes NaN out as well, on the way there and back.
  const hostile = where(mask.unsqueeze(2), values, Number.NaN);
  hostile.requiresGrad = true;
  crossEntropy(pack(hostile, lengths).data, pack(labels, lengths).data).backward();
  assertAllClose(hostile.grad!, byMask, { rtol: 1e-12, atol: 1e-15 });
});
