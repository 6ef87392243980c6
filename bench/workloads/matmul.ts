// Products of matrices and vectors.

import * as dl from '@dl/autograd';
import type { Jax, JaxArray } from '../engines/jax-api.js';
import type { OnnxGraph, OnnxValue } from '../engines/onnx-graph.js';
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
  square(128),
  square(512),
  square(1024),
  square(2048),
  { a: [4096, 64], b: [64, 64] },
  { a: [64, 64], b: [64, 4096] },
  { a: [64, 4096], b: [4096, 64] },
  { a: [2048, 256], b: [256, 1024] },
  { ...square(256), transposeA: true },
  { ...square(256), transposeB: true },
  { ...square(256), transposeA: true, transposeB: true },
  { ...square(512), transposeA: true },
  { ...square(512), transposeB: true },
  { a: [64, 400], b: [120, 400], transposeB: true },
  { a: [64, 120], b: [64, 400], transposeA: true },
  { a: [32, 64, 64], b: [32, 64, 64] },
  { a: [64, 128, 32], b: [64, 128, 32], transposeB: true },
  { a: [256, 8, 8], b: [256, 8, 8] },
  { a: [32, 64, 64], b: [64, 64] },
  { a: [64, 64], b: [32, 64, 64] },
];

/** Multiplications and additions. */
function flops({ a, b, transposeA, transposeB }: Case): number {
  const count = (shape: readonly number[]): number => shape.slice(0, -2).reduce((product, n) => product * n, 1);
  const m = a.at(transposeA ? -1 : -2)!;
  const k = a.at(transposeA ? -2 : -1)!;
  const n = b.at(transposeB ? -2 : -1)!;
  return 2 * Math.max(count(a), count(b)) * m * k * n;
}

const turned = (name: string, on: boolean): string => (on ? `${name}.transpose(-1, -2)` : name);

const flag = (on: boolean | undefined, text: string): string => (on ? text : '');

export const matmul: readonly Workload[] = [
  ...cases.map((product) => {
    const { a, b, transposeA = false, transposeB = false } = product;
    // Small where sums are long, so that the rounding of large ones is not taken for a difference.
    const range = a.at(-1)! > 1024 ? { low: -0.5, high: 0.5 } : {};
    const jaxTurned = (jax: Jax, x: JaxArray, on: boolean): JaxArray => {
      const order = x.shape.map((_, axis) => axis);
      return on ? jax.numpy.transpose(x, [...order.slice(0, -2), order.at(-1)!, order.at(-2)!]) : x;
    };
    const onnxTurned = (g: OnnxGraph, x: OnnxValue, rank: number, on: boolean): OnnxValue => {
      const order = Array.from({ length: rank }, (_, axis) => axis);
      return on ? g.op('Transpose', [x], { perm: [...order.slice(0, -2), order.at(-1)!, order.at(-2)!] }) : x;
    };
    return call(
      `matmul${flag(transposeA, ' aᵀ')}${flag(transposeB, ' bᵀ')}`,
      [floats(a, range), floats(b, range)],
      (x, y) => dl.matmul(x, y, { transposeA, transposeB }),
      (tf, x, y) => tf.matMul(x, y, transposeA, transposeB),
      {
        tolerance: 1e-4,
        flops: flops(product),
        // Its batches must be alike.
        ...(a.length === b.length && {
          jax: (jax, x, y) => {
            const multiply = jax.jit((left: JaxArray, right: JaxArray) =>
              jax.numpy.matmul(jaxTurned(jax, left, transposeA), jaxTurned(jax, right, transposeB)),
            );
            return () => multiply(x.ref, y.ref);
          },
        }),
        onnx: {
          feeds: 2,
          graph: (g, x, y) =>
            g.op('MatMul', [onnxTurned(g, x!, a.length, transposeA), onnxTurned(g, y!, b.length, transposeB)]),
        },
        torch: `lambda a, b: lambda: ${turned('a', transposeA)} @ ${turned('b', transposeB)}`,
      },
    );
  }),
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
