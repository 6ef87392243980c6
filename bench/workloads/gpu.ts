// The workloads that are also measured on a GPU, in a browser.

import * as dl from '@dl/autograd';
import { workloads } from './index.js';
import { call, filter, floats, image, type Workload } from './workload.js';

const [x, weight, y] = [
  [8, 16, 32, 32],
  [32, 16, 3, 3],
  [8, 32, 32, 32],
];
const pads = [
  [0, 0],
  [1, 1],
  [1, 1],
  [0, 0],
];
const geometry: dl.ConvGeometry = { stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1 };

/** Both gradients, as a training step wants them. */
const backward = call(
  'conv2d backward 3x3',
  [image(x!), filter(weight!), floats(y!, { low: -0.1, high: 0.1, layout: 'image' })],
  (a, w, g) => [
    dl.conv2dInputGrad.run({ g, weight: w }, { ...geometry, shape: a.shape }),
    dl.conv2dWeightGrad.run({ x: a, g }, { ...geometry, shape: w.shape }),
  ],
  (tf, a, w, dy) => {
    const attrs = { strides: [1, 1], pad: pads, dimRoundingMode: 'floor', dataFormat: 'NHWC' };
    return [
      tf.engine().runKernel('Conv2DBackpropInput', { dy, filter: w }, { ...attrs, inputShape: a.shape }),
      tf.engine().runKernel('Conv2DBackpropFilter', { x: a, dy }, { ...attrs, filterShape: w.shape }),
    ];
  },
  { output: ['image', 'filter'], tolerance: 1e-3 },
);

const names = [
  ...['LeNet-5 forward, batch 64', 'LeNet-5 training step, batch 64', 'MLP 4-16-16-1 training step, batch 8'],
  'matmul [128, 128] [128, 128]',
  'matmul [512, 512] [512, 512]',
  'matmul [1024, 1024] [1024, 1024]',
  'matmul aᵀ [512, 512] [512, 512]',
  'matmul bᵀ [512, 512] [512, 512]',
  'matmul [32, 64, 64] [32, 64, 64]',
  ...['conv2d 3x3 [8, 16, 32, 32] [32, 16, 3, 3]', 'conv2d input gradient 3x3 [8, 32, 32, 32] [32, 16, 3, 3]'],
  'conv2d weight gradient 3x3 [8, 16, 32, 32] [8, 32, 32, 32]',
  ...['relu [1024, 1024]', 'exp [1024, 1024]', 'tanh [1024, 1024]', 'sigmoid [1024, 1024]'],
  ...['add [1024, 1024] [1024, 1024]', 'relu [8, 8]'],
  ...['softmax [256, 1024]', 'crossEntropy and gradient [64, 10]'],
  ...['sum over 1 [256, 1024]', 'sum over 0 [256, 1024]', 'sum over 0, 1 [256, 1024]'],
];

export const gpuWorkloads: readonly Workload[] = [
  ...names.map((name) => {
    const found = workloads.find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`there is no workload ${name}`);
    return found;
  }),
  backward,
];
