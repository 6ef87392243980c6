// The losses between numbers as modules, by the names that they have in PyTorch.

import type { Tensor } from '@dl/autograd';
import { Loss } from './loss.js';
import type { LossOptions } from './reduction.js';
import {
  type GaussianNllLossOptions,
  gaussianNllLoss,
  type HuberLossOptions,
  huberLoss,
  l1Loss,
  mseLoss,
  type PoissonNllLossOptions,
  poissonNllLoss,
  type SmoothL1LossOptions,
  smoothL1Loss,
} from './regression.js';

/** The squared error, see {@link mseLoss}. */
export class MSELoss extends Loss {
  constructor(options: LossOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, this.options);
  }
}

/** The absolute error, see {@link l1Loss}. */
export class L1Loss extends Loss {
  constructor(options: LossOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, this.options);
  }
}

/** Squared for small errors, absolute for large ones, see {@link huberLoss}. */
export class HuberLoss extends Loss<HuberLossOptions> {
  constructor(options: HuberLossOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return huberLoss(input, target, this.options);
  }
}

/** {@link HuberLoss} over its delta, see {@link smoothL1Loss}. */
export class SmoothL1Loss extends Loss<SmoothL1LossOptions> {
  constructor(options: SmoothL1LossOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(input, target, this.options);
  }
}

/** For counts, see {@link poissonNllLoss}. */
export class PoissonNLLLoss extends Loss<PoissonNllLossOptions> {
  constructor(options: PoissonNllLossOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return poissonNllLoss(input, target, this.options);
  }
}

/** For a predicted mean and variance, see {@link gaussianNllLoss}. */
export class GaussianNLLLoss extends Loss<
  GaussianNllLossOptions,
  readonly [input: Tensor, target: Tensor, variance: Tensor]
> {
  constructor(options: GaussianNllLossOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor, variance: Tensor): Tensor {
    return gaussianNllLoss(input, target, variance, this.options);
  }
}
