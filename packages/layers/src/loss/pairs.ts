// Losses between examples: what belongs together is to be near, the rest apart.

import {
  ArgumentError,
  add,
  formatShape,
  minimum,
  mul,
  noGrad,
  norm,
  relu,
  type Shape,
  ShapeError,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  where,
} from '@dl/autograd';
import {
  checkMargin,
  type LossOptions,
  needAlike,
  needFloats,
  needLayout,
  needNumber,
  needRange,
  needSigns,
  reduceLosses,
} from './reduction.js';

export interface MarginLossOptions extends LossOptions {
  readonly margin?: number;
}

/** x for pairs that belong together (target 1), max(0, margin - x) for others (-1), of distances x. Default margin 1. */
export function hingeEmbeddingLoss(
  input: Tensor,
  target: Tensor,
  { margin = 1, reduction = 'mean' }: MarginLossOptions = {},
): Tensor {
  needAlike('hingeEmbeddingLoss', { input, target });
  checkMargin('hingeEmbeddingLoss', margin);
  needSigns('hingeEmbeddingLoss', target);
  return reduceLosses('hingeEmbeddingLoss', where(target.greater(0), input, relu(sub(margin, input))), reduction);
}

/** max(0, margin - y (a - b)): y is 1 where a is to be ranked above b, and -1 where below. Default margin 0. */
export function marginRankingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  { margin = 0, reduction = 'mean' }: MarginLossOptions = {},
): Tensor {
  needAlike('marginRankingLoss', { input1, input2, target });
  checkMargin('marginRankingLoss', margin);
  needSigns('marginRankingLoss', target);
  return reduceLosses('marginRankingLoss', relu(sub(margin, mul(target, sub(input1, input2)))), reduction);
}

/**
 * By the cosine of two vectors: 1 - cos for those that belong together (target 1), max(0, cos - margin) for others (-1), of
 * [batch, features] and targets [batch]. Default margin 0; from 0 to 0.5 is usual.
 */
export function cosineEmbeddingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  { margin = 0, reduction = 'mean' }: MarginLossOptions = {},
): Tensor {
  needPairs('cosineEmbeddingLoss', { input1, input2 }, target);
  checkMargin('cosineEmbeddingLoss', margin);
  needSigns('cosineEmbeddingLoss', target);
  const eps = 1e-12;
  const squares = mul(add(sum(square(input1), -1), eps), add(sum(square(input2), -1), eps));
  const cosine = sum(mul(input1, input2), -1).div(sqrt(squares));
  const losses = where(target.greater(0), sub(1, cosine), relu(sub(cosine, margin)));
  return reduceLosses('cosineEmbeddingLoss', losses, reduction);
}

export interface ContrastiveLossOptions extends LossOptions {
  /** How far apart others are pushed. Default 1. */
  readonly margin?: number;
}

/**
 * d² for pairs that belong together (target 1), max(0, margin - d)² for others (0), with d the distance of two vectors: the
 * pairwise loss that learns from neighbours without labels (Hadsell et al., 2006; Weston et al., 2008). Of [batch, features]
 * and targets [batch].
 *
 * @throws ArgumentError for a target other than 0 and 1.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { contrastiveLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const [a, b] = [tensor([[0, 0], [0, 0]]), tensor([[0.3, 0.4], [0.3, 0.4]])];
 * console.log(contrastiveLoss(a, b, tensor([1, 0])).item()); // 0.25: half of 0.5² + (1 - 0.5)², nearly
 * ```
 */
export function contrastiveLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  { margin = 1, reduction = 'mean' }: ContrastiveLossOptions = {},
): Tensor {
  needPairs('contrastiveLoss', { input1, input2 }, target);
  checkMargin('contrastiveLoss', margin);
  const halves = noGrad(() => sub(target, 0.5).abs());
  needRange('contrastiveLoss', 'abs(target - 0.5)', halves, 0.5, 0.5, 'targets of 1 (they belong together) and 0');
  const distance = pairwiseDistance(input1, input2, 2, 1e-6);
  const losses = where(target.greater(0), square(distance), square(relu(sub(margin, distance))));
  return reduceLosses('contrastiveLoss', losses, reduction);
}

export interface TripletMarginLossOptions extends LossOptions {
  /** How much nearer the positive example is to be. Default 1. */
  readonly margin?: number;
  /** Which norm measures distances. Default 2. */
  readonly p?: number;
  /** Added to each difference, so that there is a gradient where examples are equal. Default 1e-6. */
  readonly eps?: number;
  /** Also look from the positive example, and take the nearer negative distance (Balntas et al., 2016). Default false. */
  readonly swap?: boolean;
}

/**
 * max(0, d(anchor, positive) - d(anchor, negative) + margin), of [batch, features] each (Schroff et al., 2015).
 *
 * @throws ShapeError unless all three have the same shape.
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  { margin = 1, p = 2, eps = 1e-6, swap = false, reduction = 'mean' }: TripletMarginLossOptions = {},
): Tensor {
  needAlike('tripletMarginLoss', { anchor, positive, negative });
  needLayout('tripletMarginLoss', 'anchor', anchor, '[batch, features]', (shape) => shape.length >= 1);
  checkMargin('tripletMarginLoss', margin);
  if (!(p >= 1)) throw new ArgumentError(`tripletMarginLoss: p is ${p}, needs a number of at least 1`);
  needNumber('tripletMarginLoss', 'eps', eps, 0, true);
  const near = pairwiseDistance(anchor, positive, p, eps);
  const far = pairwiseDistance(anchor, negative, p, eps);
  const apart = swap ? minimum(far, pairwiseDistance(positive, negative, p, eps)) : far;
  return reduceLosses('tripletMarginLoss', relu(sub(near, apart).add(margin)), reduction);
}

function pairwiseDistance(a: Tensor, b: Tensor, p: number, eps: number): Tensor {
  return norm(add(sub(a, b), eps), -1, { p });
}

/** Throws unless there are two rows of vectors, and a target for each pair. */
function needPairs(name: string, inputs: Readonly<Record<string, Tensor>>, target: Tensor): void {
  needAlike(name, inputs);
  const [input] = Object.values(inputs) as [Tensor];
  needFloats(name, { ...inputs, target });
  needLayout(name, 'input1', input, '[batch, features]', (shape) => shape.length >= 1);
  const rows: Shape = input.shape.slice(0, -1);
  if (formatShape(target.shape) !== formatShape(rows)) {
    throw new ShapeError(
      `${name}: the inputs are ${formatShape(input.shape)} and target is ${formatShape(target.shape)}; needs one target for each pair, ${formatShape(rows)}`,
    );
  }
}
