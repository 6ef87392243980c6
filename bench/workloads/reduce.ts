// Reductions, running sums and order.

import * as dl from '@dl/autograd';
import type { Tf, TfReduction, TfTensor } from '../engines/tfjs-api.js';
import { bools, call, floats, type Input, type Workload } from './workload.js';

/** Along rows, down columns, both; a middle axis, and the axes of a bias's gradient and of batch norm. */
const cases: readonly (readonly [shape: readonly number[], axes: readonly number[]])[] = [
  [[8, 8], [1]],
  [[8, 8], [0]],
  [
    [8, 8],
    [0, 1],
  ],
  [[256, 1024], [1]],
  [[256, 1024], [0]],
  [
    [256, 1024],
    [0, 1],
  ],
  [[32, 64, 128], [1]],
  [
    [64, 16, 16, 16],
    [0, 2, 3],
  ],
];

type Ours = (x: dl.Tensor, axes: readonly number[]) => dl.Tensor;
type Theirs = TfReduction | 'mean' | ((tf: Tf, x: TfTensor, axes: readonly number[]) => TfTensor);
type Row = readonly [name: string, dl: Ours, tfjs: Theirs, input?: (shape: readonly number[]) => Input];

const nearOne = (shape: readonly number[]): Input => floats(shape, { low: 0.99, high: 1.01 });

const functions: readonly Row[] = [
  ['sum', (x, axes) => dl.sum(x, axes), 'sum'],
  ['mean', (x, axes) => dl.mean(x, axes), 'mean'],
  ['prod', (x, axes) => dl.prod(x, axes), 'prod', nearOne],
  ['max', (x, axes) => dl.max(x, axes), 'max'],
  ['min', (x, axes) => dl.min(x, axes), 'min'],
  ['any', (x, axes) => dl.any(x, axes), 'any', bools],
  ['all', (x, axes) => dl.all(x, axes), 'all', bools],
  ['logSumExp', (x, axes) => dl.logSumExp(x, axes), 'logSumExp'],
  [
    'norm',
    (x, axes) => dl.norm(x, axes),
    // Its own norm is for at most two axes.
    (tf, x, axes) => (axes.length < 3 ? tf.norm(x, 'euclidean', axes) : tf.sqrt(tf.sum(tf.square(x), axes))),
  ],
  ['variance', (x, axes) => dl.variance(x, axes, { correction: 0 }), (tf, x, axes) => tf.moments(x, axes).variance],
];

const along = cases.filter(([, axes]) => axes.length === 1);

/** Mean and variance of everything: TensorFlow.js sums in single precision somewhere, and loses digits. */
const TOLERANCE = 1e-4;

export const reduce: readonly Workload[] = [
  ...functions.flatMap(([name, ours, tfjs, input = floats]) =>
    cases.map(([shape, axes]) =>
      call(
        `${name} over ${axes.join(', ')}`,
        [input(shape)],
        (x) => ours(x, axes),
        (tf, x) => (typeof tfjs === 'string' ? tf[tfjs](x, axes) : tfjs(tf, x, axes)),
        { tolerance: TOLERANCE },
      ),
    ),
  ),
  ...along.flatMap(([shape, [axis]]) => [
    call(
      `argmax over ${axis}`,
      [floats(shape)],
      (x) => dl.argmax(x, axis),
      (tf, x) => tf.argMax(x, axis),
    ),
    call(
      `argmin over ${axis}`,
      [floats(shape)],
      (x) => dl.argmin(x, axis),
      (tf, x) => tf.argMin(x, axis),
    ),
    call(
      `cumsum along ${axis}`,
      [floats(shape)],
      (x) => dl.cumsum(x, axis!),
      (tf, x) => tf.cumsum(x, axis),
      { tolerance: TOLERANCE },
    ),
    call(
      `cumsum along ${axis}, reverse`,
      [floats(shape)],
      (x) => dl.cumsum(x, axis!, { reverse: true }),
      (tf, x) => tf.cumsum(x, axis, false, true),
      { tolerance: TOLERANCE },
    ),
  ]),
  ...(
    [
      [[8, 8], 3],
      [[256, 1024], 1],
      [[256, 1024], 5],
      [[256, 1024], 512],
      [[64, 1000], 10],
    ] as const
  ).map(([shape, k]) =>
    call(
      `topK ${k}`,
      [floats(shape)],
      (x) => {
        const { values, indices } = dl.topK(x, k);
        return [values, indices];
      },
      (tf, x) => {
        const { values, indices } = tf.topk(x, k, true);
        return [values, indices];
      },
    ),
  ),
  ...[
    [8, 8],
    [256, 1024],
  ].map((shape) =>
    call(
      'sort, descending',
      [floats(shape)],
      (x) => dl.sort(x, -1, { descending: true }).values,
      (tf, x) => tf.topk(x, shape[1]!, true).values,
    ),
  ),
];
