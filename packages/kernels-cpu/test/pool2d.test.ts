// Pooling with windows that fall on every edge of vectors and images, against the TypeScript engine.

import {
  avgPool2d,
  avgPool2dGrad,
  manualSeed,
  maxPool2dDilated,
  maxPool2dGrad,
  maxPool2dWithIndices,
  type PoolGeometry,
  randn,
  type Shape,
  scope,
  tensor,
  useBackend,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { wasmEngines } from './engines.js';

const reference = cpu({ engine: 'typescript' });
beforeAll(async () => {
  await useBackend(reference);
  manualSeed(1);
});

const plain: PoolGeometry = { kernel: [2, 2], stride: [2, 2], padding: [0, 0], ceilMode: false };
const cases: [what: string, x: Shape, geometry: Partial<PoolGeometry>][] = [
  ['2x2', [2, 3, 8, 16], {}],
  ['2x2, odd sizes', [2, 3, 9, 19], {}],
  ['2x2 to one column', [1, 2, 5, 3], {}],
  ['3x3 stride 2 with padding', [2, 3, 14, 22], { kernel: [3, 3], padding: [1, 1] }],
  ['3x3 stride 2 over the edge', [2, 3, 14, 22], { kernel: [3, 3], padding: [1, 1], ceilMode: true }],
  ['3x3 stride 2', [1, 2, 11, 13], { kernel: [3, 3] }],
  ['3x3 stride 1', [1, 2, 9, 13], { kernel: [3, 3], stride: [1, 1], padding: [1, 1] }],
  ['2x5 stride 3', [1, 2, 9, 33], { kernel: [2, 5], stride: [1, 3], padding: [1, 2] }],
  ['4x4 stride 4', [1, 2, 16, 32], { kernel: [4, 4], stride: [4, 4] }],
  ['windows apart', [1, 2, 16, 31], { kernel: [2, 2], stride: [5, 4] }],
  ['2x2 stride 1', [1, 2, 6, 11], { stride: [1, 1] }],
  ['the whole image', [2, 5, 7, 7], { kernel: [7, 7], stride: [7, 7] }],
  ['whole rows', [2, 5, 7, 3], { kernel: [2, 3], stride: [1, 3] }],
  ['one pixel', [2, 2, 1, 1], { kernel: [1, 1], stride: [1, 1] }],
];

const dilations: [what: string, x: Shape, dilation: readonly [number, number], geometry: Partial<PoolGeometry>][] = [
  ['3x3 with gaps', [2, 3, 14, 22], [2, 2], { kernel: [3, 3], stride: [1, 1], padding: [1, 1] }],
  ['2x3, gaps along rows', [1, 2, 9, 33], [1, 4], { kernel: [2, 3], stride: [2, 2] }],
  ['3x2, gaps down columns', [1, 2, 11, 13], [3, 1], { kernel: [3, 2], stride: [1, 3], padding: [1, 1] }],
  ['over the edge', [2, 2, 10, 19], [2, 3], { kernel: [2, 3], stride: [3, 2], padding: [1, 1], ceilMode: true }],
  ['from the padding over its neighbours', [1, 2, 8, 12], [5, 5], { stride: [1, 1], padding: [1, 1] }],
];

describe.each(wasmEngines())('%s', (engine) => {
  const backend = cpu({ engine, threads: 1 });
  const threaded = cpu({ engine, threads: 3, splitAll: true });
  beforeAll(() => useBackend(threaded));

  test.each(cases)('%s', async (_, shape, some) => {
    await useBackend([backend, reference]);
    using _scope = scope();
    const geometry = { ...plain, ...some };
    const values = randn(shape).dataSync();
    // Equals, of which the first counts, and NaN.
    for (let i = 0; i < values.length; i += 3) values[i] = Math.round(values[i]!);
    if (values.length > 40) values[37] = Number.NaN;
    const run = (on: typeof backend) => {
      const x = tensor({ data: values, shape }).to(on);
      const { y, indices } = maxPool2dWithIndices.run({ x }, geometry);
      const g = tensor({
        data: Float32Array.from({ length: y.size }, (_, i) => ((i * 5) % 16) - 7.5),
        shape: y.shape,
      }).to(on);
      const exact = [y, indices, maxPool2dGrad.run({ g, indices }, { shape, geometry: undefined })];
      const close = [true, false].flatMap((countIncludePad) => [
        avgPool2d.run({ x }, { ...geometry, countIncludePad }),
        avgPool2dGrad.run({ g }, { ...geometry, countIncludePad, shape }),
      ]);
      return { exact, close };
    };
    const [expected, actual] = [run(reference), run(backend)];
    for (const [i, value] of actual.exact.entries()) expect(value.dataSync()).toEqual(expected.exact[i]!.dataSync());
    for (const [i, value] of actual.close.entries()) {
      assertAllClose(value, expected.close[i]!, { rtol: 1e-6, atol: 1e-6 });
    }
    // On several threads: bit by bit the same.
    const cut = run(threaded);
    const whole = [...actual.exact, ...actual.close];
    for (const [i, value] of [...cut.exact, ...cut.close].entries()) {
      expect(value.dataSync()).toEqual(whole[i]!.dataSync());
    }
  });

  test.each(dilations)('%s', async (_, shape, dilation, some) => {
    await useBackend([backend, reference]);
    using _scope = scope();
    const values = randn(shape).dataSync();
    for (let i = 0; i < values.length; i += 3) values[i] = Math.round(values[i]!);
    values[37] = Number.NaN;
    const attrs = { ...plain, ...some, dilation };
    const run = (on: typeof backend, op: typeof maxPool2dDilated.run = maxPool2dDilated.run) => {
      const x = tensor({ data: values, shape }).to(on);
      const { y, indices } = op({ x }, attrs);
      return [y.dataSync(), indices.dataSync()];
    };
    const expected = run(reference);
    expect(run(backend)).toEqual(expected);
    expect(run(threaded)).toEqual(expected);
    // As backends without a kernel do it: windows laid side by side. Of equals, and of NaN, the first too.
    expect(run(reference, maxPool2dDilated.declaration.compose as typeof maxPool2dDilated.run)).toEqual(expected);
  });

  test('a place outside the image is an error', async () => {
    await useBackend(backend);
    using _scope = scope();
    const g = tensor({ data: new Float32Array(4), shape: [1, 1, 2, 2] });
    const indices = tensor({ data: Int32Array.of(0, 1, 16, 3), shape: [1, 1, 2, 2] });
    expect(() => maxPool2dGrad.run({ g, indices }, { shape: [1, 1, 4, 4], geometry: undefined })).toThrow(
      'maxPool2dGrad: index 16 at position 2 is out of range; needs 0 to 15',
    );
  });
});
