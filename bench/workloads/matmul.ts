// Products of matrices and vectors.

import * as dl from '@dl/autograd';
import { call, floats, type Workload } from './workload.js';

interface Case {
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

const square = (n: number): Case => ({ a: [n, n], b: [n, n] });

const cases: readonly Case[] = [
  { a: [8, 4], b: [4, 16] },
  { a: [8, 16], b: [16, 16] },
  { a: [8, 16], b: [8, 16], transposeA: true },
  { a: [8, 16], b: [16, 16], transposeB: true },
  { a: [1, 256], b: [256, 256] },
  { a: [256, 256], b: [256, 1] },
  square(16),
  square(64),
  square(256),
  square(512),
  { ...square(256), transposeA: true },
  { ...square(256), transposeB: true },
  { ...square(256), transposeA: true, transposeB: true },
  { a: [64, 400], b: [120, 400], transposeB: true },
  { a: [64, 120], b: [64, 400], transposeA: true },
  { a: [32, 64, 64], b: [32, 64, 64] },
  { a: [64, 128, 32], b: [64, 128, 32], transposeB: true },
  { a: [256, 8, 8], b: [256, 8, 8] },
  { a: [32, 64, 64], b: [64, 64] },
  { a: [64, 64], b: [32, 64, 64] },
];

const flag = (on: boolean | undefined, text: string): string => (on ? text : '');

export const matmul: readonly Workload[] = [
  ...cases.map(({ a, b, transposeA = false, transposeB = false }) =>
    call(
      `matmul${flag(transposeA, ' aᵀ')}${flag(transposeB, ' bᵀ')}`,
      [floats(a), floats(b)],
      (x, y) => dl.matmul(x, y, { transposeA, transposeB }),
      (tf, x, y) => tf.matMul(x, y, transposeA, transposeB),
      { tolerance: 1e-4 },
    ),
  ),
  ...[[64], [1048576]].map((shape) =>
    call('dot', [floats(shape), floats(shape)], dl.dot, (tf, a, b) => tf.dot(a, b), { tolerance: 1e-3 }),
  ),
  ...[[8], [1024]].map((shape) =>
    call('outer', [floats(shape), floats(shape)], dl.outer, (tf, a, b) => tf.outerProduct(a, b)),
  ),
  ...(
    [
      ['ij,jk->ik', [8, 8], [8, 8]],
      ['bhqd,bhkd->bhqk', [8, 8, 64, 32], [8, 8, 64, 32]],
      ['bij,bj->bi', [64, 64, 64], [64, 64]],
    ] as const
  ).map(([equation, a, b]) =>
    call(
      `einsum ${equation}`,
      [floats(a), floats(b)],
      (x, y) => dl.einsum(equation, x, y),
      (tf, x, y) => tf.einsum(equation, x, y),
      { tolerance: 1e-4 },
    ),
  ),
];
