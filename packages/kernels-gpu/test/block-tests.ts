// Kernels that compute several elements or rows at once, at the edges of their blocks: run in Node and in a browser alike.

import {
  type Backend,
  conv2d,
  gradients,
  linear,
  manualSeed,
  matmul,
  randn,
  scope,
  type Tensor,
  tensor,
  useBackend,
  withBackend,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { type GpuBackend, gpuBuffer } from '@dl/kernels-gpu';
import { assertAllClose } from '@dl/testing';
import { expect, test } from 'vitest';
import { bandsProgram } from '../src/kernels/matmul.js';

const near = { rtol: 1e-5, atol: 1e-5 };

export function blockTests(backend: GpuBackend): void {
  const reference = cpu({ engine: 'typescript' });

  async function start(): Promise<void> {
    await useBackend(reference);
    await useBackend(backend, { strict: true });
    manualSeed(5);
  }

  function products(): void {
    for (const [rows, inner, columns] of [
      [1, 6, 4],
      [2, 4, 8],
      [3, 5, 7],
      [4, 1, 1],
      [5, 9, 12],
      [8, 8, 8],
      [13, 70, 3],
    ] as const) {
      for (const [transposeA, transposeB] of [
        [false, false],
        [true, false],
        [false, true],
        [true, true],
      ] as const) {
        using _ = scope();
        const a = randn([3, ...(transposeA ? [inner, rows] : [rows, inner])], { backend: reference });
        const b = randn([3, ...(transposeB ? [columns, inner] : [inner, columns])], { backend: reference });
        const options = { transposeA, transposeB };
        const expected = withBackend(reference, () => matmul(a, b, options));
        assertAllClose(matmul(a.to(backend), b.to(backend), options), expected, near);
      }
      using _ = scope();
      const shapes = [[rows, inner], [columns, inner], [columns]];
      const [x, weight, bias] = shapes.map((shape) => randn(shape, { backend: reference })) as [Tensor, Tensor, Tensor];
      const expected = withBackend(reference, () => linear(x, weight, bias));
      assertAllClose(linear(x.to(backend), weight.to(backend), bias.to(backend)), expected, near);
    }
  }

  test('products of any number of rows, in all transposes, in batches, with a bias', async () => {
    await start();
    expect(backend.device.hasMultiOutput).toBe(true);
    products();
  });

  test('the same where the device writes one texture at a time', async () => {
    await start();
    Object.defineProperty(backend.device, 'hasMultiOutput', { configurable: true, value: false });
    try {
      products();
    } finally {
      Reflect.deleteProperty(backend.device, 'hasMultiOutput');
    }
    expect(backend.device.hasMultiOutput).toBe(true);
  });

  test.each(['normal', 'transposed'] as const)(
    'the %s product of textures that floats cannot count is the usual one',
    async (orientation) => {
      await start();
      using _ = scope();
      const [n, m] = [40, 24];
      const [a, b] = [randn([n, m]), randn(orientation === 'normal' ? [m, n] : [n, m])];
      const numbers = [
        1,
        n,
        n / 4,
        n / 4,
        m / 4,
        ...[0, 0, 0, m / 4],
        ...[0, 0, 0, (orientation === 'normal' ? n : m) / 4],
      ];
      const results = (['usual', 'large'] as const).map((size) => {
        const outs = Array.from({ length: 4 }, () => backend.allocate('float32', (n / 4) * n));
        backend.runMultiOutput(
          bandsProgram(`${orientation}:${size}`),
          outs,
          [gpuBuffer(a.handle), gpuBuffer(b.handle)],
          numbers,
        );
        const values = outs.map((out) => backend.readSync(out, 'float32', out.size));
        for (const out of outs) backend.free(out);
        return values;
      });
      expect(results[1]).toEqual(results[0]);
      const expected = matmul(a, b, { transposeB: orientation === 'transposed' }).dataSync();
      for (const row of [0, 5, n - 1]) {
        const got = results[1]![row % 4]!.subarray(Math.floor(row / 4) * n, (Math.floor(row / 4) + 1) * n);
        expect(Array.from(got)).toEqual(Array.from(expected.subarray(row * n, (row + 1) * n)));
      }
    },
  );

  // biome-ignore format: a table
  test.each<[readonly number[], readonly number[], { stride?: number[]; padding?: number | [number, number]; dilation?: number; groups?: number }]>([
    [[2, 3, 6, 3], [4, 3, 3, 3], { padding: 1 }],
    [[2, 3, 5, 4], [5, 3, 2, 2], {}],
    [[2, 2, 6, 5], [3, 2, 3, 3], { padding: 1 }],
    [[1, 2, 4, 7], [4, 2, 3, 2], { padding: [0, 2] }],
    [[2, 4, 9, 9], [6, 2, 3, 3], { padding: 2, dilation: 2, groups: 2 }],
    [[2, 3, 7, 10], [4, 3, 3, 3], { stride: [2, 1], padding: 1 }],
    [[2, 3, 8, 8], [4, 3, 3, 3], { stride: [1, 2], padding: 1 }],
    [[1, 1, 3, 14], [2, 1, 1, 5], { padding: [0, 6] }],
  ])('rows of an image of %j under filters of %j: %j', async (shape, filters, options) => {
    await start();
    using _ = scope();
    const [x, weight, bias] = [shape, filters, [filters[0]!]].map((s) => randn(s, { backend: reference })) as [Tensor, Tensor, Tensor];
    const run = (on: Backend): Tensor[] =>
      withBackend(on, () => {
        const leaves = [x, weight, bias].map((leaf) => leaf.to(on).clone()) as [Tensor, Tensor, Tensor];
        for (const leaf of leaves) leaf.requiresGrad = true;
        const [a, w, b] = leaves;
        const y = conv2d(a, w, { ...(options as object), bias: b });
        return [y.detach(), ...(gradients(y.square().sum(), leaves) as Tensor[])];
      });
    const expected = run(reference);
    for (const [i, got] of run(backend).entries()) assertAllClose(got, expected[i]!, { rtol: 1e-5, atol: 1e-4 });
  });

  test.each([[[7, 300]], [[300, 8]], [[5, 66, 3]], [[3, 4]], [[1, 64]], [[2, 130, 4]]])(
    'reductions of %j',
    async (shape) => {
      await start();
      using _ = scope();
      const host = randn(shape, { backend: reference });
      const x = host.to(backend);
      for (let axis = 0; axis < shape.length; axis++) {
        assertAllClose(x.sum(axis), host.sum(axis), near);
        assertAllClose(x.max(axis), host.max(axis));
        assertAllClose(x.min(axis), host.min(axis));
        const positive = host.abs().add(0.5);
        const factors = positive.div(positive.max()).add(0.5);
        assertAllClose(factors.to(backend).prod(axis), factors.prod(axis), { rtol: 1e-4 });
      }
    },
  );

  test.each([[[6, 8]], [[8, 6]], [[6, 7]]])('NaN in each place of %j wins, and infinities stay', async (shape) => {
    await start();
    const [rows, columns] = shape as [number, number];
    for (let place = 0; place < columns; place++) {
      using _ = scope();
      const values = Float32Array.from({ length: rows * columns }, (_, i) => i - 20);
      values[columns + place] = Number.NaN;
      values[2 * columns + place] = Infinity;
      values[3 * columns + place] = -Infinity;
      const x = tensor({ data: values, shape });
      for (const f of [
        (t: Tensor) => t.max(1),
        (t: Tensor) => t.max(0),
        (t: Tensor) => t.min(1),
        (t: Tensor) => t.min(0),
      ]) {
        expect(f(x).dataSync()).toEqual(f(x.to(reference)).dataSync());
      }
    }
  });
}
