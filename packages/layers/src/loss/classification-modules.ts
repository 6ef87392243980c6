// The losses between scores and classes as modules, by the names that they have in PyTorch.

import { type CrossEntropyOptions, crossEntropy, type Tensor } from '@dl/autograd';
import {
  type BinaryCrossEntropyOptions,
  type BinaryCrossEntropyWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  type HingeLossOptions,
  hingeLoss,
  softMarginLoss,
} from './binary.js';
import {
  KL_REDUCTIONS,
  type KlDivOptions,
  klDiv,
  type MultiMarginLossOptions,
  multiMarginLoss,
  type NllLossOptions,
  nllLoss,
} from './classification.js';
import { Loss, weightBuffer } from './loss.js';
import type { LossOptions } from './reduction.js';

/** Cross-entropy of logits, see `crossEntropy` of `@dl/autograd`. */
export class CrossEntropyLoss extends Loss<Omit<CrossEntropyOptions, 'weight'>> {
  readonly weight: Tensor | undefined;

  constructor({ weight, ...options }: CrossEntropyOptions = {}) {
    super(options);
    this.weight = weightBuffer(weight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return crossEntropy(input, target, { ...this.options, ...(this.weight && { weight: this.weight }) });
  }
}

/** Of logarithms of probabilities, see {@link nllLoss}. */
export class NLLLoss extends Loss<Omit<NllLossOptions, 'weight'>> {
  readonly weight: Tensor | undefined;

  constructor({ weight, ...options }: NllLossOptions = {}) {
    super(options);
    this.weight = weightBuffer(weight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return nllLoss(input, target, { ...this.options, ...(this.weight && { weight: this.weight }) });
  }
}

/** The Kullback-Leibler divergence, see {@link klDiv}. */
export class KLDivLoss extends Loss<KlDivOptions> {
  constructor(options: KlDivOptions = {}) {
    super(options, KL_REDUCTIONS);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, this.options);
  }
}

/** The hinge loss of several classes, see {@link multiMarginLoss}. */
export class MultiMarginLoss extends Loss<Omit<MultiMarginLossOptions, 'weight'>> {
  readonly weight: Tensor | undefined;

  constructor({ weight, ...options }: MultiMarginLossOptions = {}) {
    super(options);
    this.weight = weightBuffer(weight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return multiMarginLoss(input, target, { ...this.options, ...(this.weight && { weight: this.weight }) });
  }
}

/** Of probabilities of yes, see {@link binaryCrossEntropy}. */
export class BCELoss extends Loss<Omit<BinaryCrossEntropyOptions, 'weight'>> {
  readonly weight: Tensor | undefined;

  constructor({ weight, ...options }: BinaryCrossEntropyOptions = {}) {
    super(options);
    this.weight = weightBuffer(weight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(input, target, { ...this.options, ...(this.weight && { weight: this.weight }) });
  }
}

/** Of logits of yes, see {@link binaryCrossEntropyWithLogits}. */
export class BCEWithLogitsLoss extends Loss<Omit<BinaryCrossEntropyWithLogitsOptions, 'weight' | 'posWeight'>> {
  readonly weight: Tensor | undefined;
  readonly posWeight: Tensor | undefined;

  constructor({ weight, posWeight, ...options }: BinaryCrossEntropyWithLogitsOptions = {}) {
    super(options);
    this.weight = weightBuffer(weight);
    this.posWeight = weightBuffer(posWeight, 'pos_weight');
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropyWithLogits(input, target, {
      ...this.options,
      ...(this.weight && { weight: this.weight }),
      ...(this.posWeight && { posWeight: this.posWeight }),
    });
  }
}

/** Of scores and sides, see {@link hingeLoss}. */
export class HingeLoss extends Loss<HingeLossOptions> {
  constructor(options: HingeLossOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return hingeLoss(input, target, this.options);
  }
}

/** A smooth {@link HingeLoss}, see {@link softMarginLoss}. */
export class SoftMarginLoss extends Loss {
  constructor(options: LossOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return softMarginLoss(input, target, this.options);
  }
}
