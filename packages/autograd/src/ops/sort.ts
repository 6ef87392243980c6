// Order: cumsum, sort, topK.

import { defineOp, type GradContext, type Run, required } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ArgumentError } from '../errors.js';
import { filledTensor } from '../tensor/allocate.js';
import { isBoolean } from '../tensor/dtype.js';
import { checkInteger, formatShape, isAxisOfScalar, normalizeAxis } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { cast } from './copy.js';
import { countsBooleans, inDType } from './in-dtype.js';
import { scatterAdd } from './indexing.js';
import { alongAxis, reshape } from './reshape.js';
import { slice } from './slice.js';

/** Running sums along an axis, from the front; with `reverse` from the back. Of booleans: how many are true so far (`int32`). */
export const cumsum = /* @__PURE__ */ defineOp({
  name: 'cumsum',
  inputs: ['x'],
  attrs: { axis: required<number>(), reverse: false },
  infer: ({ x }) => ({ shape: x.shape, dtype: isBoolean(x.dtype) ? ('int32' as const) : x.dtype }),
  adapt: countsBooleans,
  grad: ({ dy }, { axis, reverse }) => ({ x: (): Tensor => cumsum(dy, axis, { reverse: !reverse }) }),
  takes: { parameters: ['x', 'axis'], options: { reverse: 'boolean' } },
  call:
    (run) =>
    (x: Tensor, axis: number, { reverse = false }: { readonly reverse?: boolean } = {}): Tensor =>
      alongAxis('cumsum', x, axis, (x, axis) => run({ x }, { axis, reverse })),
});

type Ordered = readonly ['values', 'indices'];
export interface ValuesAndIndices {
  readonly values: Tensor;
  /** Where each value stood along the axis (`int32`). */
  readonly indices: Tensor;
}

/** Calls `run` with the axis counted from 0. A scalar is a list of one to it. */
function inOrder(
  op: string,
  x: Tensor,
  axis: number,
  run: (x: Tensor, axis: number) => ValuesAndIndices,
): ValuesAndIndices {
  if (!isAxisOfScalar(axis, x.rank)) return run(x, normalizeAxis(op, axis, x.rank));
  const { values, indices } = run(reshape(x, [1]), 0);
  // None are taken of a scalar by k = 0.
  return values.size === 1 ? { values: reshape(values, []), indices: reshape(indices, []) } : { values, indices };
}

/** Booleans are put in order as integers. */
function ordersBooleans<A>(run: Run<readonly ['x'], A, Ordered>): Run<readonly ['x'], A, Ordered> {
  return (inputs, attrs) => {
    if (inputs.x === undefined || !isBoolean(inputs.x.dtype)) return run(inputs, attrs);
    const { values, indices } = inDType(inputs.x, 'int32', (x) => run({ x }, attrs));
    try {
      return { values: cast(values, 'bool'), indices };
    } finally {
      values.dispose();
    }
  };
}

function orderGradient({ dvalues, indices, x }: GradContext<readonly ['x'], Ordered, 'indices'>, axis: number): Tensor {
  const base = filledTensor(dvalues.backend, 0, x.shape, x.dtype, 'zeros');
  return scatterAdd(base, axis, indices, dvalues);
}

/** Sorts along an axis (default the last), equals in their old order, NaN above everything, true above false; gives the values and where they stood. */
export const sort = /* @__PURE__ */ defineOp({
  name: 'sort',
  inputs: ['x'],
  outputs: ['values', 'indices'],
  attrs: { axis: required<number>(), descending: false },
  saves: ['indices'],
  infer: ({ x }) => ({
    values: { shape: x.shape, dtype: x.dtype },
    indices: { shape: x.shape, dtype: 'int32' as const },
  }),
  adapt: ordersBooleans,
  grad: (context, { axis }) => ({ x: (): Tensor => orderGradient(context, axis) }),
  takes: { parameters: ['x', 'axis'], options: { descending: 'boolean' } },
  call:
    (run) =>
    (x: Tensor, axis?: number, { descending = false }: { readonly descending?: boolean } = {}): ValuesAndIndices =>
      inOrder('sort', x, axis ?? -1, (x, axis) => run({ x }, { axis, descending })),
});

export interface TopKOptions {
  /** Default: the last. */
  readonly axis?: number;
  /** False for the smallest k. Default true. */
  readonly largest?: boolean;
}

/** The k largest along an axis, largest first, equals in their old order, NaN above everything, true above false; gives the values and where they stood; none for k = 0. */
export const topK = /* @__PURE__ */ defineOp({
  name: 'topK',
  inputs: ['x'],
  outputs: ['values', 'indices'],
  attrs: { k: required<number>(), axis: required<number>(), largest: true },
  saves: ['indices'],
  infer: ({ x }, { k, axis }) => {
    if (k > x.shape[axis]!) {
      throw new ArgumentError(
        `topK: k is ${k}, but axis ${axis} of ${formatShape(x.shape)} has only ${x.shape[axis]} elements`,
      );
    }
    const shape = x.shape.with(axis, k);
    return { values: { shape, dtype: x.dtype }, indices: { shape, dtype: 'int32' as const } };
  },
  adapt: ordersBooleans,
  grad: (context, { axis }) => ({ x: (): Tensor => orderGradient(context, axis) }),
  takes: { parameters: ['x', 'k'], options: { axis: 'number', largest: 'boolean' } },
  call:
    (run) =>
    (x: Tensor, k: number, { axis = -1, largest = true }: TopKOptions = {}): ValuesAndIndices => {
      checkInteger('topK', 'k', k, 0);
      return inOrder('topK', x, axis, (x, axis) => (k === 0 ? none(x, axis) : run({ x }, { k, axis, largest })));
    },
});

function none(x: Tensor, axis: number): ValuesAndIndices {
  const values = slice(
    x,
    x.shape.map((_, i) => (i === axis ? [0, 0] : null)),
  );
  return { values, indices: filledTensor(x.backend, 0, values.shape, 'int32', 'topK') };
}

export const sortSamples = (): readonly OpSamples[] => [
  samples(cumsum, [
    { inputs: { x: { shape: [3, 4] } }, attrs: { axis: 1 } },
    { inputs: { x: { shape: [3, 4, 2] } }, attrs: { axis: 0, reverse: true } },
    { inputs: { x: { shape: [5], dtype: 'int32', low: -9, high: 9 } }, attrs: { axis: 0 } },
    { inputs: { x: { shape: [2, 7], dtype: 'bool' } }, attrs: { axis: 1 } },
  ]),
  samples(
    sort,
    [
      { inputs: { x: { shape: [3, 5] } }, attrs: { axis: 1 } },
      { inputs: { x: { shape: [4, 3] } }, attrs: { axis: 0, descending: true } },
      { inputs: { x: [3, Number.NaN, 1, 3, 2] }, attrs: { axis: 0 }, smooth: false },
      { inputs: { x: { shape: [2, 7], dtype: 'bool' } }, attrs: { axis: 1 } },
    ],
    { tolerance: 0, relativeTo: 'value' },
  ),
  samples(
    topK,
    [
      { inputs: { x: { shape: [3, 5] } }, attrs: { axis: 1, k: 2 } },
      { inputs: { x: { shape: [5, 3] } }, attrs: { axis: 0, k: 3, largest: false } },
      { inputs: { x: { shape: [2, 200] } }, attrs: { axis: 1, k: 40 } },
    ],
    { tolerance: 0, relativeTo: 'value' },
  ),
];
