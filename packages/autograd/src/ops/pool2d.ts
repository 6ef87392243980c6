// Pooling over windows of an image: the largest, or the mean.

import { defineOp, required, type Spec } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { zeros } from '../tensor/make.js';
import { formatShape, type Pair, type Shape, sizeOf, toPair } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { needDType, needFloat, needNumeric, needRank, needSameShape } from './checks.js';
import { gather, scatterAdd } from './indexing.js';
import { reshape } from './reshape.js';

export interface PoolOptions {
  /** Steps between windows. Default: the window's size. */
  readonly stride?: Pair;
  /** Rows and columns added around the image: never the largest for max, zeros for the mean. At most half the window. Default 0. */
  readonly padding?: Pair;
  /** Let windows reach over the right and lower edge, rather than leave pixels out. Default false. */
  readonly ceilMode?: boolean;
}

export interface AvgPoolOptions extends PoolOptions {
  /** Count the padding in the divisor. Default true, as in PyTorch. */
  readonly countIncludePad?: boolean;
}

/** Everything but the tensors, worked out in full. */
export interface PoolGeometry {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly ceilMode: boolean;
}

const geometryAttrs = {
  kernel: required<PoolGeometry['kernel']>(),
  stride: required<PoolGeometry['stride']>(),
  padding: required<PoolGeometry['padding']>(),
  ceilMode: false,
};

function outputLength(input: number, kernel: number, padding: number, stride: number, ceilMode: boolean): number {
  const steps = (input + 2 * padding - kernel) / stride;
  if (!ceilMode) return Math.floor(steps) + 1;
  const length = Math.ceil(steps) + 1;
  // A window must start inside the image or its left padding, or it would see nothing.
  return (length - 1) * stride >= input + padding ? length - 1 : length;
}

function pooledSpec(op: string, x: Spec, { kernel, stride, padding, ceilMode }: PoolGeometry): Spec {
  needRank(op, 'input', x, 4, '[batch, channels, height, width]');
  const [n, c, h, w] = x.shape as readonly [number, number, number, number];
  const shape = [
    n,
    c,
    outputLength(h, kernel[0], padding[0], stride[0], ceilMode),
    outputLength(w, kernel[1], padding[1], stride[1], ceilMode),
  ];
  if (shape[2]! < 1 || shape[3]! < 1) {
    throw new ShapeError(
      `${op}: a window of ${kernel.join('x')} does not fit into an input of ${formatShape(x.shape)} with padding ${padding.join('x')}`,
    );
  }
  return { shape, dtype: x.dtype };
}

function geometryOf(
  op: string,
  kernel: Pair,
  { stride = kernel, padding = 0, ceilMode = false }: PoolOptions,
): PoolGeometry {
  const window = toPair(op, 'kernel', kernel, 1);
  const around = toPair(op, 'padding', padding, 0);
  if (around[0] > window[0] / 2 || around[1] > window[1] / 2) {
    throw new ArgumentError(
      `${op}: padding ${around.join('x')} is more than half the window ${window.join('x')}; a window could see padding only`,
    );
  }
  return { kernel: window, stride: toPair(op, 'stride', stride, 1), padding: around, ceilMode };
}

/** Max pooling with its switches: where in the image (row · width + column, `int32`) each largest element was. */
export const maxPool2dWithIndices = /* @__PURE__ */ defineOp({
  name: 'maxPool2d',
  inputs: ['x'],
  outputs: ['y', 'indices'],
  attrs: geometryAttrs,
  saves: ['indices'],
  infer: ({ x }, geometry) => {
    needNumeric('maxPool2d', 'input', x);
    const y = pooledSpec('maxPool2d', x, geometry);
    return { y, indices: { shape: y.shape, dtype: 'int32' as const } };
  },
  grad: ({ dy, x, indices }, geometry) => ({
    x: (): Tensor => maxPool2dGrad.run({ g: dy, indices }, { shape: x.shape, geometry }),
  }),
  call:
    (run) =>
    (x: Tensor, kernel: Pair, options: PoolOptions = {}): { readonly y: Tensor; readonly indices: Tensor } =>
      run({ x }, geometryOf('maxPool2d', kernel, options)),
});

/**
 * The gradient of maxPool2d: adds each element of g to the place in its plane of `shape` that its index names. With
 * `geometry`, that place lies in the window of the element, which tells a kernel where to look.
 */
export const maxPool2dGrad = /* @__PURE__ */ defineOp({
  name: 'maxPool2dGrad',
  inputs: ['g', 'indices'],
  attrs: { shape: required<Shape>(), geometry: undefined as PoolGeometry | undefined },
  saves: ['indices'],
  infer: ({ g, indices }, { shape }) => {
    needFloat('maxPool2dGrad', 'g', g);
    needRank('maxPool2dGrad', 'g', g, 4, '[batch, channels, height, width]');
    needDType('maxPool2dGrad', 'indices', indices, 'int32');
    needSameShape('maxPool2dGrad', 'g', g, 'indices', indices);
    return { shape, dtype: g.dtype };
  },
  grad: ({ dy, indices }) => ({
    g: (): Tensor => {
      const [n, c, h, w] = dy.shape as readonly [number, number, number, number];
      const places = reshape(indices, [n, c, sizeOf(indices.shape.slice(2))]);
      return reshape(gather(reshape(dy, [n, c, h * w]), 2, places), indices.shape);
    },
    indices: null,
  }),
  compose: ({ g, indices }, { shape }): Tensor => {
    const [n, c, h, w] = shape as readonly [number, number, number, number];
    const base = zeros([n, c, h * w], { dtype: g.dtype, backend: g.backend });
    return reshape(scatterAdd(base, 2, reshape(indices, [n, c, -1]), reshape(g, [n, c, -1])), shape);
  },
});

/**
 * The largest element of each window: [N, C, H, W] → [N, C, OH, OW] with OH = ⌊(H + 2·padding - kernel) / stride⌋ + 1.
 * The gradient goes to that element; of equals, to the first.
 *
 * @example
 * ```ts
 * import { maxPool2d, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const image = tensor([[[[1, 2], [3, 4]]]]);
 * console.log(maxPool2d(image, 2).toArray()); // [[[[4]]]]
 * ```
 */
export function maxPool2d(x: Tensor, kernel: Pair, options: PoolOptions = {}): Tensor {
  return maxPool2dWithIndices(x, kernel, options).y;
}

const averageAttrs = { ...geometryAttrs, countIncludePad: true };

/** The mean of each window: [N, C, H, W] → [N, C, OH, OW]. */
export const avgPool2d = /* @__PURE__ */ defineOp({
  name: 'avgPool2d',
  inputs: ['x'],
  attrs: averageAttrs,
  infer: ({ x }, geometry) => {
    needFloat('avgPool2d', 'input', x);
    return pooledSpec('avgPool2d', x, geometry);
  },
  grad: ({ dy, x }, attrs) => ({ x: (): Tensor => avgPool2dGrad.run({ g: dy }, { ...attrs, shape: x.shape }) }),
  call:
    (run) =>
    (x: Tensor, kernel: Pair, { countIncludePad = true, ...options }: AvgPoolOptions = {}): Tensor =>
      run({ x }, { ...geometryOf('avgPool2d', kernel, options), countIncludePad }),
});

/** The gradient of avgPool2d: spreads each element of g over its window, to `shape`. */
export const avgPool2dGrad = /* @__PURE__ */ defineOp({
  name: 'avgPool2dGrad',
  inputs: ['g'],
  attrs: { ...averageAttrs, shape: required<Shape>() },
  infer: ({ g }, { shape }) => {
    needFloat('avgPool2dGrad', 'g', g);
    return { shape, dtype: g.dtype };
  },
  grad: ({ dy }, { shape: _, ...attrs }) => ({ g: (): Tensor => avgPool2d.run({ x: dy }, attrs) }),
});

const geometries: readonly PoolGeometry[] = [
  { kernel: [2, 2], stride: [2, 2], padding: [0, 0], ceilMode: false },
  { kernel: [3, 2], stride: [2, 1], padding: [1, 0], ceilMode: false },
  { kernel: [3, 3], stride: [2, 2], padding: [1, 1], ceilMode: true },
  { kernel: [2, 3], stride: [3, 3], padding: [0, 1], ceilMode: true },
];
const averages = geometries.flatMap((geometry) =>
  [true, false].map((countIncludePad) => ({ ...geometry, countIncludePad })),
);
const image: Shape = [2, 3, 6, 7];

export const pool2dSamples = (): readonly OpSamples[] => [
  samples(
    maxPool2dWithIndices,
    geometries.map((attrs) => ({ inputs: { x: { shape: image } }, attrs })),
  ),
  samples(
    avgPool2d,
    averages.map((attrs) => ({ inputs: { x: { shape: image } }, attrs })),
  ),
  samples(
    avgPool2dGrad,
    averages.map((attrs) => ({
      inputs: { g: { shape: pooledSpec('avgPool2d', { shape: image, dtype: 'float32' }, attrs).shape } },
      attrs: { ...attrs, shape: image },
    })),
  ),
  samples(maxPool2dGrad, [
    {
      inputs: {
        g: { shape: [1, 2, 2, 2] },
        // The second and third window of the first plane share an element.
        indices: {
          values: [
            [
              [
                [0, 5],
                [5, 11],
              ],
              [
                [1, 2],
                [8, 10],
              ],
            ],
          ],
          dtype: 'int32',
        },
      },
      attrs: { shape: [1, 2, 3, 4] },
    },
  ]),
];
