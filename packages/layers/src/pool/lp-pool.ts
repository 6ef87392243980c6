// LpPool1d and LpPool2d: the p-norm of each window.

import {
  ArgumentError,
  abs,
  avgPool2d,
  checkCall,
  equal,
  type KnownOptions,
  type Pair,
  type PoolOptions,
  pad,
  pow,
  shown,
  sizeOf,
  type Tensor,
  where,
} from '@dl/autograd';
import { Pool1d, type Pool1dOptions, sequence } from './pool1d.js';
import { Pool2d, type Window } from './window.js';

type WindowOfImage = Omit<Window, 'padding'>;

function checkNorm(layer: string, p: number): number {
  if (!(p > 0 && p < Infinity))
    throw new ArgumentError(`${layer}: p is ${shown(p)}, needs a number above 0, such as 2`);
  return p;
}

/** (Σ |x|^p)^(1/p), as the mean of each window times its area. */
function normOfWindows(x: Tensor, p: number, window: WindowOfImage): Tensor {
  const { kernelSize } = window;
  const powers = p === 2 ? x.square() : powerOf(x, p);
  const sums = avgPool2d(full(powers, window), kernelSize, { stride: window.stride }).mul(sizeOf(kernelSize));
  // The root has no derivative at 0: a window of zeros gets none.
  const isNothing = equal(sums, 0);
  return where(isNothing, 0, pow(where(isNothing, 1, sums), 1 / p));
}

/** |x|^p, with the derivative 0 at 0, where it is infinite for p < 1. */
function powerOf(x: Tensor, p: number): Tensor {
  if (p >= 1) return pow(abs(x), p);
  const isNothing = equal(x, 0);
  return where(isNothing, 0, pow(where(isNothing, 1, abs(x)), p));
}

/** With zeros behind the edges that windows reach over in ceil mode, so that a mean times the area is the sum of what is there. */
function full(powers: Tensor, { kernelSize, stride, ceilMode }: WindowOfImage): Tensor {
  if (!ceilMode) return powers;
  const over = ([0, 1] as const).map((axis) => {
    const length = powers.shape[axis + 2]!;
    const steps = Math.ceil((length - kernelSize[axis]) / stride[axis]);
    // A window that would begin behind the edge is left out.
    const last = steps * stride[axis] >= length ? steps - 1 : steps;
    return Math.max(0, last * stride[axis] + kernelSize[axis] - length);
  }) as [number, number];
  return pad(powers, [
    [0, 0],
    [0, 0],
    [0, over[0]],
    [0, over[1]],
  ]);
}

const lpPool2dOptions: KnownOptions = { stride: 'pair', ceilMode: 'boolean' };

/**
 * (Σ |x|^p)^(1/p) over each window: [N, C, H, W] → [N, C, OH, OW], with sizes as in {@link MaxPool2d} without padding. p = 1
 * is the sum of sizes, p = 2 the Euclidean norm (L2 pooling), and large p come near to the largest. It is a
 * norm of the sum; the other custom, L2 pooling by the mean, √(Σ x² / area), is this over √area. With `ceilMode` a window
 * that reaches over the edge has the norm of what is in it. The gradient of a window of zeros is 0, and of a 0 for p < 1.
 * (PyTorch adds up x^p, without bars, and has NaN for odd p where that is negative; and it counts a window over the edge as
 * full, its mean times the area.)
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
    checkCall('LpPool2d', arguments, [['p', 'number'], 'kernelSize'], lpPool2dOptions);
    super('LpPool2d', kernelSize, options);
    this.p = checkNorm('LpPool2d', p);
  }

  protected forwardBatch(x: Tensor): Tensor {
    return normOfWindows(x, this.p, this.window);
  }

  override describe(): string {
    return this.describeWith([this.p]);
  }
}

const lpPool1dOptions: KnownOptions = { stride: 'number', ceilMode: 'boolean' };

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
    checkCall('LpPool1d', arguments, [['p', 'number'], 'kernelSize'], lpPool1dOptions);
    super('LpPool1d', kernelSize, options);
    this.p = checkNorm('LpPool1d', p);
  }

  protected forwardBatch(x: Tensor): Tensor {
    return sequence(normOfWindows(this.rows(x), this.p, { kernelSize: [1, this.kernelSize], ...this.window2d }));
  }

  override describe(): string {
    return `${this.p}, ${super.describe()}`;
  }
}
