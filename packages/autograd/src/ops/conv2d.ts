// Two-dimensional convolution (cross-correlation, as in every deep-learning library) and its two gradients.
// All three are linear in each of their inputs, and each is the gradient of the others.

import type { Known } from '../arguments/check-call.js';
import { defineOp, required, type Spec } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { checkInteger, formatShape, type Pair, type Shape, toPair } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { needFloat, needRank, needSameDType, needTensor } from './checks.js';
import { cast } from './copy.js';
import { sum } from './reduce.js';

/** Everything but the tensors, worked out in full. */
export interface ConvGeometry {
  readonly stride: readonly [number, number];
  /** Rows above and below, columns left and right. */
  readonly padding: readonly [top: number, bottom: number, left: number, right: number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

export interface Conv2dOptions {
  /** One bias for each output channel. */
  readonly bias?: Tensor;
  /** Steps between output positions. Default 1. */
  readonly stride?: Pair;
  /** Zeros around the image: a number, a pair, `valid` (none), or `same` (the output as large as the input, for stride 1). Default 0. */
  readonly padding?: Pair | 'same' | 'valid';
  /** Steps between the taps of the filter. Default 1. */
  readonly dilation?: Pair;
  /** Cuts channels into independent groups; as many groups as channels is depthwise convolution. Default 1. */
  readonly groups?: number;
}

const conv2dOptions: Known<Conv2dOptions> = {
  bias: 'tensor',
  stride: 'pair',
  padding: 'pair or string',
  dilation: 'pair',
  groups: 'number',
};

const geometryAttrs = {
  stride: required<ConvGeometry['stride']>(),
  padding: required<ConvGeometry['padding']>(),
  dilation: required<ConvGeometry['dilation']>(),
  groups: 1,
};

function outputLength(
  input: number,
  kernel: number,
  before: number,
  after: number,
  stride: number,
  dilation: number,
): number {
  return Math.floor((input + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** [N, C, H, W] and [O, C/groups, KH, KW] → [N, O, OH, OW]. */
function outputShape(x: Shape, weight: Shape, { stride, padding, dilation }: ConvGeometry): Shape {
  const [n, , h, w] = x as readonly [number, number, number, number];
  const [o, , kh, kw] = weight as readonly [number, number, number, number];
  const [top, bottom, left, right] = padding;
  return [
    n,
    o,
    outputLength(h, kh, top, bottom, stride[0], dilation[0]),
    outputLength(w, kw, left, right, stride[1], dilation[1]),
  ];
}

function checkConv(x: Spec, weight: Spec, bias: Spec | undefined, geometry: ConvGeometry): Spec {
  needFloat('conv2d', 'input', x);
  needRank('conv2d', 'input', x, 4, '[batch, channels, height, width]');
  needRank('conv2d', 'weight', weight, 4, '[out channels, in channels / groups, height, width]');
  needSameDType('conv2d', 'input', x, 'weight', weight);
  const { groups } = geometry;
  const channels = x.shape[1]!;
  const [o, perGroup] = weight.shape as readonly [number, number];
  if (channels !== perGroup * groups) {
    const times = groups === 1 ? '' : ` in each of ${groups} groups`;
    throw new ShapeError(
      `conv2d: input has ${channels} channels but weight expects ${perGroup}${times} (weight is ${formatShape(weight.shape)})`,
    );
  }
  if (weight.shape[2] === 0 || weight.shape[3] === 0) {
    throw new ShapeError(`conv2d: weight is ${formatShape(weight.shape)}, needs a filter of at least 1x1`);
  }
  if (o % groups !== 0) {
    throw new ShapeError(
      `conv2d: ${o} output channels cannot be cut into ${groups} groups (weight is ${formatShape(weight.shape)})`,
    );
  }
  if (bias !== undefined) {
    needSameDType('conv2d', 'input', x, 'bias', bias);
    if (bias.shape.length !== 1 || bias.shape[0] !== o) {
      throw new ShapeError(`conv2d: bias is ${formatShape(bias.shape)}, needs [${o}], one for each output channel`);
    }
  }
  const shape = outputShape(x.shape, weight.shape, geometry);
  if (shape[2]! < 1 || shape[3]! < 1) {
    throw new ShapeError(
      `conv2d: a ${weight.shape[2]}x${weight.shape[3]} filter (dilation ${geometry.dilation.join('x')}) does not fit into an input of ` +
        `${formatShape(x.shape)} with padding ${formatShape(geometry.padding)}; pad more, or use a smaller filter`,
    );
  }
  return { shape, dtype: x.dtype };
}

/**
 * y[n, o, i, j] = bias[o] + Σ_{c, u, v} x[n, c, i·stride + u·dilation - padding, j·stride + v·dilation - padding] · weight[o, c, u, v].
 * Input [N, C, H, W], weight [O, C/groups, KH, KW] → [N, O, OH, OW] with OH = ⌊(H + 2·padding - dilation·(KH - 1) - 1) / stride⌋ + 1.
 *
 * @throws ShapeError when channels, groups or sizes do not fit.
 *
 * @example
 * ```ts
 * import { conv2d, randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const images = randn([8, 1, 28, 28]);
 * const filters = randn([6, 1, 5, 5]);
 * console.log(conv2d(images, filters, { padding: 2 }).shape); // [8, 6, 28, 28]
 * ```
 */
export const conv2d = /* @__PURE__ */ defineOp({
  name: 'conv2d',
  inputs: ['x', 'weight', 'bias?'],
  attrs: geometryAttrs,
  saves: ['x', 'weight'],
  halves: { inputs: ['weight', 'bias'], unpack: cast },
  infer: ({ x, weight, bias }, geometry) => checkConv(x, weight, bias, geometry),
  grad: ({ dy, x, weight, bias }, geometry) => ({
    x: (): Tensor => conv2dInputGrad.run({ g: dy, weight }, { ...geometry, shape: x.shape }),
    weight: (): Tensor => conv2dWeightGrad.run({ x, g: dy }, { ...geometry, shape: weight.shape }),
    bias: bias === undefined ? null : (): Tensor => sum(dy, [0, 2, 3]),
  }),
  takes: { parameters: ['x', 'weight'], options: conv2dOptions },
  call:
    (run) =>
    (x: Tensor, weight: Tensor, options: Conv2dOptions = {}): Tensor => {
      needTensor('conv2d', 'weight', weight);
      return run({ x, weight, bias: options.bias }, geometryOf(weight, options));
    },
});

/** The gradient of conv2d for its input: from g [N, O, OH, OW] and the weight to `shape`, [N, C, H, W]. */
export const conv2dInputGrad = /* @__PURE__ */ defineOp({
  name: 'conv2dInputGrad',
  inputs: ['g', 'weight'],
  attrs: { ...geometryAttrs, shape: required<Shape>() },
  saves: ['g', 'weight'],
  halves: { inputs: ['weight'], unpack: cast },
  infer: ({ g, weight }, { shape }) => {
    needFloat('conv2dInputGrad', 'g', g);
    needSameDType('conv2dInputGrad', 'g', g, 'weight', weight);
    return { shape, dtype: g.dtype };
  },
  grad: ({ dy, g, weight }, { shape: _, ...geometry }) => ({
    g: (): Tensor => conv2d.run({ x: dy, weight, bias: undefined }, geometry),
    weight: (): Tensor => conv2dWeightGrad.run({ x: dy, g }, { ...geometry, shape: weight.shape }),
  }),
});

/** The gradient of conv2d for its weight: from x and g [N, O, OH, OW] to `shape`, [O, C/groups, KH, KW]. */
export const conv2dWeightGrad = /* @__PURE__ */ defineOp({
  name: 'conv2dWeightGrad',
  inputs: ['x', 'g'],
  attrs: { ...geometryAttrs, shape: required<Shape>() },
  saves: ['x', 'g'],
  infer: ({ x, g }, { shape }) => {
    needFloat('conv2dWeightGrad', 'x', x);
    needSameDType('conv2dWeightGrad', 'x', x, 'g', g);
    return { shape, dtype: x.dtype };
  },
  grad: ({ dy, x, g }, { shape: _, ...geometry }) => ({
    x: (): Tensor => conv2dInputGrad.run({ g, weight: dy }, { ...geometry, shape: x.shape }),
    g: (): Tensor => conv2d.run({ x, weight: dy, bias: undefined }, geometry),
  }),
});

function geometryOf(
  weight: Tensor,
  { stride = 1, padding = 0, dilation = 1, groups = 1 }: Conv2dOptions,
): ConvGeometry {
  const steps = toPair('conv2d', 'stride', stride, 1);
  const gaps = toPair('conv2d', 'dilation', dilation, 1);
  checkInteger('conv2d', 'groups', groups, 1);
  return { stride: steps, padding: paddingOf(weight.shape, padding, steps, gaps), dilation: gaps, groups };
}

function paddingOf(
  weight: Shape,
  padding: Pair | 'same' | 'valid',
  stride: readonly [number, number],
  dilation: readonly [number, number],
): ConvGeometry['padding'] {
  if (padding === 'valid') return [0, 0, 0, 0];
  if (padding === 'same') {
    if (stride[0] !== 1 || stride[1] !== 1)
      throw new ArgumentError(
        `conv2d: padding 'same' needs stride 1, got ${stride.join('x')}; give the padding as numbers`,
      );
    const [rows, columns] = [dilation[0] * (weight[2]! - 1), dilation[1] * (weight[3]! - 1)];
    const [top, left] = [Math.floor(rows / 2), Math.floor(columns / 2)];
    return [top, rows - top, left, columns - left];
  }
  if (typeof padding === 'string')
    throw new ArgumentError(`conv2d: padding is '${padding}', needs a number, a pair, 'same' or 'valid'`);
  const [vertical, horizontal] = toPair('conv2d', 'padding', padding, 0);
  return [vertical, vertical, horizontal, horizontal];
}

const plain = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 } as const;
const cases: readonly { x: Shape; weight: Shape; geometry: ConvGeometry }[] = [
  { x: [2, 3, 5, 6], weight: [4, 3, 3, 3], geometry: plain },
  { x: [1, 2, 6, 5], weight: [3, 2, 3, 2], geometry: { ...plain, stride: [2, 1], padding: [1, 1, 0, 0] } },
  { x: [2, 4, 5, 5], weight: [6, 2, 3, 3], geometry: { ...plain, padding: [1, 1, 1, 1], groups: 2 } },
  { x: [1, 3, 6, 6], weight: [3, 1, 2, 2], geometry: { ...plain, padding: [0, 1, 0, 1], groups: 3 } },
  {
    x: [1, 2, 7, 7],
    weight: [2, 2, 3, 3],
    geometry: { ...plain, dilation: [2, 2], padding: [2, 2, 2, 2], stride: [2, 2] },
  },
  { x: [2, 3, 4, 4], weight: [5, 3, 1, 1], geometry: plain },
];

export const conv2dSamples = (): readonly OpSamples[] => [
  samples(
    conv2d,
    cases.map(({ x, weight, geometry }, i) => ({
      inputs: { x: { shape: x }, weight: { shape: weight }, ...(i % 2 === 0 && { bias: { shape: [weight[0]!] } }) },
      attrs: geometry,
    })),
    { tolerance: 2e-6 },
  ),
  samples(
    conv2dInputGrad,
    cases.map(({ x, weight, geometry }) => ({
      inputs: { g: { shape: outputShape(x, weight, geometry) }, weight: { shape: weight } },
      attrs: { ...geometry, shape: x },
    })),
    { tolerance: 2e-6 },
  ),
  samples(
    conv2dWeightGrad,
    cases.map(({ x, weight, geometry }) => ({
      inputs: { x: { shape: x }, g: { shape: outputShape(x, weight, geometry) } },
      attrs: { ...geometry, shape: weight },
    })),
    { tolerance: 2e-6 },
  ),
];
