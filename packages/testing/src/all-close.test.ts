import { tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { describe, expect, test } from 'vitest';
import { allClose, assertAllClose } from './all-close.js';

describe('allClose', () => {
  test('allows atol + rtol · |expected|, and no more', () => {
    expect(allClose([100.0009], [100], { rtol: 1e-5, atol: 0 })).toBe(true);
    expect(allClose([100.0011], [100], { rtol: 1e-5, atol: 0 })).toBe(false);
    expect(allClose([1e-3], [0], { rtol: 1, atol: 1e-3 })).toBe(true);
    expect(allClose([1.1e-3], [0], { rtol: 1, atol: 1e-3 })).toBe(false);
  });

  test('NaN equals NaN, and infinities only themselves', () => {
    expect(allClose([Number.NaN, Infinity], [Number.NaN, Infinity])).toBe(true);
    expect(allClose([Infinity], [-Infinity])).toBe(false);
    expect(allClose([Number.NaN], [0])).toBe(false);
    expect(allClose([1e300], [Infinity])).toBe(false);
  });

  test('shows how many differ, the worst one, where it is, and by how much', async () => {
    await useBackend(cpu());
    const got = tensor([
      [1, 2, 3],
      [4, 5.5, 6.25],
    ]);
    expect(() =>
      assertAllClose(got, [
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ).toThrow(
      '2 of 6 elements differ; the worst is [1, 1]: got 5.5, expected 5, 0.500 apart (relative 0.100), allowed 0.0000500',
    );
  });

  test('says when shapes or lengths differ', async () => {
    await useBackend(cpu());
    expect(() => assertAllClose(tensor([[1, 2]]), [1, 2])).toThrow('the shapes differ: got [1, 2], expected [2]');
    expect(() => assertAllClose(Float32Array.of(1), Float32Array.of(1, 2))).toThrow('got 1 elements, expected 2');
  });
});
