// Softmax, its logarithm, and cross-entropy.

import * as dl from '@dl/autograd';
import { call, floats, formatShape, ints, type Workload } from './workload.js';

const shapes = [
  [8, 8],
  [256, 1024],
  [64, 10],
];

export const softmax: readonly Workload[] = shapes.flatMap((shape): Workload[] => [
  call(
    'softmax',
    [floats(shape)],
    (x) => dl.softmax(x),
    (tf, x) => tf.softmax(x),
  ),
  call(
    'logSoftmax',
    [floats(shape)],
    (x) => dl.logSoftmax(x),
    (tf, x) => tf.logSoftmax(x),
  ),
  {
    name: `crossEntropy ${formatShape(shape)}`,
    inputs: [floats(shape), ints([shape[0]!], 0, shape[1]!)],
    dl: (logits, labels) => () => dl.crossEntropy(logits, labels),
    tfjs: (tf, logits, labels) => {
      const rows = tf.oneHot(labels, shape[1]!);
      return () => tf.losses.softmaxCrossEntropy(rows, logits);
    },
  },
  {
    name: `crossEntropy and gradient ${formatShape(shape)}`,
    inputs: [floats(shape), ints([shape[0]!], 0, shape[1]!)],
    dl: (logits, labels) => {
      const gradient = dl.grad((x: dl.Tensor) => dl.crossEntropy(x, labels));
      return () => gradient(logits);
    },
    tfjs: (tf, logits, labels) => {
      const rows = tf.oneHot(labels, shape[1]!);
      const gradient = tf.grad((x) => tf.losses.softmaxCrossEntropy(rows, x));
      return () => gradient(logits);
    },
  },
  {
    name: `softmax and gradient ${formatShape(shape)}`,
    inputs: [floats(shape), floats(shape)],
    dl: (x, g) => {
      const gradient = dl.grad((leaf: dl.Tensor) => dl.sum(dl.mul(dl.softmax(leaf), g)));
      return () => gradient(x);
    },
    tfjs: (tf, x, g) => {
      const gradient = tf.grad((leaf) => tf.sum(tf.mul(tf.softmax(leaf), g)));
      return () => gradient(x);
    },
  },
]);
