// lrRangeTest: the loss over a range of learning rates, to choose one by.

import { ArgumentError, checkCall, type Known, keep, noGrad } from '@dl/autograd';
import type { Optimizer } from '../core/optimizer.js';

export interface LrRangeTestOptions {
  /** The first rate. Default 1e-7. */
  readonly from?: number;
  /** The last rate. Default 10. */
  readonly to?: number;
  /** The number of rates. Default 100. */
  readonly steps?: number;
  /** How rates are spaced: by factors or by differences. Default 'exponential'. */
  readonly spacing?: 'exponential' | 'linear';
  /** Stop when the smoothed loss is this many times the least one; where that is below 0, as far above it. Default 4. */
  readonly divergence?: number;
  /** How much of the running mean of the loss stays in each step, from 0 to below 1. Default 0.9. */
  readonly smoothing?: number;
}

const lrRangeTestOptions: Known<LrRangeTestOptions> = {
  from: 'number',
  to: 'number',
  steps: 'number',
  spacing: ['exponential', 'linear'],
  divergence: 'number',
  smoothing: 'number',
};

/** A rate, the loss of the step before it, and its running mean. */
export interface LrPoint {
  readonly lr: number;
  readonly loss: number;
  readonly smoothed: number;
}

export interface LrRange {
  readonly points: readonly LrPoint[];
  /** The rate at which the loss falls fastest, seen over as many points as smoothing takes in; undefined if it never does. */
  readonly suggestion: number | undefined;
}

/**
 * The learning rate range test (Smith, "Cyclical Learning Rates for Training Neural Networks", 2017): one step at each of
 * many rising rates, until the loss explodes. All groups get the same rate. Afterwards parameters, the optimiser's memory
 * and the rates are what they were; running statistics of batch norms are not.
 *
 * `train` makes one step on a batch, `backward()`, `step()` and `zeroGrad()`, and returns the loss.
 *
 * @throws ArgumentError for a range that is empty or not above 0, and for other options out of their range.
 *
 * @example
 * ```ts
 * import { scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { lrRangeTest, SGD } from '@dl/optim';
 * await useBackend(cpu());
 * const x = tensor([4, -3], { requiresGrad: true });
 * const optimizer = new SGD([x], { lr: 0.1 });
 * const { points, suggestion } = await lrRangeTest(optimizer, () =>
 *   scope(() => {
 *     const loss = x.square().sum();
 *     loss.backward();
 *     optimizer.step();
 *     optimizer.zeroGrad();
 *     return loss.item();
 *   }),
 * );
 * console.log(points.length, suggestion); // the points of the curve, and where it falls fastest
 * ```
 */
export async function lrRangeTest(
  optimizer: Pick<Optimizer, 'paramGroups' | 'stateDict' | 'loadStateDict'>,
  train: (lr: number) => number | Promise<number>,
  options: LrRangeTestOptions = {},
): Promise<LrRange> {
  checkCall('lrRangeTest', arguments, ['optimizer', 'train'], lrRangeTestOptions);
  const { from = 1e-7, to = 10, steps = 100, spacing = 'exponential', divergence = 4, smoothing = 0.9 } = options;
  if (!(from > 0 && to > from && Number.isSafeInteger(steps) && steps >= 2)) {
    throw new ArgumentError(
      `lrRangeTest: from is ${from}, to ${to} and steps ${steps}; needs 0 < from < to and at least 2 steps`,
    );
  }
  if (!(smoothing >= 0 && smoothing < 1) || !(divergence > 1)) {
    throw new ArgumentError(
      `lrRangeTest: smoothing is ${smoothing} and divergence ${divergence}; needs 0 ≤ smoothing < 1 and a divergence above 1`,
    );
  }
  if (spacing !== 'exponential' && spacing !== 'linear') {
    throw new ArgumentError(`lrRangeTest: spacing is '${spacing}', needs 'exponential' or 'linear'`);
  }
  const params = optimizer.paramGroups.flatMap((group) => group.params);
  const before = noGrad(() => params.map((param) => keep(param.clone())));
  const state = optimizer.stateDict();
  // The state has the tensors in use, which training changes.
  const memories = state.state.map((memory) =>
    Object.fromEntries(
      Object.entries(memory).map(([name, value]) => [
        name,
        typeof value === 'number' ? value : noGrad(() => keep(value.clone())),
      ]),
    ),
  );
  const points: LrPoint[] = [];
  try {
    let mean = 0;
    for (let i = 0; i < steps; i++) {
      const fraction = i / (steps - 1);
      const lr = spacing === 'linear' ? from + (to - from) * fraction : from * (to / from) ** fraction;
      for (const group of optimizer.paramGroups) group.lr = lr;
      const loss = await train(lr);
      mean = smoothing * mean + (1 - smoothing) * loss;
      const smoothed = mean / (1 - smoothing ** (i + 1));
      if (!Number.isFinite(smoothed)) break;
      points.push({ lr, loss, smoothed });
      const least = points.reduce((least, point) => Math.min(least, point.smoothed), Number.POSITIVE_INFINITY);
      // For a loss above 0 this is smoothed > divergence · least; a likelihood's may begin below.
      if (smoothed - least > (divergence - 1) * Math.abs(least)) break;
    }
  } finally {
    noGrad(() => {
      params.forEach((param, i) => {
        param.assign(before[i]!);
      });
    });
    optimizer.loadStateDict({ ...state, state: memories });
    for (const tensor of [...before, ...memories.flatMap((memory) => Object.values(memory))]) {
      if (typeof tensor !== 'number') tensor.dispose();
    }
  }
  return { points, suggestion: steepest(points, smoothing) };
}

/**
 * The rate in the middle of the points through which a line falls fastest, by the logarithm of the rate. The running mean
 * would name a rate that is too high: it lags behind by smoothing / (1 - smoothing) points.
 */
function steepest(points: readonly LrPoint[], smoothing: number): number | undefined {
  const reach = Math.max(1, Math.min(Math.round(smoothing / (1 - smoothing) / 2), Math.floor((points.length - 1) / 2)));
  let best: number | undefined;
  let least = 0;
  for (let i = reach; i < points.length - reach; i++) {
    const slope = slopeOfLine(points.slice(i - reach, i + reach + 1));
    if (slope >= least) continue;
    least = slope;
    best = points[i]!.lr;
  }
  return best;
}

/** Of the line with the least squares. */
function slopeOfLine(points: readonly LrPoint[]): number {
  const mean = (value: (point: LrPoint) => number): number =>
    points.reduce((sum, point) => sum + value(point), 0) / points.length;
  const [x, y] = [mean(({ lr }) => Math.log(lr)), mean(({ loss }) => loss)];
  return mean(({ lr, loss }) => (Math.log(lr) - x) * (loss - y)) / mean(({ lr }) => (Math.log(lr) - x) ** 2);
}
