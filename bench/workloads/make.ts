// Making tensors, with and without chance.

import * as dl from '@dl/autograd';
import { call, floats, formatShape, type Workload } from './workload.js';

const shapes = [
  [8, 8],
  [1024, 1024],
];

export const make: readonly Workload[] = shapes.flatMap((shape) => {
  const size = shape[0]! * shape[1]!;
  const named = (label: string): string => `${label} ${formatShape(shape)}`;
  const random = { tolerance: 'random' } as const;
  return [
    call(
      named('zeros'),
      [],
      () => dl.zeros(shape),
      (tf) => tf.zeros(shape),
    ),
    call(
      named('full'),
      [],
      () => dl.full(shape, 0.5),
      (tf) => tf.fill(shape, 0.5),
    ),
    call(
      named('arange'),
      [],
      () => dl.arange(size),
      (tf) => tf.range(0, size, 1, 'int32'),
    ),
    call(
      named('linspace'),
      [],
      () => dl.linspace(0, 1, size),
      (tf) => tf.linspace(0, 1, size),
    ),
    call(
      named('eye'),
      [],
      () => dl.eye(shape[0]!),
      (tf) => tf.eye(shape[0]!),
    ),
    call(
      named('rand'),
      [],
      () => dl.rand(shape),
      (tf) => tf.randomUniform(shape),
      random,
    ),
    call(
      named('randn'),
      [],
      () => dl.randn(shape),
      (tf) => tf.randomNormal(shape),
      random,
    ),
    call(
      'dropout',
      [floats(shape)],
      (x) => dl.dropout(x, 0.5),
      (tf, x) => tf.dropout(x, 0.5),
      random,
    ),
  ];
});
