// Losses of yes and no, as functions and as modules: for each element a target of 0 or 1, or of -1 or 1.

import {
  add,
  checkCall,
  type Known,
  type KnownOptions,
  lessEqual,
  log,
  mul,
  neg,
  relu,
  softplus,
  square,
  sub,
  type Tensor,
  where,
} from '@dl/autograd';
import { lossesOfLogits, needTruth, weigh } from './logits.js';
import { Loss, WeightedLoss, weightBuffer } from './loss.js';
import {
  asTarget,
  checkMargin,
  type LossOptions,
  lossOptions,
  needAlike,
  needRange,
  needSigns,
  reduceLosses,
} from './reduction.js';

/** Options of {@link binaryCrossEntropy}. */
export interface BinaryCrossEntropyOptions extends LossOptions {
  /** A factor for each loss, broadcast to the input. Default: 1 for each. */
  readonly weight?: Tensor;
}

const binaryCrossEntropyOptions: Known<BinaryCrossEntropyOptions> = { weight: 'tensor', ...lossOptions };

/**
 * -(y log p + (1 - y) log(1 - p)) of probabilities p and targets y from 0 to 1. Logarithms are cut at -100, as in PyTorch; the gradient
 * there is 0. From logits, {@link binaryCrossEntropyWithLogits} loses no digits.
 *
 * @throws ArgumentError for an input or a target outside 0 … 1.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { binaryCrossEntropy } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(binaryCrossEntropy(tensor([0.5, 1]), tensor([1, 1])).item()); // 0.3465… = (log 2 + 0) / 2
 * ```
 */
export function binaryCrossEntropy(input: Tensor, target: Tensor, options: BinaryCrossEntropyOptions = {}): Tensor {
  checkCall('binaryCrossEntropy', arguments, ['input', 'target'], binaryCrossEntropyOptions);
  const { weight, reduction = 'mean' } = options;
  const y = asTarget(target, input);
  needAlike('binaryCrossEntropy', { input, target: y });
  const needs = 'probabilities from 0 to 1; take binaryCrossEntropyWithLogits for logits';
  needRange('binaryCrossEntropy', 'input', input, 0, 1, needs);
  needTruth('binaryCrossEntropy', y);
  const yes = mul(y, cutLog(input));
  const no = mul(sub(1, y), cutLog(sub(1, input)));
  return reduceLosses('binaryCrossEntropy', weigh('binaryCrossEntropy', neg(add(yes, no)), weight), reduction);
}

/**
 * Of probabilities of yes, -(y log p + (1 - y) log(1 - p)), as a module, see {@link binaryCrossEntropy}: two tensors of one
 * shape → [], or their shape without reduction.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { BCELoss } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new BCELoss().forward(tensor([0.5]), tensor([1])).item()); // 0.6931… = log 2
 * ```
 */
export class BCELoss extends WeightedLoss<BinaryCrossEntropyOptions> {
  protected override get takes(): KnownOptions {
    return binaryCrossEntropyOptions;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(input, target, this.all);
  }
}

const LEAST = Math.exp(-100);

/** log p, but not below -100, with a gradient that is a number throughout. */
function cutLog(p: Tensor): Tensor {
  const isCut = lessEqual(p, LEAST);
  return where(isCut, -100, log(where(isCut, 1, p)));
}

/** Options of {@link binaryCrossEntropyWithLogits}. */
export interface BinaryCrossEntropyWithLogitsOptions extends BinaryCrossEntropyOptions {
  /** A factor for the losses of yes, broadcast to the input: above 1 for a yes that is rare. Default: 1 for each. */
  readonly posWeight?: Tensor;
}

const binaryCrossEntropyWithLogitsOptions: Known<BinaryCrossEntropyWithLogitsOptions> = {
  posWeight: 'tensor',
  ...binaryCrossEntropyOptions,
};

/**
 * {@link binaryCrossEntropy} of sigmoid(x), from the logits x themselves: (1 - y) x + (1 + (posWeight - 1) y) log(1 + e^-x).
 *
 * @throws ArgumentError for a target outside 0 … 1, and for logits that `sigmoid` made.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { binaryCrossEntropyWithLogits } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(binaryCrossEntropyWithLogits(tensor([0, 200]), tensor([1, 1])).item()); // 0.3465… = (log 2 + 0) / 2
 * ```
 */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  options: BinaryCrossEntropyWithLogitsOptions = {},
): Tensor {
  checkCall('binaryCrossEntropyWithLogits', arguments, ['input', 'target'], binaryCrossEntropyWithLogitsOptions);
  const { weight, posWeight, reduction = 'mean' } = options;
  const name = 'binaryCrossEntropyWithLogits';
  return reduceLosses(name, lossesOfLogits(name, input, target, { weight, posWeight }), reduction);
}

/**
 * Of logits of yes, as a module, see {@link binaryCrossEntropyWithLogits}: two tensors of one shape → [], or their shape without
 * reduction. `weight` and `posWeight` are buffers, called `weight` and `pos_weight`.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { BCEWithLogitsLoss } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new BCEWithLogitsLoss({ posWeight: tensor([3]) }).forward(tensor([0]), tensor([1])).item()); // 2.079… = 3 log 2
 * ```
 */
export class BCEWithLogitsLoss extends WeightedLoss<BinaryCrossEntropyWithLogitsOptions> {
  protected override get takes(): KnownOptions {
    return binaryCrossEntropyWithLogitsOptions;
  }

  readonly posWeight: Tensor | undefined;

  constructor(options: BinaryCrossEntropyWithLogitsOptions = {}) {
    checkCall('BCEWithLogitsLoss', arguments, [], binaryCrossEntropyWithLogitsOptions);
    const { posWeight, ...rest } = options;
    super(rest);
    this.posWeight = weightBuffer(posWeight, 'pos_weight');
  }

  forward(input: Tensor, target: Tensor): Tensor {
    const { posWeight } = this;
    return binaryCrossEntropyWithLogits(input, target, { ...this.all, ...(posWeight && { posWeight }) });
  }
}

/** Options of {@link hingeLoss}. */
export interface HingeLossOptions extends LossOptions {
  /** Up to which score on the right side there is a loss. Default 1. */
  readonly margin?: number;
  /** Square each loss: smooth where it begins, and harder on large errors. Default false. */
  readonly squared?: boolean;
}

const hingeLossOptions: Known<HingeLossOptions> = { margin: 'finite', squared: 'boolean', ...lossOptions };

/**
 * max(0, margin - y x), of scores x and targets y of -1 and 1: the loss of support vector machines.
 *
 * @throws ArgumentError for a target other than -1 and 1.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { hingeLoss } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(hingeLoss(tensor([3, 0.5]), tensor([1, -1])).item()); // 0.75 = (0 + 1.5) / 2
 * ```
 */
export function hingeLoss(input: Tensor, target: Tensor, options: HingeLossOptions = {}): Tensor {
  checkCall('hingeLoss', arguments, ['input', 'target'], hingeLossOptions);
  const { margin = 1, squared = false, reduction = 'mean' } = options;
  const y = asTarget(target, input);
  needAlike('hingeLoss', { input, target: y });
  checkMargin('hingeLoss', margin);
  needSigns('hingeLoss', y);
  const short = relu(sub(margin, mul(input, y)));
  return reduceLosses('hingeLoss', squared ? square(short) : short, reduction);
}

/**
 * max(0, margin - y x) as a module, see {@link hingeLoss}: scores and sides of one shape → [], or their shape without reduction.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { HingeLoss } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new HingeLoss({ squared: true }).forward(tensor([0.5]), tensor([-1])).item()); // 2.25 = 1.5²
 * ```
 */
export class HingeLoss extends Loss<HingeLossOptions> {
  protected override get takes(): KnownOptions {
    return hingeLossOptions;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return hingeLoss(input, target, this.options);
  }
}

/**
 * log(1 + e^(-y x)), of scores x and targets y of -1 and 1: a smooth {@link hingeLoss}.
 *
 * @throws ArgumentError for a target other than -1 and 1.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { softMarginLoss } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(softMarginLoss(tensor([0, 100]), tensor([1, 1])).item()); // 0.3465… = (log 2 + 0) / 2
 * ```
 */
export function softMarginLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkCall('softMarginLoss', arguments, ['input', 'target'], lossOptions);
  const { reduction = 'mean' } = options;
  const y = asTarget(target, input);
  needAlike('softMarginLoss', { input, target: y });
  needSigns('softMarginLoss', y);
  return reduceLosses('softMarginLoss', softplus(neg(mul(input, y))), reduction);
}

/**
 * log(1 + e^(-y x)) as a module, see {@link softMarginLoss}: scores and sides of one shape → [], or their shape without reduction.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { SoftMarginLoss } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new SoftMarginLoss().forward(tensor([0]), tensor([1])).item()); // 0.6931… = log 2
 * ```
 */
export class SoftMarginLoss extends Loss {
  protected override get takes(): KnownOptions {
    return lossOptions;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return softMarginLoss(input, target, this.options);
  }
}
