// Products of matrices and vectors.

import { checkCall, type Known } from '../arguments/check-call.js';
import { defineOp, type Spec } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ShapeError } from '../errors.js';
import { broadcastShapes, formatShape, sizeOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { mul } from './arithmetic.js';
import { needNumeric, needRank, needSameDType, needTensor } from './checks.js';
import { cast } from './copy.js';
import { sumTo } from './expand.js';
import { sum } from './reduce.js';
import { reshape } from './reshape.js';

export interface MatmulOptions {
  /** Use aᵀ (its last two axes swapped). Nothing is copied. Default false. */
  readonly transposeA?: boolean;
  /** Use bᵀ. Default false. */
  readonly transposeB?: boolean;
}

const matmulOptions: Known<MatmulOptions> = { transposeA: 'boolean', transposeB: 'boolean' };

/**
 * The matrix product: [..., m, k] · [..., k, n] → [..., m, n]. The axes in front broadcast. A vector counts as one row
 * on the left and as one column on the right, and that axis is dropped from the result.
 *
 * @throws ShapeError when the inner lengths differ.
 *
 * @example
 * ```ts
 * import { matmul, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const a = tensor([[1, 2], [3, 4]]);
 * console.log(matmul(a, a).toArray()); // [[7, 10], [15, 22]]
 * console.log(matmul(a, a, { transposeB: true }).toArray()); // [[5, 11], [11, 25]]
 * ```
 */
export const matmul = /* @__PURE__ */ defineOp({
  name: 'matmul',
  inputs: ['a', 'b'],
  attrs: { transposeA: false, transposeB: false },
  saves: ['a', 'b'],
  halves: { inputs: ['a', 'b'], unpack: cast },
  infer: ({ a, b }, { transposeA, transposeB }) => {
    needNumeric('matmul', 'a', a);
    needSameDType('matmul', 'a', a, 'b', b);
    const m = a.shape.at(transposeA ? -1 : -2)!;
    const inner = a.shape.at(transposeA ? -2 : -1)!;
    const n = b.shape.at(transposeB ? -2 : -1)!;
    const rows = b.shape.at(transposeB ? -1 : -2)!;
    if (rows !== inner) throw innerMismatch(a, b, { transposeA, transposeB }, inner, rows);
    const batch =
      a.shape.length === 2 && b.shape.length === 2
        ? []
        : broadcastShapes('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2));
    return { shape: [...batch, m, n], dtype: a.dtype };
  },
  grad: ({ dy, a, b }, { transposeA, transposeB }) => ({
    a: (): Tensor =>
      sumTo(
        transposeA
          ? matmul(b, dy, { transposeA: transposeB, transposeB: true })
          : matmul(dy, b, { transposeB: !transposeB }),
        a.shape,
      ),
    b: (): Tensor =>
      sumTo(
        transposeB
          ? matmul(dy, a, { transposeA: true, transposeB: transposeA })
          : matmul(a, dy, { transposeA: !transposeA }),
        b.shape,
      ),
  }),
  takes: { parameters: ['a', 'b'], options: matmulOptions },
  call:
    (run) =>
    (a: Tensor, b: Tensor, { transposeA = false, transposeB = false }: MatmulOptions = {}): Tensor => {
      needTensor('matmul', 'a', a);
      needTensor('matmul', 'b', b);
      if (a.rank < 2 || b.rank < 2) return withVectors(run, a, b, transposeA, transposeB);
      if (a.rank > 2 && b.rank === 2 && !transposeA) {
        // One large product instead of many small ones, and one sum for the gradient of b.
        const rows = reshape(a, [sizeOf(a.shape.slice(0, -1)), a.shape.at(-1)!]);
        const y = run({ a: rows, b }, { transposeA, transposeB });
        return reshape(y, [...a.shape.slice(0, -1), y.shape[1]!]);
      }
      return run({ a, b }, { transposeA, transposeB });
    },
});

function innerMismatch(
  a: Spec,
  b: Spec,
  { transposeA, transposeB }: MatmulOptions,
  columns: number,
  rows: number,
): ShapeError {
  return new ShapeError(
    `matmul: a is ${formatShape(a.shape)}${transposeA ? ' transposed' : ''}, b is ${formatShape(b.shape)}${transposeB ? ' transposed' : ''}; ` +
      `the columns of a (${columns}) must be as many as the rows of b (${rows})`,
  );
}

type RunMatmul = (inputs: { a: Tensor; b: Tensor }, attrs: { transposeA: boolean; transposeB: boolean }) => Tensor;

function withVectors(run: RunMatmul, a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  if (a.rank === 0 || b.rank === 0) {
    throw new ShapeError(
      `matmul: got ${formatShape(a.shape)} and ${formatShape(b.shape)}; a scalar has no rows, use mul`,
    );
  }
  const columns = a.shape.at(transposeA && a.rank > 1 ? -2 : -1)!;
  const rows = b.rank === 1 ? b.size : b.shape.at(transposeB ? -1 : -2)!;
  if (rows !== columns) throw innerMismatch(a, b, { transposeA, transposeB }, columns, rows);
  const y = run(
    { a: a.rank === 1 ? reshape(a, [1, a.size]) : a, b: b.rank === 1 ? reshape(b, [b.size, 1]) : b },
    { transposeA: transposeA && a.rank > 1, transposeB: transposeB && b.rank > 1 },
  );
  const shape = y.shape.filter(
    (_, axis) => !(axis === y.rank - 2 && a.rank === 1) && !(axis === y.rank - 1 && b.rank === 1),
  );
  return reshape(y, shape);
}

/** The outer product of two vectors: [m], [n] → [m, n]. */
export function outer(a: Tensor, b: Tensor): Tensor {
  checkCall('outer', arguments, ['a', 'b']);
  needTensor('outer', 'a', a);
  needTensor('outer', 'b', b);
  needRank('outer', 'a', a, 1, '[m]');
  needRank('outer', 'b', b, 1, '[n]');
  return mul(reshape(a, [a.size, 1]), reshape(b, [1, b.size]));
}

/** The inner product of two vectors of one length: a scalar. */
export function dot(a: Tensor, b: Tensor): Tensor {
  checkCall('dot', arguments, ['a', 'b']);
  needTensor('dot', 'a', a);
  needTensor('dot', 'b', b);
  needRank('dot', 'a', a, 1, '[n]');
  needRank('dot', 'b', b, 1, '[n]');
  if (sizeOf(a.shape) !== sizeOf(b.shape))
    throw new ShapeError(`dot: a has ${a.size} elements and b has ${b.size}; make them as many`);
  return sum(mul(a, b));
}

export const matmulSamples = (): readonly OpSamples[] => [
  samples(
    matmul,
    [
      { inputs: { a: { shape: [3, 4] }, b: { shape: [4, 5] } } },
      { inputs: { a: { shape: [4, 3] }, b: { shape: [4, 5] } }, attrs: { transposeA: true } },
      { inputs: { a: { shape: [3, 4] }, b: { shape: [5, 4] } }, attrs: { transposeB: true } },
      { inputs: { a: { shape: [4, 3] }, b: { shape: [5, 4] } }, attrs: { transposeA: true, transposeB: true } },
      { inputs: { a: { shape: [2, 1, 3, 4] }, b: { shape: [5, 4, 2] } } },
      { inputs: { a: { shape: [2, 4, 3] }, b: { shape: [4, 2] } }, attrs: { transposeA: true } },
      { inputs: { a: { shape: [17, 33] }, b: { shape: [33, 9] } } },
      {
        inputs: {
          a: { shape: [2, 3], dtype: 'int32', low: -9, high: 9 },
          b: { shape: [3, 2], dtype: 'int32', low: -9, high: 9 },
        },
      },
    ],
    { tolerance: 2e-6 },
  ),
];
