// Scratch space, and growth of the memory while a kernel runs.

import { conv2d, matmul, memory, ones, scope, type Tensor, useBackend, zeros } from '@dl/autograd';
import { type CpuBackend, cpu } from '@dl/kernels-cpu';
import { describe, expect, test } from 'vitest';
import { wasmEngines } from './engines.js';

describe.each(wasmEngines())('%s', (engine) => {
  const bytesOf = (backend: CpuBackend, what: 'usedBytes' | 'reservedBytes' | 'scratchBytes'): number =>
    Number(backend.details()[what]);

  test('steps that repeat take no more memory', async () => {
    const backend = cpu({ engine });
    await useBackend(backend);
    const before = memory();
    const weight = ones([4, 3, 3, 3]);
    weight.requiresGrad = true;
    const step = (): void => {
      using _ = scope();
      conv2d(ones([2, 3, 17, 17]), weight, { padding: 1, stride: 2 })
        .sum()
        .backward();
      weight.grad?.dispose();
      weight.zeroGrad();
      matmul(ones([65, 65]), ones([65, 65]));
    };
    step();
    const { usedBytes, reservedBytes, scratchBytes } = backend.details();
    expect(Number(scratchBytes)).toBeGreaterThan(0);
    expect(Number(usedBytes)).toBeGreaterThanOrEqual(Number(scratchBytes));
    for (let i = 0; i < 50; i++) step();
    expect(backend.details()).toMatchObject({ usedBytes, reservedBytes, scratchBytes });
    weight.dispose();
    expect(memory().buffers).toBe(before.buffers);
  });

  test('the memory may grow while a kernel runs', async () => {
    const backend = cpu({ engine });
    await useBackend(backend);
    using _ = scope();
    const [a, b] = [ones([64, 64]), ones([64, 64])];
    const fill: Tensor[] = [];
    do fill.push(zeros([2 ** 16]));
    while (bytesOf(backend, 'reservedBytes') - bytesOf(backend, 'usedBytes') > 2 ** 19);
    const reserved = bytesOf(backend, 'reservedBytes');
    const y = matmul(a, b);
    expect(bytesOf(backend, 'reservedBytes')).toBeGreaterThan(reserved);
    expect([...y.dataSync()]).toEqual(new Array(64 * 64).fill(64));
    expect(a.sum().item()).toBe(64 * 64);
  });

  test('without room for scratch the TypeScript kernel runs', async () => {
    const backend = cpu({ engine, maxBytes: 2 ** 19 });
    await useBackend(backend);
    using _ = scope();
    expect([...matmul(ones([64, 64]), ones([64, 64])).dataSync()]).toEqual(new Array(64 * 64).fill(64));
    expect(bytesOf(backend, 'scratchBytes')).toBe(0);
  });

  test('float64 and int32 run on the TypeScript kernels, on the same buffers', async () => {
    await useBackend(cpu({ engine }));
    using _ = scope();
    expect(matmul(ones([3, 5], { dtype: 'int32' }), ones([5, 2], { dtype: 'int32' })).toArray()).toEqual([
      [5, 5],
      [5, 5],
      [5, 5],
    ]);
    expect(ones([7], { dtype: 'float64' }).mul(0.1).sum().cast('float32').mul(2).item()).toBeCloseTo(1.4, 6);
  });
});
