// Whole training steps: forward, backward and the update of all parameters by gradient descent.

import * as dl from '@dl/autograd';
import type { Tf, TfTensor } from '../engines/tfjs-api.js';
import { filter, floats, type Input, image, ints, type Workload } from './workload.js';

const RATE = 0.01;

/** A training step on parameters that live on from one step to the next. Returns the loss. */
function dlStep(parameters: readonly dl.Tensor[], loss: () => dl.Tensor): () => dl.Tensor {
  for (const parameter of parameters) dl.keep(parameter).requiresGrad = true;
  return () => {
    const value = loss();
    value.backward();
    dl.noGrad(() => {
      for (const parameter of parameters) {
        dl.assign(parameter, dl.sub(parameter, dl.mul(parameter.grad!, RATE)));
        parameter.zeroGrad();
      }
    });
    return value;
  };
}

function tfStep(tf: Tf, loss: () => TfTensor): () => TfTensor {
  const optimizer = tf.train.sgd(RATE);
  return () => optimizer.minimize(loss, true);
}

const BATCH = 64;
const lenetInputs: readonly Input[] = [
  image([BATCH, 1, 28, 28]),
  ints([BATCH], 0, 10),
  filter([6, 1, 5, 5]),
  floats([6], { low: -0.1, high: 0.1 }),
  filter([16, 6, 5, 5]),
  floats([16], { low: -0.1, high: 0.1 }),
  ...[
    [400, 120],
    [120, 84],
    [84, 10],
  ].flatMap(([from, to]) => [
    floats([from!, to!], { low: -0.05, high: 0.05 }),
    floats([to!], { low: -0.05, high: 0.05 }),
  ]),
];

function dlLenet(x: dl.Tensor, parameters: readonly dl.Tensor[]): dl.Tensor {
  const [w1, b1, w2, b2, w3, b3, w4, b4, w5, b5] = parameters as readonly dl.Tensor[] & { length: 10 };
  let h = dl.maxPool2d(dl.relu(dl.conv2d(x, w1!, { bias: b1!, padding: 2 })), 2); // [64, 6, 14, 14]
  h = dl.maxPool2d(dl.relu(dl.conv2d(h, w2!, { bias: b2! })), 2); // [64, 16, 5, 5]
  h = dl.relu(h.reshape([BATCH, 400]).matmul(w3!).add(b3!));
  h = dl.relu(h.matmul(w4!).add(b4!));
  return h.matmul(w5!).add(b5!); // [64, 10]
}

function tfLenet(tf: Tf, x: TfTensor, parameters: readonly TfTensor[]): TfTensor {
  const [w1, b1, w2, b2, w3, b3, w4, b4, w5, b5] = parameters as readonly TfTensor[] & { length: 10 };
  const layer = (h: TfTensor, w: TfTensor, b: TfTensor): TfTensor => tf.add(tf.matMul(h, w), b);
  let h = tf.maxPool(tf.relu(tf.add(tf.conv2d(x, w1!, 1, 'same'), b1!)), 2, 2, 0); // [64, 14, 14, 6]
  h = tf.maxPool(tf.relu(tf.add(tf.conv2d(h, w2!, 1, 'valid'), b2!)), 2, 2, 0); // [64, 5, 5, 16]
  h = tf.relu(layer(tf.reshape(h, [BATCH, 400]), w3!, b3!));
  h = tf.relu(layer(h, w4!, b4!));
  return layer(h, w5!, b5!);
}

/** The rows of the first dense layer, reordered for channels that come last. */
function channelsLastRows(tf: Tf, parameters: readonly TfTensor[]): TfTensor[] {
  const moved = tf.transpose(tf.reshape(parameters[4]!, [16, 25, 120]), [1, 0, 2]);
  return parameters.with(4, tf.reshape(moved, [400, 120]));
}

const mlpInputs: readonly Input[] = [
  floats([8, 4]),
  floats([8, 1]),
  ...[
    [4, 16],
    [16, 16],
    [16, 1],
  ].flatMap(([from, to]) => [floats([from!, to!], { low: -1, high: 1 }), floats([to!], { low: -1, high: 1 })]),
];

export const networks: readonly Workload[] = [
  {
    name: `LeNet-5 forward, batch ${BATCH}`,
    inputs: lenetInputs,
    dl:
      (x, _labels, ...parameters) =>
      () =>
        dlLenet(x, parameters),
    tfjs: (tf, x, _labels, ...parameters) => {
      const moved = channelsLastRows(tf, parameters);
      return () => tfLenet(tf, x, moved);
    },
    tolerance: 1e-3,
  },
  {
    name: `LeNet-5 training step, batch ${BATCH}`,
    inputs: lenetInputs,
    dl: (x, labels, ...parameters) => dlStep(parameters, () => dl.crossEntropy(dlLenet(x, parameters), labels)),
    tfjs: (tf, x, labels, ...parameters) => {
      const rows = tf.oneHot(labels, 10);
      const variables = channelsLastRows(tf, parameters).map((parameter) => tf.variable(parameter));
      return tfStep(tf, () => tf.losses.softmaxCrossEntropy(rows, tfLenet(tf, x, variables)));
    },
    tolerance: 1e-3,
  },
  {
    name: 'MLP 4-16-16-1 training step, batch 8',
    inputs: mlpInputs,
    dl: (x, y, ...parameters) => {
      const [w1, b1, w2, b2, w3, b3] = parameters as readonly dl.Tensor[] & { length: 6 };
      return dlStep(parameters, () => {
        let h = x.matmul(w1!).add(b1!).tanh();
        h = h.matmul(w2!).add(b2!).tanh();
        return h.matmul(w3!).add(b3!).sub(y).square().mean();
      });
    },
    tfjs: (tf, x, y, ...parameters) => {
      const [w1, b1, w2, b2, w3, b3] = parameters.map((parameter) => tf.variable(parameter));
      const layer = (h: TfTensor, w: TfTensor, b: TfTensor): TfTensor => tf.add(tf.matMul(h, w), b);
      return tfStep(tf, () => {
        const h = tf.tanh(layer(tf.tanh(layer(x, w1!, b1!)), w2!, b2!));
        return tf.mean(tf.square(tf.sub(layer(h, w3!, b3!), y)));
      });
    },
  },
];
