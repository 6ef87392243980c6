// Losses between numbers, as functions and as modules: squared, absolute, and what lies between; and those that predict a distribution.

import {
  abs,
  add,
  checkCall,
  clamp,
  div,
  exp,
  greater,
  type Known,
  type KnownOptions,
  less,
  log,
  mul,
  noGrad,
  square,
  sub,
  type Tensor,
  where,
} from '@dl/autograd';
import { Loss } from './loss.js';
import {
  asTarget,
  type LossOptions,
  lossOptions,
  needAlike,
  needFloats,
  needLayout,
  needNumber,
  needRange,
  reduceLosses,
} from './reduction.js';

/**
 * The squared error (x - y)².
 *
 * @throws ShapeError unless both have the same shape.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { mseLoss } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(mseLoss(tensor([1, 2]), tensor([1, 4])).item()); // 2
 * ```
 */
export function mseLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkCall('mseLoss', arguments, ['input', 'target'], lossOptions);
  const { reduction = 'mean' } = options;
  const y = asTarget(target, input);
  needAlike('mseLoss', { input, target: y });
  return reduceLosses('mseLoss', square(sub(input, y)), reduction);
}

/**
 * The squared error (x - y)² as a module, see {@link mseLoss}: two tensors of one shape → [], or their shape without reduction.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { MSELoss } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new MSELoss().forward(tensor([1, 2]), tensor([1, 4])).item()); // 2
 * ```
 */
export class MSELoss extends Loss {
  protected override get takes(): KnownOptions {
    return lossOptions;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, this.options);
  }
}

/**
 * The absolute error |x - y|, which outliers pull at no harder than others. The derivative at 0 is taken as 0.
 *
 * @throws ShapeError unless both have the same shape.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { l1Loss } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(l1Loss(tensor([1, 2]), tensor([1, 5])).item()); // 1.5
 * ```
 */
export function l1Loss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkCall('l1Loss', arguments, ['input', 'target'], lossOptions);
  const { reduction = 'mean' } = options;
  const y = asTarget(target, input);
  needAlike('l1Loss', { input, target: y });
  return reduceLosses('l1Loss', abs(sub(input, y)), reduction);
}

/**
 * The absolute error |x - y| as a module, see {@link l1Loss}: two tensors of one shape → [], or their shape without reduction.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { L1Loss } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new L1Loss({ reduction: 'sum' }).forward(tensor([1, 2]), tensor([1, 5])).item()); // 3
 * ```
 */
export class L1Loss extends Loss {
  protected override get takes(): KnownOptions {
    return lossOptions;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, this.options);
  }
}

/** Options of {@link huberLoss}. */
export interface HuberLossOptions extends LossOptions {
  /** Up to which error the loss is squared. Default 1. */
  readonly delta?: number;
}

const huberLossOptions: Known<HuberLossOptions> = { delta: 'number', ...lossOptions };

/**
 * With d = |x - y|: d²/2 up to delta, and delta (d - delta/2) beyond (Huber, 1964).
 *
 * @throws ArgumentError for a delta that is not above 0.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { huberLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const losses = huberLoss(tensor([0.5, 3]), tensor([0, 0]), { delta: 1, reduction: 'none' });
 * console.log(losses.toArray()); // [0.125, 2.5]
 * ```
 */
export function huberLoss(input: Tensor, target: Tensor, options: HuberLossOptions = {}): Tensor {
  checkCall('huberLoss', arguments, ['input', 'target'], huberLossOptions);
  const { delta = 1, reduction = 'mean' } = options;
  const y = asTarget(target, input);
  needAlike('huberLoss', { input, target: y });
  needNumber('huberLoss', 'delta', delta, 0);
  return reduceLosses('huberLoss', huber(sub(input, y), delta), reduction);
}

/**
 * Squared for small errors, absolute for large ones, as a module, see {@link huberLoss}: two tensors of one shape → [], or their
 * shape without reduction.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { HuberLoss } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new HuberLoss({ delta: 2 }).forward(tensor([3]), tensor([0])).item()); // 4 = 2 · (3 - 1)
 * ```
 */
export class HuberLoss extends Loss<HuberLossOptions> {
  protected override get takes(): KnownOptions {
    return huberLossOptions;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return huberLoss(input, target, this.options);
  }
}

/** Options of {@link smoothL1Loss}. */
export interface SmoothL1LossOptions extends LossOptions {
  /** Up to which error the loss is squared. Default 1; 0 gives {@link l1Loss}. */
  readonly beta?: number;
}

const smoothL1LossOptions: Known<SmoothL1LossOptions> = { beta: 'finite', ...lossOptions };

/**
 * With d = |x - y|: d²/(2 beta) up to beta, and d - beta/2 beyond: {@link huberLoss} over its delta (Girshick, 2015).
 *
 * @throws ArgumentError for a beta below 0.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { smoothL1Loss } from '@dl/layers';
 * await useBackend(cpu());
 * const losses = smoothL1Loss(tensor([0.5, 3]), tensor([0, 0]), { beta: 2, reduction: 'none' });
 * console.log(losses.toArray()); // [0.0625, 2]
 * ```
 */
export function smoothL1Loss(input: Tensor, target: Tensor, options: SmoothL1LossOptions = {}): Tensor {
  checkCall('smoothL1Loss', arguments, ['input', 'target'], smoothL1LossOptions);
  const { beta = 1, reduction = 'mean' } = options;
  const y = asTarget(target, input);
  needAlike('smoothL1Loss', { input, target: y });
  needNumber('smoothL1Loss', 'beta', beta, 0, true);
  const error = sub(input, y);
  return reduceLosses('smoothL1Loss', beta === 0 ? abs(error) : mul(huber(error, beta), 1 / beta), reduction);
}

/**
 * {@link HuberLoss} over its delta, as a module, see {@link smoothL1Loss}: two tensors of one shape → [], or their shape without
 * reduction.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { SmoothL1Loss } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new SmoothL1Loss({ beta: 2 }).forward(tensor([3]), tensor([0])).item()); // 2 = 3 - 1
 * ```
 */
export class SmoothL1Loss extends Loss<SmoothL1LossOptions> {
  protected override get takes(): KnownOptions {
    return smoothL1LossOptions;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(input, target, this.options);
  }
}

/** What is squared is cut at delta first, so that the part that `where` drops has no large numbers. */
function huber(error: Tensor, delta: number): Tensor {
  const size = abs(error);
  return where(less(size, delta), mul(square(clamp(error, -delta, delta)), 0.5), sub(mul(size, delta), delta ** 2 / 2));
}

/** Options of {@link poissonNllLoss}. */
export interface PoissonNllLossOptions extends LossOptions {
  /** The input is the logarithm of the expected count. Default true. */
  readonly logInput?: boolean;
  /** Add Stirling's approximation of log y!, so that losses can be compared, for counts above 1. Default false. */
  readonly full?: boolean;
  /** Added to a count before its logarithm. Default 1e-8. */
  readonly eps?: number;
}

const poissonNllLossOptions: Known<PoissonNllLossOptions> = {
  logInput: 'boolean',
  full: 'boolean',
  eps: 'number',
  ...lossOptions,
};

/**
 * How unlikely a count y is where x is expected: e^x - x y for the logarithm of what is expected, or x - y log(x + eps). Without log y!
 * unless `full`, when y log y - y + log(2πy)/2 stands for it where y > 1.
 *
 * @throws ArgumentError for expected counts below 0 where `logInput` is false.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { poissonNllLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const logRate = tensor([0, 0]); // e^0 = 1 is expected
 * console.log(poissonNllLoss(logRate, tensor([1, 3]), { reduction: 'none' }).toArray()); // [1, 1]
 * ```
 */
export function poissonNllLoss(input: Tensor, target: Tensor, options: PoissonNllLossOptions = {}): Tensor {
  checkCall('poissonNllLoss', arguments, ['input', 'target'], poissonNllLossOptions);
  const { logInput = true, full = false, eps = 1e-8, reduction = 'mean' } = options;
  const y = asTarget(target, input);
  needAlike('poissonNllLoss', { input, target: y });
  needNumber('poissonNllLoss', 'eps', eps, 0);
  if (!logInput) {
    const needs = 'expected counts of at least 0; take { logInput: true } for their logarithms';
    needRange('poissonNllLoss', 'input', input, 0, Infinity, needs);
  }
  let losses = logInput ? sub(exp(input), mul(input, y)) : sub(input, mul(y, log(add(input, eps))));
  if (full) {
    const isMany = greater(y, 1);
    const count = where(isMany, y, 1);
    const stirling = add(sub(mul(count, log(count)), count), mul(log(mul(count, 2 * Math.PI)), 0.5));
    losses = add(losses, where(isMany, stirling, 0));
  }
  return reduceLosses('poissonNllLoss', losses, reduction);
}

/**
 * For counts, e^x - x y, as a module, see {@link poissonNllLoss}: two tensors of one shape → [], or their shape without reduction.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { PoissonNLLLoss } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new PoissonNLLLoss().forward(tensor([0]), tensor([3])).item()); // 1
 * ```
 */
export class PoissonNLLLoss extends Loss<PoissonNllLossOptions> {
  protected override get takes(): KnownOptions {
    return poissonNllLossOptions;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return poissonNllLoss(input, target, this.options);
  }
}

/** Options of {@link gaussianNllLoss}. */
export interface GaussianNllLossOptions extends LossOptions {
  /** Add log(2π)/2, so that the loss is a whole logarithm. Default false. */
  readonly full?: boolean;
  /** The least variance. Default 1e-6. */
  readonly eps?: number;
}

const gaussianNllLossOptions: Known<GaussianNllLossOptions> = { full: 'boolean', eps: 'number', ...lossOptions };

/**
 * How unlikely y is under a normal distribution whose mean and variance are both predicted: (log v + (x - y)²/v)/2, with v the
 * variance but at least eps; a cut variance keeps its gradient, as in PyTorch (Nix & Weigend, 1994). The variance has the
 * shape of the input, or 1 on its last axis, or lacks that axis.
 *
 * @throws ArgumentError for a variance below 0.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { gaussianNllLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const [mean, variance] = [tensor([0, 0]), tensor([1, 4])];
 * console.log(gaussianNllLoss(mean, tensor([2, 2]), variance, { reduction: 'none' }).toArray()); // [2, 1.193…] = [2²/2, (log 4 + 1)/2]
 * ```
 */
export function gaussianNllLoss(
  input: Tensor,
  target: Tensor,
  variance: Tensor,
  options: GaussianNllLossOptions = {},
): Tensor {
  checkCall('gaussianNllLoss', arguments, ['input', 'target', 'variance'], gaussianNllLossOptions);
  const { full = false, eps = 1e-6, reduction = 'mean' } = options;
  const y = asTarget(target, input);
  needAlike('gaussianNllLoss', { input, target: y });
  needFloats('gaussianNllLoss', { input, variance });
  needNumber('gaussianNllLoss', 'eps', eps, 0);
  const { shape } = input;
  const layouts = [shape, shape.slice(0, -1), [...shape.slice(0, -1), 1]].map(String);
  const layout = `the shape of the input, [${shape.join(', ')}], or one variance for each of its rows`;
  needLayout('gaussianNllLoss', 'variance', variance, layout, (found) => layouts.includes(String(found)));
  needRange('gaussianNllLoss', 'variance', variance, 0, Infinity, 'numbers of at least 0; take softplus or exp of it');
  const lacksAxis = variance.rank < input.rank;
  const given = lacksAxis ? variance.unsqueeze(-1) : variance;
  const v = add(
    given,
    noGrad(() => where(less(given, eps), sub(eps, given), 0)),
  );
  const losses = mul(add(log(v), div(square(sub(input, y)), v)), 0.5);
  return reduceLosses('gaussianNllLoss', full ? add(losses, Math.log(2 * Math.PI) / 2) : losses, reduction);
}

/**
 * For a predicted mean and variance, (log v + (x - y)²/v)/2, as a module, see {@link gaussianNllLoss}: mean, target and
 * variance → [], or the shape of the mean without reduction.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { GaussianNLLLoss } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new GaussianNLLLoss().forward(tensor([0]), tensor([2]), tensor([1])).item()); // 2
 * ```
 */
export class GaussianNLLLoss extends Loss<
  GaussianNllLossOptions,
  readonly [input: Tensor, target: Tensor, variance: Tensor]
> {
  protected override get takes(): KnownOptions {
    return gaussianNllLossOptions;
  }

  forward(input: Tensor, target: Tensor, variance: Tensor): Tensor {
    return gaussianNllLoss(input, target, variance, this.options);
  }
}
