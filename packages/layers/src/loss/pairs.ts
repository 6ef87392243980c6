// Losses between examples, as functions and as modules: what belongs together is to be near, the rest apart.

import {
  ArgumentError,
  add,
  checkCall,
  formatShape,
  type Known,
  type KnownOptions,
  mul,
  noGrad,
  relu,
  type Shape,
  ShapeError,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
} from '@dl/autograd';
import { pairwiseDistance } from './distance.js';
import { Loss } from './loss.js';
import {
  asTarget,
  bySide,
  checkMargin,
  type LossOptions,
  lossOptions,
  needAlike,
  needFloats,
  needLayout,
  needRange,
  needSigns,
  reduceLosses,
  shortfall,
} from './reduction.js';

/** Options of losses with a margin, such as {@link marginRankingLoss}. */
export interface MarginLossOptions extends LossOptions {
  /** Up to where a pair costs something; each loss has a default of its own. */
  readonly margin?: number;
}

const marginLossOptions: Known<MarginLossOptions> = { margin: 'finite', ...lossOptions };

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
export function hingeEmbeddingLoss(input: Tensor, target: Tensor, options: MarginLossOptions = {}): Tensor {
  checkCall('hingeEmbeddingLoss', arguments, ['input', 'target'], marginLossOptions);
  const { margin = 1, reduction = 'mean' } = options;
  const side = asTarget(target, input);
  needAlike('hingeEmbeddingLoss', { input, target: side });
  checkMargin('hingeEmbeddingLoss', margin);
  needSigns('hingeEmbeddingLoss', side);
  return reduceLosses('hingeEmbeddingLoss', bySide(side, input, shortfall(sub(margin, input))), reduction);
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
  protected override get takes(): KnownOptions {
    return marginLossOptions;
  }

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
  options: MarginLossOptions = {},
): Tensor {
  checkCall('marginRankingLoss', arguments, ['input1', 'input2', 'target'], marginLossOptions);
  const { margin = 0, reduction = 'mean' } = options;
  const side = asTarget(target, input1);
  needAlike('marginRankingLoss', { input1, input2, target: side });
  checkMargin('marginRankingLoss', margin);
  needSigns('marginRankingLoss', side);
  return reduceLosses('marginRankingLoss', shortfall(sub(margin, mul(side, sub(input1, input2)))), reduction);
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
  protected override get takes(): KnownOptions {
    return marginLossOptions;
  }

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
  options: MarginLossOptions = {},
): Tensor {
  checkCall('cosineEmbeddingLoss', arguments, ['input1', 'input2', 'target'], marginLossOptions);
  const { margin = 0, reduction = 'mean' } = options;
  const side = asTarget(target, input1);
  needPairs('cosineEmbeddingLoss', { input1, input2 }, side);
  checkMargin('cosineEmbeddingLoss', margin);
  needSigns('cosineEmbeddingLoss', side);
  const eps = 1e-12;
  // Each root by itself: the product of the squares of two vectors of length 1e10 is infinite in single precision.
  const length = (x: Tensor): Tensor => sqrt(add(sum(square(x), -1), eps));
  const cosine = sum(mul(input1, input2), -1).div(mul(length(input1), length(input2)));
  const losses = bySide(side, sub(1, cosine), shortfall(sub(cosine, margin)));
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
  protected override get takes(): KnownOptions {
    return marginLossOptions;
  }

  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return cosineEmbeddingLoss(input1, input2, target, this.options);
  }
}

/** Options of {@link contrastiveLoss}. */
export interface ContrastiveLossOptions extends LossOptions {
  /** How far apart others are pushed. Default 1. */
  readonly margin?: number;
  /** What the margin is for: the `distance`, as max(0, margin - d)² (default), or its `square`, as max(0, margin - d²). */
  readonly marginOf?: 'distance' | 'square';
}

const contrastiveLossOptions: Known<ContrastiveLossOptions> = {
  margin: 'finite',
  marginOf: ['distance', 'square'],
  ...lossOptions,
};

/**
 * d² for pairs that belong together (target 1), max(0, margin - d)² for others (0), with d the distance of two vectors, of
 * [batch, features] and targets [batch] (Hadsell et al., "Dimensionality Reduction by Learning an Invariant Mapping", 2006, without its
 * factor ½). With `marginOf: 'square'` others cost max(0, margin - d²), the form that learns from neighbours without labels
 * (Weston et al., "Deep Learning via Semi-Supervised Embedding", 2008): two that are equal are then not pushed, while by the
 * distance they are.
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
 * console.log(contrastiveLoss(a, b, tensor([1, 0]), { marginOf: 'square' }).item()); // 0.5: half of 0.5² + (1 - 0.5²)
 * ```
 */
export function contrastiveLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options: ContrastiveLossOptions = {},
): Tensor {
  checkCall('contrastiveLoss', arguments, ['input1', 'input2', 'target'], contrastiveLossOptions);
  const { margin = 1, marginOf = 'distance', reduction = 'mean' } = options;
  const belongs = asTarget(target, input1);
  needPairs('contrastiveLoss', { input1, input2 }, belongs);
  checkMargin('contrastiveLoss', margin);
  if (marginOf !== 'distance' && marginOf !== 'square') {
    throw new ArgumentError(`contrastiveLoss: marginOf is '${String(marginOf)}', needs 'distance' or 'square'`);
  }
  const halves = noGrad(() => sub(belongs, 0.5).abs());
  needRange('contrastiveLoss', 'abs(target - 0.5)', halves, 0.5, 0.5, 'targets of 1 (they belong together) and 0');
  const [near, far] = marginOf === 'square' ? bySquare(input1, input2, margin) : byDistance(input1, input2, margin);
  return reduceLosses('contrastiveLoss', bySide(belongs, near, far), reduction);
}

/** What pairs cost that belong together, and others. */
function byDistance(a: Tensor, b: Tensor, margin: number): readonly [near: Tensor, far: Tensor] {
  const distance = pairwiseDistance(a, b, 2, 1e-6);
  return [square(distance), square(relu(sub(margin, distance)))];
}

function bySquare(a: Tensor, b: Tensor, margin: number): readonly [near: Tensor, far: Tensor] {
  const squared = sum(square(sub(a, b)), -1);
  return [squared, shortfall(sub(margin, squared))];
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
  protected override get takes(): KnownOptions {
    return contrastiveLossOptions;
  }

  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return contrastiveLoss(input1, input2, target, this.options);
  }
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
