// Convolution and its two gradients. All three are convolutions: TensorFlow.js has a fast kernel for that on every
// backend, and for the gradients none, or slow ones that know no dilation. Its images are [N, H, W, C], its filters [KH, KW, C, O].

import { type ConvGeometry, conv2d, conv2dInputGrad, conv2dWeightGrad } from '@dl/autograd';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type TfjsKernel, tfjsKernel } from '../kernel.js';
import type { Operand, TfjsRun } from '../run.js';
import { crop, join, reshape, reverse, spread, transpose } from './shapes.js';

type Pair = readonly [number, number];
type Sizes = readonly [number, number, number, number];

interface Steps {
  readonly stride: Pair;
  readonly dilation: Pair;
  readonly padding: ConvGeometry['padding'];
}

const sizes = ({ shape }: Operand): Sizes => shape as unknown as Sizes;
const toImages = (tf: TfjsRun, x: Operand): TensorInfo => transpose(tf, x, [0, 2, 3, 1]);
const toPlanes = (tf: TfjsRun, x: Operand): TensorInfo => transpose(tf, x, [0, 3, 1, 2]);

const explicit = ({ padding: [top, bottom, left, right] }: Pick<Steps, 'padding'>): number[][] => [
  [0, 0],
  [top, bottom],
  [left, right],
  [0, 0],
];

/** [N, H, W, C] and [KH, KW, C, O] → [N, OH, OW, O]; with [KH, KW, C, M] for each channel apart, [N, OH, OW, C·M]. */
function convolve(
  tf: TfjsRun,
  x: Operand,
  filter: Operand,
  steps: Steps,
  kernel: 'Conv2D' | 'DepthwiseConv2dNative' = 'Conv2D',
): TensorInfo {
  const { stride, dilation } = steps;
  const form = { pad: explicit(steps), dataFormat: 'NHWC', dimRoundingMode: 'floor' };
  return tf.call(kernel, { x, filter }, { strides: [...stride], dilations: [...dilation], ...form });
}

/** Depthwise kernels take a stride or a dilation, not both. */
const isDepthwise = ({ groups, stride, dilation }: ConvGeometry, channels: number): boolean =>
  groups > 1 && groups === channels && (Math.max(...stride) === 1 || Math.max(...dilation) === 1);

/** Channels of one group. */
function ofGroup(tf: TfjsRun, x: Operand, axis: number, group: number, groups: number): TensorInfo {
  const length = x.shape[axis]! / groups;
  const begin = x.shape.map((_, i) => (i === axis ? group * length : 0));
  return crop(tf, x, begin, x.shape.with(axis, length));
}

/** The same for each group, side by side along `axis`. */
function eachGroup(tf: TfjsRun, groups: number, axis: number, one: (group: number) => TensorInfo): TensorInfo {
  return join(
    tf,
    Array.from({ length: groups }, (_, group) => one(group)),
    axis,
  );
}

function forward(tf: TfjsRun, x: Operand, weight: Operand, geometry: ConvGeometry): TensorInfo {
  const { groups } = geometry;
  if (isDepthwise(geometry, x.shape[1]!)) {
    const [o, , kh, kw] = sizes(weight);
    // [C·M, 1, KH, KW] → [KH, KW, C, M]
    const filter = reshape(tf, transpose(tf, weight, [2, 3, 0, 1]), [kh, kw, groups, o / groups]);
    return convolve(tf, toImages(tf, x), filter, geometry, 'DepthwiseConv2dNative');
  }
  return eachGroup(tf, groups, 3, (group) =>
    convolve(
      tf,
      toImages(tf, ofGroup(tf, x, 1, group, groups)),
      transpose(tf, ofGroup(tf, weight, 0, group, groups), [2, 3, 1, 0]),
      geometry,
    ),
  );
}

/** How far to pad g (already spread by the stride) along an axis so that the flipped filter gives `length`; beyond that is cropped. */
function paddingBack(length: number, spreadLength: number, kernel: number, dilation: number, before: number) {
  const reach = dilation * (kernel - 1);
  const [front, back] = [reach - before, length - spreadLength + before];
  return { front: Math.max(front, 0), back: Math.max(back, 0), skipped: Math.max(-front, 0) };
}

/** The input's gradient by the kernel for it, which knows no dilation; slow, but it does not grow with the stride. */
function stridedInputGradient(
  tf: TfjsRun,
  g: Operand,
  weight: Operand,
  geometry: ConvGeometry,
  shape: Sizes,
): TensorInfo {
  const { stride, groups } = geometry;
  const [n, , h, w] = shape;
  const attrs = { strides: [...stride], pad: explicit(geometry), dataFormat: 'NHWC', dimRoundingMode: 'floor' };
  return eachGroup(tf, groups, 3, (group) => {
    const dy = toImages(tf, ofGroup(tf, g, 1, group, groups));
    const filter = transpose(tf, ofGroup(tf, weight, 0, group, groups), [2, 3, 1, 0]);
    return tf.call('Conv2DBackpropInput', { dy, filter }, { ...attrs, inputShape: [n, h, w, filter.shape[2]!] });
  });
}

/** The input's gradient: g with stride - 1 zeros between its elements, convolved with the filters flipped. */
function inputGradient(tf: TfjsRun, g: Operand, weight: Operand, geometry: ConvGeometry, shape: Sizes): TensorInfo {
  const { stride, dilation, padding, groups } = geometry;
  const [n, c, h, w] = shape;
  if (
    Math.max(...stride) > 1 &&
    Math.max(...dilation) === 1 &&
    (groups === 1 || groups < c) &&
    tf.has('Conv2DBackpropInput')
  ) {
    return stridedInputGradient(tf, g, weight, geometry, shape);
  }
  const [o, perGroup, kh, kw] = sizes(weight);
  const apart = spread(tf, spread(tf, toImages(tf, g), 1, stride[0]), 2, stride[1]); // [N, ≤H, ≤W, O]
  const rows = paddingBack(h, apart.shape[1]!, kh, dilation[0], padding[0]);
  const columns = paddingBack(w, apart.shape[2]!, kw, dilation[1], padding[2]);
  const steps: Steps = { stride: [1, 1], dilation, padding: [rows.front, rows.back, columns.front, columns.back] };
  const fit = (y: TensorInfo): TensorInfo => crop(tf, y, [0, rows.skipped, columns.skipped, 0], [n, h, w, y.shape[3]!]);
  const turn = (filter: TensorInfo): TensorInfo => reverse(tf, filter, [0, 1]);
  if (isDepthwise({ ...geometry, stride: [1, 1] }, c)) {
    const filter = reshape(tf, turn(transpose(tf, weight, [2, 3, 0, 1])), [kh, kw, o, 1]);
    const each = fit(convolve(tf, apart, filter, steps, 'DepthwiseConv2dNative')); // [N, H, W, C·M]
    if (o === c) return each;
    return tf.call('Sum', { x: reshape(tf, each, [n, h, w, c, o / c]) }, { axis: [4], keepDims: false });
  }
  return eachGroup(tf, groups, 3, (group) => {
    const filter = turn(transpose(tf, ofGroup(tf, weight, 0, group, groups), [2, 3, 0, 1])); // [KH, KW, O, C]
    const part = convolve(tf, ofGroup(tf, apart, 3, group, groups), filter, steps);
    return part.shape[3] === perGroup ? fit(part) : part;
  });
}

/**
 * The weight's gradient: the images convolved with g as filter, over the batch as channels. What was a stride is a dilation
 * now, and what was a dilation a stride.
 */
function weightGradient(tf: TfjsRun, x: Operand, g: Operand, geometry: ConvGeometry, shape: Sizes): TensorInfo {
  const { groups } = geometry;
  const [o, perGroup, kh, kw] = shape;
  const [n, c, h, w] = sizes(x);
  const [, , oh, ow] = sizes(g);
  const steps: Steps = { stride: geometry.dilation, dilation: geometry.stride, padding: geometry.padding };
  if (isDepthwise(geometry, c)) {
    const images = reshape(tf, transpose(tf, x, [2, 3, 0, 1]), [1, h, w, n * c]);
    const filter = reshape(tf, transpose(tf, g, [2, 3, 0, 1]), [oh, ow, n * c, o / c]);
    const each = crop(
      tf,
      convolve(tf, images, filter, steps, 'DepthwiseConv2dNative'),
      [0, 0, 0, 0],
      [1, kh, kw, n * o],
    );
    const sums = tf.call('Sum', { x: reshape(tf, each, [kh, kw, n, o]) }, { axis: [2], keepDims: false }); // [KH, KW, O]
    return reshape(tf, transpose(tf, sums, [2, 0, 1]), shape);
  }
  return eachGroup(tf, groups, 0, (group) => {
    const images = transpose(tf, ofGroup(tf, x, 1, group, groups), [1, 2, 3, 0]); // [C, H, W, N]
    const filter = transpose(tf, ofGroup(tf, g, 1, group, groups), [2, 3, 0, 1]); // [OH, OW, N, O]
    const y = convolve(tf, images, filter, steps);
    return transpose(tf, crop(tf, y, [0, 0, 0, 0], [perGroup, kh, kw, y.shape[3]!]), [3, 0, 1, 2]);
  });
}

const needs = ['Conv2D', 'DepthwiseConv2dNative', 'Transpose', 'Reshape', 'Slice', 'Concat', 'Fill'];

export const conv2dKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
  tfjsKernel(conv2d, [...needs, 'Add'], ({ x, weight, bias, y }, geometry, tf) => {
    // No channels to sum over leave the bias alone, and XNNPACK refuses them.
    const images = x.size === 0 ? toImages(tf, tf.filled(0, y.shape, y.dtype)) : forward(tf, x, weight, geometry);
    return toPlanes(tf, bias === undefined ? images : tf.call('Add', { a: images, b: bias }));
  }),
  tfjsKernel(conv2dInputGrad, [...needs, 'PadV2', 'Reverse', 'Sum'], ({ g, weight, y }, { shape, ...geometry }, tf) =>
    g.size === 0
      ? tf.filled(0, y.shape, y.dtype)
      : toPlanes(tf, inputGradient(tf, g, weight, geometry, shape as unknown as Sizes)),
  ),
  tfjsKernel(conv2dWeightGrad, [...needs, 'Sum'], ({ x, g, y }, { shape, ...geometry }, tf) =>
    x.size === 0 || g.size === 0
      ? tf.filled(0, y.shape, y.dtype)
      : weightGradient(tf, x, g, geometry, shape as unknown as Sizes),
  ),
])();
