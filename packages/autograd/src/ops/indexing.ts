// Reading and adding by index: gather, scatterAdd, indexSelect, embedding. Indices are int32, and checked.

import { checkCall, type Known } from '../arguments/check-call.js';
import { defineOp, required } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { IndexError, ShapeError } from '../errors.js';
import { isHalf } from '../tensor/dtype.js';
import { zeros } from '../tensor/make.js';
import { formatShape, normalizeAxis, type Shape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { needDType, needNumeric, needRank, needSameDType, needTensor } from './checks.js';
import { equal } from './compare.js';
import { cast, detach } from './copy.js';
import { reshape } from './reshape.js';
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
    x: (): Tensor => scatterAdd(zeros(x.shape, { dtype: x.dtype, backend: dy.backend }), axis, index, dy),
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

/**
 * Whole slices along an axis, in the order of a list of indices: rows of a matrix for axis 0.
 *
 * @throws IndexError for an index outside the axis.
 */
export const indexSelect = /* @__PURE__ */ defineOp({
  name: 'indexSelect',
  inputs: ['x', 'index'],
  attrs: { axis: required<number>() },
  saves: ['index'],
  halves: true,
  infer: ({ x, index }, { axis }) => {
    needDType('indexSelect', 'index', index, 'int32');
    needRank('indexSelect', 'index', index, 1, '[count]');
    return { shape: x.shape.with(axis, index.shape[0]!), dtype: x.dtype };
  },
  grad: ({ dy, x, index }, { axis }) => ({
    x: (): Tensor => indexSelectGrad.run({ g: dy, index }, { axis, length: x.shape[axis]! }),
    index: null,
  }),
  takes: { parameters: ['x', 'axis', 'index'] },
  call:
    (run) =>
    (x: Tensor, axis: number, index: Tensor): Tensor =>
      run({ x, index }, { axis: normalizeAxis('indexSelect', axis, x.rank) }),
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

export interface EmbeddingOptions {
  /** The index that stands for no word (negative ones count from the end): its row gets no gradient. Default: none. */
  readonly paddingIndex?: number;
}

const embeddingOptions: Known<EmbeddingOptions> = { paddingIndex: 'number' };

/**
 * Rows of a table: [...] of indices and a weight of [count, features] → [..., features]. Those of a table in `float16` or `bfloat16` come as
 * `float32`.
 *
 * @throws IndexError for an index outside 0 … count - 1.
 *
 * @example
 * ```ts
 * import { embedding, randn, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const words = tensor([[3, 1], [0, 3]], { dtype: 'int32' });
 * console.log(embedding(words, randn([5, 8])).shape); // [2, 2, 8]
 * ```
 */
export function embedding(indices: Tensor, weight: Tensor, options: EmbeddingOptions = {}): Tensor {
  checkCall('embedding', arguments, ['indices', 'weight'], embeddingOptions);
  const { paddingIndex } = options;
  needTensor('embedding', 'indices', indices);
  needTensor('embedding', 'weight', weight);
  needDType('embedding', 'indices', indices, 'int32');
  needRank('embedding', 'weight', weight, 2, '[count, features]');
  const padding = paddingIndex === undefined ? undefined : checkPaddingIndex(paddingIndex, weight.shape[0]!);
  try {
    const rows = indexSelect(weight, 0, reshape(indices, [indices.size]));
    const found = isHalf(rows.dtype) ? cast(rows, 'float32') : rows;
    const y = reshape(found, [...indices.shape, weight.shape[1]!]);
    if (padding === undefined || !y.requiresGrad) return y;
    return where(reshape(equal(indices, padding), [...indices.shape, 1]), detach(y), y);
  } catch (error) {
    // The caller did not call indexSelect.
    if (error instanceof IndexError)
      throw new IndexError(error.message.replace('indexSelect', 'embedding'), { cause: error });
    throw error;
  }
}

function checkPaddingIndex(index: number, count: number): number {
  if (!Number.isInteger(index) || index < -count || index >= count) {
    throw new IndexError(
      `embedding: paddingIndex ${index} is out of range for ${count} rows; needs ${-count} to ${count - 1}`,
    );
  }
  return index < 0 ? index + count : index;
}

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
  samples(indexSelectGrad, [
    { inputs: { g: { shape: [3, 2] }, index: { values: [1, 1, 0], dtype: 'int32' } }, attrs: { axis: 0, length: 4 } },
    { inputs: { g: { shape: [2, 3] }, index: { values: [1, 1, 0], dtype: 'int32' } }, attrs: { axis: 1, length: 2 } },
  ]),
];
