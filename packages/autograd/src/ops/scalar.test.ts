// Scalar operands are kept as tensors: few of them, for each dtype its own, and out of sight.

import { type CpuBackend, cpu } from '@dl/kernels-cpu';
import { beforeEach, describe, expect, test } from 'vitest';
import { div, memory, ones, scope, type Tensor, tensor, useBackend } from '../index.js';

let backend: CpuBackend;

beforeEach(async () => {
  backend = cpu();
  await useBackend(backend);
});

const details = (): number => Number(backend.info().details['constantBytes'] ?? 0);

describe('numbers that come again', () => {
  test('are in no memory report, and no scope frees them', () => {
    const x = ones([3]);
    const before = memory();
    const used = backend.info().details['usedBytes'];
    for (let i = 0; i < 5; i++) {
      using _ = scope();
      expect(x.mul(2.5).toArray()).toEqual([2.5, 2.5, 2.5]);
    }
    expect(details()).toBeGreaterThan(0);
    const after = memory();
    expect([after.bytes, after.buffers, after.byOp]).toEqual([before.bytes, before.buffers, before.byOp]);
    expect(backend.info().details['usedBytes']).toBe(used);
  });

  test('are told apart by dtype, backend and sign of zero', async () => {
    using _ = scope();
    for (let i = 0; i < 3; i++) {
      expect(tensor([3]).mul(2).dtype).toBe('float32');
      expect(tensor([3], { dtype: 'float64' }).mul(0.1).item()).toBe(3 * 0.1);
      expect(tensor([3], { dtype: 'int32' }).mul(2).dtype).toBe('int32');
      expect(div(1, tensor([1]).mul(0)).item()).toBe(Infinity);
      expect(div(1, tensor([1]).mul(-0)).item()).toBe(-Infinity);
      expect(tensor([1]).mul(Number.NaN).item()).toBeNaN();
    }
    await useBackend(cpu({ engine: 'typescript' }));
    for (let i = 0; i < 3; i++) expect(tensor([3]).mul(2).item()).toBe(6);
  });

  test('stay what they are when somebody changes or frees the tensor', () => {
    using _ = scope();
    const x = tensor([2]);
    const seven = (): Tensor => backend.constants!.find(7, 'float32')!;
    for (let i = 0; i < 3; i++) x.mul(7);
    seven().assign(tensor(8));
    expect(x.mul(7).item()).toBe(14);
    seven().dispose();
    expect(x.mul(7).item()).toBe(14);
  });

  test('are at most so many, and what comes once is not kept', () => {
    using _ = scope();
    const x = ones([1]);
    for (let i = 0; i < 2000; i++) expect(x.add(i).item()).toBe(i + 1);
    expect(details()).toBe(0);
    for (let i = 0; i < 1000; i++) for (let k = 0; k < 3; k++) expect(x.add(i).item()).toBe(i + 1);
    // The smallest block of the heap is 64 bytes.
    expect(details()).toBe(256 * 64);
  });
});
