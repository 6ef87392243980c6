// Losses between examples, as functions and as modules: what belongs together is to be near, the rest apart.

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
import { Loss } from './loss.js';
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

/** Options of losses with a margin, such as {@link marginRankingLoss}. */
export interface MarginLossOptions extends LossOptions {
  /** Up to where a pair costs something; each loss has a default of its own. */
  readonly margin?: number;
}

/**
 * x for pairs that belong together (target 1), max(0, margin - x) for others (-1), of distances x and targets of one shape. Default
 * margin 1.
 *
 * @throws ArgumentError for a target other than -1 and 1.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { hingeEmbeddingLoss } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(hingeEmbeddingLoss(tensor([0.3, 0.3]), tensor([1, -1]), { reduction: 'none' }).toArray()); // [0.3, 0.7]
 * ```
 */
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

/**
 * Of distances and targets of 1 and -1, as a module, see {@link hingeEmbeddingLoss}: two tensors of one shape → [], or their shape
 * without reduction.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { HingeEmbeddingLoss } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new HingeEmbeddingLoss({ margin: 2 }).forward(tensor([0.5]), tensor([-1])).item()); // 1.5
 * ```
 */
export class HingeEmbeddingLoss extends Loss<MarginLossOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return hingeEmbeddingLoss(input, target, this.options);
  }
}

/**
 * max(0, margin - y (a - b)), of scores a and b and targets y of one shape: y is 1 where a is to be ranked above b, and -1 where below.
 * Default margin 0.
 *
 * @throws ArgumentError for a target other than -1 and 1.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { marginRankingLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const [a, b] = [tensor([2, 1]), tensor([1, 2])];
 * console.log(marginRankingLoss(a, b, tensor([1, 1]), { margin: 0.5, reduction: 'none' }).toArray()); // [0, 1.5]
 * ```
 */
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
 * Of scores to be ranked, max(0, margin - y (a - b)), as a module, see {@link marginRankingLoss}: three tensors of one shape → [], or
 * their shape without reduction.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { MarginRankingLoss } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new MarginRankingLoss().forward(tensor([1]), tensor([3]), tensor([1])).item()); // 2
 * ```
 */
export class MarginRankingLoss extends Loss<
  MarginLossOptions,
  readonly [input1: Tensor, input2: Tensor, target: Tensor]
> {
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return marginRankingLoss(input1, input2, target, this.options);
  }
}

/**
 * By the cosine of two vectors: 1 - cos for those that belong together (target 1), max(0, cos - margin) for others (-1), of
 * [batch, features] and targets [batch]. Default margin 0; from 0 to 0.5 is usual.
 *
 * @throws ArgumentError for a target other than -1 and 1.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { cosineEmbeddingLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const [a, b] = [tensor([[1, 0], [1, 0]]), tensor([[0, 2], [3, 0]])];
 * console.log(cosineEmbeddingLoss(a, b, tensor([1, -1]), { reduction: 'none' }).toArray()); // [1, 1]: a right angle, and none
 * ```
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

/**
 * Of pairs, by their cosine, as a module, see {@link cosineEmbeddingLoss}: [batch, features] twice and targets [batch] → [], or
 * [batch] without reduction.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { CosineEmbeddingLoss } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new CosineEmbeddingLoss().forward(tensor([[1, 0]]), tensor([[0, 2]]), tensor([1])).item()); // 1
 * ```
 */
export class CosineEmbeddingLoss extends Loss<
  MarginLossOptions,
  readonly [input1: Tensor, input2: Tensor, target: Tensor]
> {
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return cosineEmbeddingLoss(input1, input2, target, this.options);
  }
}

/** Options of {@link contrastiveLoss}. */
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

/**
 * Of pairs, by their distance, as a module, see {@link contrastiveLoss}: [batch, features] twice and targets [batch] of 1 and 0 →
 * [], or [batch] without reduction.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ContrastiveLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const loss = new ContrastiveLoss({ margin: 2 });
 * console.log(loss.forward(tensor([[0, 0]]), tensor([[0.6, 0.8]]), tensor([0])).item()); // 1 = (2 - 1)², nearly
 * ```
 */
export class ContrastiveLoss extends Loss<
  ContrastiveLossOptions,
  readonly [input1: Tensor, input2: Tensor, target: Tensor]
> {
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return contrastiveLoss(input1, input2, target, this.options);
  }
}

/** Options of {@link tripletMarginLoss}. */
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
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginLoss(anchor, positive, negative, this.options);
  }
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
