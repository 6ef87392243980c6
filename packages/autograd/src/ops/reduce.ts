// Reductions over any axes. `axes` may be one axis or several, negative ones counted from the end; all when left out.

import { checkCall, type Known } from '../arguments/check-call.js';
import { shown } from '../arguments/shown.js';
import { defineOp, type GradContext, type Run, required, type Spec } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { unrecorded } from '../graph/grad-mode.js';
import { type DType, isBoolean, isFloat, isInteger } from '../tensor/dtype.js';
import {
  formatShape,
  isAxisOfScalar,
  normalizeAxes,
  normalizeAxis,
  reducedShape,
  type Shape,
  sizeOf,
} from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, div, mul, pow, sub } from './arithmetic.js';
import { needDType, needFloat } from './checks.js';
import { equal, greater, logicalAnd, logicalOr } from './compare.js';
import { cast } from './copy.js';
import { abs, exp, isFinite, isNaN, log, sign, sqrt, square } from './elementwise.js';
import { expand } from './expand.js';
import { countsBooleans, inDType } from './in-dtype.js';
import { prodOfOthers } from './prod-of-others.js';
import { reshape } from './reshape.js';
import { where } from './where.js';

/** One axis or several; negative ones count from the last. */
export type Axes = number | readonly number[];
export interface ReduceOptions {
  /** Keep the reduced axes, with length 1. Default false. */
  readonly keepDims?: boolean;
}

const reduceOptions: Known<ReduceOptions> = { keepDims: 'boolean' };
type Attrs = { axes: readonly number[]; keepDims: boolean };
type Context<S extends 'x' | 'y'> = GradContext<readonly ['x'], readonly ['y'], S>;

/** Stretches a reduced tensor back over what it was reduced from. */
function restore(y: Tensor, shape: Shape, axes: readonly number[]): Tensor {
  // New axes in front come with the stretching.
  const isInFront = axes.every((axis, i) => axis === i);
  return expand(isInFront || y.rank === shape.length ? y : reshape(y, reducedShape(shape, axes, true)), shape);
}

type RunReduction = Run<readonly ['x'], Attrs, readonly ['y']>;
interface Reduction<S> {
  readonly saves: readonly S[];
  /** What comes of a dtype. Default: the same. */
  readonly gives?: (dtype: DType) => DType;
  readonly adapt?: (run: RunReduction) => RunReduction;
  readonly check?: (name: string, x: Spec, axes: readonly number[]) => void;
}

function reduction<const S extends 'x' | 'y'>(
  name: string,
  { saves, gives = (dtype) => dtype, adapt, check }: Reduction<S>,
  dx: (context: Context<S>, attrs: Attrs) => Tensor,
) {
  return defineOp({
    name,
    inputs: ['x'],
    attrs: { axes: required<readonly number[]>(), keepDims: false },
    saves,
    infer: ({ x }, { axes, keepDims }) => {
      check?.(name, x, axes);
      return { shape: reducedShape(x.shape, axes, keepDims), dtype: gives(x.dtype) };
    },
    ...(adapt && { adapt }),
    grad: (context: Context<S>, attrs) => ({ x: (): Tensor => dx(context, attrs) }),
    takes: { parameters: ['x', 'axes'], options: reduceOptions },
    call:
      (run) =>
      (x: Tensor, axes?: Axes, { keepDims = false }: ReduceOptions = {}): Tensor =>
        run({ x }, { axes: normalizeAxes(name, axes, x.rank), keepDims }),
  });
}

/** Integers for booleans. */
const counted = (dtype: DType): DType => (isBoolean(dtype) ? 'int32' : dtype);

/** The sum. Accumulated in double precision. Of booleans: how many are true (`int32`). */
export const sum = /* @__PURE__ */ reduction(
  'sum',
  { saves: [], gives: counted, adapt: countsBooleans },
  ({ dy, x }, { axes }): Tensor => restore(dy, x.shape, axes),
);

/** The mean. NaN of no elements. Of integers and booleans it is a `float32`: of booleans, which share is true. */
export const mean = /* @__PURE__ */ reduction(
  'mean',
  {
    saves: [],
    gives: (dtype) => (isFloat(dtype) ? dtype : 'float32'),
    adapt: (run) => (inputs, attrs) =>
      inputs.x !== undefined && (isInteger(inputs.x.dtype) || isBoolean(inputs.x.dtype))
        ? inDType(inputs.x, 'float32', (x) => run({ x }, attrs))
        : run(inputs, attrs),
  },
  ({ dy, x, y }, { axes }): Tensor => restore(mul(dy, sizeOf(y.shape) / sizeOf(x.shape)), x.shape, axes),
);

/** The product; 1 of no elements. The gradient is right where elements are 0, too. Of booleans: 1 where all are true (`int32`). */
export const prod = /* @__PURE__ */ reduction(
  'prod',
  { saves: ['x'], gives: counted, adapt: countsBooleans },
  ({ dy, x }, { axes }): Tensor => mul(restore(dy, x.shape, axes), prodOfOthers(x, axes)),
);

/**
 * The largest element; NaN if any is, -∞ of no floats, and an error of no integers or booleans. At a tie the gradient is shared equally. Of
 * booleans: whether any is true.
 */
export const max = /* @__PURE__ */ reduction(
  'max',
  { saves: ['x', 'y'], adapt: ofBooleans('max', (inputs, attrs) => any.run(inputs, attrs)), check: needElements },
  ({ dy, x, y }, { axes }): Tensor => toExtremes(dy, x, y, axes),
);

/**
 * The smallest element; NaN if any is, ∞ of no floats, and an error of no integers or booleans. At a tie the gradient is shared equally. Of
 * booleans: whether all are true.
 */
export const min = /* @__PURE__ */ reduction(
  'min',
  { saves: ['x', 'y'], adapt: ofBooleans('min', (inputs, attrs) => all.run(inputs, attrs)), check: needElements },
  ({ dy, x, y }, { axes }): Tensor => toExtremes(dy, x, y, axes),
);

/** Another op for booleans. */
function ofBooleans(name: string, other: RunReduction): (run: RunReduction) => RunReduction {
  return (run) => (inputs, attrs) => {
    if (inputs.x === undefined || !isBoolean(inputs.x.dtype)) return run(inputs, attrs);
    needElements(name, inputs.x, attrs.axes);
    return other(inputs, attrs);
  };
}

/** There is no integer to stand for the largest of none. */
function needElements(name: string, x: Spec, axes: readonly number[]): void {
  if (!isFloat(x.dtype) && axes.some((axis) => x.shape[axis] === 0)) {
    throw new ShapeError(
      `${name}: ${x.dtype} ${formatShape(x.shape)} has no elements along ${formatShape(axes)}; needs at least one`,
    );
  }
}

/**
 * dy where x is the extreme y, shared among equals, and 0 elsewhere. NaN, which is the largest and the smallest of all, gets
 * it where it is one of them.
 */
function toExtremes(dy: Tensor, x: Tensor, y: Tensor, axes: readonly number[]): Tensor {
  const isExtreme = logicalOr(equal(x, restore(y, x.shape, axes)), isNaN(x));
  const count = reshape(sum(cast(isExtreme, dy.dtype), axes), dy.shape);
  return where(isExtreme, restore(div(dy, count), x.shape, axes), 0);
}

/**
 * log Σ e^x, computed so that large x do not overflow; -∞ of no elements.
 * The gradient is the softmax.
 */
export const logSumExp = /* @__PURE__ */ defineOp({
  name: 'logSumExp',
  inputs: ['x'],
  attrs: { axes: required<readonly number[]>(), keepDims: false },
  saves: ['x'],
  infer: ({ x }, { axes, keepDims }) => {
    needFloat('logSumExp', 'x', x);
    return { shape: reducedShape(x.shape, axes, keepDims), dtype: x.dtype };
  },
  // Not exp(x - y): y has lost the digits below its own magnitude.
  grad: ({ dy, x }, { axes }) => ({
    x: (): Tensor => {
      const e = exp(sub(x, shiftOf(x, axes)));
      return mul(restore(dy, x.shape, axes), div(e, sum(e, axes, { keepDims: true })));
    },
  }),
  compose: ({ x }, { axes, keepDims }): Tensor => {
    const shift = shiftOf(x, axes);
    const y = add(log(sum(exp(sub(x, shift)), axes, { keepDims: true })), shift);
    return reshape(y, reducedShape(x.shape, axes, keepDims));
  },
  takes: { parameters: ['x', 'axes'], options: reduceOptions },
  call:
    (run) =>
    (x: Tensor, axes?: Axes, { keepDims = false }: ReduceOptions = {}): Tensor =>
      run({ x }, { axes: normalizeAxes('logSumExp', axes, x.rank), keepDims }),
});

/** What to subtract so that exp cannot overflow: the maximum, unless it is infinite and would leave NaN. */
function shiftOf(x: Tensor, axes: readonly number[]): Tensor {
  return unrecorded(() => {
    const top = max(x, axes, { keepDims: true });
    return where(isFinite(top), top, 0);
  });
}

export interface VarianceOptions extends ReduceOptions {
  /** The divisor is n - correction: 1 (default) for an unbiased estimate, 0 for the mean square deviation. */
  readonly correction?: number;
}

const varianceOptions: Known<VarianceOptions> = { correction: 'number', ...reduceOptions };

/** The variance Σ (x - mean)² / (n - correction), in two passes, so that a large mean costs no digits. */
export function variance(x: Tensor, axes?: Axes, options: VarianceOptions = {}): Tensor {
  checkCall('variance', arguments, ['x', 'axes'], varianceOptions);
  const { correction = 1, keepDims = false } = options;
  needFloat('variance', 'x', x);
  const over = normalizeAxes('variance', axes, x.rank);
  return meanSquare(sub(x, mean(x, over, { keepDims: true })), over, correction, keepDims);
}

function meanSquare(deviation: Tensor, axes: readonly number[], correction: number, keepDims: boolean): Tensor {
  const count = sizeOf(axes.map((axis) => deviation.shape[axis]!));
  return div(sum(square(deviation), axes, { keepDims }), Math.max(0, count - correction));
}

/** The standard deviation, the square root of the {@link variance}. The gradient of equal numbers, whose deviation is 0, is taken as 0. */
export function std(x: Tensor, axes?: Axes, options: VarianceOptions = {}): Tensor {
  checkCall('std', arguments, ['x', 'axes'], varianceOptions);
  const { correction = 1, keepDims = false } = options;
  needFloat('std', 'x', x);
  const over = normalizeAxes('std', axes, x.rank);
  const deviation = sub(x, mean(x, over, { keepDims: true }));
  // In units of the largest, so that no square overflows, or is lost, where the deviation itself is an ordinary number.
  const unit = largestOf(deviation, over);
  const squared = meanSquare(div(deviation, unit), over, correction, keepDims);
  const isZero = equal(squared, 0);
  const root = mul(sqrt(where(isZero, 1, squared)), reshape(unit, squared.shape));
  return where(isZero, 0, root);
}

/** The largest |x| along the axes, as a unit to measure by: 1 where that is 0 or NaN, and cut off from the graph. */
function largestOf(x: Tensor, axes: readonly number[]): Tensor {
  return unrecorded(() => {
    const top = max(abs(x), axes, { keepDims: true });
    return where(logicalAnd(isFinite(top), greater(top, 0)), top, 1);
  });
}

export interface NormOptions extends ReduceOptions {
  /** The order p of the norm: 1, 2 (default), any number above 0, or Infinity. */
  readonly p?: number;
}

const normOptions: Known<NormOptions> = { ...reduceOptions, p: 'number' };

/** The p-norm (Σ |x|^p)^(1/p); the largest |x| for p = Infinity; 0 of no elements. The gradient at 0 is taken as 0. */
export const norm = /* @__PURE__ */ defineOp({
  name: 'norm',
  inputs: ['x'],
  attrs: { axes: required<readonly number[]>(), keepDims: false, p: 2 },
  saves: ['x', 'y'],
  infer: ({ x }, { axes, keepDims, p }) => {
    needFloat('norm', 'x', x);
    if (!(p > 0)) throw new ArgumentError(`norm: p is ${shown(p)}, needs a number above 0, or Infinity`);
    return { shape: reducedShape(x.shape, axes, keepDims), dtype: x.dtype };
  },
  grad: ({ dy, x, y }, { axes, p }) => ({
    x: (): Tensor => {
      if (p === 1) return mul(restore(dy, x.shape, axes), sign(x));
      if (p === Infinity) return mul(toExtremes(dy, abs(x), y, axes), sign(x));
      // Where the norm is 0, nothing comes from upstream, whatever it is: so it is in the second derivative, too.
      const isZero = equal(y, 0);
      const upstream = restore(where(isZero, 0, dy), x.shape, axes);
      const ratio = div(x, restore(where(isZero, 1, y), x.shape, axes));
      if (p === 2) return mul(upstream, ratio);
      // |x|^(p - 1) is infinite at 0 for p below 1; so is its derivative for p below 2.
      return mul(upstream, mul(sign(x), pow(where(equal(x, 0), 1, abs(ratio)), p - 1)));
    },
  }),
  compose: ({ x }, { axes, keepDims, p }): Tensor => {
    if (p === 1) return sum(abs(x), axes, { keepDims });
    if (p === 2) return sqrt(sum(square(x), axes, { keepDims }));
    if (axes.some((axis) => x.shape[axis] === 0)) return sum(x, axes, { keepDims });
    if (p === Infinity) return max(abs(x), axes, { keepDims });
    const unit = largestOf(x, axes);
    const y = pow(sum(pow(abs(div(x, unit)), p), axes, { keepDims }), 1 / p);
    return mul(y, reshape(unit, y.shape));
  },
  takes: { parameters: ['x', 'axes'], options: normOptions },
  call:
    (run) =>
    (x: Tensor, axes?: Axes, { keepDims = false, p = 2 }: NormOptions = {}): Tensor =>
      run({ x }, { axes: normalizeAxes('norm', axes, x.rank), keepDims, p }),
});

function boolReduction(name: string) {
  return defineOp({
    name,
    inputs: ['x'],
    attrs: { axes: required<readonly number[]>(), keepDims: false },
    infer: ({ x }, { axes, keepDims }) => {
      needDType(name, 'x', x, 'bool');
      return { shape: reducedShape(x.shape, axes, keepDims), dtype: 'bool' as const };
    },
    grad: 'nondifferentiable',
    takes: { parameters: ['x', 'axes'], options: reduceOptions },
    call:
      (run) =>
      (x: Tensor, axes?: Axes, { keepDims = false }: ReduceOptions = {}): Tensor =>
        run({ x }, { axes: normalizeAxes(name, axes, x.rank), keepDims }),
  });
}

/** True if any element is. */
export const any = /* @__PURE__ */ boolReduction('any');
/** True if every element is. */
export const all = /* @__PURE__ */ boolReduction('all');

function indexReduction(name: string) {
  return defineOp({
    name,
    inputs: ['x'],
    attrs: { axis: required<number>(), keepDims: false },
    infer: ({ x }, { axis, keepDims }) => {
      if (x.shape[axis] === 0)
        throw new ShapeError(`${name}: ${formatShape(x.shape)} has no elements along axis ${axis}`);
      return { shape: reducedShape(x.shape, [axis], keepDims), dtype: 'int32' as const };
    },
    adapt: countsBooleans,
    grad: 'nondifferentiable',
    takes: { parameters: ['x', 'axis'], options: reduceOptions },
    call:
      (run) =>
      (x: Tensor, axis?: number, { keepDims = false }: ReduceOptions = {}): Tensor =>
        axis === undefined || isAxisOfScalar(axis, x.rank)
          ? run({ x: reshape(x, [x.size]) }, { axis: 0, keepDims: false })
          : run({ x }, { axis: normalizeAxis(name, axis, x.rank), keepDims }),
  });
}

/** Where the largest element along an axis is (`int32`); the first of equals, true above false. Without an axis: in the flattened tensor. */
export const argmax = /* @__PURE__ */ indexReduction('argmax');
/** Where the smallest element along an axis is (`int32`); the first of equals, false below true. Without an axis: in the flattened tensor. */
export const argmin = /* @__PURE__ */ indexReduction('argmin');

const overAxes = [
  { inputs: { x: { shape: [3, 4, 5] } }, attrs: { axes: [0, 1, 2] } },
  { inputs: { x: { shape: [3, 4, 5] } }, attrs: { axes: [1] } },
  { inputs: { x: { shape: [3, 4, 5] } }, attrs: { axes: [0, 2], keepDims: true } },
  { inputs: { x: { shape: [2, 1, 3, 2] } }, attrs: { axes: [3] } },
  { inputs: { x: { shape: [4] } }, attrs: { axes: [] } },
] as const;
const ofIntegers = {
  inputs: { x: { shape: [3, 4], dtype: 'int32', low: -9, high: 9 } },
  attrs: { axes: [1] },
} as const;
const withTies = {
  inputs: {
    x: [
      [1, 3, 3],
      [2, 2, 2],
    ],
  },
  attrs: { axes: [1] },
  smooth: false,
} as const;
const truths = [
  {
    inputs: {
      x: [
        [true, false],
        [true, true],
        [false, false],
      ],
    },
    attrs: { axes: [1] },
  },
  { inputs: { x: { shape: [2, 3, 4], dtype: 'bool' } }, attrs: { axes: [0, 2], keepDims: true } },
] as const;
const along = [
  { inputs: { x: { shape: [3, 4, 5] } }, attrs: { axis: 0 } },
  { inputs: { x: { shape: [3, 4, 5] } }, attrs: { axis: 2, keepDims: true } },
  {
    inputs: {
      x: [
        [1, 3, 3],
        [2, 2, 2],
      ],
    },
    attrs: { axis: 1 },
  },
] as const;

const truthsAlong = [
  { inputs: truths[0].inputs, attrs: { axis: 1 } },
  { inputs: truths[1].inputs, attrs: { axis: 1, keepDims: true } },
] as const;

export const reduceSamples = (): readonly OpSamples[] => [
  samples(sum, [...overAxes, ofIntegers, ...truths]),
  samples(mean, [...overAxes, ofIntegers, ...truths]),
  samples(prod, [
    ...overAxes.slice(1),
    ofIntegers,
    ...truths,
    {
      inputs: {
        x: [
          [0, 2, 3],
          [0, 0, 5],
          [1, 2, 4],
        ],
      },
      attrs: { axes: [1] },
    },
  ]),
  samples(max, [...overAxes, ofIntegers, withTies, ...truths], { tolerance: 0, relativeTo: 'value' }),
  samples(min, [...overAxes, ofIntegers, withTies, ...truths], { tolerance: 0, relativeTo: 'value' }),
  samples(logSumExp, [
    ...overAxes.slice(0, 4),
    {
      inputs: {
        x: [
          [800, 801],
          [-900, -905],
        ],
      },
      attrs: { axes: [1] },
    },
  ]),
  samples(norm, [
    ...overAxes.slice(0, 4),
    ...[1, 2.5, Infinity].map((p) => ({ inputs: { x: { shape: [3, 4] } }, attrs: { axes: [1], p } })),
    {
      inputs: {
        x: [
          [0, 0],
          [3, 4],
        ],
      },
      attrs: { axes: [1] },
      smooth: false,
    },
  ]),
  samples(any, truths),
  samples(all, truths),
  samples(argmax, [...along, ...truthsAlong]),
  samples(argmin, [...along, ...truthsAlong]),
];
