// ResNet-18 on one image of 224 x 224, inference: random weights, batch norm folded into the convolutions.

import * as dl from '@dl/autograd';
import type { TfTensor } from '../engines/tfjs-api.js';
import { tfLinear } from './models.js';
import { filter, type Input, image, type Workload, weights } from './workload.js';

interface Conv {
  readonly from: number;
  readonly to: number;
  readonly kernel: number;
  readonly stride: number;
}

/** A block: two convolutions, and one beside them where the shape changes. */
interface Block {
  readonly first: Conv;
  readonly second: Conv;
  readonly shortcut?: Conv;
}

const stem: Conv = { from: 3, to: 64, kernel: 7, stride: 2 };
const blocks: readonly Block[] = [64, 128, 256, 512].flatMap((to, stage) => {
  const stride = stage === 0 ? 1 : 2;
  const from = stage === 0 ? 64 : to / 2;
  const second: Conv = { from: to, to, kernel: 3, stride: 1 };
  const first: Conv = { from, to, kernel: 3, stride };
  const changing = stage === 0 ? { first, second } : { first, second, shortcut: { from, to, kernel: 1, stride } };
  return [changing, { first: second, second }];
});
const convs: readonly Conv[] = [
  stem,
  ...blocks.flatMap(({ first, second, shortcut }) => [first, second, ...(shortcut ? [shortcut] : [])]),
];

/** Filters that keep the size of what passes through them (He et al., 2015). */
function filters({ from, to, kernel }: Conv): readonly Input[] {
  const bound = Math.sqrt(6 / (from * kernel * kernel));
  return [filter([to, from, kernel, kernel], 'filter', bound), weights([to], 0.1)];
}

/** What a library brings to the walk through the network, below. */
interface Parts<T> {
  conv(x: T, weight: T, bias: T, conv: Conv): T;
  relu(x: T): T;
  add(a: T, b: T): T;
  /** 3 x 3, stride 2, padding 1. */
  pool(x: T): T;
  /** Means of the channels, times the weight [1000, 512], plus the bias. */
  head(x: T, weight: T, bias: T): T;
}

/** The network, in terms of any library. Values are weight and bias of each convolution, then those of the head. */
function resnet18<T>({ conv, relu, add, pool, head }: Parts<T>, x: T, values: readonly T[]): T {
  let at = 0;
  const next = (h: T, shape: Conv): T => conv(h, values[at++]!, values[at++]!, shape);
  let h = pool(relu(next(x, stem)));
  for (const { first, second, shortcut } of blocks) {
    const y = next(relu(next(h, first)), second);
    h = relu(add(y, shortcut ? next(h, shortcut) : h));
  }
  return head(h, values[at++]!, values[at++]!);
}

const torchResnet = `
def make(x, *values):
    def forward():
        it = iter(values)
        conv = lambda h, stride: F.conv2d(h, w := next(it), next(it), stride, w.shape[-1] // 2)
        h = F.max_pool2d(F.relu(conv(x, 2)), 3, 2, 1)
        for stage in range(4):
            for block in range(2):
                stride = 2 if stage > 0 and block == 0 else 1
                y = conv(F.relu(conv(h, stride)), 1)
                h = F.relu(y + (conv(h, 2) if stride == 2 else h))
        return F.linear(h.mean((2, 3)), next(it), next(it))
    return forward`;

export const resnet: readonly Workload[] = [
  {
    name: 'ResNet-18 inference, 224x224, batch 1',
    inputs: [image([1, 3, 224, 224]), ...convs.flatMap(filters), weights([1000, 512], 0.05), weights([1000], 0.05)],
    dl: (x, ...values) => {
      const parts: Parts<dl.Tensor> = {
        conv: (h, weight, bias, { kernel, stride }) => dl.conv2d(h, weight, { bias, stride, padding: kernel >> 1 }),
        relu: dl.relu,
        add: (a, b) => dl.add(a, b),
        pool: (h) => dl.maxPool2d(h, 3, { stride: 2, padding: 1 }),
        head: (h, weight, bias) => dl.linear(dl.mean(h, [2, 3]), weight, bias),
      };
      return () => resnet18(parts, x, values);
    },
    tfjs: (tf, x, ...values) => {
      const pads = (kernel: number) => [0, kernel >> 1, kernel >> 1, 0].map((pad) => [pad, pad]);
      const parts: Parts<TfTensor> = {
        conv: (h, weight, bias, { kernel, stride }) =>
          tf.fused.conv2d({ x: h, filter: weight, strides: stride, pad: pads(kernel), bias }),
        relu: (h) => tf.relu(h),
        add: (a, b) => tf.add(a, b),
        pool: (h) => tf.maxPool(h, 3, 2, 1, 'floor'),
        head: (h, weight, bias) => tfLinear(tf, tf.mean(h, [1, 2]), weight, bias),
      };
      return () => resnet18(parts, x, values);
    },
    onnx: {
      graph: (g, x, ...values) =>
        resnet18(
          {
            conv: (h, weight, bias, { kernel, stride }) =>
              g.op('Conv', [h, weight, bias], { pads: Array(4).fill(kernel >> 1), strides: [stride, stride] }),
            relu: (h) => g.op('Relu', [h]),
            add: (a, b) => g.op('Add', [a, b]),
            pool: (h) => g.op('MaxPool', [h], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
            head: (h, weight, bias) =>
              g.op('Gemm', [g.op('Flatten', [g.op('GlobalAveragePool', [h])]), weight, bias], { transB: 1 }),
          },
          x!,
          values,
        ),
    },
    torch: torchResnet,
    isNetwork: true,
    tolerance: 1e-3,
    tooSlow: ['tfjs cpu'],
  },
];
