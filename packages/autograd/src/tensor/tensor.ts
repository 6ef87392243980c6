// The Tensor class: what tensor-base.ts defines, and every op as a method.
// Written by scripts/generate-tensor.ts from the ops' own signatures; do not edit by hand.

import { withExtra } from '../arguments/with-extra.js';
import type { Backend } from '../backend/backend.js';
import { backward, type BackwardOptions } from '../graph/gradients.js';
import type { LeakyReluOptions } from '../ops/activations.js';
import type { BatchNormResult } from '../ops/batch-norm.js';
import type { Conv1dOptions } from '../ops/conv1d.js';
import type { Conv2dOptions } from '../ops/conv2d.js';
import type { CrossEntropyOptions } from '../ops/cross-entropy.js';
import type { CtcSequences } from '../ops/ctc.js';
import type { DropoutOptions } from '../ops/dropout.js';
import type { EmbeddingOptions } from '../ops/embedding.js';
import type { NormalizeOptions, RmsNormOptions } from '../ops/group-norm.js';
import * as ops from '../ops/index.js';
import type { IndexSelectOptions } from '../ops/indexing.js';
import type { PadOptions, Pads } from '../ops/join.js';
import type { LinearOptions } from '../ops/linear.js';
import type { MatmulOptions } from '../ops/matmul.js';
import type { LossMean } from '../ops/mean-loss.js';
import type { AvgPoolOptions, MaxPoolOptions } from '../ops/pool2d.js';
import type { Axes, NormOptions, ReduceOptions, VarianceOptions } from '../ops/reduce.js';
import type { FlattenArguments } from '../ops/reshape.js';
import type { Operand } from '../ops/scalar.js';
import type { SliceRange } from '../ops/slice.js';
import type { TopKOptions, ValuesAndIndices } from '../ops/sort.js';
import { categorical } from './categorical.js';
import type { DType } from './dtype.js';
import type { MakeOptions } from './make-like.js';
import type { RandomOptions } from './make-random.js';
import { oneHot } from './one-hot.js';
import type { Numbers, Pair, Shape } from './shape.js';
import { TensorBase } from './tensor-base.js';

/**
 * An array of numbers or booleans in any number of dimensions, on a backend, with a gradient when asked for.
 * Every method is also a function of the tensor: `x.add(y)` is `add(x, y)`, and is documented there.
 */
export class Tensor extends TensorBase {
  /** |x|. The derivative at 0 is taken as 0. */
  abs(): Tensor {
    if (arguments.length > 0) return withExtra(ops.abs, this, arguments);
    return ops.abs(this);
  }

  /** a + b */
  add(b: Operand): Tensor {
    if (arguments.length > 1) return withExtra(ops.add, this, arguments);
    return ops.add(this, b);
  }

  /** The same values in the same buffer, as a tensor of its own: disposing of one leaves the other. The gradient passes through. What has nothing to do (a cast to the same dtype, dropout in evaluation) returns this. */
  alias(): Tensor {
    if (arguments.length > 0) return withExtra(ops.alias, this, arguments);
    return ops.alias(this);
  }

  /** True if every element is. */
  all(axes?: Axes, options?: ReduceOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.all, this, arguments);
    return ops.all(this, axes, options);
  }

  /** True if any element is. */
  any(axes?: Axes, options?: ReduceOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.any, this, arguments);
    return ops.any(this, axes, options);
  }

  /** Where the largest element along an axis is (`int32`); the first of equals, true above false. Without an axis: in the flattened tensor. */
  argmax(axis?: number, options?: ReduceOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.argmax, this, arguments);
    return ops.argmax(this, axis, options);
  }

  /** Where the smallest element along an axis is (`int32`); the first of equals, false below true. Without an axis: in the flattened tensor. */
  argmin(axis?: number, options?: ReduceOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.argmin, this, arguments);
    return ops.argmin(this, axis, options);
  }

  /** Overwrites a leaf in place with values of the same shape and dtype: how parameters change. A backward pass that still needs the former values will say so instead of computing with the new ones. */
  assign(value: Tensor): Tensor {
    if (arguments.length > 1) return withExtra(ops.assign, this, arguments);
    return ops.assign(this, value);
  }

  /** The mean of each window: [N, C, H, W] → [N, C, OH, OW] with OH = ⌊(H + 2·padding - kernel) / stride⌋ + 1. */
  avgPool2d(kernel: Pair, options?: AvgPoolOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.avgPool2d, this, arguments);
    return ops.avgPool2d(this, kernel, options);
  }

  /** See {@link Tensor.backward}. */
  backward(options?: BackwardOptions): void {
    if (arguments.length > 1) return withExtra(backward, this, arguments);
    backward(this, options);
  }

  /** Brings each channel of x [batch, channels, ...] to mean 0 and variance 1 over all examples and places, then multiplies by `weight` [channels] and adds `bias` [channels], which is what batch normalisation does in training (Ioffe and Szegedy, 2015). Also returns each channel's mean and (biased) variance, for running averages of them. */
  batchNorm(options?: NormalizeOptions): BatchNormResult {
    if (arguments.length > 1) return withExtra(ops.batchNorm, this, arguments);
    return ops.batchNorm(this, options);
  }

  /** Batch normalisation in use, with given statistics: y = (x - mean) / √(variance + eps) · weight + bias for each channel of x [batch, channels, ...]; mean, variance, weight and bias are [channels]. */
  batchNormInference(mean: Tensor, variance: Tensor, options?: NormalizeOptions): Tensor {
    if (arguments.length > 3) return withExtra(ops.batchNormInference, this, arguments);
    return ops.batchNormInference(this, mean, variance, options);
  }

  /** The values in another dtype. Floats are cut off towards zero for `int32`; anything but 0 is true for `bool`. The gradient passes between float dtypes. */
  cast(dtype: DType): Tensor {
    if (arguments.length > 1) return withExtra(ops.cast, this, arguments);
    return ops.cast(this, dtype);
  }

  /** Draws indices with probabilities proportional to `weights`: [classes] → [count], or [rows, classes] → [rows, count]. With `replacement: false` no index comes twice in a row. */
  categorical(count: number, options?: RandomOptions & { readonly replacement?: boolean }): Tensor {
    if (arguments.length > 2) return withExtra(categorical, this, arguments);
    return categorical(this, count, options);
  }

  /** The smallest whole number that is not below x. Its derivative is 0. */
  ceil(): Tensor {
    if (arguments.length > 0) return withExtra(ops.ceil, this, arguments);
    return ops.ceil(this);
  }

  /** x, but not below `min` and not above `max`: min(max(x, min), max), so that a `min` above `max` gives `max` everywhere, as in PyTorch. Leave one out as -Infinity or Infinity. The gradient passes where min ≤ x ≤ max. */
  clamp(min: number, max: number): Tensor {
    if (arguments.length > 2) return withExtra(ops.clamp, this, arguments);
    return ops.clamp(this, min, max);
  }

  /** A copy with a buffer of its own. The gradient passes through. */
  clone(): Tensor {
    if (arguments.length > 0) return withExtra(ops.clone, this, arguments);
    return ops.clone(this);
  }

  /** y[n, o, i] = bias[o] + Σ_{c, u} x[n, c, i·stride + u·dilation - padding] · weight[o, c, u]. Input [N, C, L], weight [O, C/groups, K] → [N, O, OL] with OL = ⌊(L + 2·padding - dilation·(K - 1) - 1) / stride⌋ + 1. */
  conv1d(weight: Tensor, options?: Conv1dOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.conv1d, this, arguments);
    return ops.conv1d(this, weight, options);
  }

  /** y[n, o, i, j] = bias[o] + Σ_{c, u, v} x[n, c, i·stride + u·dilation - padding, j·stride + v·dilation - padding] · weight[o, c, u, v]. Input [N, C, H, W], weight [O, C/groups, KH, KW] → [N, O, OH, OW] with OH = ⌊(H + 2·padding - dilation·(KH - 1) - 1) / stride⌋ + 1. */
  conv2d(weight: Tensor, options?: Conv2dOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.conv2d, this, arguments);
    return ops.conv2d(this, weight, options);
  }

  /** The cosine of x radians. */
  cos(): Tensor {
    if (arguments.length > 0) return withExtra(ops.cos, this, arguments);
    return ops.cos(this);
  }

  /** Cross-entropy of logits [batch, classes], [batch, classes, ...places] or, of one example, [classes], as in PyTorch. Labels are either the numbers of the classes, [batch], [batch, ...places] or [] in `int32`, with the loss -log softmax(logits)[label]; or probabilities of the classes, in the shape and dtype of the logits, with the loss -Σ p log softmax(logits). Fused so that large logits do not overflow; the gradient of a row of logits is softmax(logits) - oneHot(label), over the number of rows for `mean`. */
  crossEntropy(labels: Tensor, options?: CrossEntropyOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.crossEntropy, this, arguments);
    return ops.crossEntropy(this, labels, options);
  }

  /** -log of the probability that each sequence of predictions says its labels: [batch], from `logProbs` [time, batch, classes]. It is summed over all paths to spread the labels over time, with blanks between and repetitions, by the forward algorithm in logarithms; the gradient is minus the probability that a class is said at a step, from the forward and the backward algorithm. A sequence that cannot be said has an infinite loss and no gradient. `ctcLoss` in `@dl/layers` is this with labels in a tensor, and with reductions. */
  ctcLosses(options: Omit<CtcSequences, 'blank'> & { blank?: number }): Tensor {
    if (arguments.length > 1) return withExtra(ops.ctcLosses, this, arguments);
    return ops.ctcLosses(this, options);
  }

  /** Running sums along an axis, from the front; with `reverse` from the back. Of booleans: how many are true so far (`int32`). */
  cumsum(axis: number, options?: { readonly reverse?: boolean }): Tensor {
    if (arguments.length > 2) return withExtra(ops.cumsum, this, arguments);
    return ops.cumsum(this, axis, options);
  }

  /** The same values in the same buffer, cut off from the graph. */
  detach(): Tensor {
    if (arguments.length > 0) return withExtra(ops.detach, this, arguments);
    return ops.detach(this);
  }

  /** a / b, for floats. */
  div(b: Operand): Tensor {
    if (arguments.length > 1) return withExtra(ops.div, this, arguments);
    return ops.div(this, b);
  }

  /** The inner product of two vectors of one length: a scalar. */
  dot(b: Tensor): Tensor {
    if (arguments.length > 1) return withExtra(ops.dot, this, arguments);
    return ops.dot(this, b);
  }

  /** Sets each element to 0 with probability p, and divides the others by 1 - p, so that the mean stays (Srivastava et al., 2014). The random numbers are those of the host's generator, the same for every backend. */
  dropout(p: number, options?: DropoutOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.dropout, this, arguments);
    return ops.dropout(this, p, options);
  }

  /** x where positive, alpha (e^x - 1) elsewhere (Clevert et al., 2015). Default alpha 1. */
  elu(options?: Partial<{ alpha: number; }>): Tensor {
    if (arguments.length > 1) return withExtra(ops.elu, this, arguments);
    return ops.elu(this, options);
  }

  /** Rows of a table: [...] of indices and a weight of [count, features] → [..., features]. Those of a table in `float16` or `bfloat16` come as `float32`. */
  embedding(weight: Tensor, options?: EmbeddingOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.embedding, this, arguments);
    return ops.embedding(this, weight, options);
  }

  /** a = b. NaN equals nothing. */
  equal(b: Operand): Tensor {
    if (arguments.length > 1) return withExtra(ops.equal, this, arguments);
    return ops.equal(this, b);
  }

  /** The error function, 2/√π ∫₀ˣ e^(-t²) dt. */
  erf(): Tensor {
    if (arguments.length > 0) return withExtra(ops.erf, this, arguments);
    return ops.erf(this);
  }

  /** e^x */
  exp(): Tensor {
    if (arguments.length > 0) return withExtra(ops.exp, this, arguments);
    return ops.exp(this);
  }

  /** Repeats axes of length 1 (and new ones in front) until the shape is `shape`; -1 keeps an axis as it is. */
  expand(...lengths: Numbers): Tensor {
    return ops.expand(this, ...lengths);
  }

  /** e^x - 1, exact for small x. */
  expm1(): Tensor {
    if (arguments.length > 0) return withExtra(ops.expm1, this, arguments);
    return ops.expm1(this);
  }

  /** Joins the axes from `start` to `end` (both included; default all) into one: `x.flatten(1)`, or `x.flatten({ start: 1 })`. */
  flatten(...range: FlattenArguments): Tensor {
    return ops.flatten(this, ...range);
  }

  /** Reverses the order along the given axes, all of them when none are given. */
  flip(axes?: number | readonly number[]): Tensor {
    if (arguments.length > 1) return withExtra(ops.flip, this, arguments);
    return ops.flip(this, axes);
  }

  /** The largest whole number that is not above x. Its derivative is 0. */
  floor(): Tensor {
    if (arguments.length > 0) return withExtra(ops.floor, this, arguments);
    return ops.floor(this);
  }

  /** Picks along an axis: `y[i][j] = x[index[i][j]][j]` for axis 0, `x[i][index[i][j]]` for axis 1, and so on. */
  gather(axis: number, index: Tensor): Tensor {
    if (arguments.length > 2) return withExtra(ops.gather, this, arguments);
    return ops.gather(this, axis, index);
  }

  /** x Φ(x), with Φ the normal distribution function (Hendrycks & Gimpel, 2016); with `approximate: 'tanh'` the approximation x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))). */
  gelu(options?: Partial<{ approximate: "none" | "tanh"; }>): Tensor {
    if (arguments.length > 1) return withExtra(ops.gelu, this, arguments);
    return ops.gelu(this, options);
  }

  /** Splits an axis (default the last) into halves a and b, and gives a · sigmoid(b) (Dauphin et al., 2016). */
  glu(axis?: number): Tensor {
    if (arguments.length > 1) return withExtra(ops.glu, this, arguments);
    return ops.glu(this, axis);
  }

  /** a > b */
  greater(b: Operand): Tensor {
    if (arguments.length > 1) return withExtra(ops.greater, this, arguments);
    return ops.greater(this, b);
  }

  /** a ≥ b */
  greaterEqual(b: Operand): Tensor {
    if (arguments.length > 1) return withExtra(ops.greaterEqual, this, arguments);
    return ops.greaterEqual(this, b);
  }

  /** Cuts the channels of x [batch, channels, ...] into groups of neighbours, brings each group of each example to mean 0 and variance 1, then multiplies by `weight` [channels] and adds `bias` [channels] (Wu and He, Group Normalization, 2018). */
  groupNorm(groups: number, options?: NormalizeOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.groupNorm, this, arguments);
    return ops.groupNorm(this, groups, options);
  }

  /** min(max(x/6 + 1/2, 0), 1): a sigmoid of straight lines. The derivative at its corners is taken as 0. */
  hardSigmoid(): Tensor {
    if (arguments.length > 0) return withExtra(ops.hardSigmoid, this, arguments);
    return ops.hardSigmoid(this);
  }

  /** x · hardSigmoid(x) (Howard et al., 2019). The derivative at its corners is that of the parabola between them. */
  hardSwish(): Tensor {
    if (arguments.length > 0) return withExtra(ops.hardSwish, this, arguments);
    return ops.hardSwish(this);
  }

  /** A copy of x with each slice of `source` added at its index along an axis, and where an index comes twice, with both: rows of a matrix for axis 0. The counterpart of {@link indexSelect}. */
  indexAdd(axis: number, index: Tensor, source: Tensor): Tensor {
    if (arguments.length > 3) return withExtra(ops.indexAdd, this, arguments);
    return ops.indexAdd(this, axis, index, source);
  }

  /** Whole slices along an axis, in the order of a list of indices: rows of a matrix for axis 0. */
  indexSelect(axis: number, index: Tensor, options?: IndexSelectOptions): Tensor {
    if (arguments.length > 3) return withExtra(ops.indexSelect, this, arguments);
    return ops.indexSelect(this, axis, index, options);
  }

  /** Brings each channel of each example of x [batch, channels, ...] to mean 0 and variance 1, then multiplies by `weight` [channels] and adds `bias` [channels] (Ulyanov et al., Instance Normalization, 2016). */
  instanceNorm(options?: NormalizeOptions): Tensor {
    if (arguments.length > 1) return withExtra(ops.instanceNorm, this, arguments);
    return ops.instanceNorm(this, options);
  }

  /** True where x is neither infinite nor NaN. */
  isFinite(): Tensor {
    if (arguments.length > 0) return withExtra(ops.isFinite, this, arguments);
    return ops.isFinite(this);
  }

  /** True where x is NaN. */
  isNaN(): Tensor {
    if (arguments.length > 0) return withExtra(ops.isNaN, this, arguments);
    return ops.isNaN(this);
  }

  /** Brings the last axes, whose lengths are `normalizedShape`, to mean 0 and variance 1 for each example, then multiplies by `weight` and adds `bias`, both of that shape: y = (x - mean) / √(variance + eps) · weight + bias, with the biased variance (Ba et al., Layer Normalization, 2016). */
  layerNorm(normalizedShape: number | Shape, options?: NormalizeOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.layerNorm, this, arguments);
    return ops.layerNorm(this, normalizedShape, options);
  }

  /** x where positive, `slope` · x elsewhere. Default slope 0.01. */
  leakyRelu(options?: LeakyReluOptions): Tensor {
    if (arguments.length > 1) return withExtra(ops.leakyRelu, this, arguments);
    return ops.leakyRelu(this, options);
  }

  /** a < b */
  less(b: Operand): Tensor {
    if (arguments.length > 1) return withExtra(ops.less, this, arguments);
    return ops.less(this, b);
  }

  /** a ≤ b */
  lessEqual(b: Operand): Tensor {
    if (arguments.length > 1) return withExtra(ops.lessEqual, this, arguments);
    return ops.lessEqual(this, b);
  }

  /** y = x Wᵀ + b: x [..., inFeatures], weight [outFeatures, inFeatures], bias [outFeatures] → [..., outFeatures]. Its gradients are dx = dy W, dW = dyᵀ x and db = Σ dy, the last two over all axes in front. With `activation` the result is `relu`, `tanh` or `sigmoid` of that, in one pass. */
  linear(weight: Tensor, bias?: Tensor, options?: LinearOptions): Tensor {
    if (arguments.length > 3) return withExtra(ops.linear, this, arguments);
    return ops.linear(this, weight, bias, options);
  }

  /** The natural logarithm. log 0 is -∞, of a negative number NaN. */
  log(): Tensor {
    if (arguments.length > 0) return withExtra(ops.log, this, arguments);
    return ops.log(this);
  }

  /** log(1 + x), exact for small x. */
  log1p(): Tensor {
    if (arguments.length > 0) return withExtra(ops.log1p, this, arguments);
    return ops.log1p(this);
  }

  /** True where both are. */
  logicalAnd(b: Tensor): Tensor {
    if (arguments.length > 1) return withExtra(ops.logicalAnd, this, arguments);
    return ops.logicalAnd(this, b);
  }

  /** True where x is false. */
  logicalNot(): Tensor {
    if (arguments.length > 0) return withExtra(ops.logicalNot, this, arguments);
    return ops.logicalNot(this);
  }

  /** True where either is. */
  logicalOr(b: Tensor): Tensor {
    if (arguments.length > 1) return withExtra(ops.logicalOr, this, arguments);
    return ops.logicalOr(this, b);
  }

  /** True where exactly one is. */
  logicalXor(b: Tensor): Tensor {
    if (arguments.length > 1) return withExtra(ops.logicalXor, this, arguments);
    return ops.logicalXor(this, b);
  }

  /** x - log Σ e^x along an axis (default the last): the logarithm of {@link softmax}, without its loss of digits. */
  logSoftmax(axis?: number): Tensor {
    if (arguments.length > 1) return withExtra(ops.logSoftmax, this, arguments);
    return ops.logSoftmax(this, axis);
  }

  /** log Σ e^x, computed so that large x do not overflow; -∞ of no elements. The gradient is the softmax. */
  logSumExp(axes?: Axes, options?: ReduceOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.logSumExp, this, arguments);
    return ops.logSumExp(this, axes, options);
  }

  /** The sum and the count of what {@link meanLoss} made, or a loss with the reduction `mean`; undefined for any other tensor. */
  lossMean(): LossMean | undefined {
    if (arguments.length > 0) return withExtra(ops.lossMean, this, arguments);
    return ops.lossMean(this);
  }

  /** x with `value` wherever the mask (bool, broadcast to x) is true. */
  maskedFill(mask: Tensor, value: number): Tensor {
    if (arguments.length > 2) return withExtra(ops.maskedFill, this, arguments);
    return ops.maskedFill(this, mask, value);
  }

  /** The elements of x where the mask (bool, both broadcast) is true, in the order of the elements: a list, [count]. The mask is read at once, as by `dataSync`; `maskedFill` and `where`, which keep the shape, wait for nothing. */
  maskedSelect(mask: Tensor): Tensor {
    if (arguments.length > 1) return withExtra(ops.maskedSelect, this, arguments);
    return ops.maskedSelect(this, mask);
  }

  /** The matrix product: [..., m, k] · [..., k, n] → [..., m, n]. The axes in front broadcast. A vector counts as one row on the left and as one column on the right, and that axis is dropped from the result. */
  matmul(b: Tensor, options?: MatmulOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.matmul, this, arguments);
    return ops.matmul(this, b, options);
  }

  /** The largest element; NaN if any is, -∞ of no floats, and an error of no integers or booleans. At a tie the gradient is shared equally. Of booleans: whether any is true. */
  max(axes?: Axes, options?: ReduceOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.max, this, arguments);
    return ops.max(this, axes, options);
  }

  /** The larger of the two; at a tie each gets half of the gradient. NaN if either is. */
  maximum(b: Operand): Tensor {
    if (arguments.length > 1) return withExtra(ops.maximum, this, arguments);
    return ops.maximum(this, b);
  }

  /** The largest element of each window: [N, C, H, W] → [N, C, OH, OW] with OH = ⌊(H + 2·padding - dilation·(kernel - 1) - 1) / stride⌋ + 1. The gradient goes to that element; of equals, to the first. */
  maxPool2d(kernel: Pair, options?: MaxPoolOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.maxPool2d, this, arguments);
    return ops.maxPool2d(this, kernel, options);
  }

  /** The mean. NaN of no elements. Of integers and booleans it is a `float32`: of booleans, which share is true. */
  mean(axes?: Axes, options?: ReduceOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.mean, this, arguments);
    return ops.mean(this, axes, options);
  }

  /** sum / count, which remembers the two: the mean of losses of which not all count, or not all as much. What puts the losses of several batches together, such as `fit` of `@dl/train` with its option `accumulate`, asks {@link lossMean}, and gets the mean over all that counts, as of one large batch. crossEntropy and the losses of `@dl/layers` make their means with it. What is computed further is a tensor like any other: to add a penalty, add count times the penalty to the sum. */
  meanLoss(): Tensor {
    if (arguments.length > 0) return withExtra(ops.meanLoss, this, arguments);
    return ops.meanLoss(this);
  }

  /** The smallest element; NaN if any is, ∞ of no floats, and an error of no integers or booleans. At a tie the gradient is shared equally. Of booleans: whether all are true. */
  min(axes?: Axes, options?: ReduceOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.min, this, arguments);
    return ops.min(this, axes, options);
  }

  /** The smaller of the two; at a tie each gets half of the gradient. NaN if either is. */
  minimum(b: Operand): Tensor {
    if (arguments.length > 1) return withExtra(ops.minimum, this, arguments);
    return ops.minimum(this, b);
  }

  /** x tanh(log(1 + e^x)) (Misra, 2019). */
  mish(): Tensor {
    if (arguments.length > 0) return withExtra(ops.mish, this, arguments);
    return ops.mish(this);
  }

  /** The remainder a - b ⌊a/b⌋, with the sign of b, as in Python. */
  mod(b: Operand): Tensor {
    if (arguments.length > 1) return withExtra(ops.mod, this, arguments);
    return ops.mod(this, b);
  }

  /** a · b, element by element. */
  mul(b: Operand): Tensor {
    if (arguments.length > 1) return withExtra(ops.mul, this, arguments);
    return ops.mul(this, b);
  }

  /** -x */
  neg(): Tensor {
    if (arguments.length > 0) return withExtra(ops.neg, this, arguments);
    return ops.neg(this);
  }

  /** The places of all elements that are not 0 (or false), in the order of the elements: [count, axes] of `int32`, so [count, 1] for a list. The values are read at once, as by `dataSync`. */
  nonzero(): Tensor {
    if (arguments.length > 0) return withExtra(ops.nonzero, this, arguments);
    return ops.nonzero(this);
  }

  /** The p-norm (Σ |x|^p)^(1/p); the largest |x| for p = Infinity; 0 of no elements. The gradient at 0 is taken as 0. */
  norm(axes?: Axes, options?: NormOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.norm, this, arguments);
    return ops.norm(this, axes, options);
  }

  /** a ≠ b */
  notEqual(b: Operand): Tensor {
    if (arguments.length > 1) return withExtra(ops.notEqual, this, arguments);
    return ops.notEqual(this, b);
  }

  /** One-hot rows: [...] of class numbers → [..., classes] with a 1 at each class, `float32` unless asked otherwise. */
  oneHot(classes: number, options?: MakeOptions): Tensor {
    if (arguments.length > 2) return withExtra(oneHot, this, arguments);
    return oneHot(this, classes, options);
  }

  /** The outer product of two vectors: [m], [n] → [m, n]. */
  outer(b: Tensor): Tensor {
    if (arguments.length > 1) return withExtra(ops.outer, this, arguments);
    return ops.outer(this, b);
  }

  /** Adds elements before and after: `pads` gives [before, after] for each axis. */
  pad(pads: Pads, options?: PadOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.pad, this, arguments);
    return ops.pad(this, pads, options);
  }

  /** The axes in another order: axis i of the result is axis `order[i]` of x. */
  permute(...axisOrder: Numbers): Tensor {
    return ops.permute(this, ...axisOrder);
  }

  /** a to the power b, for floats; 0⁰ is 1. */
  pow(b: Operand): Tensor {
    if (arguments.length > 1) return withExtra(ops.pow, this, arguments);
    return ops.pow(this, b);
  }

  /** x where positive, `weight` · x elsewhere, with a learned weight: one, or one for each channel (axis 1). */
  prelu(b: Tensor): Tensor {
    if (arguments.length > 1) return withExtra(ops.prelu, this, arguments);
    return ops.prelu(this, b);
  }

  /** The product; 1 of no elements. The gradient is right where elements are 0, too. Of booleans: 1 where all are true (`int32`). */
  prod(axes?: Axes, options?: ReduceOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.prod, this, arguments);
    return ops.prod(this, axes, options);
  }

  /** 1/x */
  reciprocal(): Tensor {
    if (arguments.length > 0) return withExtra(ops.reciprocal, this, arguments);
    return ops.reciprocal(this);
  }

  /** max(x, 0). The derivative at 0 is taken as 0. */
  relu(): Tensor {
    if (arguments.length > 0) return withExtra(ops.relu, this, arguments);
    return ops.relu(this);
  }

  /** The whole tensor repeated `counts[i]` times along axis i; extra counts in front make new axes. */
  repeat(...each: Numbers): Tensor {
    return ops.repeat(this, ...each);
  }

  /** The same values, row by row, in another shape of as many elements; one length may be -1 and is then worked out. Nothing is copied. */
  reshape(...shape: Numbers): Tensor {
    return ops.reshape(this, ...shape);
  }

  /** Divides the last axes, whose lengths are `normalizedShape`, by the root of their mean square, then multiplies by `weight`: y = x / √(mean(x²) + eps) · weight (Zhang and Sennrich, Root Mean Square Layer Normalization, 2019). `eps` is by default the distance of 1 to the next number of the dtype, as in PyTorch. */
  rmsNorm(normalizedShape: number | Shape, options?: RmsNormOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.rmsNorm, this, arguments);
    return ops.rmsNorm(this, normalizedShape, options);
  }

  /** Shifts along axes; what leaves at one end comes in at the other. Without axes: in the flattened tensor. */
  roll(shifts: number | readonly number[], axes?: number | readonly number[]): Tensor {
    if (arguments.length > 2) return withExtra(ops.roll, this, arguments);
    return ops.roll(this, shifts, axes);
  }

  /** The nearest whole number; halves go to the even one, as in IEEE 754. Its derivative is 0. */
  round(): Tensor {
    if (arguments.length > 0) return withExtra(ops.round, this, arguments);
    return ops.round(this);
  }

  /** 1/√x */
  rsqrt(): Tensor {
    if (arguments.length > 0) return withExtra(ops.rsqrt, this, arguments);
    return ops.rsqrt(this);
  }

  /** A copy of x with `source` added at the places that `index` names along an axis: the counterpart of {@link gather}. */
  scatterAdd(axis: number, index: Tensor, source: Tensor): Tensor {
    if (arguments.length > 3) return withExtra(ops.scatterAdd, this, arguments);
    return ops.scatterAdd(this, axis, index, source);
  }

  /** 1.0507 · elu(x, alpha 1.6733): keeps mean 0 and variance 1 through layers (Klambauer et al., 2017). */
  selu(): Tensor {
    if (arguments.length > 0) return withExtra(ops.selu, this, arguments);
    return ops.selu(this);
  }

  /** 1 / (1 + e^-x), the logistic function. */
  sigmoid(): Tensor {
    if (arguments.length > 0) return withExtra(ops.sigmoid, this, arguments);
    return ops.sigmoid(this);
  }

  /** -1, 0 or 1, as x is negative, zero or positive; NaN of NaN. Its derivative is 0. */
  sign(): Tensor {
    if (arguments.length > 0) return withExtra(ops.sign, this, arguments);
    return ops.sign(this);
  }

  /** x / (1 + e^-x), also called swish (Elfwing et al., 2017). */
  silu(): Tensor {
    if (arguments.length > 0) return withExtra(ops.silu, this, arguments);
    return ops.silu(this);
  }

  /** The sine of x radians. */
  sin(): Tensor {
    if (arguments.length > 0) return withExtra(ops.sin, this, arguments);
    return ops.sin(this);
  }

  /** Part of a tensor, by one range for each axis (axes without one are taken whole). A number picks one index and drops the axis; `[start, stop, step]` works as in Python, negative numbers and steps included; `'...'` leaves axes out in between. */
  slice(ranges: readonly SliceRange[]): Tensor {
    if (arguments.length > 1) return withExtra(ops.slice, this, arguments);
    return ops.slice(this, ranges);
  }

  /** e^x / Σ e^x along an axis (default the last): positive numbers that sum to 1. Computed so that large x do not overflow. */
  softmax(axis?: number): Tensor {
    if (arguments.length > 1) return withExtra(ops.softmax, this, arguments);
    return ops.softmax(this, axis);
  }

  /** log(1 + e^(beta x)) / beta: a smooth relu. Default beta 1. */
  softplus(options?: Partial<{ beta: number; }>): Tensor {
    if (arguments.length > 1) return withExtra(ops.softplus, this, arguments);
    return ops.softplus(this, options);
  }

  /** Sorts along an axis (default the last), equals in their old order, NaN above everything, true above false; gives the values and where they stood. */
  sort(axis?: number, options?: { readonly descending?: boolean }): ValuesAndIndices {
    if (arguments.length > 2) return withExtra(ops.sort, this, arguments);
    return ops.sort(this, axis, options);
  }

  /** Parts of a tensor along an axis: of `size` each (the last may be smaller, and is the only one of an axis of length 0), or of the sizes given. Like {@link slice}, it need not copy along the first axis. */
  split(size: number | readonly number[], axis?: number): Tensor[] {
    if (arguments.length > 2) return withExtra(ops.split, this, arguments);
    return ops.split(this, size, axis);
  }

  /** √x; NaN for a negative number. */
  sqrt(): Tensor {
    if (arguments.length > 0) return withExtra(ops.sqrt, this, arguments);
    return ops.sqrt(this);
  }

  /** x² */
  square(): Tensor {
    if (arguments.length > 0) return withExtra(ops.square, this, arguments);
    return ops.square(this);
  }

  /** Drops axes of length 1: the given one or ones, or all of them. */
  squeeze(axes?: number | readonly number[]): Tensor {
    if (arguments.length > 1) return withExtra(ops.squeeze, this, arguments);
    return ops.squeeze(this, axes);
  }

  /** The standard deviation, the square root of the {@link variance}. The gradient of equal numbers, whose deviation is 0, is taken as 0. */
  std(axes?: Axes, options?: VarianceOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.std, this, arguments);
    return ops.std(this, axes, options);
  }

  /** a - b */
  sub(b: Operand): Tensor {
    if (arguments.length > 1) return withExtra(ops.sub, this, arguments);
    return ops.sub(this, b);
  }

  /** The sum. Accumulated in double precision. Of booleans: how many are true (`int32`). */
  sum(axes?: Axes, options?: ReduceOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.sum, this, arguments);
    return ops.sum(this, axes, options);
  }

  /** Sums what broadcasting stretched, so that the result has the smaller shape again. */
  sumTo(shape: Shape): Tensor {
    if (arguments.length > 1) return withExtra(ops.sumTo, this, arguments);
    return ops.sumTo(this, shape);
  }

  /** The hyperbolic tangent. */
  tanh(): Tensor {
    if (arguments.length > 0) return withExtra(ops.tanh, this, arguments);
    return ops.tanh(this);
  }

  /** The same values on another backend; the gradient comes back. In the same buffer when it lives there already. */
  to(backend: Backend): Tensor {
    if (arguments.length > 1) return withExtra(ops.to, this, arguments);
    return ops.to(this, backend);
  }

  /** The same as {@link to}, also from a device that cannot be waited for, as a promise. */
  toAsync(backend: Backend): Promise<Tensor> {
    if (arguments.length > 1) return withExtra(ops.toAsync, this, arguments);
    return ops.toAsync(this, backend);
  }

  /** The k largest along an axis, largest first, equals in their old order, NaN above everything, true above false; gives the values and where they stood; none for k = 0. */
  topK(k: number, options?: TopKOptions): ValuesAndIndices {
    if (arguments.length > 2) return withExtra(ops.topK, this, arguments);
    return ops.topK(this, k, options);
  }

  /** Swaps two axes; without arguments the last two: the transpose of a matrix. */
  transpose(first?: number, second?: number): Tensor {
    if (arguments.length > 2) return withExtra(ops.transpose, this, arguments);
    return ops.transpose(this, first, second);
  }

  /** Keeps the lower triangle of the last two axes, up to and including the given diagonal (0 the main one, above it positive). */
  tril(diagonal?: number): Tensor {
    if (arguments.length > 1) return withExtra(ops.tril, this, arguments);
    return ops.tril(this, diagonal);
  }

  /** Keeps the upper triangle of the last two axes, from the given diagonal (0 the main one, above it positive) on. */
  triu(diagonal?: number): Tensor {
    if (arguments.length > 1) return withExtra(ops.triu, this, arguments);
    return ops.triu(this, diagonal);
  }

  /** The slices of a tensor along an axis, each without it: rows of a matrix for axis 0. */
  unbind(axis?: number): Tensor[] {
    if (arguments.length > 1) return withExtra(ops.unbind, this, arguments);
    return ops.unbind(this, axis);
  }

  /** Adds an axis of length 1 before `axis`; -1 adds it at the end. */
  unsqueeze(axis: number): Tensor {
    if (arguments.length > 1) return withExtra(ops.unsqueeze, this, arguments);
    return ops.unsqueeze(this, axis);
  }

  /** The variance Σ (x - mean)² / (n - correction), in two passes, so that a large mean costs no digits. */
  variance(axes?: Axes, options?: VarianceOptions): Tensor {
    if (arguments.length > 2) return withExtra(ops.variance, this, arguments);
    return ops.variance(this, axes, options);
  }

  /** `a` where the condition (bool) is true, `b` elsewhere; all three broadcast. */
  where(a: Operand, b: Operand): Tensor {
    if (arguments.length > 2) return withExtra(ops.where, this, arguments);
    return ops.where(this, a, b);
  }

  /** Writes over a part of x in place, x[ranges] ← value, with ranges as {@link slice} takes them: how a cache grows without being copied, and results are put where there is room for them. `value` is a tensor of x's dtype that broadcasts to the part, or a number. A part in one piece, such as rows, is written by one copy. */
  writeSlice(ranges: readonly SliceRange[], value: Operand): void {
    if (arguments.length > 2) return withExtra(ops.writeSlice, this, arguments);
    ops.writeSlice(this, ranges, value);
  }
}
