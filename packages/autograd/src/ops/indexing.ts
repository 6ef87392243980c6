// Reading, adding and writing by index: gather, scatterAdd, indexSelect, indexAdd, assignRows. Indices are int32, and checked.

import { checkCall, type Known } from '../arguments/check-call.js';
import { defineOp, required } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ArgumentError, IndexError, ShapeError } from '../errors.js';
import { filledTensor, tensorFrom } from '../tensor/allocate.js';
import { checkRows, type RowGradient, sumRows } from '../tensor/row-gradient.js';
import { formatShape, normalizeAxis, type Shape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add } from './arithmetic.js';
import { needDType, needNumeric, needRank, needSameDType, needTensor } from './checks.js';
import { where } from './where.js';

/** Index tensors must fit inside x on every axis but the one that they index. */
function checkIndexShape(op: string, x: Shape, index: Shape, axis: number): void {
  if (x.length !== index.length || index.some((length, i) => i !== axis && length > x[i]!)) {
    throw new ShapeError(
      `${op}: index is ${formatShape(index)} and x is ${formatShape(x)}; they need as many axes, and the index may be longer on axis ${axis} only`,
    );
  }
}

/**
 * Picks along an axis: `y[i][j] = x[index[i][j]][j]` for axis 0, `x[i][index[i][j]]` for axis 1, and so on.
 *
 * @throws IndexError for an index outside the axis.
 */
export const gather = /* @__PURE__ */ defineOp({
  name: 'gather',
  inputs: ['x', 'index'],
  attrs: { axis: required<number>() },
  saves: ['index'],
  halves: true,
  infer: ({ x, index }, { axis }) => {
    needDType('gather', 'index', index, 'int32');
    checkIndexShape('gather', x.shape, index.shape, axis);
    return { shape: index.shape, dtype: x.dtype };
  },
  grad: ({ dy, x, index }, { axis }) => ({
    x: (): Tensor => scatterAdd(filledTensor(dy.backend, 0, x.shape, x.dtype, 'zeros'), axis, index, dy),
    index: null,
  }),
  takes: { parameters: ['x', 'axis', 'index'] },
  call:
    (run) =>
    (x: Tensor, axis: number, index: Tensor): Tensor =>
      run({ x, index }, { axis: normalizeAxis('gather', axis, x.rank) }),
});

/**
 * A copy of x with `source` added at the places that `index` names along an axis: the counterpart of {@link gather}.
 *
 * @throws IndexError for an index outside the axis.
 */
export const scatterAdd = /* @__PURE__ */ defineOp({
  name: 'scatterAdd',
  inputs: ['x', 'index', 'source'],
  attrs: { axis: required<number>() },
  saves: ['index'],
  infer: ({ x, index, source }, { axis }) => {
    needDType('scatterAdd', 'index', index, 'int32');
    needNumeric('scatterAdd', 'x', x);
    needSameDType('scatterAdd', 'x', x, 'source', source);
    checkIndexShape('scatterAdd', x.shape, index.shape, axis);
    if (!sameShape(index.shape, source.shape)) {
      throw new ShapeError(
        `scatterAdd: index is ${formatShape(index.shape)} and source is ${formatShape(source.shape)}; needs one index for each element`,
      );
    }
    return { shape: x.shape, dtype: x.dtype };
  },
  grad: ({ dy, index }, { axis }) => ({
    x: (): Tensor => dy,
    index: null,
    source: (): Tensor => gather(dy, axis, index),
  }),
  takes: { parameters: ['x', 'axis', 'index', 'source'] },
  call:
    (run) =>
    (x: Tensor, axis: number, index: Tensor, source: Tensor): Tensor =>
      run({ x, index, source }, { axis: normalizeAxis('scatterAdd', axis, x.rank) }),
});

export interface IndexSelectOptions {
  /**
   * The gradient of x is to be a {@link RowGradient}, for the rows that were read and no others: `x.rowGrad` instead of `x.grad`. For
   * axis 0 of a leaf, such as a parameter; of what other ops have made the gradient has all rows. Default false.
   */
  readonly sparse?: boolean;
}

const indexSelectOptions: Known<IndexSelectOptions> = { sparse: 'boolean' };

/**
 * Whole slices along an axis, in the order of a list of indices: rows of a matrix for axis 0.
 *
 * @throws IndexError for an index outside the axis.
 */
export const indexSelect = /* @__PURE__ */ defineOp({
  name: 'indexSelect',
  inputs: ['x', 'index'],
  attrs: {
    axis: required<number>(),
    sparse: false,
    /** Of a sparse gradient: the row that gets none. */
    without: undefined as number | undefined,
  },
  saves: ['index'],
  halves: true,
  infer: ({ x, index }, { axis }) => {
    needDType('indexSelect', 'index', index, 'int32');
    needRank('indexSelect', 'index', index, 1, '[count]');
    return { shape: x.shape.with(axis, index.shape[0]!), dtype: x.dtype };
  },
  grad: ({ dy, x, index }, { axis, sparse, without }) => ({
    x: (): Tensor | RowGradient =>
      sparse
        ? sumRows(index, dy, x.shape, without)
        : indexSelectGrad.run({ g: dy, index }, { axis, length: x.shape[axis]! }),
    index: null,
  }),
  takes: { parameters: ['x', 'axis', 'index'], options: indexSelectOptions },
  call:
    (run) =>
    (x: Tensor, axis: number, index: Tensor, { sparse = false }: IndexSelectOptions = {}): Tensor => {
      const normalized = normalizeAxis('indexSelect', axis, x.rank);
      if (sparse && normalized !== 0) {
        throw new ArgumentError(`indexSelect: sparse is for rows, along axis 0, and the axis is ${axis}; leave it out`);
      }
      return run({ x, index }, { axis: normalized, sparse, without: undefined });
    },
});

/** Zeros of `length` along an axis, with each slice of g added at its index: the gradient of indexSelect. */
export const indexSelectGrad = /* @__PURE__ */ defineOp({
  name: 'indexSelectGrad',
  inputs: ['g', 'index'],
  attrs: { axis: required<number>(), length: required<number>() },
  saves: ['index'],
  infer: ({ g, index }, { axis, length }) => {
    needNumeric('indexSelectGrad', 'g', g);
    needDType('indexSelectGrad', 'index', index, 'int32');
    needRank('indexSelectGrad', 'index', index, 1, '[count]');
    return { shape: g.shape.with(axis, length), dtype: g.dtype };
  },
  grad: ({ dy, index }, { axis }) => ({ g: (): Tensor => indexSelect(dy, axis, index), index: null }),
});

/**
 * A copy of x with each slice of `source` added at its index along an axis, and where an index comes twice, with both: rows of a
 * matrix for axis 0. The counterpart of {@link indexSelect}.
 *
 * @throws IndexError for an index outside the axis; ShapeError when the source does not have one slice for each index.
 *
 * @example
 * ```ts
 * import { ones, tensor, useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const rows = tensor([2, 0, 2], { dtype: 'int32' });
 * console.log(zeros([3, 2]).indexAdd(0, rows, ones([3, 2])).toArray()); // [[1, 1], [0, 0], [2, 2]]
 * ```
 */
export function indexAdd(x: Tensor, axis: number, index: Tensor, source: Tensor): Tensor {
  checkCall('indexAdd', arguments, ['x', 'axis', 'index', 'source']);
  needTensor('indexAdd', 'x', x);
  needTensor('indexAdd', 'index', index);
  needTensor('indexAdd', 'source', source);
  const along = normalizeAxis('indexAdd', axis, x.rank);
  needDType('indexAdd', 'index', index, 'int32');
  needRank('indexAdd', 'index', index, 1, '[count]');
  needSameDType('indexAdd', 'x', x, 'source', source);
  const wanted = x.shape.with(along, index.size);
  if (!sameShape(source.shape, wanted)) {
    throw new ShapeError(
      `indexAdd: source is ${formatShape(source.shape)}, needs ${formatShape(wanted)}: a slice of x for each of ${index.size} indices`,
    );
  }
  return underName('indexAdd', 'indexSelectGrad', () =>
    add(x, indexSelectGrad.run({ g: source, index }, { axis: along, length: x.shape[along]! })),
  );
}

/** Runs what is made of another op under its own name, where an index is wrong: the caller called no other. */
export function underName<T>(name: string, op: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof IndexError) throw new IndexError(error.message.replace(op, name), { cause: error });
    throw error;
  }
}

/**
 * Overwrites rows of a leaf in place, x[index[i]] ← rows[i]: the counterpart of `indexSelect(x, 0, index)`, by which optimisers change
 * the rows for which there is a gradient. Of rows with one index the last one stays.
 *
 * @throws IndexError for an index that is no row of x; ShapeError for rows of another shape.
 *
 * @example
 * ```ts
 * import { assignRows, tensor, useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const x = zeros([3, 2]);
 * assignRows(x, tensor([2, 0], { dtype: 'int32' }), tensor([[1, 2], [3, 4]]));
 * console.log(x.toArray()); // [[3, 4], [0, 0], [1, 2]]
 * ```
 */
export const assignRows = /* @__PURE__ */ defineOp({
  name: 'assignRows',
  inputs: ['x', 'index', 'rows'],
  outputs: [],
  mutates: ['x'],
  grad: 'nondifferentiable',
  infer: ({ x, index, rows }) => {
    needNumeric('assignRows', 'x', x);
    needDType('assignRows', 'index', index, 'int32');
    needRank('assignRows', 'index', index, 1, '[count]');
    needSameDType('assignRows', 'x', x, 'rows', rows);
    const wanted = [index.shape[0]!, ...x.shape.slice(1)];
    if (x.shape.length === 0 || !sameShape(rows.shape, wanted)) {
      throw new ShapeError(
        `assignRows: x is ${formatShape(x.shape)}, index ${formatShape(index.shape)} and rows ${formatShape(rows.shape)}; needs a row of x for each index`,
      );
    }
  },
  compose: ({ x, index, rows }) => {
    const named = index.dataSync();
    if (named.length === 0) return { x };
    const length = x.shape[0]!;
    checkRows('assignRows', named, length);
    const from = new Int32Array(length);
    const isNamed = new Uint8Array(length);
    for (let i = 0; i < named.length; i++) {
      from[named[i]!] = i;
      isNamed[named[i]!] = 1;
    }
    const chosen = tensorFrom(x.backend, isNamed, [length, ...x.shape.slice(1).fill(1)], 'bool', 'assignRows');
    const given = indexSelect(rows, 0, tensorFrom(x.backend, from, [length], 'int32', 'assignRows'));
    return { x: where(chosen, given, x) };
  },
  takes: { parameters: ['x', 'index', 'rows'] },
  call:
    (run) =>
    (x: Tensor, index: Tensor, rows: Tensor): void =>
      run({ x, index, rows }, {}),
});

const indices = [
  [0, 2, 1],
  [1, 1, 0],
];

export const indexingSamples = (): readonly OpSamples[] => [
  samples(
    gather,
    [
      { inputs: { x: { shape: [3, 4] }, index: { values: indices, dtype: 'int32' } }, attrs: { axis: 0 } },
      { inputs: { x: { shape: [3, 4] }, index: { values: indices, dtype: 'int32' } }, attrs: { axis: 1 } },
      {
        inputs: { x: { shape: [2, 3, 4] }, index: { shape: [2, 3, 6], dtype: 'int32', low: 0, high: 4 } },
        attrs: { axis: 2 },
      },
    ],
    { tolerance: 0, relativeTo: 'value' },
  ),
  samples(scatterAdd, [
    {
      inputs: { x: { shape: [3, 4] }, index: { values: indices, dtype: 'int32' }, source: { shape: [2, 3] } },
      attrs: { axis: 0 },
    },
    {
      inputs: {
        x: { shape: [2, 3, 4] },
        index: { shape: [2, 3, 6], dtype: 'int32', low: 0, high: 4 },
        source: { shape: [2, 3, 6] },
      },
      attrs: { axis: 2 },
    },
  ]),
  samples(
    indexSelect,
    [
      { inputs: { x: { shape: [4, 3] }, index: { values: [3, 0, 0, 2, 1], dtype: 'int32' } }, attrs: { axis: 0 } },
      { inputs: { x: { shape: [2, 4, 3] }, index: { values: [1, 3], dtype: 'int32' } }, attrs: { axis: 1 } },
    ],
    { tolerance: 0, relativeTo: 'value' },
  ),
  samples(assignRows, [
    {
      inputs: { x: { shape: [5, 3] }, index: { values: [3, 0, 3, 4], dtype: 'int32' }, rows: { shape: [4, 3] } },
    },
    { inputs: { x: { shape: [4] }, index: { values: [2], dtype: 'int32' }, rows: { shape: [1] } } },
    { inputs: { x: { shape: [3, 2, 2] }, index: { values: [1, 2], dtype: 'int32' }, rows: { shape: [2, 2, 2] } } },
  ]),
  samples(indexSelectGrad, [
    { inputs: { g: { shape: [3, 2] }, index: { values: [1, 1, 0], dtype: 'int32' } }, attrs: { axis: 0, length: 4 } },
    { inputs: { g: { shape: [2, 3] }, index: { values: [1, 1, 0], dtype: 'int32' } }, attrs: { axis: 1, length: 2 } },
  ]),
];
