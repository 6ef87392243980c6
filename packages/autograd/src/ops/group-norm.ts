// Normalisation of each example on its own: layer, group, instance and root-mean-square norm, all by one op.

import { checkCall, type Known } from '../arguments/check-call.js';
import { shown } from '../arguments/shown.js';
import { defineOp, required, type Spec } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { dtypeInfo } from '../tensor/dtype.js';
import { checkInteger, formatShape, type Shape, sameShape, sizeOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, mul, sub } from './arithmetic.js';
import { needFloat, needRank, needSameDType, needSameShape, needTensor } from './checks.js';
import { equal } from './compare.js';
import { rsqrt, square } from './elementwise.js';
import { mean, sum } from './reduce.js';
import { reshape } from './reshape.js';
import { where } from './where.js';

export interface NormalizeOptions {
  /** A learned factor for each element, or for each channel. Default: none. */
  readonly weight?: Tensor;
  /** A learned number to add. Default: none. */
  readonly bias?: Tensor;
  /** Added to the variance. Default 1e-5. With 0 a constant input becomes 0 too. */
  readonly eps?: number;
}

export const normalizeOptions: Known<NormalizeOptions> = { weight: 'tensor', bias: 'tensor', eps: 'number' };

/** What `rmsNorm` takes: nothing is subtracted, so that there is no bias. */
export type RmsNormOptions = Omit<NormalizeOptions, 'bias'>;

const rmsNormOptions: Known<RmsNormOptions> = { weight: 'tensor', eps: 'number' };

const attrs = { eps: required<number>(), center: true };
const inGroup = [2, 3];
const keepDims = { keepDims: true };

function checkSpecs(op: string, x: Spec, each: Readonly<Record<string, Spec | undefined>>): void {
  needFloat(op, 'x', x);
  needRank(op, 'x', x, 4, '[batch, groups, channels, inner]');
  const { shape } = x;
  for (const [name, given] of Object.entries(each)) {
    if (given === undefined) continue;
    needSameDType(op, 'x', x, name, given);
    if (!sameShape(given.shape, shape.slice(1, 3))) {
      throw new ShapeError(
        `${op}: ${name} is ${formatShape(given.shape)}, needs ${formatShape(shape.slice(1, 3))}, which is [groups, channels] of x`,
      );
    }
  }
}

/**
 * The op behind {@link layerNorm}, {@link groupNorm}, {@link instanceNorm} and {@link rmsNorm}. Of x [batch, groups,
 * channels, inner] each [channels, inner] is brought to mean 0 and variance 1; weight and bias are [groups, channels].
 * Without `center` no mean is taken off, and the mean square is brought to 1.
 */
export const normalizeGroups = /* @__PURE__ */ defineOp({
  name: 'normalizeGroups',
  inputs: ['x', 'weight?', 'bias?'],
  attrs,
  saves: ['x', 'weight'],
  infer: ({ x, weight, bias }) => {
    checkSpecs('normalizeGroups', x, { weight, bias });
    return { shape: x.shape, dtype: x.dtype };
  },
  grad: ({ dy, x, weight }, { eps, center }) => {
    let found: { readonly gx: Tensor; readonly gWeight: Tensor; readonly gBias: Tensor } | undefined;
    const all = () => {
      found ??= normalizeGroupsGrad.run({ g: dy, x, weight }, { eps, center });
      return found;
    };
    return { x: (): Tensor => all().gx, weight: (): Tensor => all().gWeight, bias: (): Tensor => all().gBias };
  },
  compose: ({ x, weight, bias }, options): Tensor => {
    const { normal } = standardize(x, options);
    const scaled = weight === undefined ? normal : mul(normal, overInner(weight));
    return bias === undefined ? scaled : add(scaled, overInner(bias));
  },
});

/**
 * The gradients of {@link normalizeGroups}, from that of its result. With x̂ the normal x, r = 1 / √(variance + eps) and
 * ĝ = g · weight: gx = r (ĝ - mean(ĝ) - x̂ · mean(ĝ x̂)), gWeight = Σ g x̂ and gBias = Σ g (Ba et al., 2016).
 */
export const normalizeGroupsGrad = /* @__PURE__ */ defineOp({
  name: 'normalizeGroupsGrad',
  inputs: ['g', 'x', 'weight?'],
  outputs: ['gx', 'gWeight', 'gBias'],
  attrs,
  infer: ({ g, x, weight }) => {
    checkSpecs('normalizeGroupsGrad', x, { weight });
    needSameShape('normalizeGroupsGrad', 'g', g, 'x', x);
    const each = { shape: x.shape.slice(1, 3), dtype: x.dtype };
    return { gx: { shape: x.shape, dtype: x.dtype }, gWeight: each, gBias: each };
  },
  compose: ({ g, x, weight }, options) => {
    const { normal, scale } = standardize(x, options);
    const weighted = weight === undefined ? g : mul(g, overInner(weight));
    const along = mul(normal, mean(mul(weighted, normal), inGroup, keepDims));
    const centred = options.center ? sub(weighted, mean(weighted, inGroup, keepDims)) : weighted;
    return { gx: mul(scale, sub(centred, along)), gWeight: sum(mul(g, normal), [0, 3]), gBias: sum(g, [0, 3]) };
  },
});

function standardize(x: Tensor, { eps, center }: typeof attrs): { readonly normal: Tensor; readonly scale: Tensor } {
  const centred = center ? sub(x, mean(x, inGroup, keepDims)) : x;
  const scale = scaleOf(mean(square(centred), inGroup, keepDims), eps); // [batch, groups, 1, 1]
  return { normal: mul(centred, scale), scale };
}

/** 1 / √(variance + eps), and 0 where that would be infinite: what is constant becomes 0, without a gradient. */
export function scaleOf(variance: Tensor, eps: number): Tensor {
  if (eps > 0) return rsqrt(add(variance, eps));
  const isConstant = equal(variance, 0);
  return where(isConstant, 0, rsqrt(where(isConstant, 1, variance)));
}

/** [groups, channels] → [groups, channels, 1] */
function overInner(each: Tensor): Tensor {
  return reshape(each, [...each.shape, 1]);
}

/** Throws unless `eps` is a number of at least 0. */
export function checkEps(op: string, eps: number): number {
  if (!(eps >= 0)) throw new ArgumentError(`${op}: eps is ${shown(eps)}, needs a number of at least 0`);
  return eps;
}

/** Throws unless weight and bias, where they are given, have this shape and the dtype of x. */
export function checkAffine(op: string, x: Tensor, { weight, bias }: NormalizeOptions, shape: Shape): void {
  for (const [name, each] of [['weight', weight] as const, ['bias', bias] as const]) {
    if (each === undefined) continue;
    needTensor(op, name, each);
    needSameDType(op, 'x', x, name, each);
    if (!sameShape(each.shape, shape)) {
      throw new ShapeError(
        `${op}: ${name} is ${formatShape(each.shape)} and x is ${formatShape(x.shape)}; needs ${formatShape(shape)}`,
      );
    }
  }
}

/** Normalises [batch, groups, channels, inner] views of x, and gives the result the shape of x. */
function normalized(
  x: Tensor,
  shape: Shape,
  { weight, bias, eps }: NormalizeOptions & { readonly eps: number },
  center = true,
): Tensor {
  const each = shape.slice(1, 3);
  const view = (tensor: Tensor | undefined) => (tensor === undefined ? undefined : reshape(tensor, each));
  const y = normalizeGroups.run({ x: reshape(x, shape), weight: view(weight), bias: view(bias) }, { eps, center });
  return reshape(y, x.shape);
}

function overLastAxes(
  op: string,
  x: Tensor,
  normalizedShape: number | Shape,
  options: NormalizeOptions & { readonly eps: number },
  center: boolean,
): Tensor {
  needTensor(op, 'x', x);
  needFloat(op, 'x', x);
  const shape: Shape = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape;
  if (!Array.isArray(shape) || shape.length === 0) {
    throw new ArgumentError(
      `${op}: normalizedShape is ${String(normalizedShape)}, needs a length or a list of lengths`,
    );
  }
  if (shape.length > x.rank || !sameShape(x.shape.slice(x.rank - shape.length), shape)) {
    throw new ShapeError(
      `${op}: x is ${formatShape(x.shape)}, needs to end in ${formatShape(shape)}, which is to be normalised`,
    );
  }
  checkAffine(op, x, options, shape);
  checkEps(op, options.eps);
  const rows = sizeOf(x.shape.slice(0, x.rank - shape.length));
  return normalized(x, [rows, 1, sizeOf(shape), 1], options, center);
}

/**
 * Brings the last axes, whose lengths are `normalizedShape`, to mean 0 and variance 1 for each example, then
 * multiplies by `weight` and adds `bias`, both of that shape: y = (x - mean) / √(variance + eps) · weight + bias, with
 * the biased variance (Ba et al., Layer Normalization, 2016).
 *
 * @throws ShapeError when x does not end in normalizedShape, or weight or bias has another shape.
 *
 * @example
 * ```ts
 * import { layerNorm, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * console.log(layerNorm(tensor([[1, 3], [20, 40]]), 2, { bias: tensor([1, 1]) }).toArray()); // about [[0, 2], [0, 2]]
 * ```
 */
export function layerNorm(x: Tensor, normalizedShape: number | Shape, options: NormalizeOptions = {}): Tensor {
  checkCall('layerNorm', arguments, ['x', 'normalizedShape'], normalizeOptions);
  const { eps = 1e-5, ...affine } = options;
  return overLastAxes('layerNorm', x, normalizedShape, { ...affine, eps }, true);
}

/**
 * Divides the last axes, whose lengths are `normalizedShape`, by the root of their mean square, then multiplies by
 * `weight`: y = x / √(mean(x²) + eps) · weight (Zhang and Sennrich, Root Mean Square Layer Normalization, 2019).
 * `eps` is by default the distance of 1 to the next number of the dtype, as in PyTorch.
 *
 * @throws ShapeError when x does not end in normalizedShape, or weight has another shape.
 *
 * @example
 * ```ts
 * import { rmsNorm, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * console.log(rmsNorm(tensor([[1, 7], [10, 70]]), 2).toArray()); // about [[0.2, 1.4], [0.2, 1.4]]
 * ```
 */
export function rmsNorm(x: Tensor, normalizedShape: number | Shape, options: RmsNormOptions = {}): Tensor {
  checkCall('rmsNorm', arguments, ['x', 'normalizedShape'], rmsNormOptions);
  const { weight, eps = dtypeInfo(x.dtype).epsilon } = options;
  return overLastAxes('rmsNorm', x, normalizedShape, { eps, ...(weight && { weight }) }, false);
}

/**
 * Cuts the channels of x [batch, channels, ...] into groups of neighbours, brings each group of each example to mean 0
 * and variance 1, then multiplies by `weight` [channels] and adds `bias` [channels] (Wu and He, Group Normalization, 2018).
 *
 * @throws ShapeError when x has no channels, or weight or bias has another shape.
 * @throws ArgumentError when the channels cannot be cut into so many groups.
 *
 * @example
 * ```ts
 * import { groupNorm, randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * console.log(groupNorm(randn([2, 6, 4, 4]), 3).shape); // [2, 6, 4, 4], each pair of channels with mean 0 and variance 1
 * ```
 */
export function groupNorm(x: Tensor, groups: number, options: NormalizeOptions = {}): Tensor {
  checkCall('groupNorm', arguments, ['x', 'groups'], normalizeOptions);
  const { eps = 1e-5, ...affine } = options;
  needChannels('groupNorm', x);
  const [batch, channels] = x.shape as readonly [number, number];
  checkInteger('groupNorm', 'groups', groups, 1);
  if (channels % groups !== 0) {
    throw new ArgumentError(
      `groupNorm: x has ${channels} channels (shape ${formatShape(x.shape)}), which cannot be cut into ${groups} groups; needs a divisor`,
    );
  }
  checkAffine('groupNorm', x, affine, [channels]);
  checkEps('groupNorm', eps);
  return normalized(x, [batch, groups, channels / groups, sizeOf(x.shape.slice(2))], { ...affine, eps });
}

/**
 * Brings each channel of each example of x [batch, channels, ...] to mean 0 and variance 1, then multiplies by
 * `weight` [channels] and adds `bias` [channels] (Ulyanov et al., Instance Normalization, 2016).
 *
 * @throws ShapeError when a channel has but one element, or weight or bias has another shape.
 *
 * @example
 * ```ts
 * import { instanceNorm, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * console.log(instanceNorm(tensor([[[1, 3], [70, 50]]])).toArray()); // about [[[-1, 1], [1, -1]]]
 * ```
 */
export function instanceNorm(x: Tensor, options: NormalizeOptions = {}): Tensor {
  checkCall('instanceNorm', arguments, ['x'], normalizeOptions);
  const { eps = 1e-5, ...affine } = options;
  needChannels('instanceNorm', x);
  const [batch, channels] = x.shape as readonly [number, number];
  const inner = sizeOf(x.shape.slice(2));
  if (inner === 1) {
    throw new ShapeError(
      `instanceNorm: x is ${formatShape(x.shape)}, with one element in each channel, which has no variance; needs two or more`,
    );
  }
  checkAffine('instanceNorm', x, affine, [channels]);
  checkEps('instanceNorm', eps);
  return normalized(x, [batch, channels, 1, inner], { ...affine, eps });
}

/** Throws unless x is a float tensor with channels on axis 1. */
export function needChannels(op: string, x: Tensor): void {
  needTensor(op, 'x', x);
  needFloat(op, 'x', x);
  if (x.rank < 2) throw new ShapeError(`${op}: x is ${formatShape(x.shape)}, needs [batch, channels, ...]`);
}

// Groups of channels; a layer norm; rows longer than vectors, with a tail.
const shapes: readonly Shape[] = [
  [2, 2, 3, 4],
  [5, 1, 7, 1],
  [3, 1, 37, 1],
];

export const groupNormSamples = (): readonly OpSamples[] => {
  const each = (shape: Shape) => ({ shape: shape.slice(1, 3) });
  return [
    samples(
      normalizeGroups,
      [
        ...shapes.map((shape) => ({
          inputs: { x: { shape }, weight: each(shape), bias: each(shape) },
          attrs: { eps: 1e-5 },
        })),
        // Where the gradient of y is proportional to y, and the weight the same everywhere, what is left of it is eps's.
        { inputs: { x: { shape: [2, 3, 1, 21] }, weight: { shape: [3, 1] } }, attrs: { eps: 0.1 } },
        { inputs: { x: { shape: [2, 3, 2, 5] } }, attrs: { eps: 0.1 } },
        { inputs: { x: { shape: [2, 1, 9, 1] }, bias: { shape: [1, 9] } }, attrs: { eps: 1e-5 } },
        { inputs: { x: { shape: [3, 1, 18, 1] }, weight: { shape: [1, 18] } }, attrs: { eps: 1e-5, center: false } },
        { inputs: { x: { shape: [2, 2, 2, 6] } }, attrs: { eps: 1e-2, center: false } },
        // A constant has no variance: eps alone keeps it finite.
        {
          inputs: {
            x: [[[[3], [3], [3]]], [[[1], [2], [4]]]],
            weight: { shape: [1, 3] },
          },
          attrs: { eps: 0.1 },
        },
      ],
      { tolerance: 2e-6 },
    ),
    samples(
      normalizeGroupsGrad,
      [
        ...shapes.map((shape) => ({
          inputs: { g: { shape }, x: { shape }, weight: each(shape) },
          attrs: { eps: 1e-5 },
        })),
        { inputs: { g: { shape: [2, 2, 2, 5] }, x: { shape: [2, 2, 2, 5] } }, attrs: { eps: 1e-3 } },
        {
          inputs: { g: { shape: [2, 3, 1, 21] }, x: { shape: [2, 3, 1, 21] }, weight: { shape: [3, 1] } },
          attrs: { eps: 1e-5 },
        },
        {
          inputs: { g: { shape: [3, 1, 18, 1] }, x: { shape: [3, 1, 18, 1] }, weight: { shape: [1, 18] } },
          attrs: { eps: 1e-5, center: false },
        },
        {
          inputs: { g: { shape: [2, 2, 2, 6] }, x: { shape: [2, 2, 2, 6] } },
          attrs: { eps: 1e-2, center: false },
        },
      ],
      { tolerance: 2e-6 },
    ),
  ];
};
