// Functions of one number, and activations.

import * as dl from '@dl/autograd';
import type { Tf, TfTensor, TfUnary } from '../engines/tfjs-api.js';
import { bools, call, floats, type Input, ints, type Workload } from './workload.js';

const shapes = [
  [8, 8],
  [1024, 1024],
];

type Row = readonly [
  name: string,
  dl: (x: dl.Tensor) => dl.Tensor,
  tfjs: TfUnary | ((tf: Tf, x: TfTensor) => TfTensor),
  range?: { readonly low?: number; readonly high?: number; readonly tolerance?: number },
];

const functions: readonly Row[] = [
  ['neg', dl.neg, 'neg'],
  ['abs', dl.abs, 'abs'],
  ['sign', dl.sign, 'sign'],
  ['square', dl.square, 'square'],
  ['exp', dl.exp, 'exp'],
  ['expm1', dl.expm1, 'expm1'],
  ['log', dl.log, 'log', { low: 0.1 }],
  ['log1p', dl.log1p, 'log1p', { low: -0.9 }],
  ['sqrt', dl.sqrt, 'sqrt', { low: 0 }],
  ['rsqrt', dl.rsqrt, 'rsqrt', { low: 0.1 }],
  ['reciprocal', dl.reciprocal, 'reciprocal', { low: 0.1 }],
  ['sin', dl.sin, 'sin'],
  ['cos', dl.cos, 'cos'],
  ['tanh', dl.tanh, 'tanh'],
  ['sigmoid', dl.sigmoid, 'sigmoid'],
  ['erf', dl.erf, 'erf'],
  ['floor', dl.floor, 'floor'],
  ['ceil', dl.ceil, 'ceil'],
  ['round', dl.round, 'round'],
  ['isNaN', dl.isNaN, 'isNaN'],
  ['isFinite', dl.isFinite, 'isFinite'],
  ['clamp', (x) => dl.clamp(x, -1, 1), (tf, x) => tf.clipByValue(x, -1, 1)],
  ['relu', dl.relu, 'relu'],
  ['leakyRelu', (x) => dl.leakyRelu(x, { slope: 0.1 }), (tf, x) => tf.leakyRelu(x, 0.1)],
  ['elu', (x) => dl.elu(x), 'elu'],
  ['selu', dl.selu, 'selu'],
  ['softplus', (x) => dl.softplus(x), 'softplus'],
  ['silu', dl.silu, (tf, x) => tf.mul(x, tf.sigmoid(x))],
  ['cast to int32', (x) => dl.cast(x, 'int32'), (tf, x) => tf.cast(x, 'int32')],
  ['cast to bool', (x) => dl.cast(x, 'bool'), (tf, x) => tf.cast(x, 'bool')],
];

/** The same on inputs of other kinds. */
const others: readonly (readonly [string, (shape: readonly number[]) => Input, ...pair: [Row[1], Row[2]]])[] = [
  // TensorFlow.js puts these casts off: it keeps the integers and calls them floats. So what follows is timed with them.
  [
    'cast from int32, times a number',
    (shape) => ints(shape, -9, 9),
    (x) => dl.mul(dl.cast(x, 'float32'), 0.5),
    (tf, x) => tf.mul(tf.cast(x, 'float32'), 0.5),
  ],
  [
    'cast from bool, times a number',
    bools,
    (x) => dl.mul(dl.cast(x, 'float32'), 0.5),
    (tf, x) => tf.mul(tf.cast(x, 'float32'), 0.5),
  ],
  ['logicalNot', bools, dl.logicalNot, 'logicalNot'],
  ['abs of int32', (shape) => ints(shape, -9, 9), dl.abs, 'abs'],
];

const callPeer =
  (tfjs: Row[2]) =>
  (tf: Tf, x: TfTensor): TfTensor =>
    typeof tfjs === 'string' ? tf[tfjs](x) : tfjs(tf, x);

export const elementwise: readonly Workload[] = [
  ...functions.flatMap(([name, ours, tfjs, range]) =>
    shapes.map((shape) => call(name, [floats(shape, range)], ours, callPeer(tfjs))),
  ),
  ...others.flatMap(([name, input, ours, tfjs]) =>
    shapes.map((shape) => call(name, [input(shape)], ours, callPeer(tfjs))),
  ),
  ...[[1], [64]].map((weight) =>
    call('prelu', [floats([64, 64, 16, 16]), floats(weight)], dl.prelu, (tf, x, w) =>
      tf.prelu(x, weight[0] === 1 ? w : tf.reshape(w, [64, 1, 1])),
    ),
  ),
];
