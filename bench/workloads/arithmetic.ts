// Arithmetic, comparison and choice on two tensors, with broadcasting.

import * as dl from '@dl/autograd';
import type { TfBinary } from '../engines/tfjs-api.js';
import { bools, call, floats, ints, type Workload } from './workload.js';

const shapes = [
  [8, 8],
  [1024, 1024],
];

type Row = readonly [name: string, dl: (a: dl.Tensor, b: dl.Tensor) => dl.Tensor, tfjs: TfBinary];

const functions: readonly Row[] = [
  ['add', dl.add, 'add'],
  ['sub', dl.sub, 'sub'],
  ['mul', dl.mul, 'mul'],
  ['div', dl.div, 'div'],
  ['mod', dl.mod, 'mod'],
  ['pow', dl.pow, 'pow'],
  ['maximum', dl.maximum, 'maximum'],
  ['minimum', dl.minimum, 'minimum'],
  ['equal', dl.equal, 'equal'],
  ['notEqual', dl.notEqual, 'notEqual'],
  ['less', dl.less, 'less'],
  ['lessEqual', dl.lessEqual, 'lessEqual'],
  ['greater', dl.greater, 'greater'],
  ['greaterEqual', dl.greaterEqual, 'greaterEqual'],
];

const connectives: readonly Row[] = [
  ['logicalAnd', dl.logicalAnd, 'logicalAnd'],
  ['logicalOr', dl.logicalOr, 'logicalOr'],
  ['logicalXor', dl.logicalXor, 'logicalXor'],
];

/** What networks broadcast: a bias, a column, channels of images, one number, both sides, a row before a batch. */
const stretched = [
  [[1024, 1024], [1024]],
  [
    [1024, 1024],
    [1024, 1],
  ],
  [
    [64, 64, 16, 16],
    [64, 1, 1],
  ],
  [
    [64, 64, 16, 16],
    [1, 1, 16, 16],
  ],
  [
    [64, 64, 16, 16],
    [64, 1, 16, 1],
  ],
  [[1024, 1024], []],
  [[], [1024, 1024]],
  [
    [1024, 1],
    [1, 1024],
  ],
  [
    [256, 1024, 4],
    [256, 1024, 1],
  ],
  [[8, 8], [8]],
  [
    [8, 8],
    [8, 1],
  ],
  [
    [2, 4, 2, 4],
    [4, 1, 1],
  ],
] as const;

export const arithmetic: readonly Workload[] = [
  ...functions.flatMap(([name, ours, tfjs]) =>
    shapes.map((shape) =>
      call(
        name,
        [floats(shape, { low: 0.5, high: 3 }), floats(shape, { low: 0.5, high: 3 })],
        (a, b) => ours(a, b),
        (tf, a, b) => tf[tfjs](a, b),
      ),
    ),
  ),
  ...functions.slice(0, 3).map(([name, ours, tfjs]) =>
    call(
      `${name} of int32`,
      [ints([1024, 1024], -9, 9), ints([1024, 1024], -9, 9)],
      (a, b) => ours(a, b),
      (tf, a, b) => tf[tfjs](a, b),
    ),
  ),
  ...connectives.flatMap(([name, ours, tfjs]) =>
    shapes.map((shape) =>
      call(
        name,
        [bools(shape), bools(shape)],
        (a, b) => ours(a, b),
        (tf, a, b) => tf[tfjs](a, b),
      ),
    ),
  ),
  ...stretched.flatMap(([a, b]) =>
    [functions[0]!, functions[2]!, functions[12]!].map(([name, ours, tfjs]) =>
      call(
        name,
        [floats(a), floats(b)],
        (x, y) => ours(x, y),
        (tf, x, y) => tf[tfjs](x, y),
      ),
    ),
  ),
  ...shapes.flatMap((shape) => [
    call(
      'mul by a number',
      [floats(shape)],
      (x) => dl.mul(x, 0.5),
      (tf, x) => tf.mul(x, 0.5),
    ),
    call(
      'where',
      [bools(shape), floats(shape), floats(shape)],
      (c, a, b) => dl.where(c, a, b),
      (tf, c, a, b) => tf.where(c, a, b),
    ),
    call(
      'maskedFill',
      [floats(shape), bools(shape)],
      (x, mask) => dl.maskedFill(x, mask, -1),
      (tf, x, mask) => tf.where(mask, -1, x),
    ),
  ]),
  call(
    'where',
    [bools([1024, 1]), floats([1024, 1024]), floats([1024])],
    (c, a, b) => dl.where(c, a, b),
    (tf, c, a, b) => tf.where(c, a, b),
  ),
];
