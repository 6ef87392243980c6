// Products of matrices whose sizes fall on every edge of tiles and blocks, against the TypeScript engine in float64.

import { type Backend, manualSeed, matmul, randn, scope, type Tensor, useBackend, withBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { wasmBackends } from './engines.js';

const reference = cpu({ engine: 'typescript' });
beforeAll(async () => {
  await useBackend(reference);
  manualSeed(1);
});

const edges = [1, 3, 4, 5, 7, 8, 9];
const sizes = [
  ...edges.flatMap((m) => edges.flatMap((n) => edges.map((k) => [m, n, k] as const))),
  ...[
    [1023, 9, 5],
    [9, 1025, 7],
    [7, 5, 1025],
    [65, 63, 1023],
    [121, 17, 257],
    [17, 1050, 33],
    [31, 33, 600],
    [1, 129, 300],
    [300, 1, 129],
  ],
] as [number, number, number][];

function moved(x: Tensor, to: Backend): Tensor {
  return x.cast('float32').to(to);
}

describe.each(wasmBackends())('%s', (_, backend) => {
  beforeAll(() => useBackend([backend, reference]));

  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('transposeA %s, transposeB %s', (transposeA, transposeB) => {
    for (const [m, n, k] of sizes) {
      using _ = scope();
      const [a, b] = withBackend(reference, () => [
        randn(transposeA ? [k, m] : [m, k]).cast('float64'),
        randn(transposeB ? [n, k] : [k, n]).cast('float64'),
      ]) as [Tensor, Tensor];
      const expected = matmul(a, b, { transposeA, transposeB });
      const actual = matmul(moved(a, backend), moved(b, backend), { transposeA, transposeB });
      expect(actual.shape).toEqual([m, n]);
      assertAllClose(actual, expected.cast('float32').to(backend), { rtol: 1e-5, atol: 2e-6 * Math.sqrt(k) });
    }
  });
});
