// Public functions that have no samples, because they are made of ops or work out an op's attributes: how each is
// called, and on what. make-golden.py has the same table in PyTorch and NumPy.

import type { SampleInput } from '../src/dispatch/samples-type.js';
import * as dl from '../src/index.js';
import type { Tensor } from '../src/tensor/tensor.js';

type Inputs = Readonly<Record<string, Tensor>> & { readonly xs: readonly Tensor[] };
// biome-ignore lint/suspicious/noExplicitAny: the attributes of a case come from JSON
type Attrs = Readonly<Record<string, any>>;

/** The functions by the names that the cases below use. */
export const publicFunctions: Readonly<Record<string, (inputs: Inputs, attrs: Attrs) => Tensor | readonly Tensor[]>> = {
  variance: ({ x }, { axes, ...options }) => dl.variance(x!, axes, options),
  std: ({ x }, { axes, ...options }) => dl.std(x!, axes, options),
  sum: ({ x }, { axes, ...options }) => dl.sum(x!, axes, options),
  mean: ({ x }, { axes, ...options }) => dl.mean(x!, axes, options),
  max: ({ x }, { axes, ...options }) => dl.max(x!, axes, options),
  logSumExp: ({ x }, { axes, ...options }) => dl.logSumExp(x!, axes, options),
  norm: ({ x }, { axes, ...options }) => dl.norm(x!, axes, options),
  argmax: ({ x }, { axis, ...options }) => dl.argmax(x!, axis, options),
  cumsum: ({ x }, { axis }) => dl.cumsum(x!, axis),
  sort: ({ x }, { axis, ...options }) => Object.values(dl.sort(x!, axis, options)),
  topK: ({ x }, { k, ...options }) => Object.values(dl.topK(x!, k, options)),
  outer: ({ a, b }) => dl.outer(a!, b!),
  dot: ({ a, b }) => dl.dot(a!, b!),
  matmul: ({ a, b }, options) => dl.matmul(a!, b!, options),
  einsum: ({ xs }, { equation }) => dl.einsum(equation, ...xs),
  indexAdd: ({ x, index, source }, { axis }) => dl.indexAdd(x!, axis, index!, source!),
  split: ({ x }, { size, axis }) => dl.split(x!, size, axis),
  flip: ({ x }, { axes }) => dl.flip(x!, axes),
  roll: ({ x }, { shifts, axes }) => dl.roll(x!, shifts, axes),
  repeat: ({ x }, { counts }) => dl.repeat(x!, counts),
  pad: ({ x }, { pads, ...options }) => dl.pad(x!, pads, options),
  stack: ({ xs }, { axis }) => dl.stack(xs, axis),
  squeeze: ({ x }, { axes }) => dl.squeeze(x!, axes),
  unsqueeze: ({ x }, { axis }) => dl.unsqueeze(x!, axis),
  flatten: ({ x }, options) => dl.flatten(x!, options),
  transpose: ({ x }, { first, second }) => dl.transpose(x!, first, second),
  expand: ({ x }, { shape }) => dl.expand(x!, shape),
  slice: ({ x }, { ranges }) => dl.slice(x!, ranges),
  writeSlice: ({ x, value }, { ranges, number }) => {
    const written = x!.detach().clone();
    written.writeSlice(ranges, value?.detach() ?? number);
    return written;
  },
  gather: ({ x, index }, { axis }) => dl.gather(x!, axis, index!),
  indexSelect: ({ x, index }, { axis }) => dl.indexSelect(x!, axis, index!),
  embedding: ({ indices, weight }, options) => dl.embedding(indices!, weight!, options),
  oneHot: ({ indices }, { classes }) => dl.oneHot(indices!, classes),
  maskedFill: ({ x, mask }, { value }) => dl.maskedFill(x!, mask!, value),
  maskedSelect: ({ x, mask }) => dl.maskedSelect(x!, mask!),
  nonzero: ({ x }) => dl.nonzero(x!),
  clamp: ({ x }, { min, max }) => dl.clamp(x!, min, max),
  addNumber: ({ x }, { value }) => dl.add(x!, value),
  numberSub: ({ x }, { value }) => dl.sub(value, x!),
  numberDiv: ({ x }, { value }) => dl.div(value, x!),
  powNumber: ({ x }, { value }) => dl.pow(x!, value),
  numberPow: ({ x }, { value }) => dl.pow(value, x!),
  glu: ({ x }, { axis }) => dl.glu(x!, axis),
  softmax: ({ x }, { axis }) => dl.softmax(x!, axis),
  logSoftmax: ({ x }, { axis }) => dl.logSoftmax(x!, axis),
  crossEntropy: ({ logits, labels }, options) => dl.crossEntropy(logits!, labels!, options),
  dropout: ({ x }, { p, ...options }) => dl.dropout(x!, p, options),
  conv1d: ({ x, weight, bias }, options) => dl.conv1d(x!, weight!, { ...options, ...(bias && { bias }) }),
  conv2d: ({ x, weight, bias }, options) => dl.conv2d(x!, weight!, { ...options, ...(bias && { bias }) }),
  layerNorm: ({ x, ...affine }, { shape, ...options }) =>
    dl.layerNorm(x!, shape, { ...(affine as object), ...options }),
  rmsNorm: ({ x, ...affine }, { shape, ...options }) => dl.rmsNorm(x!, shape, { ...(affine as object), ...options }),
  groupNorm: ({ x, ...affine }, { groups, ...options }) =>
    dl.groupNorm(x!, groups, { ...(affine as object), ...options }),
  instanceNorm: ({ x, ...affine }, options) => dl.instanceNorm(x!, { ...(affine as object), ...options }),
  batchNorm: ({ x, ...affine }, options) => Object.values(dl.batchNorm(x!, { ...(affine as object), ...options })),
  batchNormInference: ({ x, mean, variance, ...affine }, options) =>
    dl.batchNormInference(x!, mean!, variance!, { ...(affine as object), ...options }),
  scaledDotProductAttention: ({ q, k, v, ...tensors }, options) =>
    dl.scaledDotProductAttention(q!, k!, v!, { ...(tensors as object), ...options }),
  elmanSequence: ({ gates, weight, ...states }, options) =>
    Object.values(dl.elmanSequence(gates!, weight!, { ...(states as object), ...options })),
  lstmSequence: ({ gates, weight, ...others }, options) =>
    Object.values(dl.lstmSequence(gates!, weight!, { ...(others as object), ...options })),
  gruSequence: ({ gates, weight, ...others }, options) =>
    Object.values(dl.gruSequence(gates!, weight!, { ...(others as object), ...options })),
  maxPool2d: ({ x }, { kernel, ...options }) => dl.maxPool2d(x!, kernel, options),
  avgPool2d: ({ x }, { kernel, ...options }) => dl.avgPool2d(x!, kernel, options),
};

type FunctionCase = readonly [
  name: string,
  inputs: Readonly<Record<string, SampleInput | readonly SampleInput[]>>,
  attrs?: Attrs,
];

/** A float input that is drawn at random. */
const of = (...shape: number[]): SampleInput => ({ shape });
/** Weights that neither let a state vanish nor grow. */
const within = (...shape: number[]): SampleInput => ({ shape, low: -1, high: 1 });
const int = (high: number, ...shape: number[]): SampleInput => ({ shape, dtype: 'int32', low: 0, high });

const einsumCase = (equation: string, ...shapes: readonly (readonly number[])[]): FunctionCase => [
  'einsum',
  { xs: shapes.map((shape) => ({ shape })) },
  { equation },
];

export const functionCases: readonly FunctionCase[] = [
  ...(['variance', 'std'] as const).flatMap((name): FunctionCase[] => [
    [name, { x: of(3, 4) }],
    [name, { x: of(3, 4) }, { axes: 1, correction: 0 }],
    [name, { x: of(2, 3, 4) }, { axes: [0, -1], keepDims: true }],
    [name, { x: { shape: [2, 5], low: 1000, high: 1001 } }, { axes: 1 }],
  ]),
  ['sum', { x: of(2, 3) }],
  ['sum', { x: of(2, 3, 4) }, { axes: [-1, 0] }],
  ['mean', { x: of(2, 3, 4) }, { axes: -2, keepDims: true }],
  ['max', { x: of(2, 3) }],
  ['logSumExp', { x: of(2, 3) }],
  ['norm', { x: of(2, 3) }],
  ['norm', { x: of(2, 3) }, { axes: -1, p: 3, keepDims: true }],
  ['argmax', { x: of(3, 4) }],
  ['argmax', { x: of(3, 4) }, { axis: -2 }],
  ['cumsum', { x: of(2, 3, 2) }, { axis: -2 }],
  ['sort', { x: of(2, 5) }],
  [
    'sort',
    {
      x: [
        [2, 1, 2, 1],
        [0, 0, -1, 3],
      ],
    },
    { axis: 0, descending: true },
  ],
  ['topK', { x: of(2, 5) }, { k: 3 }],
  ['topK', { x: of(4, 3) }, { k: 2, axis: -2, largest: false }],

  ['outer', { a: of(3), b: of(4) }],
  ['dot', { a: of(5), b: of(5) }],
  ['matmul', { a: of(4), b: of(4) }],
  ['matmul', { a: of(3, 4), b: of(4) }],
  ['matmul', { a: of(4), b: of(4, 3) }],
  ['matmul', { a: of(2, 3, 4), b: of(4) }],
  ['matmul', { a: of(4), b: of(2, 4, 3) }],
  ['matmul', { a: of(2, 3, 4), b: of(4, 5) }],
  ['matmul', { a: of(3, 4), b: of(2, 4, 2) }],
  ['matmul', { a: of(2, 1, 2, 3), b: of(1, 4, 2, 3) }, { transposeB: true }],
  einsumCase('ij,jk->ik', [3, 4], [4, 2]),
  einsumCase('ij,jk->ki', [3, 4], [4, 2]),
  einsumCase('ij,jk', [3, 4], [4, 2]),
  einsumCase('ba', [2, 3]),
  einsumCase('ij->', [3, 4]),
  einsumCase('ij->j', [3, 4]),
  einsumCase('ijk->kji', [2, 3, 4]),
  einsumCase('ii->i', [4, 4]),
  einsumCase('ii', [4, 4]),
  einsumCase('bii->bi', [2, 3, 3]),
  einsumCase('iji->j', [3, 2, 3]),
  einsumCase('i,j->ij', [3], [4]),
  einsumCase('i,i->', [5], [5]),
  einsumCase('i,ij,j->', [3], [3, 4], [4]),
  einsumCase('ij,jk,kl->il', [2, 3], [3, 4], [4, 2]),
  einsumCase('ij,kj,j->kij', [2, 3], [4, 3], [3]),
  einsumCase('bij,bjk->bik', [2, 3, 4], [2, 4, 2]),
  einsumCase('bhqd,bhkd->bhqk', [2, 2, 3, 4], [2, 2, 5, 4]),
  einsumCase('...ij,...jk->...ik', [2, 1, 3, 4], [5, 4, 2]),
  einsumCase('...ij,jk->...ki', [2, 3, 4], [4, 2]),
  einsumCase('i...,i...->...', [3, 2, 4], [3, 4]),
  einsumCase('...i->...', [2, 3, 4]),
  einsumCase('...ii->...i', [2, 3, 3]),
  einsumCase('ij,jk->ik', [3, 1], [4, 2]),
  einsumCase('ij,ij->i', [3, 4], [1, 4]),
  einsumCase('i,ij,ik->jk', [1], [3, 2], [3, 4]),
  einsumCase('bn,anm,bm->ba', [2, 3], [4, 3, 5], [2, 5]),

  ['split', { x: of(7, 2) }, { size: 3 }],
  ['split', { x: of(2, 6) }, { size: [1, 3, 2], axis: -1 }],
  ['flip', { x: of(2, 3) }],
  ['flip', { x: of(2, 3, 2) }, { axes: [0, -1] }],
  ['roll', { x: of(2, 5) }, { shifts: 3 }],
  ['roll', { x: of(2, 5) }, { shifts: -2, axes: 1 }],
  ['roll', { x: of(3, 4) }, { shifts: [1, 9], axes: [0, 1] }],
  ['repeat', { x: of(2, 3) }, { counts: [2, 2] }],
  ['repeat', { x: of(3) }, { counts: [2, 1, 3] }],
  [
    'pad',
    { x: of(3, 4) },
    {
      pads: [
        [1, 2],
        [0, 3],
      ],
      mode: 'reflect',
    },
  ],
  [
    'pad',
    { x: of(1, 2, 3, 3) },
    {
      pads: [
        [0, 0],
        [0, 0],
        [2, 1],
        [1, 2],
      ],
      mode: 'reflect',
    },
  ],
  [
    'pad',
    { x: of(2, 3) },
    {
      pads: [
        [2, 0],
        [1, 4],
      ],
      mode: 'replicate',
    },
  ],
  [
    'pad',
    { x: of(2, 3) },
    {
      pads: [
        [0, 2],
        [3, 1],
      ],
      mode: 'circular',
    },
  ],
  [
    'pad',
    { x: of(2, 3) },
    {
      pads: [
        [0, 1],
        [2, 0],
      ],
      value: -1.5,
    },
  ],
  ['stack', { xs: [of(2, 3), of(2, 3), of(2, 3)] }],
  ['stack', { xs: [of(2, 3), of(2, 3)] }, { axis: -1 }],
  ['squeeze', { x: of(1, 3, 1, 2) }],
  ['squeeze', { x: of(1, 3, 1, 2) }, { axes: -2 }],
  ['unsqueeze', { x: of(3, 2) }, { axis: 1 }],
  ['unsqueeze', { x: of(3, 2) }, { axis: -1 }],
  ['flatten', { x: of(2, 3, 2) }],
  ['flatten', { x: of(2, 3, 2, 2) }, { start: 1, end: -2 }],
  ['transpose', { x: of(2, 3, 4) }],
  ['transpose', { x: of(2, 3, 4) }, { first: 0, second: -1 }],
  ['expand', { x: of(3, 1) }, { shape: [2, -1, 4] }],
  ['slice', { x: of(4, 5) }, { ranges: [[1, 3]] }],
  ['slice', { x: of(4, 5) }, { ranges: [-1, [null, null, -1]] }],
  ['slice', { x: of(4, 7) }, { ranges: [null, [-2, null, -2]] }],
  [
    'slice',
    { x: of(4, 7) },
    {
      ranges: [
        [10, -10, -3],
        [-100, 100, 2],
      ],
    },
  ],
  ['slice', { x: of(4, 5, 2) }, { ranges: [[2, null], 3, [null, -1]] }],
  [
    'slice',
    { x: of(4, 5) },
    {
      ranges: [
        [3, 1],
        [0, 5, 2],
      ],
    },
  ],
  ['slice', { x: of(2, 3, 4) }, { ranges: ['...', -1] }],
  ['slice', { x: of(2, 3, 2, 4) }, { ranges: [1, '...', [null, null, -2]] }],
  ['slice', { x: of(3, 4) }, { ranges: [1, '...', [0, 2]] }],
  ['writeSlice', { x: of(4, 5), value: of(2, 5) }, { ranges: [[1, 3]] }],
  ['writeSlice', { x: of(4, 5), value: of(4) }, { ranges: [null, -1] }],
  ['writeSlice', { x: of(2, 3, 5, 2), value: of(2, 3, 2) }, { ranges: [null, null, 3] }],
  ['writeSlice', { x: of(2, 3, 5, 2), value: of(3, 1, 2) }, { ranges: ['...', [1, null, 2], null] }],
  [
    'writeSlice',
    { x: of(4, 7), value: of(2, 3) },
    {
      ranges: [
        [null, null, -2],
        [-2, null, -2],
      ],
    },
  ],
  ['writeSlice', { x: of(3, 4), value: of() }, { ranges: [] }],
  ['writeSlice', { x: of(3, 4) }, { ranges: [1, [0, 2]], number: -0.5 }],

  ['gather', { x: of(2, 4), index: int(4, 2, 3) }, { axis: -1 }],
  ['indexSelect', { x: of(2, 4), index: int(4, 6) }, { axis: -1 }],
  ['indexAdd', { x: of(4, 3), index: int(4, 6), source: of(6, 3) }, { axis: 0 }],
  ['indexAdd', { x: of(2, 4), index: int(4, 6), source: of(2, 6) }, { axis: -1 }],
  ['embedding', { indices: int(5, 2, 3), weight: of(5, 4) }],
  ['embedding', { indices: int(5, 3, 4), weight: of(5, 3) }, { paddingIndex: 2 }],
  ['embedding', { indices: int(3, 6), weight: of(3, 2) }, { paddingIndex: -1 }],
  ['oneHot', { indices: int(4, 2, 3) }, { classes: 4 }],
  ['maskedFill', { x: of(3, 1), mask: { shape: [2, 1, 4], dtype: 'bool' } }, { value: 0.5 }],

  ['maskedSelect', { x: of(3, 4), mask: { shape: [3, 4], dtype: 'bool' } }],
  ['maskedSelect', { x: of(2, 1, 3), mask: { shape: [4, 1], dtype: 'bool' } }],
  ['maskedSelect', { x: of(3), mask: [false, false, false] }],
  ['nonzero', { x: int(2, 3, 4) }],
  ['nonzero', { x: [0, Number.NaN, -0, -2, Number.POSITIVE_INFINITY] }],
  ['nonzero', { x: { shape: [2, 3, 2], dtype: 'bool' } }],
  ['nonzero', { x: { values: 3, dtype: 'int32' } }],

  ['clamp', { x: of(6) }, { min: 0.25, max: Infinity }],
  ['clamp', { x: of(6) }, { min: -Infinity, max: -0.25 }],
  ['addNumber', { x: of(3) }, { value: 2.5 }],
  ['numberSub', { x: of(3) }, { value: 2.5 }],
  ['numberDiv', { x: { shape: [4], low: 0.5, high: 2 } }, { value: 3 }],
  ['powNumber', { x: { shape: [4], low: 0.5, high: 2 } }, { value: -1.5 }],
  ['powNumber', { x: [-2, 0, 3] }, { value: 2 }],
  ['powNumber', { x: [-2, 0, 3] }, { value: 0 }],
  ['numberPow', { x: of(4) }, { value: 3 }],
  ['glu', { x: of(4, 2) }, { axis: -2 }],
  ['softmax', { x: of(2, 4) }],
  [
    'softmax',
    {
      x: [
        [1e4, 1e4 - 1, 0],
        [-1e30, 0, 1e30],
      ],
    },
    { axis: 1 },
  ],
  [
    'logSoftmax',
    {
      x: [
        [1e4, 1e4 - 1, 0],
        [-1e4, 0, 1e4],
      ],
    },
  ],
  ['logSoftmax', { x: of(3, 2, 2) }, { axis: 0 }],
  ...(['mean', 'sum', 'none'] as const).map(
    (reduction): FunctionCase => ['crossEntropy', { logits: of(3, 4), labels: int(4, 3) }, { reduction }],
  ),
  ['dropout', { x: of(2, 3) }, { p: 0.5, training: false }],

  ['conv1d', { x: of(2, 3, 7), weight: of(4, 3, 3), bias: of(4) }],
  ['conv1d', { x: of(1, 4, 9), weight: of(6, 2, 3) }, { stride: 2, padding: 2, dilation: 2, groups: 2 }],
  ['conv1d', { x: of(2, 3, 6), weight: of(3, 1, 4) }, { padding: 'same', groups: 3 }],
  ['conv1d', { x: of(2, 2, 5), weight: of(1, 2, 5), bias: of(1) }, { padding: 'valid' }],
  ['conv2d', { x: of(1, 2, 5, 6), weight: of(3, 2, 3, 2) }],
  ['conv2d', { x: of(2, 2, 4, 5), weight: of(3, 2, 3, 2), bias: of(3) }, { padding: 'same' }],
  ['conv2d', { x: of(1, 1, 6, 6), weight: of(2, 1, 4, 3) }, { padding: 'same', dilation: [1, 2] }],
  ['conv2d', { x: of(1, 2, 5, 5), weight: of(2, 2, 3, 3), bias: of(2) }, { padding: 'valid', stride: 2 }],
  ['conv2d', { x: of(1, 2, 5, 6), weight: of(2, 2, 3, 3) }, { padding: [2, 1], stride: [2, 3] }],
  ['conv2d', { x: of(1, 4, 6, 6), weight: of(4, 1, 3, 3) }, { padding: 1, dilation: 2, groups: 4 }],
  ['layerNorm', { x: of(2, 3, 4), weight: of(4), bias: of(4) }, { shape: [4] }],
  ['layerNorm', { x: of(2, 3, 4), weight: of(3, 4) }, { shape: [3, 4], eps: 1e-3 }],
  ['layerNorm', { x: of(3, 35), weight: of(35), bias: of(35) }, { shape: [35] }],
  ['rmsNorm', { x: of(2, 3, 4), weight: of(4) }, { shape: [4] }],
  ['rmsNorm', { x: of(3, 5) }, { shape: [5], eps: 0.1 }],
  ['groupNorm', { x: of(2, 6, 3, 2), weight: of(6), bias: of(6) }, { groups: 3 }],
  ['groupNorm', { x: of(3, 4), weight: of(4) }, { groups: 2, eps: 0.01 }],
  ['instanceNorm', { x: of(2, 3, 4, 5), weight: of(3), bias: of(3) }],
  ['instanceNorm', { x: of(2, 3, 5) }, { eps: 0.01 }],
  ['batchNorm', { x: of(2, 3, 4, 5), weight: of(3), bias: of(3) }],
  ['batchNorm', { x: of(7, 6), weight: of(6), bias: of(6) }, { eps: 0.01 }],
  ['batchNorm', { x: of(3, 2, 5) }],
  [
    'batchNormInference',
    { x: of(2, 3, 2, 3), mean: of(3), variance: { shape: [3], low: 0.5, high: 2 }, weight: of(3), bias: of(3) },
  ],
  ['batchNormInference', { x: of(3, 4), mean: of(4), variance: { shape: [4], low: 0.5, high: 2 } }, { eps: 0.1 }],
  ['scaledDotProductAttention', { q: of(2, 2, 3, 4), k: of(2, 2, 5, 4), v: of(2, 2, 5, 6) }],
  ['scaledDotProductAttention', { q: of(2, 5, 4), k: of(2, 5, 4), v: of(2, 5, 3) }, { causal: true }],
  // More queries than keys: the first two look at none. From position 0 on they are as PyTorch counts.
  ['scaledDotProductAttention', { q: of(2, 5, 4), k: of(2, 3, 4), v: of(2, 3, 2) }, { causal: true, scale: 0.25 }],
  ['scaledDotProductAttention', { q: of(2, 5, 4), k: of(2, 3, 4), v: of(2, 3, 2) }, { causal: true, offset: 0 }],
  ['scaledDotProductAttention', { q: of(2, 2, 4), k: of(2, 6, 4), v: of(2, 6, 2) }, { causal: true, window: 3 }],
  ['scaledDotProductAttention', { q: of(7, 3), k: of(7, 3), v: of(7, 2) }, { window: 2 }],
  // Shared heads, with axes in front that broadcast.
  ['scaledDotProductAttention', { q: of(3, 4, 2, 3), k: of(2, 5, 3), v: of(3, 1, 5, 2) }, { softcap: 0.75 }],
  ['scaledDotProductAttention', { q: of(2, 1, 6, 2, 3), k: of(1, 2, 3, 4, 3), v: of(3, 4, 2) }, { causal: true }],
  ['scaledDotProductAttention', { q: of(1, 2, 3), k: of(2, 3, 4, 3), v: of(4, 2), bias: of(2, 1, 2, 4) }],
  // One key, and -∞ as a bias, for all keys of the second query.
  ['scaledDotProductAttention', { q: of(2, 3, 4), k: of(2, 1, 4), v: of(2, 1, 3) }],
  [
    'scaledDotProductAttention',
    {
      q: of(2, 2, 3),
      k: of(2, 2, 3),
      v: of(2, 2, 3),
      bias: [
        [0.5, -Infinity],
        [-Infinity, -Infinity],
      ],
    },
  ],
  [
    'scaledDotProductAttention',
    {
      q: of(2, 2, 3, 4),
      k: of(2, 2, 3, 4),
      v: of(2, 2, 3, 4),
      mask: [
        [true, false, true],
        [false, true, false],
        [true, true, true],
      ],
    },
  ],
  ['scaledDotProductAttention', { q: of(3, 4), k: of(2, 4), v: of(2, 4), bias: of(3, 2) }],
  // Both directions, with and without lengths, around the widths of vectors; states given and not.
  ...([{}, { reverse: true }, { lengths: [6, 1, 4] }, { lengths: [2, 6, 5], reverse: true }] as const).flatMap(
    (order): FunctionCase[] => [
      ['elmanSequence', { gates: of(3, 6, 5), weight: within(5, 5), h0: of(3, 5) }, order],
      ['elmanSequence', { gates: of(3, 6, 4), weight: within(4, 4) }, { ...order, nonlinearity: 'relu' }],
      ['lstmSequence', { gates: of(3, 6, 20), weight: within(20, 5), h0: of(3, 5), c0: of(3, 5) }, order],
      ['lstmSequence', { gates: of(3, 6, 36), weight: within(36, 9) }, order],
      [
        'lstmSequence',
        { gates: of(3, 6, 20), weight: within(20, 3), projection: within(3, 5), h0: of(3, 3), c0: of(3, 5) },
        order,
      ],
      ['lstmSequence', { gates: of(3, 6, 20), weight: within(20, 5), peepholes: of(3, 5), c0: of(3, 5) }, order],
      ['gruSequence', { gates: of(3, 6, 15), weight: within(15, 5), bias: of(15), h0: of(3, 5) }, order],
      ['gruSequence', { gates: of(3, 6, 27), weight: within(27, 9) }, order],
      [
        'gruSequence',
        { gates: of(3, 6, 15), weight: within(15, 5), bias: of(15), h0: of(3, 5) },
        { ...order, reset: 'before', update: 'take' },
      ],
    ],
  ),
  ['maxPool2d', { x: of(1, 2, 5, 6) }, { kernel: 2 }],
  ['maxPool2d', { x: of(1, 1, 6, 7) }, { kernel: [3, 2], stride: 2, padding: [1, 0], ceilMode: true }],
  ['maxPool2d', { x: of(1, 2, 7, 8) }, { kernel: [2, 3], dilation: [3, 2] }],
  ['maxPool2d', { x: of(1, 1, 6, 7) }, { kernel: 3, stride: 2, padding: 1, dilation: [1, 2], ceilMode: true }],
  ['avgPool2d', { x: of(1, 2, 5, 6) }, { kernel: 2 }],
  ['avgPool2d', { x: of(1, 2, 5, 6) }, { kernel: [2, 3], divisorOverride: 5 }],
  ['avgPool2d', { x: of(1, 1, 5, 6) }, { kernel: 3, stride: 2, padding: 1, ceilMode: true, divisorOverride: -2 }],
  ['avgPool2d', { x: of(1, 1, 5, 7) }, { kernel: 3, stride: [2, 3], padding: 1, countIncludePad: false }],
];
