// Reading and adding by index.

import * as dl from '@dl/autograd';
import { call, floats, ints, type Workload } from './workload.js';

const rows: readonly (readonly [shape: readonly number[], axis: number, count: number])[] = [
  [[8, 8], 0, 8],
  [[8, 8], 1, 8],
  [[1024, 1024], 0, 1024],
  [[1024, 1024], 1, 1024],
  [[64, 256, 16], 1, 256],
  [[4096, 2], 0, 65536],
];

const tables: readonly (readonly [table: readonly number[], indices: readonly number[]])[] = [
  [
    [10, 8],
    [2, 4],
  ],
  // Small, because TensorFlow.js goes through all of g for each row of the table.
  [
    [500, 64],
    [16, 32],
  ],
];

export const indexing: readonly Workload[] = [
  ...rows.map(([shape, axis, count]) =>
    call(
      `indexSelect along ${axis}`,
      [floats(shape), ints([count], 0, shape[axis]!)],
      (x, index) => dl.indexSelect(x, axis, index),
      (tf, x, index) => tf.gather(x, index, axis),
    ),
  ),
  ...tables.flatMap(([table, indices]) => [
    call(
      'embedding',
      [floats(table), ints(indices, 0, table[0]!)],
      (weight, at) => dl.embedding(at, weight),
      (tf, weight, at) => tf.gather(weight, at),
    ),
    call(
      'embedding gradient',
      [floats([...indices, table[1]!]), ints(indices, 0, table[0]!)],
      (g, at) =>
        dl.indexSelectGrad.run(
          { g: dl.reshape(g, [at.size, table[1]!]), index: dl.reshape(at, [at.size]) },
          { axis: 0, length: table[0]! },
        ),
      (tf, g, at) => tf.unsortedSegmentSum(tf.reshape(g, [-1, table[1]!]), tf.reshape(at, [-1]), table[0]!),
    ),
  ]),
  ...(
    [
      [64, 10],
      [1024, 1000],
    ] as const
  ).map(([count, classes]) =>
    call(
      `oneHot of ${classes}`,
      [ints([count], 0, classes)],
      (at) => dl.oneHot(at, classes),
      (tf, at) => tf.oneHot(at, classes),
    ),
  ),
];
