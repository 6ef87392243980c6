// Edges: bounds, ties, zeros, numbers that are very large or small, axes of length 0, scalars.

import type { GoldenCase, GoldenTensor } from './golden-cases.js';

type Values = readonly number[];

const of = (data: Values, shape: readonly number[] = [data.length]): GoldenTensor => ({
  shape,
  dtype: 'float32',
  data: data.map(Math.fround),
});
const edge = (
  name: string,
  inputs: Readonly<Record<string, GoldenTensor | readonly GoldenTensor[]>>,
  attrs: object = {},
): GoldenCase => ({ name, inputs, attrs: attrs as GoldenCase['attrs'] });

const infinite = of([1, Infinity, 2, 3], [2, 2]);

export const edgeCases: readonly GoldenCase[] = [
  // The divisor's square overflows, or vanishes.
  edge('div', { a: of([0, 1e38, 1, 3, -2, 5e-20]), b: of([1e-25, 1e20, 1e-15, 1e15, -1e-19, 1e-12]) }),
  edge('reciprocal', { x: of([1e18, -1e-18, 4]) }),
  edge('rsqrt', { x: of([1e24, 1e-24, 4]) }),
  edge('mod', { a: of([7, -7, 1e6, 0.3]), b: of([3, 3, 0.1, -0.2]) }),
  // 0 to the power of 0 and others.
  edge('pow', { a: of([0, 0, 0, 0, 2, -2]), b: of([0, 1, 2, 3, 0, 3]) }),
  edge('maximum', { a: of([1, 2, 3]), b: of([1, 3, 2]) }),
  edge('minimum', { a: of([1, 2, 3]), b: of([1, 3, 2]) }),
  edge('clamp', { x: of([-2, -1, 0, 1, 2]) }, { min: -1, max: 1 }),
  edge('clamp', { x: of([-2, -1, 0, 1, 2]) }, { min: 1, max: -1 }),
  edge('hardSigmoid', { x: of([-4, -3, 3, 4]) }),
  edge('hardSwish', { x: of([-4, -3, 0, 3, 4]) }),
  edge('relu', { x: of([-1, 0, 1]) }),
  edge('leakyRelu', { x: of([-1, 0, 1, Infinity]) }, { slope: 0 }),
  edge('abs', { x: of([-1, 0, 1]) }),
  // Deviations of 0, and such as squares cannot hold.
  edge('std', { x: of([2, 2, 2]) }),
  edge('std', { x: of([2, 2, 2, 1, 2, 3], [2, 3]) }, { axes: 1 }),
  edge('std', { x: of([1e20, 2e20, 3e20]) }),
  edge('std', { x: of([1e-25, 2e-25, 3e-25]) }),
  edge('variance', { x: of([2, 2, 2]) }),
  ...[0.5, 1, 1.5, 2, 2.5, 3, Infinity].flatMap((p) => [
    edge('norm', { x: of([0, 2, -3]) }, { p }),
    edge('norm', { x: of([0, 0, 3, 4], [2, 2]) }, { axes: 1, p }),
  ]),
  edge('max', { x: of([1, 3, 3, 2, 2, 2], [2, 3]) }, { axes: 1 }),
  edge('logSumExp', { x: of([-Infinity, 0, -Infinity, -Infinity], [2, 2]) }, { axes: 1 }),
  edge('sort', { x: of([3, Number.NaN, 1, Infinity, -Infinity]) }),
  edge('topK', { x: of([3, Number.NaN, 1, Infinity]) }, { k: 2 }),
  edge('topK', { x: of([1, 5]) }, { k: 0 }),
  edge('einsum', { xs: [infinite] }, { equation: 'ii->i' }),
  edge('einsum', { xs: [infinite] }, { equation: 'ii' }),
  edge('einsum', { xs: [of([1, 2, Number.NaN, 4, 5, 6, 7, 8], [2, 2, 2])] }, { equation: 'iij->ji' }),
  // A scalar as a list of one.
  ...['softmax', 'logSoftmax', 'cumsum', 'sort', 'argmax'].map((name) => edge(name, { x: of([3], []) }, { axis: 0 })),
  ...['sum', 'mean', 'max', 'logSumExp'].map((name) => edge(name, { x: of([3], []) }, { axes: 0 })),
  edge('topK', { x: of([3], []) }, { k: 1, axis: 0 }),
  edge('split', { x: of([], [0, 3]) }, { size: 2 }),
  // An infinite weight over padding, in groups of one filter and of two.
  edge(
    'conv2d',
    {
      x: of([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]),
      weight: of([1, 2, 3, Infinity, 1, 1, 1, Number.NaN], [2, 1, 2, 2]),
    },
    { padding: 1, groups: 2 },
  ),
  edge(
    'conv2d',
    { x: of([1, 2, 3, 4], [1, 1, 2, 2]), weight: of([1, 2, 3, -Infinity, 1, 1, 1, 1], [2, 1, 2, 2]) },
    { padding: 1 },
  ),
  edge('avgPool2d', { x: of([Infinity, 1, 2, 3], [1, 1, 2, 2]) }, { kernel: 2, stride: 1, padding: 1 }),
  edge('maxPool2d', { x: of([Number.NaN, 1, 2, 2], [1, 1, 2, 2]) }, { kernel: 2, stride: 1, padding: 1 }),
];
