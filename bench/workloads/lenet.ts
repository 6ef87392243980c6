// LeNet-5 on 64 images of 28 x 28: forward, and a training step by gradient descent.

import * as dl from '@dl/autograd';
import { Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential } from '@dl/layers';
import type { Jax, JaxArray } from '../engines/jax-api.js';
import type { Tf, TfTensor } from '../engines/tfjs-api.js';
import { dlStep, jaxLinear, jaxStep, load, tfLinear, tfStep } from './models.js';
import { filter, type Input, image, ints, type Workload, weights } from './workload.js';

const BATCH = 64;

const inputs: readonly Input[] = [
  image([BATCH, 1, 28, 28]),
  ints([BATCH], 0, 10),
  ...[filter([6, 1, 5, 5]), weights([6], 0.1), filter([16, 6, 5, 5]), weights([16], 0.1)],
  ...[weights([120, 400], 0.05), weights([120], 0.05), weights([84, 120], 0.05), weights([84], 0.05)],
  ...[weights([10, 84], 0.05), weights([10], 0.05)],
];

export function dlLenet(): Sequential {
  return new Sequential(
    ...[new Conv2d(1, 6, 5, { padding: 2 }), new ReLU(), new MaxPool2d(2)], // [64, 6, 14, 14]
    ...[new Conv2d(6, 16, 5), new ReLU(), new MaxPool2d(2)], // [64, 16, 5, 5]
    ...[new Flatten(), new Linear(400, 120), new ReLU(), new Linear(120, 84), new ReLU(), new Linear(84, 10)],
  );
}

function tfLenet(tf: Tf, x: TfTensor, parameters: readonly TfTensor[]): TfTensor {
  const [w1, b1, w2, b2, w3, b3, w4, b4, w5, b5] = parameters as readonly TfTensor[] & { length: 10 };
  const conv = (from: TfTensor, filter: TfTensor, pad: string, bias: TfTensor): TfTensor =>
    tf.fused.conv2d({ x: from, filter, strides: 1, pad, bias, activation: 'relu' });
  let h = tf.maxPool(conv(x, w1!, 'same', b1!), 2, 2, 0); // [64, 14, 14, 6]
  h = tf.maxPool(conv(h, w2!, 'valid', b2!), 2, 2, 0); // [64, 5, 5, 16]
  h = tfLinear(tf, tf.reshape(h, [BATCH, 400]), w3!, b3!, 'relu');
  h = tfLinear(tf, h, w4!, b4!, 'relu');
  return tfLinear(tf, h, w5!, b5!);
}

/** The columns of the first dense layer, reordered for channels that come last. */
function channelsLastColumns(tf: Tf, parameters: readonly TfTensor[]): TfTensor[] {
  const moved = tf.transpose(tf.reshape(parameters[4]!, [120, 16, 25]), [0, 2, 1]);
  return parameters.with(4, tf.reshape(moved, [120, 400]));
}

function jaxLenet(jax: Jax, x: JaxArray, parameters: readonly JaxArray[]): JaxArray {
  const [w1, b1, w2, b2, w3, b3, w4, b4, w5, b5] = parameters as readonly JaxArray[] & { length: 10 };
  const { relu } = jax.nn;
  const conv = (h: JaxArray, weight: JaxArray, bias: JaxArray, pad: number): JaxArray => {
    const pads = [
      [pad, pad],
      [pad, pad],
    ];
    return jax.lax.convGeneralDilated(h, weight.ref, [1, 1], pads).add(bias.ref.reshape([bias.shape[0]!, 1, 1]));
  };
  const pool = (h: JaxArray): JaxArray => {
    const [n, c, height, width] = h.shape as [number, number, number, number];
    return h.reshape([n, c, height / 2, 2, width / 2, 2]).max([3, 5]);
  };
  let h = pool(relu(conv(x.ref, w1!, b1!, 2)));
  h = pool(relu(conv(h, w2!, b2!, 0)));
  h = relu(jaxLinear(jax, h.reshape([BATCH, 400]), w3!, b3!));
  h = relu(jaxLinear(jax, h, w4!, b4!));
  return jaxLinear(jax, h, w5!, b5!);
}

const torchLenet = `
def make(x, labels, *values):
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))
    load(model, values)
`;

const trainingStep: Workload = {
  name: `LeNet-5 training step, batch ${BATCH}`,
  inputs,
  dl: (x, labels, ...values) => {
    const model = load(dlLenet(), values);
    return dlStep(model.parameters(), () => dl.crossEntropy(model.forward(x), labels));
  },
  tfjs: (tf, x, labels, ...values) => {
    const rows = tf.oneHot(labels, 10);
    const variables = channelsLastColumns(tf, values).map((value) => tf.variable(value));
    return tfStep(tf, () => tf.losses.softmaxCrossEntropy(rows, tfLenet(tf, x, variables)));
  },
  jax: (jax, x, labels, ...values) => {
    const rows = jax.nn.oneHot(labels, 10);
    return jaxStep(jax, values, (parameters) =>
      jax.nn
        .logSoftmax(jaxLenet(jax, x, parameters), -1)
        .mul(rows.ref)
        .sum()
        .mul(-1 / BATCH),
    );
  },
  torch: `${torchLenet}    return step(model.parameters(), lambda: F.cross_entropy(model(x), labels))`,
  isNetwork: true,
  compareAfter: 3,
  tolerance: 1e-3,
};

export const lenet: readonly Workload[] = [
  {
    name: `LeNet-5 forward, batch ${BATCH}`,
    inputs,
    dl: (x, _labels, ...values) => {
      const model = load(dlLenet(), values);
      return () => dl.noGrad(() => model.forward(x));
    },
    tfjs: (tf, x, _labels, ...values) => {
      const moved = channelsLastColumns(tf, values);
      return () => tfLenet(tf, x, moved);
    },
    jax: (jax, x, _labels, ...values) => {
      const forward = jax.jit((...all: readonly JaxArray[]) => jaxLenet(jax, all[0]!, all.slice(1)));
      return () => forward(x.ref, ...values.map((value) => value.ref));
    },
    onnx: {
      graph: (g, x, _labels, w1, b1, w2, b2, w3, b3, w4, b4, w5, b5) => {
        const pool = { kernel_shape: [2, 2], strides: [2, 2] };
        let h = g.op('MaxPool', [g.op('Relu', [g.op('Conv', [x!, w1!, b1!], { pads: [2, 2, 2, 2] })])], pool);
        h = g.op('Flatten', [g.op('MaxPool', [g.op('Relu', [g.op('Conv', [h, w2!, b2!])])], pool)]);
        h = g.op('Relu', [g.op('Gemm', [h, w3!, b3!], { transB: 1 })]);
        h = g.op('Relu', [g.op('Gemm', [h, w4!, b4!], { transB: 1 })]);
        return g.op('Gemm', [h, w5!, b5!], { transB: 1 });
      },
    },
    torch: `${torchLenet}    return lambda: model(x)`,
    tolerance: 1e-3,
  },
  trainingStep,
  { ...trainingStep, name: `beside a busy process, ${trainingStep.name}`, besideBusyProcess: true },
];
