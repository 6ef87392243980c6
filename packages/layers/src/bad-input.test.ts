// What layers say about arguments and inputs that do not fit.

import { randn, scope, type Tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import * as layers from './index.js';

const { AvgPool2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sequential } = layers;
const { BatchNorm1d, BatchNorm2d, Embedding, GroupNorm, InstanceNorm2d, LayerNorm, RMSNorm } = layers;

beforeAll(() => useBackend(cpu()));

const made: readonly (readonly [() => unknown, string])[] = [
  [() => new Linear(0, 3), 'Linear: inFeatures is 0, needs a whole number of at least 1'],
  [() => new Linear(3, 1.5), 'Linear: outFeatures is 1.5, needs a whole number of at least 1'],
  // A text is printed as a text.
  [() => new Linear('2' as never, 3), "Linear: inFeatures is '2', needs a whole number of at least 1"],
  [
    () => new Conv2d(1, 6, '5' as never),
    "Conv2d: kernelSize is '5', needs one number or a pair [vertical, horizontal]",
  ],
  [() => new Conv2d(1, 6, ['5', 5] as never), "Conv2d: kernelSize is '5', needs a whole number of at least 1"],
  [() => new layers.Conv1d(1, 6, ['5'] as never), "Conv1d: kernelSize is ['5'], needs a whole number of at least 1"],
  [() => new MaxPool2d(2, { stride: '2' as never }), "MaxPool2d: stride is '2', needs one number or a pair"],
  [() => new LayerNorm(['4', 5] as never), "'4'"],
  [() => new Flatten({ start: '1' as never }), "Flatten: start is '1', needs the whole number of an axis"],
  [() => new layers.LeakyReLU({ slope: '0.1' as never }), "LeakyReLU: slope is '0.1', needs a finite number"],
  [() => new Linear(3, 1, { dtype: 'int32' }), 'dtype is int32'],
  [() => new Conv2d(-1, 3, 3), 'Conv2d: inChannels is -1, needs a whole number of at least 1'],
  [
    () => new Conv2d(1, 3, [3] as never),
    'Conv2d: kernelSize is [3], needs one number or a pair [vertical, horizontal]',
  ],
  [() => new Conv2d(1, 3, 3, { stride: 0 }), 'Conv2d: stride is 0, needs a whole number of at least 1'],
  [() => new Conv2d(1, 3, 3, { padding: -1 }), 'Conv2d: padding is -1, needs a whole number of at least 0'],
  [
    () => new Conv2d(1, 3, 3, { padding: 'full' as never }),
    "Conv2d: padding is 'full', needs a number, a pair, 'same' or 'valid'",
  ],
  [
    () => new Conv2d(1, 3, 3, { padding: 'same', stride: 2 }),
    "Conv2d: padding 'same' needs stride 1, got 2x2; give the padding as numbers",
  ],
  [
    () => new Conv2d(3, 4, 3, { groups: 2 }),
    'Conv2d: inChannels is 3, which cannot be cut into 2 groups; needs a multiple of 2',
  ],
  [
    () => new Conv2d(4, 3, 3, { groups: 2 }),
    'Conv2d: outChannels is 3, which cannot be cut into 2 groups; needs a multiple of 2',
  ],
  [() => new MaxPool2d(0), 'MaxPool2d: kernelSize is 0, needs a whole number of at least 1'],
  [
    () => new AvgPool2d(2, { padding: [0, 2] }),
    'AvgPool2d: padding 0x2 is more than half the window 2x2; a window could see padding only',
  ],
  [() => new Flatten({ start: 2, end: 1 }), 'Flatten: start 2 comes after end 1'],
  [() => new Flatten({ start: 0.5 }), 'Flatten: start is 0.5, needs the whole number of an axis, such as 1 or -1'],
  [() => new Dropout(1.5), 'Dropout: p is 1.5, needs a probability from 0 to 1'],
  [() => new LayerNorm(0), 'LayerNorm: normalizedShape is 0, needs a whole number of at least 1'],
  [() => new LayerNorm([]), 'LayerNorm: normalizedShape is [], needs at least one length'],
  [() => new RMSNorm(3, { eps: -1 }), 'RMSNorm: eps is -1, needs a number of at least 0'],
  [() => new GroupNorm(2, 3), 'GroupNorm: numChannels is 3, which cannot be cut into 2 groups; needs a multiple of 2'],
  [() => new InstanceNorm2d(1.5), 'InstanceNorm2d: numFeatures is 1.5, needs a whole number of at least 1'],
  [() => new InstanceNorm2d(2, { momentum: -1 }), 'InstanceNorm2d: momentum is -1, needs a number from 0 to 1'],
  [() => new BatchNorm2d(0), 'BatchNorm2d: numFeatures is 0, needs a whole number of at least 1'],
  [() => new BatchNorm1d(2, { momentum: 2 }), 'BatchNorm1d: momentum is 2, needs a number from 0 to 1, or null'],
  [() => new Embedding(0, 2), 'Embedding: numEmbeddings is 0, needs a whole number of at least 1'],
  [() => new Embedding(3, 2, { paddingIndex: 3 }), 'Embedding: paddingIndex is 3, needs the number of a row, -3 to 2'],
  [
    () => new Sequential(ReLU as never),
    'Sequential: argument 0 is the function ReLU, needs a module, such as new ReLU()',
  ],
  [() => layers.kaimingUniform([3]), 'fansOf: the weight is [3], needs at least two axes: [out, in, ...window]'],
  [
    () => layers.kaimingUniform([3, 2], { mode: 'fan_in' as never }),
    "kaimingUniform: mode is 'fan_in', needs 'fanIn' or 'fanOut'",
  ],
  [() => layers.kaimingNormal([3, 2], { slope: Number.NaN }), 'kaimingNormal: slope is NaN, needs a finite number'],
  [() => layers.xavierNormal([3, 2], { gain: 0 }), 'xavierNormal: gain is 0, needs a number above 0'],
  [() => layers.fanInUniform([3], 0), 'fanInUniform: fanIn is 0, needs a number above 0'],
];

test.each(made)('made wrongly: %s', (make, message) => {
  using _ = scope();
  expect(make).toThrow(message);
});

const used: readonly (readonly [() => layers.Module, () => unknown, string])[] = [
  [() => new Linear(4, 3), () => randn([2, 5]), 'Linear: input has 5 features (shape [2, 5]) but the layer expects 4'],
  [() => new Linear(4, 3), () => randn([]), 'Linear: input has no features (shape []) but the layer expects 4'],
  [() => new Linear(4, 3), () => [[1, 2, 3, 4]], 'Linear: input is [[…]], needs a Tensor; make one with tensor(...)'],
  [
    () => new Linear(4, 3),
    () => zeros([2, 4], { dtype: 'int32' }),
    "Linear: input is int32 and the layer float32; cast the input with .cast('float32')",
  ],
  [
    () => new Linear(4, 3),
    () => zeros([2, 4], { dtype: 'float64' }),
    "Linear: input is float64 and the layer float32; cast the input with .cast('float32'), or make the layer with { dtype: 'float64' }",
  ],
  [
    () => new Conv2d(1, 6, 5),
    () => randn([2, 3, 9, 9]),
    'conv2d: input has 3 channels but weight expects 1 (weight is [6, 1, 5, 5])',
  ],
  [
    () => new Conv2d(1, 6, 5),
    () => randn([28, 28]),
    'Conv2d: input is [28, 28], needs 4 axes, [batch, channels, height, width], or 3, [channels, height, width]',
  ],
  [
    () => new Conv2d(1, 6, 5),
    () => randn([1, 1, 4, 9]),
    'conv2d: a 5x5 filter (dilation 1x1) does not fit into an input of [1, 1, 4, 9]',
  ],
  [() => new Conv2d(1, 6, 5), () => undefined, 'Conv2d: input is undefined, needs a Tensor; make one with tensor(...)'],
  [
    () => new MaxPool2d(2),
    () => randn([1, 1, 1, 4]),
    'maxPool2d: a window of 2x2 does not fit into an input of [1, 1, 1, 4]',
  ],
  [() => new AvgPool2d(2), () => randn([4, 4]), 'AvgPool2d: input is [4, 4], needs 4 axes'],
  [() => new Flatten({ start: 2 }), () => randn([2, 2]), 'flatten: axis 2 is out of range for a tensor of 2 axes'],
  [() => new Flatten(), () => 'x', "Flatten: input is 'x', needs a Tensor; make one with tensor(...)"],
  [
    () => new LayerNorm([3, 4]),
    () => randn([2, 4, 3]),
    'LayerNorm: input is [2, 4, 3] but the layer expects it to end in [3, 4]',
  ],
  [() => new RMSNorm(4), () => randn([3]), 'RMSNorm: input is [3] but the layer expects it to end in [4]'],
  [
    () => new GroupNorm(2, 4),
    () => randn([1, 6, 2]),
    'GroupNorm: input has 6 channels (shape [1, 6, 2]) but the layer expects 4',
  ],
  [
    () => new InstanceNorm2d(2),
    () => randn([2, 4]),
    'InstanceNorm2d: input is [2, 4], needs 4 axes, [batch, channels, height, width], or 3, [channels, height, width]',
  ],
  [
    () => new InstanceNorm2d(2),
    () => randn([3, 4, 4]),
    'InstanceNorm2d: input has 3 channels (shape [1, 3, 4, 4]) but the layer expects 2',
  ],
  [
    () => new InstanceNorm2d(2, { trackRunningStats: true }),
    () => randn([3, 2, 1, 1]),
    'instanceNorm: x is [3, 2, 1, 1], with one element in each channel',
  ],
  [
    () => new BatchNorm1d(2),
    () => randn([2]),
    'BatchNorm1d: input is [2], needs [batch, channels] or [batch, channels, length]',
  ],
  [
    () => new BatchNorm2d(3),
    () => randn([2, 4, 4, 4]),
    'BatchNorm2d: input has 4 channels (shape [2, 4, 4, 4]) but the layer expects 3',
  ],
  [
    () => new BatchNorm2d(3),
    () => randn([1, 3, 1, 1]),
    'batchNorm: x is [1, 3, 1, 1], with one element in each channel, which has no variance; needs two or more',
  ],
  [
    () => new Embedding(3, 2),
    () => randn([2]),
    "embedding: indices is float32, needs int32; cast it with .cast('int32')",
  ],
  [() => new Dropout(), () => 1, 'Dropout: input is 1, needs a Tensor; make one with tensor(...)'],
];

test.each(used)('used wrongly: %s', (make, input, message) => {
  using _ = scope();
  using layer = make();
  expect(() => layer.forward(input() as Tensor)).toThrow(message);
});
