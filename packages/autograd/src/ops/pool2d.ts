// Pooling over windows of an image: the largest, or the mean.

import { checkCall, type Known } from '../arguments/check-call.js';
import { shown } from '../arguments/shown.js';
import { defineOp, required, type Spec } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { filledTensor, tensorFrom } from '../tensor/allocate.js';
import { formatShape, type Pair, type Shape, sizeOf, toPair } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { needDType, needFloat, needNumeric, needRank, needSameShape, needTensor } from './checks.js';
import { gather, indexSelect, scatterAdd } from './indexing.js';
import { type Pads, pad } from './join.js';
import { reshape } from './reshape.js';

export interface PoolOptions {
  /** Steps between windows. Default: the window's size. */
  readonly stride?: Pair;
  /** Rows and columns added around the image: never the largest for max, zeros for the mean. At most half the window. Default 0. */
  readonly padding?: Pair;
  /** Let windows reach over the right and lower edge, rather than leave pixels out. Default false. */
  readonly ceilMode?: boolean;
}

const poolOptions: Known<PoolOptions> = { stride: 'pair', padding: 'pair', ceilMode: 'boolean' };

export interface MaxPoolOptions extends PoolOptions {
  /** Steps between the elements of a window. Default 1. */
  readonly dilation?: Pair;
}

const maxPoolOptions: Known<MaxPoolOptions> = { ...poolOptions, dilation: 'pair' };

export interface AvgPoolOptions extends PoolOptions {
  /** Count the padding in the divisor. Default true, as in PyTorch. */
  readonly countIncludePad?: boolean;
  /** Divide the sum of each window by this whole number, whatever its size. Default: by how many elements it counts. */
  readonly divisorOverride?: number;
}

const avgPoolOptions: Known<AvgPoolOptions> = {
  ...poolOptions,
  countIncludePad: 'boolean',
  divisorOverride: 'number',
};

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

const dense: readonly [number, number] = [1, 1];

/** How many pixels a window reaches over, from its first to its last. */
function spanOf(kernel: readonly [number, number], dilation: readonly [number, number]): [number, number] {
  return [dilation[0] * (kernel[0] - 1) + 1, dilation[1] * (kernel[1] - 1) + 1];
}

function pooledSpec(op: string, x: Spec, { kernel, stride, padding, ceilMode }: PoolGeometry, dilation = dense): Spec {
  needRank(op, 'input', x, 4, '[batch, channels, height, width]');
  const [n, c, h, w] = x.shape as readonly [number, number, number, number];
  const span = spanOf(kernel, dilation);
  const shape = [
    n,
    c,
    outputLength(h, span[0], padding[0], stride[0], ceilMode),
    outputLength(w, span[1], padding[1], stride[1], ceilMode),
  ];
  if (shape[2]! < 1 || shape[3]! < 1) {
    throw new ShapeError(
      `${op}: a window of ${kernel.join('x')}${dilation === dense ? '' : ` (dilation ${dilation.join('x')})`} does not fit into an input of ${formatShape(x.shape)} with padding ${padding.join('x')}`,
    );
  }
  return { shape, dtype: x.dtype };
}

function geometryOf(
  op: string,
  kernel: Pair,
  { stride = kernel, padding = 0, ceilMode = false }: PoolOptions,
  dilation = dense,
): PoolGeometry {
  const window = toPair(op, 'kernel', kernel, 1);
  const around = toPair(op, 'padding', padding, 0);
  const span = spanOf(window, dilation);
  if (around[0] > span[0] / 2 || around[1] > span[1] / 2) {
    throw new ArgumentError(
      `${op}: padding ${around.join('x')} is more than half the window ${span.join('x')}; a window could see padding only`,
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
  takes: { parameters: ['x', 'kernel'], options: maxPoolOptions },
  call:
    (run) =>
    (x: Tensor, kernel: Pair, options: MaxPoolOptions = {}): { readonly y: Tensor; readonly indices: Tensor } => {
      const { dilation = 1 } = options;
      const steps = toPair('maxPool2d', 'dilation', dilation, 1);
      const geometry = geometryOf('maxPool2d', kernel, options, steps);
      const isDense = steps[0] === 1 && steps[1] === 1;
      return isDense ? run({ x }, geometry) : maxPool2dDilated.run({ x }, { ...geometry, dilation: steps });
    },
});

/**
 * maxPool2d with steps between the elements of a window. An op of its own, so that kernels that know of dense windows only are
 * never given others: without a kernel, the windows' elements are laid side by side and pooled as dense ones.
 */
export const maxPool2dDilated = /* @__PURE__ */ defineOp({
  name: 'maxPool2dDilated',
  inputs: ['x'],
  outputs: ['y', 'indices'],
  attrs: { ...geometryAttrs, dilation: required<readonly [number, number]>() },
  saves: ['indices'],
  infer: ({ x }, { dilation, ...geometry }) => {
    needNumeric('maxPool2d', 'input', x);
    const y = pooledSpec('maxPool2d', x, geometry, dilation);
    for (const axis of [0, 1] as const) needElements(x, y, geometry, dilation, axis);
    return { y, indices: { shape: y.shape, dtype: 'int32' as const } };
  },
  grad: ({ dy, x, indices }, { dilation, ...geometry }) => ({
    // Every element lies in the window that fills the gaps.
    x: (): Tensor =>
      maxPool2dGrad.run(
        { g: dy, indices },
        { shape: x.shape, geometry: { ...geometry, kernel: spanOf(geometry.kernel, dilation) } },
      ),
  }),
  compose: ({ x }, { dilation, ...geometry }) => {
    const { kernel } = geometry;
    const y = pooledSpec('maxPool2d', x, geometry, dilation);
    const rows = elementsOf(x, y, geometry, dilation, 0);
    const columns = elementsOf(x, y, geometry, dilation, 1);
    const indices = (values: Int32Array): Tensor =>
      tensorFrom(x.backend, values, [values.length], 'int32', 'maxPool2dDilated');
    const apart = indexSelect(indexSelect(x, 2, indices(rows)), 3, indices(columns));
    const pooled = maxPool2dWithIndices(apart, kernel);
    const width = x.shape[3]!;
    const places = Int32Array.from(
      { length: rows.length * columns.length },
      (_, i) => rows[Math.floor(i / columns.length)]! * width + columns[i % columns.length]!,
    );
    const found = indexSelect(indices(places), 0, reshape(pooled.indices, [-1]));
    return { y: pooled.y, indices: reshape(found, y.shape) };
  },
});

/** The number of the first element of a window that lies in the image and not before it. */
function firstInside(start: number, step: number): number {
  return start < 0 ? Math.ceil(-start / step) : 0;
}

/** Throws where a window steps over a whole axis: with gaps, one that begins in the padding may. */
function needElements(
  x: Spec,
  y: Spec,
  { kernel, stride, padding }: PoolGeometry,
  dilation: readonly [number, number],
  axis: 0 | 1,
): void {
  const [length, count, step] = [x.shape[axis + 2]!, y.shape[axis + 2]!, dilation[axis]];
  for (let i = 0; i < count && i * stride[axis] < padding[axis]; i++) {
    const start = i * stride[axis] - padding[axis];
    const first = firstInside(start, step);
    if (first < kernel[axis] && start + first * step < length) continue;
    throw new ShapeError(
      `maxPool2d: of an input of ${formatShape(x.shape)} a window with dilation ${dilation.join('x')} and padding ` +
        `${padding.join('x')} could see padding only; pad less, or use a smaller dilation`,
    );
  }
}

/** The elements of all windows along an axis, one window after the other; for one outside the image its neighbour inside, again. */
function elementsOf(
  x: Spec,
  y: Spec,
  { kernel, stride, padding }: PoolGeometry,
  dilation: readonly [number, number],
  axis: 0 | 1,
): Int32Array {
  const [length, count, taps, step] = [x.shape[axis + 2]!, y.shape[axis + 2]!, kernel[axis], dilation[axis]];
  return Int32Array.from({ length: count * taps }, (_, i) => {
    const start = Math.floor(i / taps) * stride[axis] - padding[axis];
    const last = Math.floor((length - 1 - start) / step);
    return start + step * Math.min(Math.max(i % taps, firstInside(start, step)), last);
  });
}

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
    const base = filledTensor(g.backend, 0, [n, c, h * w], g.dtype, 'maxPool2dGrad');
    return reshape(scatterAdd(base, 2, reshape(indices, [n, c, -1]), reshape(g, [n, c, -1])), shape);
  },
});

/**
 * The largest element of each window: [N, C, H, W] → [N, C, OH, OW] with
 * OH = ⌊(H + 2·padding - dilation·(kernel - 1) - 1) / stride⌋ + 1. The gradient goes to that element; of
 * equals, to the first.
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
export function maxPool2d(x: Tensor, kernel: Pair, options: MaxPoolOptions = {}): Tensor {
  checkCall('maxPool2d', arguments, ['x', 'kernel'], maxPoolOptions);
  return maxPool2dWithIndices(x, kernel, options).y;
}

const averageAttrs = { ...geometryAttrs, countIncludePad: true };

/**
 * The mean of each window: [N, C, H, W] → [N, C, OH, OW] with OH = ⌊(H + 2·padding - kernel) / stride⌋ + 1.
 *
 * @example
 * ```ts
 * import { avgPool2d, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const image = tensor([[[[1, 2], [3, 4]]]]);
 * console.log(avgPool2d(image, 2).item()); // 2.5
 * console.log(avgPool2d(image, 2, { divisorOverride: 1 }).item()); // 10, the sum
 * ```
 */
export const avgPool2d = /* @__PURE__ */ defineOp({
  name: 'avgPool2d',
  inputs: ['x'],
  attrs: averageAttrs,
  infer: ({ x }, geometry) => {
    needFloat('avgPool2d', 'input', x);
    return pooledSpec('avgPool2d', x, geometry);
  },
  grad: ({ dy, x }, attrs) => ({ x: (): Tensor => avgPool2dGrad.run({ g: dy }, { ...attrs, shape: x.shape }) }),
  takes: { parameters: ['x', 'kernel'], options: avgPoolOptions },
  call:
    (run) =>
    (x: Tensor, kernel: Pair, options: AvgPoolOptions = {}): Tensor => {
      const { countIncludePad = true, divisorOverride } = options;
      const geometry = geometryOf('avgPool2d', kernel, options);
      if (divisorOverride === undefined) return run({ x }, { ...geometry, countIncludePad });
      if (!Number.isSafeInteger(divisorOverride) || divisorOverride === 0) {
        throw new ArgumentError(
          `avgPool2d: divisorOverride is ${shown(divisorOverride)}, needs a whole number other than 0`,
        );
      }
      needTensor('avgPool2d', 'input', x);
      const full = withEdges(x, geometry);
      return run({ x: full }, { ...geometry, padding: [0, 0], ceilMode: false, countIncludePad }).mul(
        sizeOf(geometry.kernel) / divisorOverride,
      );
    },
});

/** The image with zeros wherever windows reach over its edges, so that all of them are as large. */
function withEdges(x: Tensor, geometry: PoolGeometry): Tensor {
  const { shape } = pooledSpec('avgPool2d', x, geometry);
  const { kernel, stride, padding } = geometry;
  const after = (axis: 0 | 1): number =>
    Math.max(0, (shape[axis + 2]! - 1) * stride[axis] + kernel[axis] - padding[axis] - x.shape[axis + 2]!);
  const pads: Pads = [
    [0, 0],
    [0, 0],
    [padding[0], after(0)],
    [padding[1], after(1)],
  ];
  return pads.some(([before, behind]) => before + behind > 0) ? pad(x, pads) : x;
}

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
const dilated = [
  { kernel: [2, 2], stride: [1, 1], padding: [0, 0], ceilMode: false, dilation: [2, 3] },
  { kernel: [3, 2], stride: [2, 3], padding: [1, 1], ceilMode: false, dilation: [2, 1] },
  { kernel: [2, 3], stride: [3, 2], padding: [1, 1], ceilMode: true, dilation: [3, 2] },
] as const;

export const pool2dSamples = (): readonly OpSamples[] => [
  samples(
    maxPool2dWithIndices,
    geometries.map((attrs) => ({ inputs: { x: { shape: image } }, attrs })),
    { tolerance: 0, relativeTo: 'value' },
  ),
  samples(
    maxPool2dDilated,
    dilated.map((attrs) => ({ inputs: { x: { shape: image } }, attrs })),
    { tolerance: 0, relativeTo: 'value' },
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
