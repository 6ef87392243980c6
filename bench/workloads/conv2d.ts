// Convolution and its two gradients. TensorFlow.js gets images and filters in its own layout, channels last.

import * as dl from '@dl/autograd';
import { call, filter, image, type Workload } from './workload.js';

interface Case {
  readonly label: string;
  readonly x: readonly [number, number, number, number];
  readonly weight: readonly [number, number, number, number];
  readonly stride?: number;
  readonly padding?: number;
  readonly dilation?: number;
  readonly depthwise?: boolean;
}

const cases: readonly Case[] = [
  { label: 'small', x: [1, 1, 8, 8], weight: [1, 1, 3, 3], padding: 1 },
  { label: 'LeNet 1', x: [64, 1, 28, 28], weight: [6, 1, 5, 5], padding: 2 },
  { label: 'LeNet 2', x: [64, 6, 14, 14], weight: [16, 6, 5, 5] },
  { label: '3x3', x: [8, 16, 32, 32], weight: [32, 16, 3, 3], padding: 1 },
  { label: '3x3 stride 2', x: [8, 16, 32, 32], weight: [32, 16, 3, 3], padding: 1, stride: 2 },
  { label: '3x3 dilation 2', x: [8, 16, 32, 32], weight: [32, 16, 3, 3], padding: 2, dilation: 2 },
  { label: '1x1', x: [8, 64, 16, 16], weight: [64, 64, 1, 1] },
  { label: 'depthwise', x: [8, 32, 32, 32], weight: [32, 1, 3, 3], padding: 1, depthwise: true },
  { label: 'depthwise stride 2', x: [8, 32, 32, 32], weight: [32, 1, 3, 3], padding: 1, stride: 2, depthwise: true },
];

/** Rounding of long sums in single precision. */
const tolerance = 1e-3;

export const conv2d: readonly Workload[] = cases.flatMap(
  ({ label, x, weight, stride = 1, padding = 0, dilation = 1, depthwise = false }) => {
    const layout = depthwise ? 'depthwise' : 'filter';
    const groups = depthwise ? x[1] : 1;
    const lengths = [2, 3].map((axis) =>
      Math.floor((x[axis]! + 2 * padding - dilation * (weight[axis]! - 1) - 1) / stride + 1),
    );
    const y = [x[0], weight[0], ...lengths];
    const geometry: dl.ConvGeometry = {
      stride: [stride, stride],
      padding: [padding, padding, padding, padding],
      dilation: [dilation, dilation],
      groups,
    };
    const pads = [
      [0, 0],
      [padding, padding],
      [padding, padding],
      [0, 0],
    ];
    const lastChannels = [x[0], x[2], x[3], x[1]];
    const lastFilters = depthwise ? [weight[2], weight[3], x[1], 1] : [weight[2], weight[3], weight[1], weight[0]];
    const attrs = { strides: [stride, stride], pad: pads, dilations: [dilation, dilation], dimRoundingMode: 'floor' };

    const forward = call(
      `conv2d ${label}`,
      [image(x), filter(weight, layout)],
      (a, w) => dl.conv2d(a, w, { stride, padding, dilation, groups }),
      (tf, a, w) =>
        depthwise
          ? tf.depthwiseConv2d(a, w, stride, pads, 'NHWC', dilation, 'floor')
          : tf.conv2d(a, w, stride, pads, 'NHWC', dilation, 'floor'),
      { output: 'image', tolerance },
    );
    const inputGrad = call(
      `conv2d input gradient ${label}`,
      [image(y), filter(weight, layout)],
      (g, w) => dl.conv2dInputGrad.run({ g, weight: w }, { ...geometry, shape: x }),
      (tf, dy, w) =>
        depthwise
          ? tf
              .engine()
              .runKernel(
                'DepthwiseConv2dNativeBackpropInput',
                { dy, filter: w },
                { ...attrs, inputShape: lastChannels },
              )
          : tf
              .engine()
              .runKernel(
                'Conv2DBackpropInput',
                { dy, filter: w },
                { ...attrs, dataFormat: 'NHWC', inputShape: lastChannels },
              ),
      { output: 'image', tolerance },
    );
    const weightGrad = call(
      `conv2d weight gradient ${label}`,
      [image(x), image(y)],
      (a, g) => dl.conv2dWeightGrad.run({ x: a, g }, { ...geometry, shape: weight }),
      (tf, a, dy) =>
        depthwise
          ? tf
              .engine()
              .runKernel('DepthwiseConv2dNativeBackpropFilter', { x: a, dy }, { ...attrs, filterShape: lastFilters })
          : tf
              .engine()
              .runKernel(
                'Conv2DBackpropFilter',
                { x: a, dy },
                { ...attrs, dataFormat: 'NHWC', filterShape: lastFilters },
              ),
      { output: layout, tolerance },
    );
    // TensorFlow.js has no gradients of dilated convolutions.
    return dilation === 1 ? [forward, inputGrad, weightGrad] : [forward];
  },
);
