// LpPool1d and LpPool2d: the p-norm of each window.

import {
  ArgumentError,
  abs,
  avgPool2d,
  greater,
  type Pair,
  type PoolOptions,
  pow,
  type Tensor,
  where,
  zerosLike,
} from '@dl/autograd';
import { Pool1d, type Pool1dOptions, sequence } from './pool1d.js';
import { Pool2d } from './window.js';

function checkNorm(layer: string, p: number): number {
  if (!(p > 0 && p < Infinity)) throw new ArgumentError(`${layer}: p is ${p}, needs a number above 0, such as 2`);
  return p;
}

/** (Σ |x|^p)^(1/p), as the mean of each window times its area. */
function normOfWindows(x: Tensor, p: number, kernelSize: readonly [number, number], options: PoolOptions): Tensor {
  const powers = p === 2 ? x.square() : pow(abs(x), p);
  const sums = avgPool2d(powers, kernelSize, options).mul(kernelSize[0] * kernelSize[1]);
  // The root has no derivative at 0: a window of zeros gets none.
  const isSome = greater(sums, 0);
  const nothing = zerosLike(sums);
  return where(isSome, pow(where(isSome, sums, nothing.add(1)), 1 / p), nothing);
}

/**
 * (Σ |x|^p)^(1/p) over each window: [N, C, H, W] → [N, C, OH, OW], with sizes as in {@link MaxPool2d} without padding. p = 1
 * is the sum of sizes, p = 2 the Euclidean norm (L2 pooling), and large p come near to the largest. With `ceilMode` a window
 * that reaches over the edge counts as full: its mean times the area, as in PyTorch. (PyTorch adds up x^p, without bars, and has no
 * number for odd p where that is negative.)
 *
 * @throws ShapeError when the input is too small for the window.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { LpPool2d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new LpPool2d(2, 2).forward(tensor([[[[3, 4], [0, 0]]]])).item()); // 5
 * ```
 */
export class LpPool2d extends Pool2d {
  readonly p: number;

  constructor(p: number, kernelSize: Pair, options: Omit<PoolOptions, 'padding'> = {}) {
    super('LpPool2d', kernelSize, options);
    this.p = checkNorm('LpPool2d', p);
  }

  protected forwardBatch(x: Tensor): Tensor {
    return normOfWindows(x, this.p, this.window.kernelSize, this.window);
  }

  override describe(): string {
    return this.describeWith([this.p]);
  }
}

/**
 * (Σ |x|^p)^(1/p) over each window of a sequence: [N, C, L] → [N, C, OL]. See {@link LpPool2d}.
 *
 * @throws ShapeError when the input is too short for the window.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { LpPool1d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new LpPool1d(2, 2).forward(tensor([[[3, 4, 0, 1]]])).toArray()); // [[[5, 1]]]
 * ```
 */
export class LpPool1d extends Pool1d {
  readonly p: number;

  constructor(p: number, kernelSize: number, options: Omit<Pool1dOptions, 'padding'> = {}) {
    super('LpPool1d', kernelSize, options);
    this.p = checkNorm('LpPool1d', p);
  }

  protected forwardBatch(x: Tensor): Tensor {
    return sequence(normOfWindows(this.rows(x), this.p, [1, this.kernelSize], this.window2d));
  }

  override describe(): string {
    return `${this.p}, ${super.describe()}`;
  }
}
