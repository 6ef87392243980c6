// Losses of three: an anchor, an example to be near to it and one to be far, as a function and as a module.

import {
  ArgumentError,
  checkCall,
  formatShape,
  isInstance,
  type Known,
  type KnownOptions,
  minimum,
  ShapeError,
  shown,
  sub,
  Tensor,
} from '@dl/autograd';
import { pairwiseDistance } from './distance.js';
import { Loss } from './loss.js';
import {
  checkMargin,
  type LossOptions,
  lossOptions,
  needAlike,
  needLayout,
  needNumber,
  reduceLosses,
  shortfall,
} from './reduction.js';

/** Options of {@link tripletMarginLoss}. */
export interface TripletMarginLossOptions extends LossOptions {
  /** How much nearer the positive example is to be. Default 1. */
  readonly margin?: number;
  /** Which norm measures distances. Default 2. */
  readonly p?: number;
  /** Added to each difference, so that there is a gradient where examples are equal. Default 1e-6. */
  readonly eps?: number;
  /**
   * Another measure of distance instead, from two [batch, features] to [batch], such as 1 - cosine (PyTorch's
   * `TripletMarginWithDistanceLoss`). Default: the p-norm of the difference.
   */
  readonly distance?: (a: Tensor, b: Tensor) => Tensor;
  /** Also look from the positive example, and take the nearer negative distance (Balntas et al., 2016). Default false. */
  readonly swap?: boolean;
}

const tripletMarginLossOptions: Known<TripletMarginLossOptions> = {
  margin: 'finite',
  p: 'number',
  eps: 'number',
  distance: {
    needs: 'a function of two tensors; for a norm give p',
    test: (value) => typeof value === 'function',
  },
  swap: 'boolean',
  ...lossOptions,
};

/**
 * max(0, d(anchor, positive) - d(anchor, negative) + margin), of [batch, features] each (Schroff et al., 2015), with d the p-norm of the
 * difference, or a `distance` of your own.
 *
 * @throws ShapeError unless all three have the same shape.
 * @throws ArgumentError for a p below 1, or beside a `distance`, which has no p and eps.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { tripletMarginLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const [anchor, near, far] = [tensor([[0, 0]]), tensor([[0, 1]]), tensor([[1.5, 0]])];
 * console.log(tripletMarginLoss(anchor, near, far).item()); // 0.5 = 1 - 1.5 + 1, nearly
 * ```
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletMarginLossOptions = {},
): Tensor {
  checkCall('tripletMarginLoss', arguments, ['anchor', 'positive', 'negative'], tripletMarginLossOptions);
  const { margin = 1, swap = false, reduction = 'mean' } = options;
  needAlike('tripletMarginLoss', { anchor, positive, negative });
  needLayout('tripletMarginLoss', 'anchor', anchor, '[batch, features]', (shape) => shape.length >= 1);
  checkMargin('tripletMarginLoss', margin);
  const measure = measureOf(options);
  const near = measure(anchor, positive);
  const far = measure(anchor, negative);
  const apart = swap ? minimum(far, measure(positive, negative)) : far;
  return reduceLosses('tripletMarginLoss', shortfall(sub(near, apart).add(margin)), reduction);
}

function measureOf({ p, eps, distance }: TripletMarginLossOptions): (a: Tensor, b: Tensor) => Tensor {
  if (distance === undefined) {
    const [power, more] = [p ?? 2, eps ?? 1e-6];
    if (!(power >= 1)) throw new ArgumentError(`tripletMarginLoss: p is ${shown(power)}, needs a number of at least 1`);
    needNumber('tripletMarginLoss', 'eps', more, 0, true);
    return (a, b) => pairwiseDistance(a, b, power, more);
  }
  if (typeof distance !== 'function') {
    throw new ArgumentError(
      `tripletMarginLoss: distance is ${shown(distance)}, needs a function of two tensors; for a norm give p`,
    );
  }
  if (p !== undefined || eps !== undefined) {
    throw new ArgumentError(
      'tripletMarginLoss: p and eps are of the norm, which distance takes the place of; leave them out',
    );
  }
  return (a, b) => {
    const y = distance(a, b);
    if (!isInstance(y, Tensor, 'tripletMarginLoss', 'what distance returned')) {
      throw new ArgumentError(`tripletMarginLoss: distance returned ${shown(y)}, needs a Tensor`);
    }
    if (formatShape(y.shape) !== formatShape(a.shape.slice(0, -1))) {
      throw new ShapeError(
        `tripletMarginLoss: of ${formatShape(a.shape)} distance returned ${formatShape(y.shape)}; needs ${formatShape(a.shape.slice(0, -1))}, one for each pair`,
      );
    }
    return y;
  };
}

/**
 * Of an anchor, one near it and one far from it, as a module, see {@link tripletMarginLoss}: [batch, features] three times → [], or
 * [batch] without reduction.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { TripletMarginLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const loss = new TripletMarginLoss();
 * console.log(loss.forward(tensor([[0, 0]]), tensor([[0, 1]]), tensor([[9, 0]])).item()); // 0: far enough
 * ```
 */
export class TripletMarginLoss extends Loss<
  TripletMarginLossOptions,
  readonly [anchor: Tensor, positive: Tensor, negative: Tensor]
> {
  protected override get takes(): KnownOptions {
    return tripletMarginLossOptions;
  }

  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginLoss(anchor, positive, negative, this.options);
  }
}
