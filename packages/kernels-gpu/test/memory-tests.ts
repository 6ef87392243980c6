// Memory where shapes change from step to step, as in text models: in Node and in a browser alike.

import { matmul, randn, scope, tensor, useBackend } from '@dl/autograd';
import type { GpuBackend, GpuOptions } from '@dl/kernels-gpu';
import { expect, test } from 'vitest';

const MIB = 2 ** 20;

export function memoryTests(another: (options: GpuOptions) => GpuBackend): void {
  const heldBy = (backend: GpuBackend) => {
    const { bytes, pooledBytes, programs } = backend.info().details as Record<string, number>;
    return { bytes: bytes!, pooled: pooledBytes!, programs: programs! };
  };

  test('steps of other lengths hold twice what is in use at once, and 16 MiB, and compile nothing', async () => {
    const backend = another({});
    await useBackend(backend, { strict: true });
    const step = (length: number): number => {
      using _ = scope();
      const x = randn([length, 16], { requiresGrad: true });
      const y = matmul(x, x, { transposeB: true }).softmax();
      y.square().sum().backward();
      return heldBy(backend).bytes;
    };
    let peak = 0;
    let most = 0;
    let withoutBound = 0;
    // Both kinds of rows, of whole texels and not.
    for (const length of [397, 398, 399, 400]) peak = Math.max(peak, step(length));
    const { programs } = heldBy(backend);
    for (let i = 0; i < 60; i++) {
      const used = step(200 + ((i * 67) % 240));
      peak = Math.max(peak, used);
      withoutBound += used;
      const { bytes, pooled } = heldBy(backend);
      most = Math.max(most, bytes + pooled);
    }
    // What kernels take in the midst of an op counts as in use, too; it is less than as much again here.
    expect(most).toBeLessThan(2 * (2 * peak) + 16 * MIB);
    expect(withoutBound).toBeGreaterThan(2 * most);
    expect(heldBy(backend)).toMatchObject({ bytes: 0, programs });
  });

  test('steps of one shape make no texture after the first, also where they take more than 16 MiB', async () => {
    const backend = another({});
    await useBackend(backend, { strict: true });
    using _ = scope();
    const x = randn([1024, 1024]);
    const step = (): void => {
      using _step = scope();
      x.add(1)
        .mul(x)
        .exp()
        .slice([[0, 1000]])
        .square()
        .sum(0)
        .sum();
    };
    step();
    expect(heldBy(backend).pooled).toBeGreaterThan(16 * MIB);
    const { gl } = backend.device;
    const { createTexture } = gl;
    let made = 0;
    gl.createTexture = () => {
      made++;
      return createTexture.call(gl);
    };
    try {
      for (let i = 0; i < 5; i++) step();
    } finally {
      Object.assign(gl, { createTexture });
    }
    expect(made).toBe(0);
  });

  test('what a large step has left is given back after some thousand small ones', async () => {
    const backend = another({});
    await useBackend(backend, { strict: true });
    {
      using _ = scope();
      randn([2048, 1024]).add(1).add(2).add(3);
    }
    expect(heldBy(backend).pooled).toBeGreaterThan(24 * MIB);
    for (let i = 0; i < 8300; i++) {
      using _ = scope();
      tensor([i, i]);
    }
    expect(heldBy(backend).pooled).toBeLessThan(17 * MIB);
  });
}
