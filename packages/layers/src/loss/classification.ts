// Losses between the scores of several classes and the right one, as functions and as modules; crossEntropy is in @dl/autograd.

import {
  ArgumentError,
  arange,
  type CrossEntropyOptions,
  checkCall,
  crossEntropy,
  equal,
  exp,
  formatShape,
  gather,
  IndexError,
  indexSelect,
  type Known,
  type KnownOptions,
  log,
  logicalAnd,
  meanLoss,
  mul,
  neg,
  notEqual,
  relu,
  reshape,
  ShapeError,
  square,
  sub,
  sum,
  type Tensor,
  where,
} from '@dl/autograd';
import { Loss, WeightedLoss } from './loss.js';
import {
  checkMargin,
  checkReduction,
  type LossOptions,
  lossOptions,
  needAlike,
  needClasses,
  needFloats,
  needLayout,
  needRange,
  type Reduction,
  reduceLosses,
} from './reduction.js';

/**
 * Cross-entropy of logits, -log softmax(x)[label], as a module, see `crossEntropy` of `@dl/autograd`: logits [batch, classes,
 * ...places] with classes [batch, ...places] in `int32`, or with probabilities in the shape of the logits → [], or [batch, ...places]
 * without reduction. Of one example, [classes] and [].
 *
 * @throws IndexError for a label outside 0 … classes - 1.
 * @throws ArgumentError for logits that `softmax` made, and for labels that cannot be probabilities.
 *
 * @example
 * ```ts
 * import { tensor, useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { CrossEntropyLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const loss = new CrossEntropyLoss({ weight: tensor([1, 3]), ignoreIndex: -1 });
 * const labels = tensor([0, 1, -1], { dtype: 'int32' });
 * console.log(loss.forward(zeros([3, 2]), labels).item()); // 0.6931… = log 2
 * ```
 */
export class CrossEntropyLoss extends WeightedLoss<CrossEntropyOptions> {
  protected override get takes(): KnownOptions {
    return crossEntropyLossOptions;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return crossEntropy(input, target, this.all);
  }
}

/** Options of {@link nllLoss}. */
export interface NllLossOptions extends LossOptions {
  /** A factor for each class, [classes]. Default: 1 for each. */
  readonly weight?: Tensor;
  /** The class of places that do not count, such as -100. Default: none. */
  readonly ignoreIndex?: number;
}

const nllLossOptions: Known<NllLossOptions> = { weight: 'tensor', ignoreIndex: 'number', ...lossOptions };
const crossEntropyLossOptions: Known<CrossEntropyOptions> = { ...nllLossOptions, labelSmoothing: 'number' };

const LOGARITHMS =
  'logarithms of probabilities, which are at most 0; take logSoftmax of logits, or log of probabilities';

/**
 * -input[target]: of logarithms of probabilities [batch, classes] or [batch, classes, ...places], such as logSoftmax gives, those
 * of the right classes [batch] or [batch, ...places] (`int32`); of one example, [classes] and []. The mean is over the weights of the classes that count.
 * From logits, `crossEntropy` of `@dl/autograd` is the same in one step.
 *
 * @throws IndexError for a class outside 0 … classes - 1.
 * @throws ArgumentError for an input above 0, which is no logarithm of a probability.
 *
 * @example
 * ```ts
 * import { logSoftmax, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { nllLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const scores = logSoftmax(tensor([[0, 0]]));
 * console.log(nllLoss(scores, tensor([1], { dtype: 'int32' })).item()); // 0.6931… = log 2
 * ```
 */
export function nllLoss(input: Tensor, target: Tensor, options: NllLossOptions = {}): Tensor {
  checkCall('nllLoss', arguments, ['input', 'target'], nllLossOptions);
  checkReduction('nllLoss', options.reduction ?? 'mean');
  needFloats('nllLoss', { input });
  const layout = '[batch, classes, ...places], or [classes] for one example';
  needLayout('nllLoss', 'input', input, layout, (shape) => shape.length >= 1);
  if (input.rank === 1) return ofOne(nllLoss, 'nllLoss', input, target, options);
  const { weight, ignoreIndex, reduction = 'mean' } = options;
  const shape = [input.shape[0]!, ...input.shape.slice(2)];
  needClasses('nllLoss', target, shape, `one class for each row and place of the input, ${formatShape(input.shape)}`);
  if (weight !== undefined) needWeight('nllLoss', input, weight);
  needRange('nllLoss', 'input', input, -Infinity, 1e-6, LOGARITHMS);

  const counts = ignoreIndex === undefined ? undefined : notEqual(target, ignoreIndex);
  const classes = counts === undefined ? target : where(counts, target, 0);
  const picked = naming('nllLoss', () => gather(input, 1, classes.unsqueeze(1)));
  // What does not count has weight 0, whatever its class.
  let weights = weight && reshape(indexSelect(weight, 0, reshape(classes, [classes.size])), shape);
  if (counts !== undefined) weights = weights === undefined ? counts.cast(input.dtype) : where(counts, weights, 0);
  const losses = neg(reshape(picked, shape));
  if (weights === undefined) return reduceLosses('nllLoss', losses, reduction);
  const weighted = mul(counts === undefined ? losses : where(counts, losses, 0), weights);
  return reduction === 'mean' ? meanLoss(sum(weighted), sum(weights)) : reduceLosses('nllLoss', weighted, reduction);
}

/**
 * Of logarithms of probabilities, -input[target], as a module, see {@link nllLoss}: [batch, classes, ...places] and classes
 * [batch, ...places] → [], or [batch, ...places] without reduction.
 *
 * @example
 * ```ts
 * import { logSoftmax, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { NLLLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const scores = logSoftmax(tensor([[0, 0]]));
 * console.log(new NLLLoss().forward(scores, tensor([1], { dtype: 'int32' })).item()); // 0.6931… = log 2
 * ```
 */
export class NLLLoss extends WeightedLoss<NllLossOptions> {
  protected override get takes(): KnownOptions {
    return nllLossOptions;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return nllLoss(input, target, this.all);
  }
}

/** Options of {@link klDiv}. */
export interface KlDivOptions {
  /** `mean` over all elements (default), `batchmean` over the rows, which is the divergence proper, `sum` or `none`. */
  readonly reduction?: Reduction | 'batchmean';
  /** The target is logarithms too. Default false. */
  readonly logTarget?: boolean;
}

const klDivOptions: Known<KlDivOptions> = { reduction: ['mean', 'batchmean', 'sum', 'none'], logTarget: 'boolean' };

const KL_REDUCTIONS: readonly string[] = ['mean', 'batchmean', 'sum', 'none'];

/**
 * The Kullback-Leibler divergence p (log p - x) of probabilities p, the target, from those whose logarithms are the input; 0 where p is 0.
 *
 * @throws ArgumentError for an input above 0, or a target outside 0 … 1 (above 0 with `logTarget`).
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { klDiv } from '@dl/layers';
 * await useBackend(cpu());
 * const [p, q] = [tensor([[0.5, 0.5]]), tensor([[0.25, 0.75]])];
 * console.log(klDiv(q.log(), p, { reduction: 'batchmean' }).item()); // 0.1438… = log(2)/2 + log(2/3)/2
 * ```
 */
export function klDiv(input: Tensor, target: Tensor, options: KlDivOptions = {}): Tensor {
  checkCall('klDiv', arguments, ['input', 'target'], klDivOptions);
  const { reduction = 'mean', logTarget = false } = options;
  checkReduction('klDiv', reduction, KL_REDUCTIONS);
  needAlike('klDiv', { input, target });
  needRange('klDiv', 'input', input, -Infinity, 1e-6, LOGARITHMS);
  if (logTarget) needRange('klDiv', 'target', target, -Infinity, 1e-6, `${LOGARITHMS}, or leave logTarget out`);
  else
    needRange(
      'klDiv',
      'target',
      target,
      0,
      1 + 1e-6,
      'probabilities from 0 to 1; take softmax of logits, or { logTarget: true } for logarithms',
    );
  const p = logTarget ? exp(target) : target;
  // What is impossible costs nothing, also where it is said to be: 0 log 0 is 0, and its gradient no NaN.
  const isImpossible = equal(p, 0);
  const isSaid = logicalAnd(isImpossible, equal(input, -Infinity));
  const logs = logTarget ? where(isImpossible, 0, target) : log(where(isImpossible, 1, target));
  const losses = mul(p, sub(logs, where(isSaid, 0, input)));
  if (reduction !== 'batchmean') return reduceLosses('klDiv', losses, reduction);
  if (input.rank === 0)
    throw new ShapeError("klDiv: the input is one number, which has no batch for 'batchmean'; take 'sum'");
  return meanLoss(sum(losses), input.shape[0]!);
}

/**
 * The Kullback-Leibler divergence p (log p - x) as a module, see {@link klDiv}: two tensors of one shape → [], or their shape
 * without reduction.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { KLDivLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const p = tensor([[0.5, 0.5]]);
 * console.log(new KLDivLoss({ reduction: 'batchmean' }).forward(p.log(), p).item()); // 0
 * ```
 */
export class KLDivLoss extends Loss<KlDivOptions> {
  protected override get takes(): KnownOptions {
    return klDivOptions;
  }

  protected override get reductions(): readonly string[] {
    return KL_REDUCTIONS;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, this.options);
  }
}

/** Options of {@link multiMarginLoss}. */
export interface MultiMarginLossOptions extends LossOptions {
  /** The power: 1 (default) or 2. */
  readonly p?: 1 | 2;
  /** How far the right score is to be above the others. Default 1. */
  readonly margin?: number;
  /** A factor for each right class, [classes]. Default: 1 for each. */
  readonly weight?: Tensor;
}

const multiMarginLossOptions: Known<MultiMarginLossOptions> = {
  p: 'number',
  margin: 'finite',
  weight: 'tensor',
  ...lossOptions,
};

/**
 * The hinge loss of several classes: Σ over the wrong classes i of max(0, margin - x[target] + x[i])^p / classes, of scores
 * [batch, classes] and classes [batch] (`int32`), or of one example, [classes] and [] (Crammer & Singer, 2001).
 *
 * @throws IndexError for a class outside 0 … classes - 1.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { multiMarginLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const scores = tensor([[2, 1.5, 0]]);
 * console.log(multiMarginLoss(scores, tensor([0], { dtype: 'int32' })).item()); // 0.1666… = (0.5 + 0) / 3
 * ```
 */
export function multiMarginLoss(input: Tensor, target: Tensor, options: MultiMarginLossOptions = {}): Tensor {
  checkCall('multiMarginLoss', arguments, ['input', 'target'], multiMarginLossOptions);
  const { p = 1, margin = 1, weight, reduction = 'mean' } = options;
  needFloats('multiMarginLoss', { input });
  const layout = '[batch, classes], or [classes] for one example';
  needLayout('multiMarginLoss', 'input', input, layout, ({ length }) => length === 1 || length === 2);
  if (input.rank === 1) return ofOne(multiMarginLoss, 'multiMarginLoss', input, target, options);
  const [batch, classes] = input.shape as readonly [number, number];
  needClasses('multiMarginLoss', target, [batch], `one class for each row of the input, ${formatShape(input.shape)}`);
  if (p !== 1 && p !== 2) throw new ArgumentError(`multiMarginLoss: p is ${String(p)}, needs 1 or 2`);
  checkMargin('multiMarginLoss', margin);
  if (weight !== undefined) needWeight('multiMarginLoss', input, weight);

  const column = reshape(target, [batch, 1]);
  const right = naming('multiMarginLoss', () => gather(input, 1, column));
  const isWrong = notEqual(column, arange(classes, { dtype: 'int32', backend: input.backend }));
  // Selected before it is squared: the right score less itself is NaN where it is infinite.
  const short = relu(where(isWrong, sub(input, right).add(margin), 0)); // [batch, classes]
  const losses = mul(sum(p === 1 ? short : square(short), 1), 1 / classes);
  return reduceLosses(
    'multiMarginLoss',
    weight === undefined ? losses : mul(losses, indexSelect(weight, 0, target)),
    reduction,
  );
}

/**
 * The hinge loss of several classes as a module, see {@link multiMarginLoss}: scores [batch, classes] and classes [batch] → [], or
 * [batch] without reduction.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { MultiMarginLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const loss = new MultiMarginLoss({ margin: 2 });
 * console.log(loss.forward(tensor([[2, 1.5, 0]]), tensor([0], { dtype: 'int32' })).item()); // 0.5 = (1.5 + 0) / 3
 * ```
 */
export class MultiMarginLoss extends WeightedLoss<MultiMarginLossOptions> {
  protected override get takes(): KnownOptions {
    return multiMarginLossOptions;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return multiMarginLoss(input, target, this.all);
  }
}

/** The loss of an example without a batch: that of a batch of one. */
function ofOne<Options extends LossOptions>(
  loss: (input: Tensor, target: Tensor, options: Options) => Tensor,
  name: string,
  input: Tensor,
  target: Tensor,
  options: Options,
): Tensor {
  needClasses(name, target, [], `the class of the one example, ${formatShape(input.shape)}`);
  return reshape(loss(reshape(input, [1, input.size]), reshape(target, [1]), options), []);
}

function needWeight(name: string, input: Tensor, weight: Tensor): void {
  needFloats(name, { input, weight });
  const classes = input.shape[1]!;
  const layout = `[${classes}], one number for each class of ${formatShape(input.shape)}`;
  needLayout(name, 'weight', weight, layout, (shape) => shape.length === 1 && shape[0] === classes);
}

/** The caller did not call gather. */
function naming<T>(name: string, f: () => T): T {
  try {
    return f();
  } catch (error) {
    if (error instanceof IndexError)
      throw new IndexError(error.message.replace(/^gather: index/, `${name}: class`), { cause: error });
    throw error;
  }
}
