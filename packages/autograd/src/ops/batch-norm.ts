// Batch normalisation: each channel over all examples, by its own statistics (training) or given ones (use).

import { checkCall } from '../arguments/check-call.js';
import { defineOp, required, type Spec } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ShapeError } from '../errors.js';
import { formatShape, type Shape, sameShape, sizeOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, mul, sub } from './arithmetic.js';
import { needFloat, needRank, needSameDType, needSameShape, needTensor } from './checks.js';
import { rsqrt, square } from './elementwise.js';
import { checkAffine, checkEps, type NormalizeOptions, needChannels, normalizeOptions, scaleOf } from './group-norm.js';
import { mean, sum } from './reduce.js';
import { reshape } from './reshape.js';

/** What {@link batchNorm} returns. */
export interface BatchNormResult {
  /** Of the shape of x. */
  readonly y: Tensor;
  /** The mean of each channel, [channels]. */
  readonly mean: Tensor;
  /** The variance of each channel, [channels], biased: divided by the number of elements. */
  readonly variance: Tensor;
}

const inChannel = [0, 2];
const keepDims = { keepDims: true };
const attrs = { eps: required<number>() };

function checkSpecs(op: string, x: Spec, each: Readonly<Record<string, Spec | undefined>>): void {
  needFloat(op, 'x', x);
  needRank(op, 'x', x, 3, '[batch, channels, inner]');
  for (const [name, given] of Object.entries(each)) {
    if (given === undefined) continue;
    needSameDType(op, 'x', x, name, given);
    if (!sameShape(given.shape, [x.shape[1]!])) {
      throw new ShapeError(
        `${op}: ${name} is ${formatShape(given.shape)}, needs one number for each of ${x.shape[1]} channels`,
      );
    }
  }
}

/** The op behind {@link batchNorm}, on x [batch, channels, inner]. */
export const normalizeBatch = /* @__PURE__ */ defineOp({
  name: 'normalizeBatch',
  inputs: ['x', 'weight?', 'bias?'],
  outputs: ['y', 'mean', 'variance'],
  attrs,
  saves: ['x', 'weight'],
  infer: ({ x, weight, bias }) => {
    checkSpecs('normalizeBatch', x, { weight, bias });
    const each = { shape: [x.shape[1]!], dtype: x.dtype };
    return { y: { shape: x.shape, dtype: x.dtype }, mean: each, variance: each };
  },
  grad: ({ dy, dmean, dvariance, x, weight }, { eps }) => {
    let found: { readonly gx: Tensor; readonly gWeight: Tensor; readonly gBias: Tensor } | undefined;
    const all = () => {
      found ??= normalizeBatchGrad.run({ g: dy, gMean: dmean, gVariance: dvariance, x, weight }, { eps });
      return found;
    };
    return { x: (): Tensor => all().gx, weight: (): Tensor => all().gWeight, bias: (): Tensor => all().gBias };
  },
  compose: ({ x, weight, bias }, { eps }) => {
    const average = mean(x, inChannel, keepDims); // [1, channels, 1]
    const centred = sub(x, average);
    const variance = mean(square(centred), inChannel, keepDims);
    const normal = mul(centred, scaleOf(variance, eps));
    const scaled = weight === undefined ? normal : mul(normal, overInner(weight));
    const y = bias === undefined ? scaled : add(scaled, overInner(bias));
    const channels = [x.shape[1]!];
    return { y, mean: reshape(average, channels), variance: reshape(variance, channels) };
  },
});

/**
 * The gradients of {@link normalizeBatch}. With n elements in a channel, x̂ the normal x, r = 1 / √(variance + eps) and
 * ĝ = g · weight: gx = r (ĝ - mean(ĝ) - x̂ · mean(ĝ x̂)) + gMean / n + 2 gVariance (x - mean) / n, gWeight = Σ g x̂ and
 * gBias = Σ g (Ioffe and Szegedy, 2015).
 */
export const normalizeBatchGrad = /* @__PURE__ */ defineOp({
  name: 'normalizeBatchGrad',
  inputs: ['g', 'gMean', 'gVariance', 'x', 'weight?'],
  outputs: ['gx', 'gWeight', 'gBias'],
  attrs,
  infer: ({ g, gMean, gVariance, x, weight }) => {
    checkSpecs('normalizeBatchGrad', x, { gMean, gVariance, weight });
    needSameShape('normalizeBatchGrad', 'g', g, 'x', x);
    const each = { shape: [x.shape[1]!], dtype: x.dtype };
    return { gx: { shape: x.shape, dtype: x.dtype }, gWeight: each, gBias: each };
  },
  compose: ({ g, gMean, gVariance, x, weight }, { eps }) => {
    const centred = sub(x, mean(x, inChannel, keepDims));
    const scale = scaleOf(mean(square(centred), inChannel, keepDims), eps);
    const normal = mul(centred, scale);
    const weighted = weight === undefined ? g : mul(g, overInner(weight));
    const along = mul(normal, mean(mul(weighted, normal), inChannel, keepDims));
    const throughY = mul(scale, sub(sub(weighted, mean(weighted, inChannel, keepDims)), along));
    const share = x.shape[1]! / x.size;
    const throughStatistics = add(overInner(mul(gMean, share)), mul(centred, overInner(mul(gVariance, 2 * share))));
    return { gx: add(throughY, throughStatistics), gWeight: sum(mul(g, normal), inChannel), gBias: sum(g, inChannel) };
  },
});

/** y = (x - mean) / √(variance + eps) · weight + bias for each channel of x [batch, channels, inner]. */
export const normalizeChannels = /* @__PURE__ */ defineOp({
  name: 'normalizeChannels',
  inputs: ['x', 'mean', 'variance', 'weight?', 'bias?'],
  attrs,
  saves: ['x', 'mean', 'variance', 'weight'],
  infer: ({ x, mean, variance, weight, bias }) => {
    checkSpecs('normalizeChannels', x, { mean, variance, weight, bias });
    return { shape: x.shape, dtype: x.dtype };
  },
  grad: ({ dy, x, mean, variance, weight }, { eps }) => {
    const root = (): Tensor => rsqrt(add(variance, eps));
    const scale = (): Tensor => (weight === undefined ? root() : mul(weight, root()));
    const sumOfProducts = (): Tensor => sum(mul(dy, sub(x, overInner(mean))), inChannel);
    return {
      x: (): Tensor => mul(dy, overInner(scale())),
      mean: (): Tensor => mul(mul(scale(), sum(dy, inChannel)), -1),
      variance: (): Tensor => mul(mul(mul(scale(), square(root())), -0.5), sumOfProducts()),
      weight: (): Tensor => mul(root(), sumOfProducts()),
      bias: (): Tensor => sum(dy, inChannel),
    };
  },
  compose: ({ x, mean, variance, weight, bias }, { eps }): Tensor => {
    const root = rsqrt(add(variance, eps));
    const y = mul(sub(x, overInner(mean)), overInner(weight === undefined ? root : mul(weight, root)));
    return bias === undefined ? y : add(y, overInner(bias));
  },
});

/** [channels] → [channels, 1] */
function overInner(each: Tensor): Tensor {
  return reshape(each, [each.size, 1]);
}

function flattened(x: Tensor): Tensor {
  return reshape(x, [x.shape[0]!, x.shape[1]!, sizeOf(x.shape.slice(2))]);
}

/**
 * Brings each channel of x [batch, channels, ...] to mean 0 and variance 1 over all examples and places, then
 * multiplies by `weight` [channels] and adds `bias` [channels], which is what batch normalisation does in training (Ioffe and
 * Szegedy, 2015). Also returns each channel's mean and (biased) variance, for running averages of them.
 *
 * @throws ShapeError when x has no channels or one element in each, or weight or bias has another shape.
 *
 * @example
 * ```ts
 * import { batchNorm, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const { y, mean, variance } = batchNorm(tensor([[1, 10], [3, 50]]));
 * console.log(y.toArray(), mean.toArray(), variance.toArray()); // about [[-1, -1], [1, 1]], [2, 30] and [1, 400]
 * ```
 */
export function batchNorm(x: Tensor, options: NormalizeOptions = {}): BatchNormResult {
  checkCall('batchNorm', arguments, ['x'], normalizeOptions);
  const { weight, bias, eps = 1e-5 } = options;
  needChannels('batchNorm', x);
  const channels = x.shape[1]!;
  if (x.size === channels) {
    throw new ShapeError(
      `batchNorm: x is ${formatShape(x.shape)}, with one element in each channel, which has no variance; needs two or more`,
    );
  }
  checkAffine('batchNorm', x, { ...(weight && { weight }), ...(bias && { bias }) }, [channels]);
  const { y, mean, variance } = normalizeBatch.run(
    { x: flattened(x), weight, bias },
    { eps: checkEps('batchNorm', eps) },
  );
  return { y: reshape(y, x.shape), mean, variance };
}

/**
 * Batch normalisation in use, with given statistics: y = (x - mean) / √(variance + eps) · weight + bias for each channel
 * of x [batch, channels, ...]; mean, variance, weight and bias are [channels].
 *
 * @throws ShapeError when x has no channels, or one of the others is not [channels].
 *
 * @example
 * ```ts
 * import { batchNormInference, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * console.log(batchNormInference(tensor([[5, 6]]), tensor([1, 2]), tensor([4, 4])).toArray()); // about [[2, 2]]
 * ```
 */
export function batchNormInference(x: Tensor, mean: Tensor, variance: Tensor, options: NormalizeOptions = {}): Tensor {
  checkCall('batchNormInference', arguments, ['x', 'mean', 'variance'], normalizeOptions);
  const { weight, bias, eps = 1e-5 } = options;
  const op = 'batchNormInference';
  needChannels(op, x);
  for (const [name, each] of Object.entries({ mean, variance, weight, bias })) {
    if (each === undefined && (name === 'weight' || name === 'bias')) continue;
    needTensor(op, name, each!);
    needSameDType(op, 'x', x, name, each!);
    if (!sameShape(each!.shape, [x.shape[1]!])) {
      throw new ShapeError(
        `${op}: ${name} is ${formatShape(each!.shape)} and x is ${formatShape(x.shape)}; needs ${formatShape([x.shape[1]!])}`,
      );
    }
  }
  const y = normalizeChannels.run({ x: flattened(x), mean, variance, weight, bias }, { eps: checkEps(op, eps) });
  return reshape(y, x.shape);
}

// Images, single features (of as many channels as vectors have lanes, and more), long planes with a tail.
const shapes: readonly Shape[] = [
  [3, 2, 3],
  [4, 5, 1],
  [2, 9, 2],
  [1, 2, 19],
  [2, 1, 37],
];

export const batchNormSamples = (): readonly OpSamples[] => {
  const each = (shape: Shape) => ({ shape: [shape[1]!] });
  const positive = (shape: Shape) => ({ ...each(shape), low: 0.5, high: 2 });
  const plain: Shape = [3, 4, 2];
  // The first channel does not vary.
  const constant = [
    [[2], [1]],
    [[2], [3]],
    [[2], [4]],
  ];
  return [
    samples(
      normalizeBatch,
      [
        ...shapes.map((shape) => ({
          // Not around 0: of a mean that is next to nothing, float32 keeps few digits.
          inputs: { x: { shape, low: -1, high: 3 }, weight: each(shape), bias: each(shape) },
          attrs: { eps: 1e-5 },
        })),
        { inputs: { x: { shape: plain } }, attrs: { eps: 1e-3 } },
        { inputs: { x: { shape: plain }, bias: each(plain) }, attrs: { eps: 1e-5 } },
        { inputs: { x: constant }, attrs: { eps: 0 }, smooth: false },
      ],
      { tolerance: 2e-6 },
    ),
    samples(
      normalizeBatchGrad,
      [
        ...shapes.map((shape) => ({
          inputs: {
            g: { shape },
            gMean: each(shape),
            gVariance: each(shape),
            x: { shape },
            weight: each(shape),
          },
          attrs: { eps: 1e-5 },
        })),
        {
          inputs: {
            g: { shape: plain },
            gMean: each(plain),
            gVariance: each(plain),
            x: { shape: plain },
          },
          attrs: { eps: 1e-2 },
        },
      ],
      { tolerance: 2e-6 },
    ),
    samples(
      normalizeChannels,
      [
        ...shapes.map((shape) => ({
          inputs: {
            x: { shape },
            mean: each(shape),
            variance: positive(shape),
            weight: each(shape),
            bias: each(shape),
          },
          attrs: { eps: 1e-5 },
        })),
        { inputs: { x: { shape: plain }, mean: each(plain), variance: positive(plain) }, attrs: { eps: 0.1 } },
      ],
      { tolerance: 2e-6 },
    ),
  ];
};
