// The losses between examples, and between sequences, as modules, by the names that they have in PyTorch.

import type { Tensor } from '@dl/autograd';
import { type CtcLossOptions, ctcLoss } from './ctc.js';
import { Loss } from './loss.js';
import {
  type ContrastiveLossOptions,
  contrastiveLoss,
  cosineEmbeddingLoss,
  hingeEmbeddingLoss,
  type MarginLossOptions,
  marginRankingLoss,
  type TripletMarginLossOptions,
  tripletMarginLoss,
} from './pairs.js';

/** Of distances, see {@link hingeEmbeddingLoss}. */
export class HingeEmbeddingLoss extends Loss<MarginLossOptions> {
  constructor(options: MarginLossOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return hingeEmbeddingLoss(input, target, this.options);
  }
}

/** Of scores to be ranked, see {@link marginRankingLoss}. */
export class MarginRankingLoss extends Loss<
  MarginLossOptions,
  readonly [input1: Tensor, input2: Tensor, target: Tensor]
> {
  constructor(options: MarginLossOptions = {}) {
    super(options);
  }

  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return marginRankingLoss(input1, input2, target, this.options);
  }
}

/** Of pairs, by their cosine, see {@link cosineEmbeddingLoss}. */
export class CosineEmbeddingLoss extends Loss<
  MarginLossOptions,
  readonly [input1: Tensor, input2: Tensor, target: Tensor]
> {
  constructor(options: MarginLossOptions = {}) {
    super(options);
  }

  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return cosineEmbeddingLoss(input1, input2, target, this.options);
  }
}

/** Of pairs, by their distance, see {@link contrastiveLoss}. */
export class ContrastiveLoss extends Loss<
  ContrastiveLossOptions,
  readonly [input1: Tensor, input2: Tensor, target: Tensor]
> {
  constructor(options: ContrastiveLossOptions = {}) {
    super(options);
  }

  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return contrastiveLoss(input1, input2, target, this.options);
  }
}

/** Of an anchor, one near it and one far from it, see {@link tripletMarginLoss}. */
export class TripletMarginLoss extends Loss<
  TripletMarginLossOptions,
  readonly [anchor: Tensor, positive: Tensor, negative: Tensor]
> {
  constructor(options: TripletMarginLossOptions = {}) {
    super(options);
  }

  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginLoss(anchor, positive, negative, this.options);
  }
}

/** Of sequences whose labels have no time, see {@link ctcLoss}. */
export class CTCLoss extends Loss<
  CtcLossOptions,
  readonly [logProbs: Tensor, targets: Tensor, inputLengths: readonly number[], targetLengths: readonly number[]]
> {
  constructor(options: CtcLossOptions = {}) {
    super(options);
  }

  forward(
    logProbs: Tensor,
    targets: Tensor,
    inputLengths: readonly number[],
    targetLengths: readonly number[],
  ): Tensor {
    return ctcLoss(logProbs, targets, inputLengths, targetLengths, this.options);
  }
}
